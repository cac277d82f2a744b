"""Connected pieces of ink."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

Mask = NDArray[np.bool_]

INK_LEVEL = 0.5
"""Pixels above this level, in [0, 1], count as ink when shapes are compared."""

SMALLEST_PIECE = 3
"""Pixels of the smallest piece that counts."""

EIGHT_NEIGHBOURS = np.ones((3, 3), bool)
"""Pixels that touch at a corner are connected."""


def count_pieces(masks: Mask) -> Floats:
    """Return the number of connected pieces in each of ``masks`` ``[N, S, S]``: ``float64 [N]``."""
    return np.array([_pieces(mask) for mask in masks], np.float64)


def _pieces(mask: Mask) -> int:
    labels, _ = ndimage.label(mask, EIGHT_NEIGHBOURS)
    areas = np.bincount(labels.ravel())[1:]
    return int((areas >= SMALLEST_PIECE).sum())
