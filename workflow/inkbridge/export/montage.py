"""Several images as one image, and several animations as one animation."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkbridge.support.types import Frames

GAP = 2
"""Pixels between the images of a grid."""

_LINE_INK = 96
"""Ink of the lines between the images of a grid, 0 to 255."""

_CAPTION_INK = 200
"""Ink of the caption below an animation, 0 to 255."""


def grid(rows: Sequence[Frames], scale: int = 1) -> Frames:
    """Return rows of images ``uint8 [N, H, W]`` as one image ``uint8 [H, W]`` with thin lines between them.

    Rows may differ in length: paper fills the shorter ones. ``scale`` enlarges each pixel by a whole factor.
    """
    columns = max(map(len, rows))
    filled = [np.concatenate([row, np.zeros((columns - len(row), *row.shape[1:]), np.uint8)]) for row in rows]
    enlarged = [row.repeat(scale, axis=1).repeat(scale, axis=2) for row in filled]
    framed = [np.pad(row, ((0, 0), (0, GAP), (0, GAP)), constant_values=_LINE_INK) for row in enlarged]
    joined = np.concatenate([np.concatenate(list(row), axis=1) for row in framed], axis=0)
    return joined[:-GAP, :-GAP]


def animation_grid_size(rows: int, columns: int, size: int) -> tuple[int, int]:
    """Return width and height, in pixels, of :func:`animation_grid` for animations of ``size`` × ``size`` pixels."""
    gap, line = _gap_and_line(size)
    return columns * (size + gap) - gap, rows * (size + line + gap) - gap


def _gap_and_line(size: int) -> tuple[int, int]:
    """Return the pixels between animations in a grid, and the height of the captions."""
    return max(4, size // 32), max(14, size // 10)


def animation_grid(rows: Sequence[Sequence[Frames]], captions: Sequence[Sequence[str]]) -> Frames:
    """Return rows of animations ``uint8 [T, S, S]`` as one, ``uint8 [T, H, W]``: in step, with a caption below each."""
    size = rows[0][0].shape[1]
    gap, line = _gap_and_line(size)
    width, height = animation_grid_size(len(rows), len(rows[0]), size)
    joined = np.zeros((len(rows[0][0]), height, width), np.uint8)
    for row, (animations, texts) in enumerate(zip(rows, captions, strict=True)):
        for column, (frames, text) in enumerate(zip(animations, texts, strict=True)):
            top, left = row * (size + line + gap), column * (size + gap)
            joined[:, top : top + size, left : left + size] = frames
            joined[:, top + size : top + size + line, left : left + size] = _caption(text, size, line)
    return joined


def _caption(text: str, width: int, height: int) -> Frames:
    """Return ``text`` in the middle of a line, ``uint8 [height, width]``, as large as possible."""
    picture = Image.new("L", (width, height))
    pen = ImageDraw.Draw(picture)
    points = round(0.72 * height)
    font = ImageFont.load_default(points)
    while points > 6 and pen.textlength(text, font) > width - 4:
        points -= 1
        font = ImageFont.load_default(points)
    pen.text((width / 2, height / 2), text, fill=_CAPTION_INK, font=font, anchor="mm")
    return np.asarray(picture)
