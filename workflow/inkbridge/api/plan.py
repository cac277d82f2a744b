"""The plan of an animation, made from its options and the project's configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inkbridge.api.options import FilmOptions, Options, PathOptions, ReadOptions
from inkbridge.config.settings import AnimationSettings, Configuration
from inkbridge.export.colours import Colours, chosen_colours
from inkbridge.keyframes.reading import Keyframes
from inkbridge.latent.paths import DoodlePath, frame_count
from inkbridge.latent.timing import shown_frames
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Ink

Value = TypeVar("Value", str, float)


@dataclass(frozen=True)
class Look:
    """What the frames look like.

    size: pixels of the side of an animation. frame_ms: milliseconds that a frame is shown. colours: of ink and paper.
    """

    size: int
    frame_ms: float
    colours: Colours


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn for one doodle.

    read: how the drawing is read. paths: a row for each method, with a column for each noise. fit: whether the network
    is fitted to the keyframes first. look: what the frames look like. hold: frames for which each keyframe is shown
    longer. there_and_back: whether the animation goes back the way that it came.
    """

    read: ReadOptions
    paths: tuple[tuple[DoodlePath, ...], ...]
    fit: bool
    look: Look
    hold: int = 0
    there_and_back: bool = False

    @property
    def first(self) -> DoodlePath:
        """The first path. The others differ from it only in method and noise."""
        return self.paths[0][0]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.paths), len(self.paths[0])

    def frames(self, keyframes: int) -> int:
        """Return the number of frames of an animation of this number of ``keyframes``."""
        return len(self.shown(keyframes))

    def shown(self, keyframes: int) -> NDArray[np.intp]:
        """Return which frames of a path through this number of ``keyframes`` are shown, in order."""
        each = self.first.frames_per_segment
        return shown_frames(frame_count(keyframes, each, self.first.loop), each, self.hold, self.there_and_back)

    def captions(self) -> list[list[str]]:
        """Return for each path what distinguishes it from the others."""
        rows, columns = self.shape
        return [
            [", ".join([path.method] * (rows > 1) + [f"noise {path.noise_std}"] * (columns > 1)) for path in row]
            for row in self.paths
        ]

    def names(self) -> dict[str, object]:
        """Return what a record says about the plan, without the look."""
        path = self.first
        timing = {"easing": path.easing, "hold": self.hold, "there_and_back": self.there_and_back}
        usual = {"easing": "steady", "hold": 0, "there_and_back": False}
        return {
            "doodle": path.doodle,
            "methods": [row[0].method for row in self.paths],
            "stds": [path.noise_std for path in self.paths[0]],
            "frames_per_segment": path.frames_per_segment,
            "loop": path.loop,
            "fit": self.fit,
            **{name: value for name, value in timing.items() if value != usual[name]},
            **self.read.given(),
        }


def plan(name: str, options: Options, settings: Configuration, keyframes: Keyframes) -> Plan:
    """Return the plan of the doodle ``name``. Raises :class:`InkbridgeError` if it has more keyframes than frames."""
    path, animation = options.path, settings.animation
    methods = _several(path.methods, animation.methods)
    stds = _several(path.noise_std, animation.noise_std)
    frames = _frames_per_segment(path, animation, len(keyframes.images))
    seed = settings.seed if path.seed is None else path.seed
    rows = tuple(
        tuple(DoodlePath(name, method, std, frames, bool(path.loop), seed, path.easing or "steady") for std in stds)
        for method in methods
    )
    fit = settings.fitting.enabled if path.fit is None else path.fit
    shown = look(options.film, settings, keyframes.ink)
    return Plan(options.read, rows, fit, shown, path.hold or 0, bool(path.there_and_back))


def _frames_per_segment(path: PathOptions, animation: AnimationSettings, keyframes: int) -> int:
    """Return the frames from one keyframe to the next, if the animation has as many frames as asked for, or about."""
    if path.frames is None:
        return animation.frames_per_segment if path.frames_per_segment is None else path.frames_per_segment
    if path.frames < keyframes:
        raise InkbridgeError(
            f"frames: expected at least one for each of {keyframes} keyframes; found {path.frames}; raise it, or read "
            "fewer keyframes"
        )
    return round(path.frames / keyframes) if path.loop else round((path.frames - 1) / (keyframes - 1))


def look(film: FilmOptions, settings: Configuration, ink: Ink | None) -> Look:
    """Return what the frames look like. If the colours are "as drawn", they depend on the ``ink`` of the drawing, if
    any."""
    size = settings.animation.size if film.size is None else film.size
    frame_ms = settings.animation.frame_ms if film.frame_ms is None else film.frame_ms
    colours = settings.animation.colours if film.colours is None else film.colours
    if isinstance(colours, str):
        colours = chosen_colours(colours, ink)
    return Look(size, frame_ms, colours)


def _several(values: Any, configured: Sequence[Value]) -> Sequence[Value]:
    """Return the values of an option, which are a tuple, or the first one of the configuration."""
    return configured[:1] if values is None else tuple(values)
