"""The plan of an animation: what its options and the project's configuration come to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from inkbridge.api.options import FilmOptions, Options, ReadOptions
from inkbridge.config.settings import Configuration
from inkbridge.config.values import number_as_written
from inkbridge.export.colours import Colours, chosen_colours
from inkbridge.export.limits import LARGEST_SIZE, MOST_FRAMES_PER_SEGMENT, SMALLEST_SIZE
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Ink

Value = TypeVar("Value", str, float)


@dataclass(frozen=True)
class Look:
    """What the frames look like. Raises :class:`InkbridgeError` for a value out of its range.

    size: pixels of the side of an animation. frame_ms: milliseconds that a frame is shown. colours: of ink and paper.
    """

    size: int
    frame_ms: float
    colours: Colours

    def __post_init__(self) -> None:
        _check_range("size", self.size, SMALLEST_SIZE, LARGEST_SIZE)
        if not 0 < self.frame_ms < math.inf:
            raise InkbridgeError(f"frame_ms: expected milliseconds above 0; found {self.frame_ms}")


@dataclass(frozen=True)
class Plan:
    """All that is drawn for one doodle.

    read: how the drawing is read. paths: a row for each method, with a column for each noise. fit: whether the network
    is fitted to the keyframes first. look: what the frames look like.
    """

    read: ReadOptions
    paths: tuple[tuple[DoodlePath, ...], ...]
    fit: bool
    look: Look

    @property
    def first(self) -> DoodlePath:
        """The first path. The others differ from it in method and noise alone."""
        return self.paths[0][0]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.paths), len(self.paths[0])

    def frames(self, keyframes: int) -> int:
        """Return the number of frames of a path through so many ``keyframes``."""
        segments = keyframes if self.first.loop else keyframes - 1
        return segments * self.first.frames_per_segment + (not self.first.loop)

    def captions(self) -> list[list[str]]:
        """Return for each path what distinguishes it from the others."""
        rows, columns = self.shape
        return [
            [", ".join([path.method] * (rows > 1) + [f"noise {path.noise_std}"] * (columns > 1)) for path in row]
            for row in self.paths
        ]

    def names(self) -> dict[str, object]:
        """Return what a record says of the plan, but for the look."""
        path = self.first
        given = {"cell": self.read.cell, "keyframes": self.read.keyframes, "ink": self.read.ink}
        return {
            "doodle": path.doodle,
            "methods": [row[0].method for row in self.paths],
            "stds": [path.noise_std for path in self.paths[0]],
            "frames": path.frames_per_segment,
            "loop": path.loop,
            "fit": self.fit,
            **{name: value for name, value in given.items() if value is not None},
        }


def plan(name: str, options: Options, settings: Configuration, ink: Ink) -> Plan:
    """Return the plan of the doodle ``name``, whose ``ink`` is light or dark.

    Raises :class:`InkbridgeError` if an option has a value out of its range.
    """
    path, animation = options.path, settings.animation
    methods = _several(path.method, animation.methods)
    stds = [_checked_std(std) for std in _several(path.std, animation.noise_std)]
    for method in methods:
        if method not in METHODS:
            raise InkbridgeError(f"method: expected some of {', '.join(METHODS)}; found {method!r}")
    frames = animation.frames_per_segment if path.frames is None else path.frames
    _check_range("frames", frames, 1, MOST_FRAMES_PER_SEGMENT)
    seed = settings.seed if path.seed is None else path.seed
    _check_range("seed", seed, 0, 2**63 - 1)
    rows = tuple(
        tuple(DoodlePath(name, method, std, frames, bool(path.loop), seed) for std in stds) for method in methods
    )
    fit = settings.fitting.enabled if path.fit is None else path.fit
    return Plan(options.read, rows, fit, look(options.film, settings, ink))


def look(film: FilmOptions, settings: Configuration, ink: Ink | None) -> Look:
    """Return what the frames look like; as drawn, that depends on the ``ink`` of the drawing, if there is one.

    Raises :class:`InkbridgeError` if an option has a value out of its range.
    """
    size = settings.animation.size if film.size is None else film.size
    frame_ms = settings.animation.frame_ms if film.frame_ms is None else film.frame_ms
    colours = settings.animation.colours if film.colours is None else film.colours
    if isinstance(colours, str):
        colours = chosen_colours(colours, ink)
    return Look(size, frame_ms, colours)


def _several(values: Value | Sequence[Value] | None, configured: Sequence[Value]) -> list[Value]:
    """Return one value or several, each once; without any, the first one of the configuration."""
    if values is None:
        return list(configured[:1])
    if isinstance(values, str) or not isinstance(values, Sequence):
        return [values]
    if not values:
        raise InkbridgeError("method, std: expected at least one value; found none")
    return list(dict.fromkeys(values))


def _checked_std(std: float) -> float:
    try:
        return number_as_written(std)
    except ValueError as error:
        raise InkbridgeError(f"std: expected {error}; found {std!r}") from None


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InkbridgeError(f"{name}: expected a number from {least} to {most}; found {value}")
