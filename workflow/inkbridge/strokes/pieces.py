"""Connected pieces of ink."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

Mask = NDArray[np.bool_]

INK_LEVEL = 0.5  # what is above counts as ink wherever shapes are compared

SMALLEST_PIECE = 3  # pixels of a connected piece of ink that counts

EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


def count_pieces(masks: Mask) -> Floats:
    """Return the number of connected pieces in each of the masks [N, S, S]: float64 [N]."""
    return np.array([_pieces(mask) for mask in masks], np.float64)


def _pieces(mask: Mask) -> int:
    labels, _ = ndimage.label(mask, EIGHT_NEIGHBOURS)
    areas = np.bincount(labels.ravel())[1:]
    return int((areas >= SMALLEST_PIECE).sum())
