"""What a page needs to play an animation from its sprite, and to draw its path through latent space beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkbridge.latent.paths import DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance
from inkbridge.web.sprites import SpriteLayout


@dataclass(frozen=True)
class ProjectedPath:
    """A latent path, projected on the two principal directions of its keyframes.

    path: a point ``(x, y)`` for each frame, in standard deviations of the latents; (0, 0) is the mean of the keyframes.
    keyframes: a point for each keyframe.
    origin: the projected origin of latent space.
    share: the part of the keyframes' variance that lies in the two directions, from 0 to 1.

    The directions depend only on the keyframes, so all paths through the same keyframes can be drawn on top of each
    other.
    """

    path: list[tuple[float, float]]
    keyframes: list[tuple[float, float]]
    origin: tuple[float, float]
    share: float


@dataclass(frozen=True)
class Playback:
    """What a page needs to play a sprite.

    sprite: the arrangement of its frames.
    frame_ms: milliseconds for which a frame is shown.
    keyframe_frames: the numbers of the frames that are keyframes, from 0.
    plot: the path through latent space.
    """

    sprite: SpriteLayout
    frame_ms: int
    keyframe_frames: list[int]
    plot: ProjectedPath


def playback_of(
    path: DoodlePath, points: NDArray[np.float32], latents: NDArray[np.float32], size: int, frame_ms: int
) -> Playback:
    """Return the playback of the animation along ``path``, whose ``points`` are ``float32 [T, D]``, through keyframes
    with ``latents`` ``float32 [K, D]``.

    ``size``: pixels of a frame's side. ``frame_ms``: milliseconds for which a frame is shown. Raises
    :class:`InkbridgeError` if the animation has more frames than a sprite can hold.
    """
    keyframes = [path.frames_per_segment * number for number in range(len(latents))]
    return Playback(SpriteLayout.of(len(points), size), frame_ms, keyframes, _project_path(points, latents))


def _project_path(points: NDArray[np.float32], latents: NDArray[np.float32]) -> ProjectedPath:
    middle = latents.mean(axis=0)
    _, spread, directions = np.linalg.svd((latents - middle).astype(np.float64), full_matrices=False)
    main = directions[:2]
    # SVD leaves the sign of a direction open; choose the one in which its largest component is positive.
    main = main * np.sign(main[np.arange(len(main)), np.abs(main).argmax(axis=1)])[:, None]
    variance = spread**2
    share = float(variance[:2].sum() / variance.sum()) if variance.sum() > 0 else 1.0
    origin = _project(np.zeros_like(latents[:1]) - middle, main)[0]
    return ProjectedPath(_project(points - middle, main), _project(latents - middle, main), origin, round(share, 3))


def _project(points: NDArray[np.float32], directions: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return points ``[N, D]`` in the coordinates of two ``directions`` ``[2, D]``, rounded to a hundredth."""
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points @ directions.T]


def write_playback(path: Path, playback: Playback, provenance: Provenance | None = None) -> None:
    """Write a playback as JSON, with its provenance. The file appears whole or not at all."""
    content = {**asdict(playback), **({} if provenance is None else {PROVENANCE_KEY: provenance})}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def read_playback(path: Path) -> Playback:
    """Return what :func:`write_playback` wrote. Raises :class:`InkbridgeError` if the file is anything else."""
    try:
        stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        plot = stored["plot"]
        return Playback(
            SpriteLayout(**stored["sprite"]),
            stored["frame_ms"],
            stored["keyframe_frames"],
            ProjectedPath(
                _points(plot["path"]), _points(plot["keyframes"]), _points([plot["origin"]])[0], plot["share"]
            ),
        )
    except OSError as error:
        raise unreadable(path, "how to play an animation", error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InkbridgeError(
            f"{path}: expected how to play an animation, found something else ({error}); {how_to_remake(path)}"
        ) from error


def _points(pairs: list[list[float]]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in pairs]
