"""The ruled borders of cells whose places are known: how far they reach into the cells."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

_LEAST_TONE = 24
"""Tones by which a border differs from its paper."""

_LEAST_SHARE = 0.85
"""Part of an edge that a border covers, at least."""

_LEAST_EDGES = 0.4
"""Part of all edges that are ruled, at least. A line between two cells may lie in one of them."""

_DEEPEST = 1 / 12
"""How far from its edge a border lies in a cell, at most, in sides of the cell."""


def ruled_margin(page: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> int:
    """Return how many pixels along the edges of the cells in an RGBA ``page`` their ruled borders cover; 0 if the cells
    have no borders."""
    grey = page.convert("L")
    tones = np.cumsum(grey.histogram())
    middle = int(np.searchsorted(tones, tones[-1] / 2))  # a median without a copy of a large page
    differs = np.asarray(grey.point([abs(tone - middle) > _LEAST_TONE for tone in range(256)])) > 0
    if np.asarray(page.getchannel("A")).min() < 255:
        return 0
    reaches = []
    for left, top, right, below in boxes:
        cell = differs[top:below, left:right]
        if min(cell.shape) < 8:
            return 0
        for turned in (cell, cell[::-1], cell.T, cell.T[::-1]):
            lines = np.flatnonzero(turned[: max(2, round(_DEEPEST * len(turned)))].mean(axis=1) >= _LEAST_SHARE)
            reaches.append(int(lines[-1]) + 1 if lines.size else 0)
    ruled = [reach for reach in reaches if reach]
    return max(ruled) + 1 if len(ruled) >= _LEAST_EDGES * len(reaches) else 0
