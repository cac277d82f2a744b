"""What a page plays an animation from: all frames in one picture, and a record of its path to draw beside it.

A browser can neither pause a GIF nor show a frame of it by number; cells of a picture that it has loaded once it can.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.export.colours import levels
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.provenance.carriers import picture_options
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance
from inkbridge.support.types import Frames

_LARGEST_SIDE = 192
"""Pixels of a frame's side: a card of the gallery shows about as many."""

_SMALLEST_SIDE = 64
"""Pixels of the native size, below which strokes would be lost."""

_PIXELS = 4_500_000
"""Of a sprite: a browser holds four bytes for each of them, as long as its animation is in view."""

_LARGEST_PICTURE = 16_383
"""Pixels of a side that WebP can hold."""


@dataclass(frozen=True)
class Sprite:
    """How the frames stand in a picture: row by row, ``columns`` of them in each, squares of ``side`` pixels."""

    frames: int
    columns: int
    side: int

    @classmethod
    def of(cls, count: int, size: int) -> "Sprite":
        """Return the arrangement of ``count`` frames of ``size`` × ``size`` pixels, made smaller where they are many.

        Raises :class:`InkbridgeError` where they are more than one picture can hold.
        """
        side = min(size, _LARGEST_SIDE, max(_SMALLEST_SIDE, math.isqrt(_PIXELS // count)))
        columns = math.isqrt(count - 1) + 1
        if columns * side > _LARGEST_PICTURE:
            raise InkbridgeError(
                f"animation.frames_per_segment: expected at most {(_LARGEST_PICTURE // side) ** 2} frames in an "
                f"animation, found {count}; lower it, or give the doodle fewer keyframes"
            )
        return cls(count, columns, side)

    @classmethod
    def of_doodle(cls, keyframes: int, loop: bool, frames_per_segment: int, size: int) -> "Sprite":
        """Return that of an animation through so many keyframes, before any is drawn; raises as :meth:`of`."""
        segments = keyframes if loop else keyframes - 1
        return cls.of(segments * frames_per_segment + (not loop), size)


@dataclass(frozen=True)
class PathPlot:
    """A latent path, projected on the two main directions of its keyframes, in standard deviations of the latents.

    ``path`` has a point ``(x, y)`` for each frame, ``keyframes`` one for each keyframe; (0, 0) is their mean, and
    ``origin`` is where the origin of latent space is seen. ``share`` is how much of the keyframes' variance the two
    directions hold, from 0 to 1. The directions depend on the keyframes alone, so that all paths through the same
    keyframes can be laid over one another.
    """

    path: list[tuple[float, float]]
    keyframes: list[tuple[float, float]]
    origin: tuple[float, float]
    share: float


@dataclass(frozen=True)
class SpriteRecord:
    """What a page must know to play a sprite; ``keyframe_frames`` are the numbers of the frames that are keyframes."""

    sprite: Sprite
    frame_ms: int
    keyframe_frames: list[int]
    plot: PathPlot


def sprite_record(path: DoodlePath, latents: NDArray[np.float32], size: int, frame_ms: int) -> SpriteRecord:
    """Return the record of the animation along ``path`` through keyframes with ``latents`` ``[K, D]``, whose frames
    have ``size`` × ``size`` pixels and are shown for ``frame_ms`` milliseconds."""
    points = path.through(latents)
    keyframes = [path.frames_per_segment * number for number in range(len(latents))]
    return SpriteRecord(Sprite.of(len(points), size), frame_ms, keyframes, _plot(points, latents))


def _plot(points: NDArray[np.float32], latents: NDArray[np.float32]) -> PathPlot:
    middle = latents.mean(axis=0)
    _, spread, directions = np.linalg.svd((latents - middle).astype(np.float64), full_matrices=False)
    main = directions[:2]
    # A direction and its opposite are the same to SVD: the largest of its numbers is to be positive.
    main = main * np.sign(main[np.arange(len(main)), np.abs(main).argmax(axis=1)])[:, None]
    variance = spread**2
    share = float(variance[:2].sum() / variance.sum()) if variance.sum() > 0 else 1.0
    origin = _projected(np.zeros_like(latents[:1]) - middle, main)[0]
    return PathPlot(_projected(points - middle, main), _projected(latents - middle, main), origin, round(share, 3))


def _projected(points: NDArray[np.float32], directions: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return points ``[N, D]`` in the coordinates of two ``directions`` ``[2, D]``, to a hundredth."""
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points @ directions.T]


def write_sprite(path: Path, frames: Frames, sprite: Sprite, provenance: Provenance | None = None) -> None:
    """Write frames ``uint8 [T, S, S]`` as one lossless WebP, black ink on nothing, in the 16 tones of the GIF.

    Ink is opacity, so that a page can give it any colour. The file appears whole or not at all.
    """
    rows = -(-sprite.frames // sprite.columns)
    cells = np.zeros((rows * sprite.columns, sprite.side, sprite.side), np.uint8)
    for cell, frame in zip(cells, frames, strict=False):  # the last row may end in paper
        cell[:] = _reduced(frame, sprite.side)
    sheet = cells.reshape(rows, sprite.columns, sprite.side, sprite.side).swapaxes(1, 2)
    opacity = Image.fromarray(17 * levels(sheet.reshape(rows * sprite.side, sprite.columns * sprite.side)), "L")
    picture = Image.merge("LA", [Image.new("L", opacity.size), opacity])
    with atomic_write(path) as temporary:
        # Measured on sprites of 4.5 megapixels: 0.15 s and 110–190 kB; more effort takes twice as long for 10 % less.
        picture.save(temporary, lossless=True, method=1, quality=20, **picture_options(".webp", provenance))


def _reduced(frame: Frames, side: int) -> Frames:
    if len(frame) == side:
        return frame
    return np.asarray(Image.fromarray(frame, "L").resize((side, side), Image.Resampling.BOX))


def write_sprite_record(path: Path, stored: SpriteRecord, provenance: Provenance | None = None) -> None:
    """Write a record as JSON, and how it was made. The file appears whole or not at all."""
    content = {**asdict(stored), **({} if provenance is None else {PROVENANCE_KEY: provenance})}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def read_sprite_record(path: Path) -> SpriteRecord:
    """Return what :func:`write_sprite_record` wrote. Raises :class:`InkbridgeError` where the file is not that."""
    try:
        stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        plot = stored["plot"]
        return SpriteRecord(
            Sprite(**stored["sprite"]),
            stored["frame_ms"],
            stored["keyframe_frames"],
            PathPlot(_points(plot["path"]), _points(plot["keyframes"]), _points([plot["origin"]])[0], plot["share"]),
        )
    except OSError as error:
        raise unreadable(path, "the record of an animation", error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InkbridgeError(
            f"{path}: expected the record of an animation, found something else ({error}); {how_to_remake(path)}"
        ) from error


def _points(pairs: list[list[float]]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in pairs]
