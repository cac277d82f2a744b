"""Strokes → ink, fast, for data: OpenCV draws polylines at four times the size, and area means shrink the image."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.strokes.bezier import Kind, StrokeSets, bernstein
from inkbridge.support.types import Array

_SUPERSAMPLING = 4
"""Canvas pixels per image pixel: 17 levels of anti-aliasing, and widths in steps of half a pixel."""

_CHORDS = 10
"""Chords of a curved stroke. Even a curve across the whole cell is less than 0.3 px off its chords."""

_FRACTION_BITS = 4
"""Bits after the point of OpenCV's fixed-point coordinates, which are sixteenths of a canvas pixel here."""


def paint(strokes: StrokeSets, blur: NDArray[np.floating] | float = 0.0) -> NDArray[np.uint8]:
    """Paint each stroke set of ``strokes`` at full opacity, anti-aliased, with round ends.

    ``blur`` is the standard deviation of a Gaussian blur in pixels, one for all images or one each; 0 is none.
    Returns ``uint8 [N, 64, 64]``, 0 = paper, 255 = ink.
    """
    curves, thickness = _polylines(strokes.values), _thickness(strokes)
    chords = np.ascontiguousarray(curves[:, ::_CHORDS])
    straight = np.isin(strokes.kinds, (Kind.LINE, Kind.DOT))
    sigmas = np.broadcast_to(np.asarray(blur, dtype=np.float64), len(strokes))
    images = np.empty((len(strokes), CELL, CELL), dtype=np.uint8)
    canvas = np.empty((CELL * _SUPERSAMPLING, CELL * _SUPERSAMPLING), dtype=np.uint8)
    half = np.empty((CELL * _SUPERSAMPLING // 2, CELL * _SUPERSAMPLING // 2), dtype=np.uint8)
    for image, (first, last) in enumerate(zip(strokes.offsets, strokes.offsets[1:], strict=False)):
        canvas.fill(0)
        for row in range(first, last):
            points = chords[row] if straight[row] else curves[row]
            cv2.polylines(canvas, [points], False, 255, thickness[row], cv2.LINE_8, _FRACTION_BITS)
        # Halving twice takes OpenCV a fifth of the time of shrinking to a quarter at once.
        cv2.resize(canvas, half.shape, dst=half, interpolation=cv2.INTER_AREA)
        cv2.resize(half, (CELL, CELL), dst=images[image], interpolation=cv2.INTER_AREA)
        if sigmas[image] > 0:
            cv2.GaussianBlur(images[image], (0, 0), sigmas[image], dst=images[image], borderType=cv2.BORDER_CONSTANT)
    return images


def _polylines(values: Array) -> NDArray[np.int32]:
    """Return fixed-point canvas coordinates ``int32 [M, chords + 1, 2]`` of points along each stroke."""
    curves = bernstein(np.linspace(0, 1, _CHORDS + 1)) @ values[:, :8].reshape(-1, 4, 2)
    # For OpenCV, the centres of pixels are whole numbers; here, their corners are.
    canvas = curves * _SUPERSAMPLING - 0.5
    return np.rint(canvas * (1 << _FRACTION_BITS)).astype(np.int32)


def _thickness(strokes: StrokeSets) -> list[int]:
    """Return the thickness, at least 1, to request from OpenCV for each stroke.

    For both thickness 2n − 1 and 2n, OpenCV paints lines 2n + 1 canvas pixels wide. Dots are as wide as requested.
    """
    wide = strokes.values[:, 8] * _SUPERSAMPLING
    asked = np.where(strokes.kinds == Kind.DOT, np.rint(wide), 2 * np.rint((wide - 1) / 2))
    return [int(thickness) for thickness in np.maximum(1, asked)]
