"""Strokes → keyframes: what was drawn, painted as it was seen.

A stroke is painted as chords of its own width with round ends, by OpenCV on a canvas of about 2,048 pixels a side,
which is shrunk by area means, as training data is (:mod:`inkbridge.strokes.raster`).
"""

import base64
import io
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.drawings.drawing import LARGEST_SIDE, Drawing, Keyframe, Stroke
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Floats, Images

_CANVAS = 4 * LARGEST_SIDE
"""Most pixels of a side of the canvas."""

_POINT = 8
"""Bits after the point of a coordinate."""


def paint(drawing: Drawing) -> Images:
    """Return the keyframes of a drawing, ``uint8 [K, S, S]``, 0 = paper, 255 = ink."""
    return stacked([paint_keyframe(keyframe, drawing.size) for keyframe in drawing.keyframes], drawing.size)


def stacked(images: Sequence[Images], size: int) -> Images:
    """Return images ``uint8 [S, S]`` as one array, also if there are none."""
    return np.stack(images) if images else np.empty((0, size, size), np.uint8)


def paint_keyframe(keyframe: Keyframe, size: int) -> Images:
    """Return a keyframe, ``uint8 [S, S]``. Raises :class:`InkbridgeError` if its picture is damaged."""
    picture = None if keyframe.picture is None else _decoded(keyframe.id, keyframe.picture, size)
    if not keyframe.strokes:
        return np.zeros((size, size), np.uint8) if picture is None else picture
    scale = _CANVAS // size
    side = size * scale
    if picture is None:
        canvas = np.zeros((side, side), np.uint8)
    else:
        canvas = np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)
    for stroke in keyframe.strokes:
        _draw(canvas, stroke, scale)
    return np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def widths(stroke: Stroke) -> Floats:
    """Return the width of a stroke at each of its points, in pixels of a keyframe: width · (0.5 + pressure).

    perfect-freehand, which draws the same stroke on the page, has this width with a ``thinning`` of 0.5.
    """
    return stroke.width * (0.5 + np.array([pressure for _, _, pressure in stroke.points]))


def _draw(canvas: Images, stroke: Stroke, scale: int) -> None:
    """Draw a stroke on a canvas that is ``scale`` times as large as the keyframe."""
    colour = 255 if stroke.tool == "pen" else 0
    # Whole coordinates are the centres of OpenCV's pixels, but the corners of ours.
    places = np.array([point[:2] for point in stroke.points]) * scale - 0.5
    fixed = np.rint(places * (1 << _POINT)).astype(np.int64)
    at_points = widths(stroke) * scale
    if len(fixed) == 1:
        centre = (int(fixed[0, 0]), int(fixed[0, 1]))
        radius = round(max(at_points[0] - 1, 0) / 2 * (1 << _POINT))
        cv2.circle(canvas, centre, radius, colour, cv2.FILLED, cv2.LINE_8, _POINT)
        return
    for start, end, width in zip(fixed[:-1].tolist(), fixed[1:].tolist(), _thickness(at_points), strict=True):
        cv2.line(canvas, start, end, colour, width, cv2.LINE_8, _POINT)


def _thickness(at_points: Floats) -> list[int]:
    """Return OpenCV's thickness of each chord: it inks one pixel more than an even one, and one for one."""
    between = (at_points[:-1] + at_points[1:]) / 2
    even: NDArray[np.int64] = 2 * np.rint((between - 1) / 2).astype(np.int64)
    return np.maximum(even, 1).tolist()


def _decoded(name: str, text: str, size: int) -> Images:
    """Return the picture of the keyframe ``name``, at the size of a keyframe."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text)), formats=["PNG"]) as picture:
            if max(picture.size) > LARGEST_SIDE:
                raise ValueError(f"{picture.width}×{picture.height} pixels")
            grey = picture.convert("L")
    except Exception as error:  # Pillow raises nearly every type on damaged files
        raise InkbridgeError(
            f"keyframe {name}: expected a picture, found a damaged one ({str(error)[:80]}); delete the keyframe"
        ) from error
    if grey.width != size:
        how = Image.Resampling.HAMMING if grey.width > size else Image.Resampling.BICUBIC
        grey = grey.resize((size, size), how)
    return np.asarray(grey)
