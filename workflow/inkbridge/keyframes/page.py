"""One picture → the page of paper that it shows.

A clean drawing is taken as it is. A photograph or a scan is measured to be one: its paper has many tones. Its page is
found and straightened (``outlines``), its light is evened out (``light``), lines that are no drawing are dropped
(``lines``), and pens become ink (``pens``).
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.keyframes.guides import find_guides, has_guide_colour
from inkbridge.keyframes.light import evened, thin_ink
from inkbridge.keyframes.lines import (
    Mask,
    Ruling,
    askew,
    borders,
    construction_lines,
    find_rulings,
    has_colour,
    has_pale_ink,
    ink_level,
    noise_near_ink,
    printed,
    remains,
    wiped,
)
from inkbridge.keyframes.outlines import LARGEST_PAGE, Floats, find_outline, straightened
from inkbridge.keyframes.pens import Tones, departures_of, noise_floor, solid_ink
from inkbridge.keyframes.squares import completed
from inkbridge.keyframes.tilt import beyond, find_tilt, without_edge
from inkbridge.keyframes.wording import plural
from inkbridge.support.types import Images, Ink

MOST_INK_PIXELS = 4_000_000
"""Pixels of the ink of a page. Larger pages are made smaller for it."""

SMALLEST_PHOTOGRAPH = 60_000
"""Pixels of the smallest picture that can be a photograph or a scan."""

LEAST_EVEN = 0.72
"""Part of a clean drawing that its paper fills, all of it within 5 tones."""

LEAST_OF_TWO = 0.8
"""Part of a clean drawing that two such groups of tones fill: paper and ink."""

APART = 32
"""Tones between paper and ink, at least."""

LEAST_LEVEL = 0.2
"""Part of all tones by which the ink of a clean drawing with lines to drop differs from its paper, at least."""

Point = tuple[float, float]
"""A place in a picture: x and y in pixels."""

Channels = NDArray[np.float32]
"""By which part each channel of a page is darker than its paper, [H, W, 3]."""

DropLines = Literal["auto", "none"]
"""Which lines are dropped that are no drawing: those that are found, or none."""

AskedInk = Literal["auto", "light", "dark"]

SQUARED = 12
"""Pale lines on squared or ruled paper, at least."""

FEWEST_PALE_LINES = 4
"""Pale lines on a clean drawing that are taken for squared or ruled paper, at least."""

MOST_SEARCHED_PIXELS = 1_500_000
"""Pixels of a clean drawing in which lines are searched. Larger ones are made smaller for it."""


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
    photographed: whether the picture is a photograph or a scan. Then ``picture`` is dark ink on white paper.
    kind: whether the ink of a photograph was lighter or darker than its paper.
    wiped: bool [H, W], which pixels of ``picture`` were lines that are no drawing; None if nothing was dropped.
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
    kind: Ink = "dark"
    wiped: Mask | None = None
    homography: Floats = field(default_factory=lambda: np.eye(3))


def read_page(picture: Image.Image, ink: AskedInk = "auto", drop_lines: DropLines = "auto") -> Page:
    """Return the page that an upright RGBA picture shows.

    ink: whether ink is lighter or darker than its paper; ``auto`` measures it. drop_lines: whether lines that are no
    drawing are dropped.
    """
    if is_photographed(picture):
        return _photographed_page(picture, ink, drop_lines)
    page = Page(picture, _rough_ink(picture), picture)
    return page if drop_lines == "none" else _without_lines(page, ink)


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


def _largest_group(shares: Floats) -> tuple[float, int]:
    """Return the share of the most frequent five successive tones, and the tone in their middle."""
    groups = np.convolve(shares, np.ones(5), "same")
    return float(groups.max()), int(groups.argmax())


def _photographed_page(picture: Image.Image, ink: AskedInk, drop_lines: DropLines) -> Page:
    photograph = np.asarray(picture.convert("RGB"))
    scale = float(min(1.0, np.sqrt(2 * LARGEST_PAGE / (photograph.shape[0] * photograph.shape[1]))))
    if scale < 1:
        small = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        photograph = np.asarray(small, np.uint8)
    shrink = np.diag([scale, scale, 1.0])
    page, homography, outside, corners = _straight(photograph)
    kind = thin_ink(page) if ink == "auto" else ink
    seen, departures, tones = _in_even_light(page, outside, kind)
    floor = noise_floor(tones)
    rulings = tuple(find_rulings(tones, ink_level(tones), floor))
    turn = askew(rulings, tones.shape) if corners is None else 0.0
    if turn:
        page, outside, turned = _turned(page, outside, turn)
        homography = turned @ homography
        seen, departures, tones = _in_even_light(page, outside, kind)
        rulings = tuple(find_rulings(tones, ink_level(tones), floor))
    wiped_out = _no_lines(tones)
    if drop_lines == "auto":
        wiped_out = _dropped(departures, tones, rulings, floor)
    drawn = solid_ink(np.where(wiped_out.mask, 0, tones).astype(np.float32), floor)
    drawn, edge = without_edge(drawn, outside)
    return Page(
        Image.fromarray(255 - drawn).convert("RGBA"),
        drawn,
        Image.fromarray(seen).convert("RGBA"),
        rulings,
        None if corners is None else _as_points(corners / scale),
        wiped_out.names + ("what lies at the edge of the picture",) * edge,
        wiped_out.notes,
        True,
        kind,
        wiped_out.mask if wiped_out.names else None,
        homography @ shrink,
    )


def _in_even_light(page: Images, outside: Mask, kind: Ink) -> tuple[Images, Channels, Tones]:
    """Return a page as dark ink in even light, and by which part its channels are darker than paper, each and at most.
    Nothing is seen ``outside``."""
    seen = evened(page if kind == "dark" else 255 - page)
    departures = departures_of(seen)
    seen[outside], departures[outside] = 250, 0
    return seen, departures, np.ascontiguousarray(departures.max(axis=2))


def _turned(page: Images, outside: Mask, slope: float) -> tuple[Images, Mask, Floats]:
    """Return a page turned about its middle so that lines of this slope become level, what lies outside of it then, and
    the homography from the page [3, 3]."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(np.degrees(np.arctan(slope))), 1.0)
    turned = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine((~outside).astype(np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST)
    return np.asarray(turned, np.uint8), np.asarray(inside == 0), np.vstack([turn, [0, 0, 1]])


def _as_points(corners: Floats) -> tuple[Point, Point, Point, Point]:
    first, second, third, fourth = ((float(x), float(y)) for x, y in corners)
    return first, second, third, fourth


def _straight(photograph: Images) -> tuple[Images, Floats, Mask, Floats | None]:
    """Return the straightened page of a photograph, the homography to it, where it shows something else than the page,
    and the corners of the page in the photograph [4, 2], if all of them can be seen."""
    outline = find_outline(photograph)
    if outline is not None:
        page, homography = straightened(photograph, outline.corners)
        edge = max(3, round(0.008 * max(page.shape[:2])))
        outside = np.ones(page.shape[:2], bool)
        outside[edge:-edge, edge:-edge] = False
        return page, homography, outside, outline.corners
    tilted = find_tilt(photograph)
    turned = cv2.warpPerspective(
        photograph, tilted.homography, tilted.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    whole = np.full(photograph.shape[:2], 255, np.uint8)
    shown = cv2.warpPerspective(whole, tilted.homography, tilted.size, flags=cv2.INTER_LINEAR)
    outside = (cv2.erode(shown, np.ones((5, 5), np.uint8)) < 255) | beyond(tilted, 0.006 * max(tilted.size))
    return np.asarray(turned, np.uint8), tilted.homography, outside, None


@dataclass(frozen=True, eq=False)
class _WipedOut:
    """Lines that are no drawing: which pixels they cover [H, W], what they are, and what the person should know."""

    mask: Mask
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _no_lines(tones: Tones) -> _WipedOut:
    return _WipedOut(np.zeros(tones.shape, bool))


def _dropped(departures: Channels, tones: Tones, rulings: tuple[Ruling, ...], floor: float) -> _WipedOut:
    """Return which pixels of a photographed page are lines that are no drawing."""
    level = ink_level(tones)
    pale, dark = printed(list(rulings), level, tones.shape), borders(list(rulings), tones, level)
    mask = np.zeros(tones.shape, bool)
    for ruling in [*completed(pale, tones.shape), *dark]:
        mask |= wiped(tones, ruling, level)
    mask |= remains(tones, mask, level, floor)
    rest = np.where(mask[..., None], 0, departures).astype(np.float32)
    construction = construction_lines(rest, level, floor, 3)
    return _named(mask, pale, dark, construction)


def _named(mask: Mask, pale: list[Ruling], dark: list[Ruling], construction: Mask) -> _WipedOut:
    names = [
        f"{len(lines)} {plural(noun, len(lines))}"
        for noun, lines in (("pale line", pale), ("dark border line", dark))
        if lines
    ]
    if not construction.any() or len(pale) >= SQUARED:  # then it is what is left of the squares
        return _WipedOut(mask | construction, tuple(names))
    note = (
        "coloured lines paler than the ink near them are taken for construction lines; to keep them, set `drop_lines`"
    )
    return _WipedOut(mask | construction, (*names, "coloured construction lines"), (f"{note} to none",))


def _without_lines(page: Page, asked: AskedInk) -> Page:
    """Return the page of a clean drawing without squares, ruled lines and construction lines, if it has any.

    A sheet with guide lines keeps them; they are covered when it is cut up.
    """
    small = _reduced(page.picture, MOST_SEARCHED_PIXELS)
    if np.asarray(small.getchannel("A")).min() < 255:
        return page
    colours = np.asarray(small.convert("RGB"))
    paper = np.array([np.bincount(colours[..., channel].ravel(), minlength=256).argmax() for channel in range(3)])
    light = asked == "light" or (asked == "auto" and paper.mean() < 128)
    departures = ((colours.astype(np.float32) - paper) * (1 if light else -1) / 255).clip(0, 1).astype(np.float32)
    guides = None
    if find_guides(page.picture) is not None:
        guides = cv2.dilate(has_guide_colour(np.asarray(small)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    found = _clean_lines(departures, guides)
    if not found.names:
        return page
    mask = cv2.resize(found.mask.astype(np.uint8), page.picture.size, interpolation=cv2.INTER_NEAREST) > 0
    picture = np.array(page.picture)
    picture[mask, :3] = paper
    cleaned = Image.fromarray(picture)
    return replace(
        page, picture=cleaned, ink=_rough_ink(cleaned), dropped=found.names, notes=page.notes + found.notes, wiped=mask
    )


def _clean_lines(departures: Channels, guides: Mask | None) -> _WipedOut:
    """Return which pixels of a clean drawing are squares, ruled lines or construction lines.

    guides: bool [H, W], where guide lines are, which are none of these; None if the drawing has none.
    """
    tones = np.ascontiguousarray(departures.max(axis=2))
    level = ink_level(tones)
    none = _no_lines(tones)
    if level < LEAST_LEVEL or not (has_pale_ink(tones, level) or has_colour(departures)):
        return none
    pale = [] if guides is not None else printed(find_rulings(tones, level, 0.0), level, tones.shape)
    pale = pale if len(pale) >= FEWEST_PALE_LINES else []
    mask = none.mask
    for ruling in pale:
        mask = mask | wiped(tones, ruling, level)
    if pale:
        mask |= remains(tones, mask, level, 0.0)
    hidden = mask if guides is None else mask | guides
    rest = np.where(hidden[..., None], 0, departures).astype(np.float32)
    noise = noise_near_ink(departures, level)
    return _named(mask, pale, [], construction_lines(rest, level, noise, 3 if noise else 2))


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
