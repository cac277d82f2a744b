"""Latents → a path through latent space: methods that pass through every keyframe, and the Brownian bridge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkbridge.support.seeds import random_stream

Latents = NDArray[np.floating]

_SMALLEST_NORM = 1e-6
"""Below this fraction of the wanted norm, a point has no direction that could be kept."""


def linear(keyframes: Latents, moments: NDArray[np.float64], loop: bool) -> Latents:
    """Return straight lines from keyframe to keyframe: z(t) = (1 − t) a + t b."""
    start, end, t = _segments(keyframes, moments)
    return (1 - t) * start + t * end


def circular(keyframes: Latents, moments: NDArray[np.float64], loop: bool) -> Latents:
    """Return the linear points rescaled to the norm (1 − t)‖a‖ + t‖b‖ (the 2018 post's circular interpolation).

    Where a and b are opposite, the linear point passes zero and has no direction: that one point is put at right
    angles to both, at the norm that it is to have.
    """
    start, end, t = _segments(keyframes, moments)
    straight = (1 - t) * start + t * end
    norm = (1 - t) * _norm(start) + t * _norm(end)
    length = _norm(straight)
    lost = length <= _SMALLEST_NORM * norm
    direction = np.where(lost, _perpendicular(start), straight / np.where(lost, 1, length))
    return norm * direction


def cubic(keyframes: Latents, moments: NDArray[np.float64], loop: bool) -> Latents:
    """Return a cubic spline through all keyframes at once, twice continuously differentiable.

    A closed ``loop``, whose last keyframe is its first, gets a periodic spline.
    """
    # SciPy's splines take 0.2 s to import, which jobs of the other methods save.
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(np.arange(len(keyframes)), keyframes, bc_type="periodic" if loop else "not-a-knot")
    points: Latents = spline(moments)
    return points


METHODS: Mapping[str, Callable[[Latents, NDArray[np.float64], bool], Latents]] = {
    "linear": linear,
    "circular": circular,
    "cubic": cubic,
}
"""Method → function of keyframes ``[K, D]``, moments ``[T]`` in segments from the start, and whether the path is
closed; it returns the points ``[T, D]``."""


def brownian_bridge(rng: np.random.Generator, segments: int, steps: int, dimensions: int, std: float) -> Latents:
    """Return Brownian bridges, one for each segment: ``float64 [segments · steps + 1, dimensions]``.

    With X a Gaussian random walk, X(0) = 0, whose increments have variance std²/steps, a bridge is
    Y(t) = X(t) − t·X(1): zero at both ends of its segment, with variance std²·t(1 − t) between them.
    """
    walk = rng.normal(0, std / np.sqrt(steps), (segments, steps, dimensions)).cumsum(axis=1)
    moments = np.arange(1, steps + 1)[:, None] / steps
    bridge = walk - moments * walk[:, -1:]
    bridge[:, -1] = 0
    return np.concatenate([np.zeros((1, dimensions)), bridge.reshape(-1, dimensions)])


@dataclass(frozen=True)
class DoodlePath:
    """Which path a doodle's animation takes: the same one whoever asks for it, GIF or report."""

    doodle: str
    method: str
    noise_std: float
    frames_per_segment: int
    loop: bool
    seed: int

    def through(self, keyframes: Latents) -> NDArray[np.float32]:
        """Return the path through the latents of the doodle's keyframes; see :func:`latent_path`.

        The bridge is drawn from the names of doodle, method and std: a GIF can be made again alone, and a doodle
        shivers in the same way in every variant.
        """
        rng = random_stream(self.seed, "bridge", self.doodle, self.method, str(self.noise_std))
        return latent_path(
            keyframes, self.method, self.frames_per_segment, loop=self.loop, noise_std=self.noise_std, rng=rng
        )


def latent_path(
    keyframes: Latents,
    method: str,
    frames_per_segment: int,
    *,
    loop: bool = False,
    noise_std: float = 0.0,
    rng: np.random.Generator | None = None,
) -> NDArray[np.float32]:
    """Return a path through ``keyframes`` ``[K, D]``, K ≥ 2, with keyframe k exactly at frame k·n.

    The path is ``float32 [(K − 1)·n + 1, D]`` for n ``frames_per_segment``; with ``loop`` it returns to the first
    keyframe and ends one frame before it: ``[K·n, D]``. ``noise_std``, in units of the latents, adds a Brownian
    bridge in each segment, drawn from ``rng``.
    """
    closed = np.concatenate([keyframes, keyframes[:1]]) if loop else np.asarray(keyframes)
    closed = closed.astype(np.float64)
    segments = len(closed) - 1
    moments = np.arange(segments * frames_per_segment + 1) / frames_per_segment
    path = METHODS[method](closed, moments, loop)
    if noise_std > 0:
        if rng is None:
            raise ValueError("noise needs a random generator")
        path = path + brownian_bridge(rng, segments, frames_per_segment, closed.shape[1], noise_std)
    path[::frames_per_segment] = closed
    return path[: -1 if loop else None].astype(np.float32)


def _segments(keyframes: Latents, moments: NDArray[np.float64]) -> tuple[Latents, Latents, NDArray[np.float64]]:
    """Return both ends ``[T, D]`` of the segment of each moment, and how far it is along, ``[T, 1]`` in [0, 1]."""
    segment = np.minimum(moments.astype(int), len(keyframes) - 2)
    return keyframes[segment], keyframes[segment + 1], (moments - segment)[:, None]


def _norm(latents: Latents) -> Latents:
    return np.asarray(np.linalg.norm(latents, axis=-1, keepdims=True))


def _perpendicular(latents: Latents) -> Latents:
    """Return unit vectors at right angles to ``latents``: the axis along which each is smallest, made orthogonal."""
    axes = np.eye(latents.shape[-1])[np.abs(latents).argmin(axis=-1)]
    squared = np.maximum(_norm(latents) ** 2, np.finfo(np.float64).tiny)
    projected = axes - (axes * latents).sum(axis=-1, keepdims=True) / squared * latents
    return projected / np.maximum(_norm(projected), np.finfo(np.float64).tiny)
