"""Paths through latent space: the methods, all of which pass through every keyframe, and the Brownian bridge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inkbridge.latent.timing import Easing, eased
from inkbridge.support.seeds import random_stream

Latents = NDArray[np.floating]

LARGEST_NOISE_STD = 10
"""In standard deviations of the latents; far beyond it, nothing is recognised."""

_SMALLEST_NORM = 1e-6
"""A point below this fraction of the wanted norm has no direction that could be kept."""


class Arithmetic(Protocol):
    """The operations that paths are made of. NumPy has them here; the pixel fit has them in torch, for gradients.

    Keyframes are ``[K, D]``, points ``[T, D]`` and norms ``[T, 1]``, all arrays of the same library.
    """

    def lerp(self, start: Any, end: Any, parts: NDArray[np.float64]) -> Any:
        """Return (1 − t) start + t end for ``parts`` t, ``[T]`` in [0, 1]."""

    def norm(self, points: Any) -> Any:
        """Return the Euclidean norms of ``points``."""

    def with_norm(self, points: Any, norms: Any, start: Any) -> Any:
        """Return ``points`` rescaled to ``norms``. A point at zero has no direction; a point at right angles to
        ``start`` may replace it."""

    def transform(self, function: Callable[[Latents], Latents], keyframes: Any) -> Any:
        """Return ``function`` of ``keyframes``. The function is linear."""


class _NumpyArithmetic:
    def lerp(self, start: Latents, end: Latents, parts: NDArray[np.float64]) -> Latents:
        t = parts[:, None]
        return (1 - t) * start + t * end

    def norm(self, points: Latents) -> Latents:
        return np.asarray(np.linalg.norm(points, axis=-1, keepdims=True))

    def with_norm(self, points: Latents, norms: Latents, start: Latents) -> Latents:
        lengths = self.norm(points)
        lost = lengths <= _SMALLEST_NORM * norms
        return norms * np.where(lost, _perpendicular(start), points / np.where(lost, 1, lengths))

    def transform(self, function: Callable[[Latents], Latents], keyframes: Latents) -> Latents:
        return function(keyframes)


_NUMPY = _NumpyArithmetic()


def linear(keyframes: Any, moments: NDArray[np.float64], loop: bool, arithmetic: Arithmetic = _NUMPY) -> Any:
    """Return straight lines from keyframe to keyframe: z(t) = (1 − t) a + t b."""
    segments = _segments(keyframes, moments)
    return arithmetic.lerp(keyframes[segments], keyframes[segments + 1], moments - segments)


def circular(keyframes: Any, moments: NDArray[np.float64], loop: bool, arithmetic: Arithmetic = _NUMPY) -> Any:
    """Return the linear points rescaled to the norm (1 − t)‖a‖ + t‖b‖ (the 2018 post's circular interpolation).

    If a and b are opposite, the linear point passes through zero and has no direction there. Then a point at right
    angles to both is used, at the wanted norm.
    """
    straight = linear(keyframes, moments, loop, arithmetic)
    norms = linear(arithmetic.norm(keyframes), moments, loop, arithmetic)
    return arithmetic.with_norm(straight, norms, keyframes[_segments(keyframes, moments)])


def cubic(keyframes: Any, moments: NDArray[np.float64], loop: bool, arithmetic: Arithmetic = _NUMPY) -> Any:
    """Return a cubic spline through all keyframes at once, twice continuously differentiable.

    A closed ``loop``, whose last keyframe is its first, gets a periodic spline.
    """

    def spline(values: Latents) -> Latents:
        # SciPy's splines take 0.2 s to import; jobs of the other methods do not need them.
        from scipy.interpolate import CubicSpline

        if loop:
            values = np.concatenate([values, values[:1]])
        points: Latents = CubicSpline(np.arange(len(values)), values, bc_type="periodic" if loop else "not-a-knot")(
            moments
        )
        return points

    return arithmetic.transform(spline, keyframes[:-1] if loop else keyframes)


@dataclass(frozen=True)
class PathMethod:
    """A way through the keyframes.

    ``points`` is a function of keyframes ``[K, D]``, moments ``float64 [T]`` in segments from the start, whether the
    path is closed (its last keyframe is then its first), and the arithmetic. It returns the points ``[T, D]``.
    """

    points: Callable[[Any, NDArray[np.float64], bool, Arithmetic], Any]
    swings: bool = False
    """Whether strokes that are fitted to a doodle also swing towards their own path by this method. Otherwise they move
    steadily from keyframe to keyframe, whatever the way of the latents."""

    def __call__(
        self, keyframes: Any, moments: NDArray[np.float64], loop: bool, arithmetic: Arithmetic = _NUMPY
    ) -> Any:
        return self.points(keyframes, moments, loop, arithmetic)


METHODS: Mapping[str, PathMethod] = {
    "linear": PathMethod(linear),
    "circular": PathMethod(circular),
    "cubic": PathMethod(cubic, swings=True),
}
"""The methods by name."""


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


def frame_count(keyframes: int, frames_per_segment: int, loop: bool) -> int:
    """Return the number of frames of an animation through this number of ``keyframes``; see :func:`latent_path`."""
    return keyframes * frames_per_segment if loop else (keyframes - 1) * frames_per_segment + 1


@dataclass(frozen=True)
class DoodlePath:
    """Which path a doodle's animation takes. GIFs and reports get the same one."""

    doodle: str
    method: str
    noise_std: float
    frames_per_segment: int
    loop: bool
    seed: int
    easing: Easing = "steady"

    def through(self, keyframes: Latents, closing: Latents | None = None) -> NDArray[np.float32]:
        """Return the path through the latents of the doodle's keyframes; see :func:`latent_path`.

        The bridge's random numbers depend only on the seed and on doodle, method and std. So one GIF can be made again
        without the others, and a doodle shivers in the same way in every variant.
        """
        rng = random_stream(self.seed, "bridge", self.doodle, self.method, str(self.noise_std))
        return latent_path(
            keyframes,
            self.method,
            self.frames_per_segment,
            loop=self.loop,
            closing=closing,
            noise_std=self.noise_std,
            rng=rng,
            easing=self.easing,
        )


def latent_path(
    keyframes: Latents,
    method: str,
    frames_per_segment: int,
    *,
    loop: bool = False,
    closing: Latents | None = None,
    noise_std: float = 0.0,
    rng: np.random.Generator | None = None,
    easing: Easing = "steady",
) -> NDArray[np.float32]:
    """Return a path through ``keyframes`` ``[K, D]``, K ≥ 2, which is exactly at keyframe k in frame k·n.

    The path is ``float32 [(K − 1)·n + 1, D]`` for n ``frames_per_segment``; with ``loop`` it returns to the first
    keyframe, or to ``closing`` ``[D]`` if it is given, and ends one frame before it: ``[K·n, D]``. ``noise_std``, in
    units of the latents, adds a Brownian bridge in each segment, drawn from ``rng``. ``easing`` says how the path runs
    from keyframe to keyframe. Raises :class:`ValueError` if there is noise and no ``rng``.
    """
    segments = len(keyframes) - (0 if loop else 1)
    moments = eased(np.arange(segments * frames_per_segment + 1) / frames_per_segment, easing)
    path = points_at(keyframes, method, moments, loop=loop, closing=closing)
    if noise_std > 0:
        if rng is None:
            raise ValueError("noise needs a random generator")
        path = path + brownian_bridge(rng, segments, frames_per_segment, path.shape[1], noise_std)
    path[: len(keyframes) * frames_per_segment : frames_per_segment] = keyframes
    return path[: -1 if loop else None].astype(np.float32)


def points_at(
    keyframes: Latents,
    method: str,
    moments: NDArray[np.float64],
    *,
    loop: bool = False,
    closing: Latents | None = None,
) -> NDArray[np.float64]:
    """Return the points ``float64 [T, D]`` at ``moments`` ``[T]``, in segments from the start, of the path of a method
    through ``keyframes`` ``[K, D]``. With ``loop``, it returns to the first one, or to ``closing`` ``[D]``."""
    closed = np.concatenate([keyframes, keyframes[:1]]) if loop else np.asarray(keyframes)
    path = METHODS[method](closed.astype(np.float64), moments, loop)
    if closing is None:
        return np.asarray(path)
    part = np.clip(moments - (len(keyframes) - 1), 0, 1)[:, None]
    # A cubic step, so that the path stays smooth.
    return np.asarray(path + part**2 * (3 - 2 * part) * (closing - keyframes[0]))


def _segments(keyframes: Any, moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the segment ``[T]`` of each moment."""
    return np.minimum(moments.astype(np.int64), len(keyframes) - 2)


def _perpendicular(latents: Latents) -> Latents:
    """Return a unit vector at right angles to each of ``latents``: the axis along which the latent is smallest, made
    orthogonal to it."""
    axes = np.eye(latents.shape[-1])[np.abs(latents).argmin(axis=-1)]
    squared = np.maximum(_NUMPY.norm(latents) ** 2, np.finfo(np.float64).tiny)
    projected = axes - (axes * latents).sum(axis=-1, keepdims=True) / squared * latents
    return projected / np.maximum(_NUMPY.norm(projected), np.finfo(np.float64).tiny)
