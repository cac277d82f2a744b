"""One picture → the page of paper that it shows.

A clean drawing is taken as it is. A photograph or a scan is measured to be one: its paper has many tones. Its page is
found and straightened (``outlines``), its light is evened out (``light``), lines that are no drawing are dropped
(``lines``), and pens become ink (``pens``).
"""

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from inkbridge.keyframes.light import evened, thin_ink
from inkbridge.keyframes.lines import (
    Mask,
    Ruling,
    borders,
    construction_lines,
    find_rulings,
    ink_level,
    is_pale,
    wiped,
)
from inkbridge.keyframes.outlines import LARGEST_PAGE, find_outline, straightened
from inkbridge.keyframes.pens import Tones, departures_of, noise_floor, solid_ink
from inkbridge.support.types import Images

MOST_INK_PIXELS = 4_000_000
"""Pixels of the ink of a page. Larger pages are made smaller for it."""

SMALLEST_PHOTOGRAPH = 60_000
"""Pixels of the smallest picture that can be a photograph or a scan."""

LEAST_EVEN = 0.6
"""Part of a clean drawing that its paper fills, all of it within 5 tones."""

LEAST_OF_TWO = 0.8
"""Part of a clean drawing that two such groups of tones fill: paper and ink."""

APART = 32
"""Tones between paper and ink, at least."""

Point = tuple[float, float]
"""A place in a picture: x and y in pixels."""

DropLines = Literal["auto", "none"]
"""Which lines are dropped that are no drawing: those that are found, or none."""


@dataclass(frozen=True, eq=False)
class Page:
    """A page of paper, straightened.

    picture: the page, RGBA. Its cells are cut from this picture. Lines that are no drawing are gone.
    ink: uint8 [h, w], 0 = paper, 255 = ink. It shows the whole page and may have fewer pixels than ``picture``.
    view: the page as it is seen, RGBA, of the size of ``picture``: in even light and with all its lines.
    rulings: the straight lines on the page, in pixels of ``picture``: guide lines, borders of cells, squares.
    outline: the corners of the page in the picture that was read, clockwise from the upper left; None if the picture
    shows nothing but the page.
    dropped: what was in the picture and is not taken for ink, one name each: for example "blue lines".
    notes: what the person who drew it should know, one text each.
    photographed: whether the picture is a photograph or a scan.
    homography: float64 [3, 3], from the picture that was read to ``picture``.
    """

    picture: Image.Image
    ink: Images
    view: Image.Image
    rulings: tuple[Ruling, ...] = ()
    outline: tuple[Point, Point, Point, Point] | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    photographed: bool = False
    homography: "np.ndarray[tuple[int, int], np.dtype[np.float64]]" = field(default_factory=lambda: np.eye(3))


def read_page(picture: Image.Image, drop_lines: DropLines = "auto") -> Page:
    """Return the page that an upright RGBA picture shows."""
    if not is_photographed(picture):
        return Page(picture, _rough_ink(picture), picture)
    return _photographed_page(picture, drop_lines)


def is_photographed(picture: Image.Image) -> bool:
    """Return whether a picture is a photograph or a scan: whether its paper has many tones.

    In a clean drawing, paper has one tone, give or take two by JPEG; or paper and ink have two, far apart.
    """
    if picture.width * picture.height < SMALLEST_PHOTOGRAPH or np.asarray(picture.getchannel("A")).min() < 255:
        return False
    shares = np.array(picture.convert("L").histogram(), np.float64) / (picture.width * picture.height)
    first, paper = _largest_group(shares)
    shares[max(0, paper - 2) : paper + 3] = 0
    second, ink = _largest_group(shares)
    return first < LEAST_EVEN and not (first + second >= LEAST_OF_TWO and abs(paper - ink) >= APART)


def _largest_group(shares: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, int]:
    """Return the share of the most frequent five successive tones, and the tone in their middle."""
    groups = np.convolve(shares, np.ones(5), "same")
    return float(groups.max()), int(groups.argmax())


def _photographed_page(picture: Image.Image, drop_lines: DropLines) -> Page:
    photograph = np.asarray(picture.convert("RGB"))
    scale = min(1.0, 1.5 * LARGEST_PAGE / max(photograph.shape[:2]))
    if scale < 1:
        photograph = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    outline = find_outline(photograph)
    shrink = np.diag([scale, scale, 1.0])
    if outline is None:
        page, homography = photograph, np.eye(3)
    else:
        page, homography = straightened(photograph, outline.corners)
    if thin_ink(page) == "light":
        page = 255 - page
    seen = evened(page)
    departures = departures_of(seen)
    if outline is not None:
        _blank_edges(departures)
    tones = np.ascontiguousarray(departures.max(axis=2))
    floor = noise_floor(tones)
    rulings = tuple(find_rulings(tones, "level", floor) + find_rulings(tones, "upright", floor))
    dropped, names = _dropped(departures, tones, rulings) if drop_lines == "auto" else (np.zeros(tones.shape, bool), ())
    ink = solid_ink(np.where(dropped, 0, tones).astype(np.float32), floor)
    corners = None if outline is None else tuple((float(x / scale), float(y / scale)) for x, y in outline.corners)
    return Page(
        Image.fromarray(255 - ink).convert("RGBA"),
        ink,
        Image.fromarray(seen).convert("RGBA"),
        rulings,
        corners,  # type: ignore[arg-type]
        names,
        (),
        True,
        homography @ shrink,
    )


def _blank_edges(departures: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]") -> None:
    """Make paper of the edges of a page, where the table may be seen."""
    edge = max(3, round(0.008 * max(departures.shape[:2])))
    for side in (np.s_[:edge], np.s_[-edge:], np.s_[:, :edge], np.s_[:, -edge:]):
        departures[side] = 0


def _dropped(
    departures: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]", tones: Tones, rulings: tuple[Ruling, ...]
) -> tuple[Mask, tuple[str, ...]]:
    """Return which pixels of a page are lines that are no drawing, and what they are."""
    level = ink_level(tones)
    pale = [ruling for ruling in rulings if is_pale(ruling, level)]
    dark = borders(list(rulings), level)
    mask = np.zeros(tones.shape, bool)
    for ruling in [*pale, *dark]:
        mask |= wiped(tones, ruling, level)
    rest = np.where(mask[..., None], 0, departures)
    construction = construction_lines(rest, level)
    names = [f"{len(lines)} {name}" for name, lines in (("pale lines", pale), ("borders of cells", dark)) if lines] + [
        "coloured construction lines"
    ] * bool(construction.any())
    return mask | construction, tuple(names)


def _rough_ink(picture: Image.Image) -> Images:
    """Return how much each pixel differs from its paper, the most frequent tone nearby: ``uint8 [h, w]``."""
    small = _reduced(picture, MOST_INK_PIXELS)
    alpha, grey = np.asarray(small.getchannel("A")), np.asarray(small.convert("L"))
    opaque = alpha >= 128
    if opaque.any() and opaque.mean() < 0.5:
        return alpha
    paper = float(np.median(grey[opaque])) if opaque.any() else 0.0
    grey = np.where(opaque, grey, round(paper)).astype(np.uint8)  # holes rubbed into the paper
    difference = cv2.absdiff(grey, np.full_like(grey, round(paper)))
    strongest = float(np.percentile(difference, 99.5)) or float(difference.max()) or 255.0
    return np.asarray(np.clip(difference.astype(np.float32) * (255.0 / strongest), 0, 255), np.uint8)


def _reduced(picture: Image.Image, most: int) -> Image.Image:
    factor = int(np.ceil(np.sqrt(picture.width * picture.height / most)))
    return picture if factor <= 1 else picture.reduce(factor)
