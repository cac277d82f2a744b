"""Cells in colour → ink. Which colour is paper and which is ink is decided over all cells of a doodle together."""

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

BORDER = 4
"""Pixels along the edges of a 64-pixel cell that show its paper."""

NOISE_NEAR, NOISE_FAR = 4, 12
"""Distances from ink, in pixels, between which the noise of the paper is measured, JPEG ringing included."""

HIGHEST_FLOOR = 48
"""Tone, of 255, above which nothing counts as noise of the paper."""


def has_ink(cells: Images) -> NDArray[np.bool_]:
    """Return which cells ``uint8 [N, 64, 64]`` hold a drawing: bool [N]."""
    drawn: NDArray[np.bool_] = (cells >= INK_TONE).sum(axis=(1, 2)) >= SMALLEST_DRAWING
    return drawn


def separate_ink(cells: Images, ink: Literal["auto", "light", "dark"]) -> tuple[Images, Ink]:
    """Return the ink of RGBA cells ``uint8 [K, 64, 64, 4]``, as ``uint8 [K, 64, 64]``, and its kind.

    Paper is the median colour along the borders of all cells. With ``auto``, ink is the direction, lighter or darker,
    in which more departs from paper.
    """
    colours = _without_transparency(cells)
    paper = paper_colour(colours)
    departures = {"light": _departure(colours, paper, "light"), "dark": _departure(colours, paper, "dark")}
    found: Ink = "light" if departures["light"].sum() > departures["dark"].sum() else "dark"
    if ink == "auto" or ink == found:
        return _clean(departures[found]), found
    # The borders are ink, and what departs from them is paper.
    strong = departures[found] > departures[found].max() // 2
    if strong.any():
        paper = np.median(colours[strong], axis=0).astype(np.uint8)
    return _clean(_departure(colours, paper, ink)), ink


def _without_transparency(cells: Images) -> Images:
    """Lay RGBA cells on opaque paper: uint8 [K, 64, 64, 4] → uint8 [K, 64, 64, 3]."""
    colours, alpha = cells[..., :3], cells[..., 3:]
    if alpha.min() == 255:
        return colours
    if alpha.max() == 0:  # colours may hide below, but nothing is visible
        return np.zeros_like(colours)
    opaque = colours[cells[..., 3] >= alpha.max() / 2]
    paper: NDArray[np.uint16]
    if paper_colour(cells)[3] >= 128:  # opaque paper with holes rubbed into it
        paper = np.median(opaque, axis=0).astype(np.uint16)
    else:
        paper = np.full(3, 255 if opaque.mean() < 128 else 0, np.uint16)
    opacity = alpha.astype(np.uint16)
    laid = (colours * opacity + paper * (255 - opacity) + 127) // 255
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
    # Clip before subtracting, so that bytes cannot wrap around.
    difference = np.maximum(colours, paper) - paper if ink == "light" else paper - np.minimum(colours, paper)
    largest: Images = difference.max(axis=-1)
    return largest


def _clean(departure: Images) -> Images:
    """Scale solid ink to 255 and set the noise of the paper to 0: ``uint8 [K, 64, 64]`` in and out."""
    strongest = departure.max()
    if strongest < LEAST_CONTRAST:
        return np.zeros_like(departure)
    # Most of a stroke's inner pixels are solid, those along its edges are not.
    solid = np.percentile(departure[departure > strongest // 2], 90)
    tones = (departure * np.float32(255.0 / solid)).round().clip(0, 255).astype(np.uint8)
    return np.where(tones > _noise_floor(tones), tones, 0).astype(np.uint8)


def _noise_floor(tones: Images) -> float:
    """Return the tone up to which the paper of cells ``uint8 [K, 64, 64]`` is noisy; 0 for a clean sheet.

    It is measured where nothing is drawn, but close enough to a stroke for JPEG to ring. Right beside the stroke, faint
    pixels are its anti-aliased edge.
    """
    samples = [cell[_near_ink(cell)] for cell in tones if (cell >= INK_TONE).any()]
    noise = np.concatenate(samples) if samples else np.zeros(0, np.uint8)
    if noise.size == 0:
        return 0.0
    # 1.5 times the 99th percentile is 3.5 standard deviations of normal noise.
    return min(1.5 * float(np.percentile(noise, 99)), HIGHEST_FLOOR)


def _near_ink(tones: Images) -> NDArray[np.bool_]:
    """Return where a cell ``[64, 64]`` is blank but near ink."""
    blank = (tones < INK_TONE).astype(np.uint8)
    distance = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near: NDArray[np.bool_] = (distance >= NOISE_NEAR) & (distance <= NOISE_FAR)
    return near
