"""An exact map of samples → pairs of lines that become each other."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inkbridge.matching.elastic import aligned
from inkbridge.matching.tracks import runs
from inkbridge.matching.ways import SEAM, Location, Roads, Way, joined
from inkbridge.support.types import Integers
from inkbridge.tracing.samples import Samples

_JUMP = 4.0
"""Pixels beyond the length of a step from which the map jumps, and a line is cut."""

_FEWEST = 3
"""Samples of the shortest run."""

_REACH = 5.0
"""Pixels within which an end or a junction is taken for the one that it becomes, and a line is drawn out to an end."""

_LEAST = 2.5
"""Pixels of the shortest line that is left over and becomes a pair of its own."""

_EVERY = 6
"""Samples between the places that a line is led through."""


@dataclass(frozen=True)
class Side:
    """A drawing on one side of a match: its samples, and the ways along its strokes."""

    samples: Samples
    roads: Roads

    def location(self, sample: int) -> Location:
        return int(self.samples.edges[sample]), float(self.samples.places[sample])


class Pair(NamedTuple):
    """A line of the one drawing and the line of the other one that it becomes: ways with the same number of points.

    ``is_extra``: the line of the one drawing is also a part of another pair; here, it becomes a second line."""

    one: Way
    other: Way
    is_extra: bool


class _Stretch(NamedTuple):
    """A part of an edge of the one drawing, and the way in the other drawing that it becomes."""

    way: Way
    other: Way


def pairs_of(one: Side, other: Side, there: Integers, back: Integers) -> list[Pair]:
    """Return the pairs of lines of a match: ``there`` ``[N]`` leads from each sample of ``one`` to one of ``other``,
    ``back`` ``[M]`` from each of ``other`` to one of ``one``.

    First, each edge of ``one`` is followed. What is then left over of ``other`` comes from where ``back`` leads: a line
    that splits, or a point from which it grows.
    """
    images = _images_of_nodes(one, other, there)
    whole = [(edge, 0.0, float(length)) for edge, length in enumerate(one.roads.lengths)]
    stretches = [stretch for edge in whole for stretch in _stretches(one, other, there, images, edge)]
    covered = _covered(other.roads.lengths.tolist(), [stretch.other for stretch in stretches])
    stretches = [_drawn_out(stretch, other.roads, covered) for stretch in stretches]
    left = left_over(other.roads.lengths.tolist(), [stretch.other for stretch in stretches], _LEAST)
    images = _images_of_nodes(other, one, back)
    extra = [stretch for edge in left for stretch in _stretches(other, one, back, images, edge)]
    return [
        *(Pair(*aligned(stretch.way, stretch.other), False) for stretch in stretches),
        *(Pair(*aligned(stretch.other, stretch.way), True) for stretch in extra),
    ]


def _images_of_nodes(one: Side, other: Side, track: Integers) -> dict[int, int]:
    """Return which end of ``other`` each loose end of ``one`` becomes, and which junction each junction; nodes for
    which there is none within reach are left out."""
    samples, images = one.samples, {}
    touching: dict[int, list[int]] = {}
    for number, edge in enumerate(samples.graph.edges):
        rows = np.flatnonzero(samples.edges == number)
        touching.setdefault(edge.start, []).append(int(track[rows[0]]))
        touching.setdefault(edge.end, []).append(int(track[rows[-1]]))
    for node, tracked in touching.items():
        costs = {}
        for candidate in range(len(other.roads.degrees)):
            if not _alike(one.roads.degrees[node], other.roads.degrees[candidate]):
                continue
            ways = np.array([other.roads.to_node(other.location(sample), candidate) for sample in tracked])
            if 2 * (ways < _REACH).sum() >= len(ways):
                costs[candidate] = float(np.minimum(ways, 1.5 * _REACH).mean())
        if costs:
            images[node] = min(costs, key=costs.__getitem__)
    return images


def _alike(one: int, other: int) -> bool:
    return (one == 1 and other == 1) or (one > 2 and other > 2)


def _stretches(
    one: Side, other: Side, track: Integers, images: dict[int, int], stretch: tuple[int, float, float]
) -> list[_Stretch]:
    """Return the pairs of ways for the part of an edge of ``one`` between two places, cut where ``track`` jumps."""
    edge, first, last = stretch
    places = one.samples.places
    on_edge = np.flatnonzero(one.samples.edges == edge)
    rows = on_edge[(places[on_edge] >= first) & (places[on_edge] <= last)]
    if not len(rows):
        rows = on_edge[[np.abs(places[on_edge] - (first + last) / 2).argmin()]]
    parts = runs(track, rows, other.samples, float(one.samples.masses[rows[0]]), _JUMP, _FEWEST)
    cuts = [(places[before[-1]] + places[after[0]]) / 2 for before, after in itertools.pairwise(parts)]
    bounds = [first, *cuts, last]
    ends = one.samples.graph.edges[edge]
    closed = ends.start == ends.end and one.roads.degrees[ends.start] == 2
    found = []
    for number, part in enumerate(parts):
        via = [other.location(int(track[row])) for row in [*part[::_EVERY], part[-1]]]
        if number == 0 and first <= 0 and ends.start in images:
            via.insert(0, other.roads.location_of(images[ends.start]))
        if number == len(parts) - 1 and last >= one.roads.lengths[edge] and ends.end in images:
            via.append(other.roads.location_of(images[ends.end]))
        if closed and len(parts) == 1:
            via.append(via[0])
        way = other.roads.through(via)
        if way is not None:
            found.append(_Stretch(one.roads.along(edge, bounds[number], bounds[number + 1]), way))
    return found


def _drawn_out(stretch: _Stretch, roads: Roads, covered: list[np.ndarray]) -> _Stretch:
    """Return ``stretch`` whose way goes on to the end of its edge, if that is near and not ``covered`` by another
    one."""
    way = _with_end(stretch.other, roads, covered)
    way = way if way.is_closed else _reversed(_with_end(_reversed(way), roads, covered))
    return _Stretch(stretch.way, way)


def _reversed(way: Way) -> Way:
    return way.take(np.arange(len(way.points))[::-1])


def _with_end(way: Way, roads: Roads, covered: list[np.ndarray]) -> Way:
    edge, place = int(way.edges[-1]), float(way.places[-1])
    before = max(-3, -len(way.edges))
    if way.edges[before] != edge or way.places[before] == place:
        return way
    goal = float(roads.lengths[edge]) if place > way.places[before] else 0.0
    if not 0.3 < abs(goal - place) < _REACH:
        return way
    scale = (len(covered[edge]) - 1) / roads.lengths[edge]
    first, last = sorted((place, goal))
    taken = covered[edge][int(first * scale) + 1 : int(last * scale)]
    if len(taken) and taken.mean() >= 0.5:
        return way
    return joined([way, roads.along(edge, place, goal)])


def _covered(lengths: Sequence[float], ways: Sequence[Way]) -> list[np.ndarray]:
    """Return, for each edge of these ``lengths``, which of its points, half a pixel apart, lie on one of ``ways``:
    ``bool [P]`` each."""
    covered = [np.zeros(max(2, int(np.ceil(length / 0.5)) + 1), bool) for length in lengths]
    for way in ways:
        for edge in np.unique(way.edges):
            last = len(covered[edge]) - 1
            rows = way.places / max(lengths[edge], 1e-6) * last
            on_edge = way.edges == edge
            steps = on_edge[1:] & on_edge[:-1] & (np.abs(np.diff(way.places)) < SEAM)
            low, high = np.minimum(rows[1:], rows[:-1])[steps], np.maximum(rows[1:], rows[:-1])[steps]
            for first, final in zip(np.floor(low).astype(int), np.ceil(high).astype(int), strict=True):
                covered[edge][first : final + 1] = True
            covered[edge][np.rint(rows[on_edge]).astype(int).clip(0, last)] = True
    return covered


def left_over(lengths: Sequence[float], ways: Sequence[Way], least: float) -> list[tuple[int, float, float]]:
    """Return the parts, at least ``least`` pixels long, of edges of these ``lengths`` that none of ``ways`` covers:
    edge, first and last place. An edge that is not covered at all is always returned."""
    found = []
    for edge, covered in enumerate(_covered(lengths, ways)):
        rows = np.flatnonzero(~covered)
        if not len(rows):
            continue
        scale = lengths[edge] / (len(covered) - 1)
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            first, last = max(0.0, (run[0] - 1) * scale), min(float(lengths[edge]), (run[-1] + 1) * scale)
            if last - first >= least or len(run) == len(covered):
                found.append((edge, float(first), float(last)))
    return found
