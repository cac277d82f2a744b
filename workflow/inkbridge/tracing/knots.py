"""Ends and branchings of ink, what tangles have too many of; and the width of its lines."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

_NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
_EIGHT = np.ones((3, 3), np.int8)

_WIDE = 95.0
"""Percentile of the widths along a skeleton that counts as the width of the lines."""


def knots_of(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the number of ends and branchings of the skeleton of ``mask`` ``bool [S, S]``, and the number of the
    skeleton's pixels.

    An end is a pixel with one neighbour; a branching is a connected group, of eight neighbours, of pixels with three or
    more.
    """
    skeleton = skeletonize(mask)  # type: ignore[no-untyped-call]
    return _knots(skeleton), int(np.count_nonzero(skeleton))


def knots_and_width(mask: NDArray[np.bool_]) -> tuple[int, float]:
    """Return the number of ends and branchings of the skeleton of ``mask`` ``bool [S, S]``, and the width of the lines
    in pixels: the 95th percentile of 2 · distance to paper − 1 along the skeleton, 0 without ink."""
    if not mask.any():
        return 0, 0.0
    skeleton = skeletonize(mask)  # type: ignore[no-untyped-call]
    # Beyond the image there is paper.
    distances = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return _knots(skeleton), float(np.percentile(2 * distances[1:-1, 1:-1][skeleton] - 1, _WIDE))


def _knots(skeleton: NDArray[np.bool_]) -> int:
    neighbours = ndimage.convolve(skeleton.astype(np.uint8), _NEIGHBOURS, mode="constant")
    ends = int(np.count_nonzero(skeleton & (neighbours == 1)))
    _, branchings = ndimage.label(skeleton & (neighbours >= 3), _EIGHT)
    return ends + int(branchings)
