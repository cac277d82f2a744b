"""All frames of an animation in one picture, from which a page plays it.

A browser can neither pause a GIF nor show one of its frames by number. It can do both with parts of a picture.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge.export.colours import to_tones
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write
from inkbridge.support.pictures import write_pictures
from inkbridge.support.provenance.carriers import image_options
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Frames

_LARGEST_SIDE = 192
"""Most pixels of a frame's side: about as many as a card of the gallery shows."""

_SMALLEST_SIDE = 64
"""Fewest pixels of a frame's side: the native size. Strokes would get lost in smaller frames."""

_PIXELS = 4_500_000
"""Most pixels of a sprite: a browser holds four bytes for each of them while the animation is in view."""

_LARGEST_PICTURE = 16_383
"""Most pixels of a side: the limit of WebP."""


@dataclass(frozen=True)
class SpriteLayout:
    """How frames are arranged in a picture: row by row, with ``columns`` frames in each row, as squares of ``side``
    pixels."""

    frames: int
    columns: int
    side: int

    @classmethod
    def of(cls, count: int, size: int) -> "SpriteLayout":
        """Return the layout of ``count`` frames of ``size`` × ``size`` pixels; many frames are made smaller.

        Raises :class:`InkbridgeError` if one picture cannot hold that many frames.
        """
        side = min(size, _LARGEST_SIDE, max(_SMALLEST_SIDE, math.isqrt(_PIXELS // count)))
        columns = math.isqrt(count - 1) + 1
        if columns * side > _LARGEST_PICTURE:
            raise InkbridgeError(
                f"expected at most {(_LARGEST_PICTURE // side) ** 2} frames in an animation, found {count}; lower "
                "frames_per_segment, or give the doodle fewer keyframes"
            )
        return cls(count, columns, side)


def write_sprite(path: Path, frames: Frames, layout: SpriteLayout, provenance: Provenance | None = None) -> None:
    """Write frames ``uint8 [T, S, S]`` as one lossless WebP: black ink on transparent paper, in 16 tones as in a GIF.

    The ink is in the opacity, so that a page can give it any colour. The file appears whole or not at all.
    """
    rows = -(-layout.frames // layout.columns)
    cells = np.zeros((rows * layout.columns, layout.side, layout.side), np.uint8)
    for cell, frame in zip(cells, frames, strict=False):  # the last row may end in paper
        cell[:] = _reduced(frame, layout.side)
    sheet = cells.reshape(rows, layout.columns, layout.side, layout.side).swapaxes(1, 2)
    opacity = 17 * to_tones(sheet.reshape(rows * layout.side, layout.columns * layout.side))
    black_ink = np.stack([np.zeros_like(opacity), opacity], axis=-1)
    # Measured on sprites of 4.5 megapixels: 0.15 s and 110–190 kB; more effort takes twice as long for 10 % less.
    options = {"lossless": True, "method": 1, "quality": 20, **image_options(".webp", provenance)}
    with atomic_write(path) as temporary:
        write_pictures(temporary, ".webp", [black_ink], options)


def _reduced(frame: Frames, side: int) -> Frames:
    if len(frame) == side:
        return frame
    # Pillow, because imageio does not resize.
    return np.asarray(Image.fromarray(frame, "L").resize((side, side), Image.Resampling.BOX))
