"""A printed sheet in a picture → its page and its cells. The marks in its corners say where they are."""

import cv2
import numpy as np
from PIL import Image

from inkbridge.keyframes.layout import Layout
from inkbridge.keyframes.light import evened, thin_ink
from inkbridge.keyframes.lines import construction_lines, ink_level
from inkbridge.keyframes.marks import PrintedSheet, find_printed_sheet
from inkbridge.keyframes.page import Page, is_photographed, read_page
from inkbridge.keyframes.pens import departures_of, noise_floor, solid_ink

SMALLEST_SHEET = 400
"""Pixels of the longer side of the smallest picture in which marks can be seen."""


def read_printed(picture: Image.Image) -> tuple[Page, Layout] | None:
    """Return the page and the cells of the printed sheet in an upright RGBA picture; None if it shows none."""
    if max(picture.size) < SMALLEST_SHEET:
        return None
    found = find_printed_sheet(np.asarray(picture))
    if found is None:
        return None
    page, columns, rows = _page_of(found), found.layout.columns, found.layout.rows
    cell = page.picture.width // columns
    boxes = tuple(
        (column * cell, row * cell, (column + 1) * cell, (row + 1) * cell)
        for row in range(rows)
        for column in range(columns)
    )
    missing = f"{found.seen} of 4 corner marks are seen; if the cells are askew, photograph all of them"
    return page, Layout(boxes, columns, rows, found.margin, "marks", warnings=(missing,) if found.seen < 4 else ())


def _page_of(found: PrintedSheet) -> Page:
    """Return the cells of a printed sheet as a page, in even light."""
    straight = Image.fromarray(found.pixels)
    corners = tuple((float(x), float(y)) for x, y in found.outline)
    if not is_photographed(straight):
        page = read_page(straight)
        return Page(page.picture, page.ink, page.view, outline=corners, homography=found.homography)  # type: ignore[arg-type]
    photograph = np.asarray(straight.convert("RGB"))
    if thin_ink(photograph) == "light":
        photograph = 255 - photograph
    seen = evened(photograph)
    departures = departures_of(seen)
    tones = np.ascontiguousarray(departures.max(axis=2))
    _blank_lines(tones, found)
    level = ink_level(tones)
    dropped = construction_lines(departures, level, noise_floor(tones), 3)
    is_told = dropped.sum() > 0.02 * (tones > level / 2).sum()  # fewer are the edges of strokes
    ink = solid_ink(np.where(dropped, 0, tones).astype(np.float32), noise_floor(tones))
    return Page(
        Image.fromarray(255 - ink).convert("RGBA"),
        ink,
        Image.fromarray(seen).convert("RGBA"),
        outline=corners,  # type: ignore[arg-type]
        dropped=("guide lines", *["coloured construction lines"] * bool(is_told)),
        photographed=True,
        homography=found.homography,
    )


def _blank_lines(tones: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", found: PrintedSheet) -> None:
    """Make paper of the guide lines, where nothing darker than they are crosses them."""
    lines = np.zeros(tones.shape, np.uint8)
    for column in range(found.layout.columns + 1):
        cv2.line(lines, (column * found.cell, 0), (column * found.cell, len(tones)), 1, 2 * found.margin)
    for row in range(found.layout.rows + 1):
        cv2.line(lines, (0, row * found.cell), (tones.shape[1], row * found.cell), 1, 2 * found.margin)
    level = ink_level(np.where(lines, 0, tones).astype(np.float32))
    tones[(lines > 0) & (tones < level / 2)] = 0
