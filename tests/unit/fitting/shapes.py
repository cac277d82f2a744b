"""Drawings and doodles that the tests of fitting share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkbridge.fitting.tuning import FINISH
from inkbridge.strokes.soft_raster import paint_soft
from inkbridge.support.types import Images


def line(start: Sequence[float], end: Sequence[float]) -> NDArray[np.float32]:
    """Return the control points ``[4, 2]`` of a straight stroke."""
    return np.linspace(start, end, 4).astype(np.float32)


def turning_line(*angles: float) -> Images:
    """Return keyframes of a line of 40 px through the middle of the cell, at some angles (radians)."""
    steps = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return painted(*([line(32 - step, 32 + step)] for step in steps))


def painted(*drawings: Sequence[NDArray[np.float32]], size: int = 64, width: float = 3) -> Images:
    """Return drawings ``uint8 [K, size, size]``, each of the strokes with these control points ``[4, 2]``."""
    images = np.zeros((len(drawings), size, size), np.float32)
    for image, strokes in zip(images, drawings, strict=True):
        if len(strokes):
            values = np.float32([[*points.ravel(), width, 1] for points in strokes])
            image[:] = paint_soft(values[None], FINISH.last_softness, size)[0]
    return np.rint(255 * images).astype(np.uint8)
