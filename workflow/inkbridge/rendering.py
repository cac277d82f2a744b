"""Latent paths → frames → GIF; strips and sheets of images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.files import whole_file

Frames = NDArray[np.uint8]

_LEVELS = 16
"""Tones in a GIF: edges are one pixel wide, so that more are not seen and cost bytes."""

GAP = 2
"""Pixels between pictures in a strip or sheet."""

_GAP_TONE = 96
"""Tone of the lines between pictures in a strip or sheet."""


def write_gif(path: Path, frames: Frames, frame_ms: int) -> None:
    """Write frames ``uint8 [T, H, W]`` as a GIF that loops without end, each frame shown ``frame_ms`` milliseconds.

    Frames that are equal to the one before are merged with it and its time is lengthened.
    """
    levels = np.rint(np.arange(256) * ((_LEVELS - 1) / 255)).astype(np.uint8)[frames]
    palette = [tone for level in range(_LEVELS) for tone in [round(255 * level / (_LEVELS - 1))] * 3]
    pictures = [Image.fromarray(frame, "P") for frame in levels]
    for picture in pictures:
        picture.putpalette(palette)
    with whole_file(path) as temporary:
        pictures[0].save(
            temporary,
            save_all=True,
            append_images=pictures[1:],
            duration=frame_ms,
            loop=0,
            optimize=False,
            disposal=1,
        )


def grid(rows: Sequence[Frames], scale: int = 1) -> Frames:
    """Return rows of images ``uint8 [N, H, W]`` as one picture, with thin lines between; short rows end in paper."""
    columns = max(map(len, rows))
    filled = [np.concatenate([row, np.zeros((columns - len(row), *row.shape[1:]), np.uint8)]) for row in rows]
    enlarged = [row.repeat(scale, axis=1).repeat(scale, axis=2) for row in filled]
    framed = [np.pad(row, ((0, 0), (0, GAP), (0, GAP)), constant_values=_GAP_TONE) for row in enlarged]
    joined = np.concatenate([np.concatenate(list(row), axis=1) for row in framed], axis=0)
    return joined[:-GAP, :-GAP]


def write_png(path: Path, picture: Frames) -> None:
    """Write a grayscale picture ``uint8 [H, W]`` as PNG."""
    with whole_file(path) as temporary:
        Image.fromarray(picture, "L").save(temporary, optimize=True)
