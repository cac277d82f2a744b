"""Ends and branchings of ink: what tangles have too many of."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

_NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
_EIGHT = np.ones((3, 3), np.int8)


def knots_of(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the number of ends and branchings of the skeleton of ``mask`` ``bool [S, S]``, and the number of the
    skeleton's pixels.

    An end is a pixel with one neighbour; a branching is a connected group, of eight neighbours, of pixels with three or
    more.
    """
    skeleton = skeletonize(mask)  # type: ignore[no-untyped-call]
    neighbours = ndimage.convolve(skeleton.astype(np.uint8), _NEIGHBOURS, mode="constant")
    ends = int(np.count_nonzero(skeleton & (neighbours == 1)))
    _, branchings = ndimage.label(skeleton & (neighbours >= 3), _EIGHT)
    return ends + int(branchings), int(np.count_nonzero(skeleton))
