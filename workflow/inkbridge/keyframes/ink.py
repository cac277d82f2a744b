"""Cells in colour → ink. Which colour is paper and which is ink is decided over all cells of a doodle together."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.support.types import Images, Ink

INK_TONE = 64
"""Tone, of 255, from which a pixel counts as drawn. Fainter pixels are specks."""

SMALLEST_DRAWING = 4
"""A drawing has at least this many pixels of INK_TONE. A cell with fewer is blank."""

LEAST_CONTRAST = 32
"""Paper and ink differ by at least this many tones, of 255. A picture with less contrast holds nothing but noise."""

BROADEST_PEN = 9
"""Width of a stroke, in pixels of a 64-pixel cell, from which it is no longer thin."""

BORDER = 4
"""Pixels along the edges of a 64-pixel cell that show its paper."""

NOISE_NEAR, NOISE_FAR = 4, 12
"""Distances from ink, in pixels, between which the noise of the paper is measured, JPEG ringing included."""

HIGHEST_FLOOR = 48
"""Tone, of 255, above which nothing counts as noise of the paper."""


@dataclass(frozen=True, eq=False)
class Separation:
    """How ink is told from paper in the cells of one doodle.

    ground: uint8 [3], the colour that shows through transparency; None if nothing is transparent. paper: uint8 [3].
    ink: whether ink is lighter or darker than paper. solid: by how many tones of 255 solid ink departs from paper; 0 if
    there is no ink.
    """

    ground: Images | None
    paper: Images
    ink: Ink
    solid: float

    def departure(self, cells: Images) -> Images:
        """Return how far RGBA cells ``uint8 [..., 4]`` depart from paper in the direction of ink: ``uint8 [...]``."""
        return _departure(_laid_on(cells, self.ground), self.paper, self.ink)


def has_ink(cells: Images) -> NDArray[np.bool_]:
    """Return which cells ``uint8 [N, 64, 64]`` hold a drawing: bool [N]."""
    drawn: NDArray[np.bool_] = (cells >= INK_TONE).sum(axis=(1, 2)) >= SMALLEST_DRAWING
    return drawn


def separate_ink(cells: Images, ink: Literal["auto", "light", "dark"]) -> tuple[Images, Separation]:
    """Return the ink of RGBA cells ``uint8 [K, 64, 64, 4]``, as ``uint8 [K, 64, 64]``, and how it was found.

    Paper is the median colour along the borders of all cells. With ``auto``, ink is the direction, lighter or darker,
    in which more of what is thin departs from paper: a white figure with a black outline on grey paper is dark ink.
    """
    ground = _ground(cells, ink)
    colours = _laid_on(cells, ground)
    paper = paper_colour(colours)
    departures = {"light": _departure(colours, paper, "light"), "dark": _departure(colours, paper, "dark")}
    found = _thinner(departures["light"], departures["dark"])
    if ink == "auto" or ink == found:
        solid = _solid_tone(departures[found])
        return _clean(departures[found], solid), Separation(ground, paper, found, solid)
    # The borders are ink, and what departs from them is paper.
    strong = departures[found] > departures[found].max() // 2
    if strong.any():
        paper = np.median(colours[strong], axis=0).astype(np.uint8)
    departure = _departure(colours, paper, ink)
    solid = _solid_tone(departure)
    return _clean(departure, solid), Separation(ground, paper, ink, solid)


def _thinner(light: Images, dark: Images) -> Ink:
    """Return the direction in which more of what is thin departs from paper, both ``uint8 [K, 64, 64]``.

    If nothing is thin, it is the direction in which more departs.
    """
    amounts = light.sum(dtype=np.int64), dark.sum(dtype=np.int64)
    if min(amounts) > 0:
        thin = [_thin(departure) for departure in (light, dark)]
        amounts = (thin[0], thin[1]) if max(thin) > 0 else amounts
    return "light" if amounts[0] > amounts[1] else "dark"


def _thin(departure: Images) -> np.int64:
    """Return how much of a departure from paper ``uint8 [K, 64, 64]`` is thinner than BROADEST_PEN, in tones."""
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (BROADEST_PEN, BROADEST_PEN))
    thin = [cv2.morphologyEx(cell, cv2.MORPH_TOPHAT, element) for cell in departure]
    return np.sum([np.where(cell >= LEAST_CONTRAST, cell, 0).sum(dtype=np.int64) for cell in thin])


def _ground(cells: Images, ink: Literal["auto", "light", "dark"]) -> Images | None:
    """Return the paper below transparent RGBA cells ``uint8 [K, 64, 64, 4]``: ``uint8 [3]``; None if all are opaque.

    It keeps the outer edge of what is opaque visible, unless ``ink`` is given: then it contrasts with that ink.
    """
    colours, alpha = cells[..., :3], cells[..., 3]
    if alpha.min() == 255:
        return None
    if alpha.max() == 0:  # colours may hide below, but nothing is visible
        return np.zeros(3, np.uint8)
    opaque = colours[alpha >= alpha.max() / 2]
    if paper_colour(cells)[3] >= 128:  # opaque paper with holes rubbed into it
        return np.median(opaque, axis=0).astype(np.uint8)
    dark = _edge_is_dark(colours.mean(axis=3), alpha >= alpha.max() / 2) if ink == "auto" else ink == "dark"
    return np.full(3, 255 if dark else 0, np.uint8)


def _edge_is_dark(tones: NDArray[np.float64], opaque: NDArray[np.bool_]) -> bool:
    """Return whether the outer edge of what is opaque is dark: ``[K, 64, 64]`` both.

    In small cells, a thin outline is mixed with its fill. So the edge is compared with what it encloses, if the two
    differ.
    """
    core, middle = np.ones((3, 3), np.uint8), np.ones((7, 7), np.uint8)
    shrunk = [
        np.stack([cv2.erode(cell.astype(np.uint8), element) > 0 for cell in opaque]) for element in (core, middle)
    ]
    edge, inner = opaque & ~shrunk[0], shrunk[1]
    if not edge.any():
        return bool(tones[opaque].mean() < 128)
    if inner.sum() > 0.05 * opaque.sum() and abs(tones[edge].mean() - tones[inner].mean()) > LEAST_CONTRAST:
        return bool(tones[edge].mean() < tones[inner].mean())
    return bool(tones[edge].mean() < 128)


def _laid_on(cells: Images, ground: Images | None) -> Images:
    """Lay RGBA cells on opaque paper: uint8 [..., 4] → uint8 [..., 3]."""
    if ground is None:
        return cells[..., :3]
    opacity = cells[..., 3:].astype(np.uint16)
    laid = (cells[..., :3] * opacity + ground * (255 - opacity) + 127) // 255
    return np.asarray(laid, np.uint8)


def paper_colour(cells: Images) -> Images:
    """Return the median colour along the borders of cells ``[K, H, W, C]``: ``uint8 [C]``.

    Only borders count, because a large shape may fill most of a cell. They are several pixels wide, because sheets may
    have thin lines between cells.
    """
    inner = cells[:, BORDER:-BORDER, BORDER:-BORDER]
    border = np.ones(cells.shape[1:3], bool)
    if inner.size:
        border[BORDER:-BORDER, BORDER:-BORDER] = False
    return np.asarray(np.median(cells[:, border], axis=(0, 1)), np.uint8)


def _departure(colours: Images, paper: Images, ink: Ink) -> Images:
    """Return the largest departure from paper over the channels: uint8 [K, 64, 64, 3] → uint8 [K, 64, 64]."""
    planes = []
    for plane, tone in zip(np.moveaxis(colours, -1, 0), paper, strict=True):  # ten times faster than all at once
        # Clip before subtracting, so that bytes cannot wrap around.
        planes.append(np.maximum(plane, tone) - tone if ink == "light" else tone - np.minimum(plane, tone))
    largest: Images = np.maximum.reduce(planes)
    return largest


def _solid_tone(departure: Images) -> float:
    """Return by how many tones solid ink departs from paper in cells ``uint8 [K, 64, 64]``; 0 if there is no ink."""
    strongest = departure.max()
    if strongest < LEAST_CONTRAST:
        return 0.0
    # Most of a stroke's inner pixels are solid, those along its edges are not.
    return float(np.percentile(departure[departure > strongest // 2], 90))


def _clean(departure: Images, solid: float) -> Images:
    """Scale ``solid`` ink to 255 and set the noise of the paper to 0: ``uint8 [K, 64, 64]`` in and out."""
    if solid == 0.0:
        return np.zeros_like(departure)
    tones = scaled_tones(departure, solid)
    return np.where(tones > _noise_floor(tones), tones, 0).astype(np.uint8)


def scaled_tones(departure: Images, solid: float) -> Images:
    """Return departures from paper as tones, so that ``solid`` becomes 255."""
    table = (np.arange(256, dtype=np.uint8) * np.float32(255.0 / solid)).round().clip(0, 255).astype(np.uint8)
    return table[departure]


def _noise_floor(tones: Images) -> float:
    """Return the tone up to which the paper of cells ``uint8 [K, 64, 64]`` is noisy; 0 for a clean sheet.

    It is measured where nothing is drawn, but close enough to a stroke for JPEG to ring. Right beside the stroke, faint
    pixels are its anti-aliased edge.
    """
    samples = [cell[_near_ink(cell)] for cell in tones if (cell >= INK_TONE).any()]
    noise = np.concatenate(samples) if samples else np.zeros(0, np.uint8)
    return min(noise_reach(noise), HIGHEST_FLOOR)


def noise_reach(noise: NDArray[np.uint8]) -> float:
    """Return the tone that noise reaches, given the tones of paper; 0 if there are none."""
    # 1.5 times the 99th percentile is 3.5 standard deviations of normal noise.
    return 1.5 * float(np.percentile(noise, 99)) if noise.size else 0.0


def _near_ink(tones: Images) -> NDArray[np.bool_]:
    """Return where a cell ``[64, 64]`` is blank but near ink."""
    blank = (tones < INK_TONE).astype(np.uint8)
    distance = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near: NDArray[np.bool_] = (distance >= NOISE_NEAR) & (distance <= NOISE_FAR)
    return near
