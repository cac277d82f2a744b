"""A scene: named strokes that move, painted as keyframes with a hand's wobble and as true in-betweens without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.strokes.soft_raster import TAIL, paint_forward
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images

Points = NDArray[np.float64]
"""A polyline ``[P, 2]`` of points (x, y), in pixels of a cell of 64."""

Strokes = dict[str, Points]
"""Name → polyline. A point of a stroke is the same point of the thing at all times. An absent stroke has no entry."""

Part = Literal["development", "acceptance"]
"""Scenes to tune on, and scenes that are only measured."""

PEN = 2.75
"""Width of the pen, in pixels of a cell of 64."""

SOFTNESS = 0.17
"""Softness of edges, in pixels of the image: as in animations, a ramp of about one pixel."""

FINEST = 32
"""Chords of a stroke, at least: enough for a wobble along a straight line."""

WOBBLE = 0.53
"""Root mean square of the hand's wobble in x and in y, in pixels of a cell of 64."""

WAVES, SHORTEST, LONGEST = 24, 10.0, 40.0
"""Number of random waves that make up a wobble, and their shortest and longest wavelength."""


@dataclass(frozen=True)
class Scene:
    """``draw`` turns parameters into strokes, and ``parameters`` holds the values of each parameter at the keyframes.

    Between keyframes the parameters change steadily, so what they turn or open moves on arcs, at an even speed.
    """

    name: str
    part: Part
    draw: Callable[..., Strokes]
    parameters: Mapping[str, Sequence[Any]]

    @property
    def keyframe_count(self) -> int:
        return len(next(iter(self.parameters.values())))

    def strokes(self, time: float) -> Strokes:
        """Return the strokes at ``time``, keyframe k being at k, without wobble, in chords short enough to bend."""
        return {name: refined(points) for name, points in self.draw(**self._at(time)).items()}

    def drawn(self, time: float) -> Strokes:
        """Return the strokes at ``time`` as a hand draws them: displaced by a wobble, but joined as they were.

        Each moment has a wobble of its own; that of a keyframe is always the same.
        """
        wobble = _wobble(random_stream(0, "scene", self.name, f"{time:g}"))
        return {name: points + wobble(points) for name, points in self.strokes(time).items()}

    def keyframes(self, size: int = CELL) -> Images:
        """Return the keyframes as drawn: ``uint8 [K, size, size]``, 0 = paper."""
        return np.stack([paint(self.drawn(keyframe), size) for keyframe in range(self.keyframe_count)])

    def truth(self, frames_per_segment: int = 20, size: int = CELL) -> Images:
        """Return the true frames ``uint8 [(K − 1)·n + 1, size, size]``, without wobble, for n frames per segment."""
        return np.stack([paint(self.strokes(time), size) for time in self._times(frames_per_segment)])

    def redrawn(self, frames_per_segment: int = 20, size: int = CELL) -> Images:
        """Return the true frames, each drawn anew by a hand. Nobody who knows only the keyframes can do better."""
        return np.stack([paint(self.drawn(time), size) for time in self._times(frames_per_segment)])

    def straight(self, frames_per_segment: int = 20, size: int = CELL) -> Images:
        """Return frames whose points move from keyframe to keyframe, as drawn, on straight lines to their true places.

        They show what a perfect match is worth without arcs. A stroke of one keyframe alone is shown in its half of
        the segment.
        """
        return np.stack([paint(self._on_straight_lines(time), size) for time in self._times(frames_per_segment)])

    def _times(self, frames_per_segment: int) -> list[float]:
        count = (self.keyframe_count - 1) * frames_per_segment + 1
        return [frame / frames_per_segment for frame in range(count)]

    def _on_straight_lines(self, time: float) -> Strokes:
        first = min(int(time), self.keyframe_count - 2)
        before, after, share = self.drawn(first), self.drawn(first + 1), time - first
        moving = {name: (1 - share) * before[name] + share * after[name] for name in before if name in after}
        return {**(before if share < 0.5 else after), **moving}

    def _at(self, time: float) -> dict[str, Any]:
        moments = np.arange(self.keyframe_count)
        values = {name: np.asarray(given, np.float64) for name, given in self.parameters.items()}
        return {
            name: np.interp(time, moments, given)
            if given.ndim == 1
            else np.array([np.interp(time, moments, column) for column in given.T])
            for name, given in values.items()
        }


def paint(strokes: Strokes, size: int = CELL) -> NDArray[np.uint8]:
    """Return the strokes as an image ``uint8 [size, size]``, 0 = paper, drawn with the same pen at any size."""
    if not strokes:
        return np.zeros((size, size), np.uint8)
    most = max(map(len, strokes.values()))
    # The last point, repeated, adds chords without length, so polylines of any length fit into one array.
    padded = [np.pad(points, ((0, most - len(points)), (0, 0)), mode="edge") for points in strokes.values()]
    polylines = np.array([padded], np.float32) * np.float32(size / CELL)
    widths = np.full((1, len(padded)), PEN * size / CELL, np.float32)
    paper = paint_forward(polylines, widths, np.ones_like(widths), SOFTNESS, TAIL * SOFTNESS, size)
    return np.rint(255 * (1 - paper[0])).astype(np.uint8)


def refined(points: Points) -> Points:
    """Return a polyline with every chord divided evenly, so that it has at least `FINEST` chords."""
    points = np.asarray(points, np.float64)
    chords = len(points) - 1
    pieces = ceil(FINEST / chords)
    places = np.linspace(0, chords, chords * pieces + 1)
    return np.stack([np.interp(places, np.arange(chords + 1), column) for column in points.T], axis=1)


def mismatch(samples: Points, matched: Points, before: Strokes, after: Strokes) -> NDArray[np.float64]:
    """Return how far the matches of samples are from their true places: float64 [M], in pixels of a cell of 64.

    samples: points [M, 2] on one drawing, such as those of its skeleton; matched: their places [M, 2] in another.
    before, after: strokes of both drawings, from `Scene.strokes` or `Scene.drawn`. A sample lies on the nearest stroke,
    and where several strokes cross within half the pen's width, on each of them: the true place nearest to the match
    counts. Strokes that are absent in one of the drawings are left out. Nobody can see how a plain ring turns, so rings
    that turn (wheels, balls, heads of people who lean) have larger values than a match deserves.
    """
    common = [name for name in before if name in after]
    distances, places = zip(*(carried(samples, before[name], after[name]) for name in common), strict=True)
    from_strokes, errors = np.stack(distances), np.linalg.norm(np.stack(places) - matched, axis=2)
    possible = from_strokes <= from_strokes.min(axis=0) + PEN / 2
    return np.asarray(np.where(possible, errors, np.inf).min(axis=0), np.float64)


def carried(samples: Points, before: Points, after: Points) -> tuple[NDArray[np.float64], Points]:
    """Return each sample's distance to a polyline, and where its nearest point there is on the moved polyline."""
    chords = np.diff(before, axis=0)
    squared = np.maximum((chords**2).sum(axis=1), 1e-12)
    along = np.clip(((samples[:, None] - before[:-1]) * chords).sum(axis=2) / squared, 0, 1)
    feet = before[:-1] + along[..., None] * chords
    distances = np.linalg.norm(samples[:, None] - feet, axis=2)
    nearest = distances.argmin(axis=1)
    share = np.take_along_axis(along, nearest[:, None], axis=1)
    places = (1 - share) * after[nearest] + share * after[nearest + 1]
    return distances.min(axis=1), places


def _wobble(rng: np.random.Generator) -> Callable[[Points], Points]:
    """Return a smooth random displacement of the plane: a sum of waves in random directions."""
    directions = rng.uniform(0, 2 * np.pi, WAVES)
    waves = 2 * np.pi / rng.uniform(SHORTEST, LONGEST, WAVES) * np.array([np.cos(directions), np.sin(directions)])
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    amplitudes = rng.normal(0, WOBBLE * np.sqrt(2 / WAVES), (WAVES, 2))
    return lambda points: np.sin(points @ waves + phases) @ amplitudes
