"""Strokes: cubic Béziers with width and opacity, in pixels of the 64-pixel cell.

A stroke is a row of ten ``float32``: four control points (x, y), width, opacity in [0, 1]. Straight lines, quadratic
Béziers and ellipses become such rows, so that one painter paints them all and any two of them can be interpolated.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from inkbridge.support.types import Array

Points = NDArray[np.floating]

VALUES = 10
"""Numbers of a stroke: x0 y0 x1 y1 x2 y2 x3 y3 width opacity."""

ELLIPSE_ARCS = 4
"""Cubics in an ellipse, one for each quarter."""

_QUARTER = 4 / 3 * (np.sqrt(2) - 1)
"""Length of the handles of a cubic that approximates a quarter of the unit circle to within 0.03 %. It meets the circle
at both ends and in the middle."""


class Kind(IntEnum):
    """The kind of shape that a stroke was sampled as."""

    LINE = 0
    QUADRATIC = 1
    ELLIPSE = 2
    DOT = 3


@dataclass(frozen=True)
class StrokeSets:
    """The stroke sets of N images, concatenated.

    ``values``: ``float32 [M, 10]``; ``kinds``: ``uint8 [M]``, see :class:`Kind` (an ellipse is four consecutive rows);
    ``offsets``: ``int64 [N + 1]``; the strokes of image i are the rows from ``offsets[i]`` up to ``offsets[i + 1]``.
    """

    values: Array
    kinds: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(self, images: NDArray[np.integer]) -> "StrokeSets":
        """Return the stroke sets of some images, in their order."""
        rows = [np.arange(self.offsets[image], self.offsets[image + 1]) for image in images]
        chosen = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in rows])]).astype(np.int64)
        return StrokeSets(self.values[chosen], self.kinds[chosen], offsets)

    def owners(self) -> NDArray[np.int64]:
        """Return the image that each stroke belongs to, ``int64 [M]``."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


def interpolate(start: StrokeSets, end: StrokeSets, moment: float) -> StrokeSets:
    """Return the stroke sets at ``moment``, in [0, 1], of a movement from ``start`` to ``end`` in which every value
    changes linearly. Raises :class:`ValueError` if they are not the same kinds of strokes in the same images."""
    if not np.array_equal(start.kinds, end.kinds) or not np.array_equal(start.offsets, end.offsets):
        raise ValueError("only strokes of the same kinds, in the same images, can be interpolated")
    values = (1 - moment) * start.values + moment * end.values
    return StrokeSets(values.astype(np.float32), start.kinds, start.offsets)


def line(start: Points, end: Points) -> Array:
    """Return the control points ``[..., 4, 2]`` of straight lines between points ``[..., 2]``."""
    thirds = np.linspace(0, 1, 4, dtype=np.float32)[:, None]
    return start[..., None, :] * (1 - thirds) + end[..., None, :] * thirds


def quadratic(start: Points, anchor: Points, end: Points) -> Array:
    """Return the control points ``[..., 4, 2]`` of quadratic Béziers raised to cubics (degree elevation)."""
    inner_start = start + np.float32(2 / 3) * (anchor - start)
    inner_end = end + np.float32(2 / 3) * (anchor - end)
    return np.stack([start, inner_start, inner_end, end], axis=-2)


def ellipse(centre: Points, radii: Points, rotation: Points) -> Array:
    """Return the control points ``[..., 4 arcs, 4, 2]`` of ellipses.

    ``centre`` and ``radii`` (two half axes) are ``[..., 2]`` in pixels, ``rotation`` is ``[...]`` in radians. The
    first arc starts at the end of the first axis.
    """
    arc = np.array([[1, 0], [1, _QUARTER], [_QUARTER, 1], [0, 1]])
    turns = [np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), quarter) for quarter in range(ELLIPSE_ARCS)]
    scaled = np.stack([arc @ turn for turn in turns]) * radii[..., None, None, :]
    cosine, sine = np.cos(rotation), np.sin(rotation)
    rotate = np.stack([np.stack([cosine, sine], axis=-1), np.stack([-sine, cosine], axis=-1)], axis=-2)
    return (scaled @ rotate[..., None, :, :] + centre[..., None, None, :]).astype(np.float32)


def bernstein(moments: NDArray[np.floating]) -> Array:
    """Return the weights ``float32 [T, 4]`` of a cubic's control points at ``moments`` ``[T]`` in [0, 1]."""
    t = np.asarray(moments, dtype=np.float64)[:, None]
    return np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1).astype(np.float32)
