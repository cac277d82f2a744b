"""The light on a page: paper is estimated locally, and the page is evened out, so that paper is white everywhere.

Ink is thin. What is wider than the broadest pen is paper, in whatever light; only what is much darker than any shadow
is ink at any width.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.outlines import without_light_lines
from inkbridge.support.types import Images, Ink

Tones = NDArray[np.float32]

COARSE = 400
"""Pixels of the longer side of a page in which paper is estimated."""

BROADEST_PEN = 1 / 11
"""Widest stroke, in parts of the longer side of a page."""

DARKEST_SHADOW = 0.36
"""Tone of paper in the darkest shadow, in parts of the paper around it. What is darker is ink."""

PALEST_BROAD = 0.82
"""Tone of broad ink, in parts of the paper around it, at most."""

LARGEST_BROAD = 0.15
"""Part of a page that one piece of broad ink covers, at most."""

SHARP, LEAST_SHARP = 0.4, 0.75
"""Part of the contrast of broad ink by which tones change over three pixels at its edge, and the part of its edge that
is so sharp, at least."""


def thin_ink(page: Images) -> Ink:
    """Return whether what is thin on an RGB page ``uint8 [H, W, 3]`` is darker or lighter than what is around it."""
    small = cv2.cvtColor(_coarse(page), cv2.COLOR_RGB2GRAY)
    paper = cv2.medianBlur(small, min(2 * _broad(small.shape) + 1, 255)).astype(np.float32)
    ratio = (small.astype(np.float32) + 8) / (paper + 8)
    border = max(3, round(0.02 * max(small.shape)))
    inner = ratio[border:-border, border:-border]
    dark = float((1 - inner)[inner < 0.85].sum())
    light = float((1 - 1 / inner)[inner > 1 / 0.85].sum())
    return "dark" if dark >= light else "light"


def evened(page: Images) -> Images:
    """Return an RGB page ``uint8 [H, W, 3]`` of dark ink as if its light were even: paper becomes white."""
    paper = _paper(page)
    height, width = page.shape[:2]
    full = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((page * (250.0 / full.clip(8))).clip(0, 255), np.uint8)


def _paper(page: Images) -> Tones:
    """Return the colour of the paper, coarsely: float32 [h, w, 3]."""
    small = without_light_lines(np.asarray(cv2.medianBlur(_coarse(page), 3), np.uint8))
    broad = _broad(small.shape)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(broad), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    # Broad ink: far darker than the paper around it, which no shadow is.
    wide = 2 * (3 * broad // 2) + 1
    around = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8)).astype(np.float32)
    solid = (paper / around.clip(1)).max(axis=2) < DARKEST_SHADOW
    solid |= _broad_strokes((small + 4.0) / (around + 4.0), broad)
    solid = cv2.dilate(solid.astype(np.uint8), np.ones((5, 5), np.uint8))[..., None] > 0
    return np.asarray(cv2.GaussianBlur(np.where(solid, around, paper), (0, 0), 1.2), np.float32)


def _broad_strokes(ratio: Tones, broad: int) -> NDArray[np.bool_]:
    """Return which places of a page are ink as broad as this that is no darker than a shadow: bool [h, w].

    ratio: float32 [h, w, 3], tones of the page in parts of those of the paper around. Broad ink has sharp edges all
    around. A shadow falls from beyond the page, or has soft edges.
    """
    grey = cv2.GaussianBlur(ratio.mean(axis=2).astype(np.float32), (0, 0), 0.7)
    dark = (grey < PALEST_BROAD).astype(np.uint8)
    core = cv2.erode(dark, _disc(max(3, broad // 2) | 1))
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    labels = np.asarray(numbers, np.int64)
    height, width = dark.shape
    inner = labels[2 : height - 2, 2 : width - 2]
    kept = np.bincount(labels[core > 0], minlength=count) > 0
    kept &= np.bincount(inner.ravel(), minlength=count) == stats[:, cv2.CC_STAT_AREA]
    kept &= stats[:, cv2.CC_STAT_AREA] < LARGEST_BROAD * dark.size
    kept[0] = False
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge = (dark > 0) & (cv2.erode(dark, np.ones((3, 3), np.uint8)) == 0)
    for number in np.flatnonzero(kept):
        place = labels == number
        contrast = 1 - float(np.median(grey[place]))
        kept[number] = bool((steps[place & edge] > SHARP * contrast).mean() >= LEAST_SHARP)
    return np.asarray(kept[labels])


def _coarse(page: Images) -> Images:
    scale = min(1.0, COARSE / max(page.shape[:2]))
    return np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _broad(shape: tuple[int, ...]) -> int:
    return max(5, round(BROADEST_PEN * max(shape[:2]))) | 1


def _disc(diameter: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)), np.uint8)
