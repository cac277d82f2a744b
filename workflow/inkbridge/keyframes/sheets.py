"""The pictures of a source → cells in colour. A sheet is cut into its cells; every other picture is one cell."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from inkbridge.keyframes.cells import SourceCells, cut, fit_into_cell, own_side
from inkbridge.keyframes.ink import paper_colour
from inkbridge.keyframes.layout import AskedLayout, Layout, find_layout
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.keyframes.page import AskedInk, DropLines, Page, read_page
from inkbridge.keyframes.printed import read_printed
from inkbridge.keyframes.singles import cells_of_singles
from inkbridge.keyframes.sources import Source
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images, Ink

MOST_ORIGINAL_PIXELS = 25_000_000
"""Pixels of all pictures of a folder or animation at the resolution at which they are kept: bounds memory."""


def cells_of(source: Source, asked: AskedLayout, ink: AskedInk = "auto", drop_lines: DropLines = "auto") -> SourceCells:
    """Return the cells of a source, in reading order.

    ``asked``: what the user says about the cells of a sheet. ``ink`` and ``drop_lines`` as in
    :func:`~inkbridge.keyframes.page.read_page`. Raises InkbridgeError if it is not certain where the cells
    of a sheet lie, or if something is said about the cells of anything but a sheet.
    """
    if source.is_sheet:
        [picture] = source.pictures()
        found = read_sheet(source.path, picture, asked, ink, drop_lines)
        return replace(found, warnings=(*source.warnings, *found.warnings))
    _refuse_layout(source, asked)
    most = min(LARGEST_ORIGINAL, math.isqrt(MOST_ORIGINAL_PIXELS // len(source.names)))
    if source.noun == "frame":
        small_and_large = [
            (fit_into_cell(one), fit_into_cell(one, own_side(max(one.size), most))) for one in source.pictures()
        ]
        cells, originals = map(list, zip(*small_and_large, strict=True))
        return SourceCells(np.stack(cells), originals.__getitem__, source.noun, source.warnings)
    singles = cells_of_singles(_single_drawings(source), most, ink, drop_lines)
    warnings = (*source.warnings, *singles.notes)
    evened: Ink | None = "dark" if singles.evened else None
    return SourceCells(np.stack(singles.cells), singles.originals.__getitem__, source.noun, warnings, evened=evened)


def _single_drawings(source: Source) -> Iterator[Image.Image]:
    """Yield the pictures of a source. Raises InkbridgeError if one is a printed sheet."""
    for name, picture in zip(source.names, source.pictures(), strict=True):
        if read_printed(picture) is not None:
            raise InkbridgeError(
                f"{source.path}: expected one drawing in each {source.noun}, found a printed sheet in {name}; animate "
                "each sheet alone, or save its cells as separate pictures"
            )
        yield picture


def read_sheet(
    path: Path, picture: Image.Image, asked: AskedLayout, ink: AskedInk = "auto", drop_lines: DropLines = "auto"
) -> SourceCells:
    """Cut an upright RGBA picture of a sheet into its cells, in reading order.

    Raises InkbridgeError, which names ``path``, if it is not certain where the cells lie.
    """
    printed = None if asked.given() else read_printed(picture)
    if printed is not None:
        return _cut_up(*printed)
    page = read_page(picture, ink, drop_lines)
    layout = find_layout(path, page, asked)
    return _cut_up(turned(page, layout.turn), layout)


def turned(page: Page, degrees: float) -> Page:
    """Return a page turned counter-clockwise about its middle."""
    if not degrees:
        return page
    picture, view = (_turned(one, degrees) for one in (page.picture, page.view))
    middle_x, middle_y = page.picture.width / 2, page.picture.height / 2
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((middle_x, middle_y), degrees, 1.0)
    return replace(page, picture=picture, view=view, homography=turn @ page.homography)


def _turned(picture: Image.Image, degrees: float) -> Image.Image:
    paper = paper_colour(np.asarray(picture)[None])
    return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=tuple(int(tone) for tone in paper))


def _refuse_layout(source: Source, asked: AskedLayout) -> None:
    kind = "a folder" if source.noun == "picture" else "an animated picture"
    for name, found in asked.given().items():
        raise InkbridgeError(
            f"{source.path}: expected no `{name}` for {kind}, in which every picture is one keyframe; found {found}; "
            "leave it out"
        )


def _cut_up(page: Page, layout: Layout) -> SourceCells:
    """Cut a page into its cells. Those at their own resolution are cut when they are asked for."""
    side = own_side(max(layout.cell))

    def original(index: int) -> Images:
        return cut(page.picture, layout.boxes[index], layout.margin, side)

    cells = np.stack([cut(page.picture, box, layout.margin) for box in layout.boxes])
    evened = page.kind if page.photographed else None
    return SourceCells(cells, original, "cell", (*page.notes, *layout.warnings), layout, page, evened)
