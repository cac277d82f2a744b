"""Drawings of a few lines: matches that tear nothing, because one drawing is laid whole onto the other one.

A drawing is a wire with joints. Each joint gets a place on the other drawing, and each line between two joints becomes
the shortest way between their places. So a loop opens where the ends of a line come together, or grows out of a line
that is laid double, and what has no room shrinks into a joint. A beam search finds the places of all joints.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkbridge.matching.elastic import aligned
from inkbridge.matching.energy import LONE, WEIGHTS
from inkbridge.matching.pairs import Pair
from inkbridge.matching.pens import POINTS, Assignment, corners_of, costs
from inkbridge.matching.ways import SEAM, Location, Roads, Way
from inkbridge.support.types import Complex, Floats, Integers
from inkbridge.tracing.graph import places_along

_MOST = 12
"""Lines of a drawing up to which it is laid onto another one."""

_LONGEST = 20.0
"""Pixels of the longest line without a joint: a longer one is divided."""

_BETWEEN = 6.0
"""Pixels between the places at which joints may lie."""

_MOST_PLACES = 60
"""Such places of a drawing; a longer one has more pixels between them."""

_MOST_TURN = 2.0
"""Radians that a line may turn. What would turn farther grows out of a joint, or shrinks into one."""

_BEAM = 400
"""Partial layings that are kept."""

_BEST = 12
"""Most layings that are returned."""

_APART = 8.0
"""Pixels by which some joint of each is elsewhere than in the better ones."""


class _Line(NamedTuple):
    """A part of an edge between two joints, from the place ``first`` to the place ``last``."""

    edge: int
    first: float
    last: float
    joints: tuple[int, int]


@dataclass(frozen=True)
class _Targets:
    """The places ``[m]`` of a drawing at which joints may lie.

    ``ways``: the shortest way between each two of them, or None. ``points`` ``complex128 [m, m, P]`` run along these.
    ``cells``: the parts ``[c]`` of edges between neighbouring places; ``covered`` ``bool [m, m, c]``: which of them lie
    on a way.
    """

    places: Sequence[Location]
    ways: Sequence[Sequence[Way | None]]
    points: Complex
    cells: Sequence[tuple[int, float, float]]
    covered: NDArray[np.bool_]

    @property
    def cell_lengths(self) -> Floats:
        return np.array([last - first for _, first, last in self.cells])


def layings(one: Roads, other: Roads) -> Iterator[Assignment]:
    """Yield matches in which one of two drawings is laid onto the other one, those of least cost first for each of
    both. There are none for a drawing of more than a dozen lines."""
    if max(len(one.lengths), len(other.lengths)) > _MOST:
        return
    for wire, ground, paired in ((one, other, _first_onto_other), (other, one, _other_onto_first)):
        lines, targets = _lines(wire), _targets(ground)
        for chosen, lone in _best(wire, lines, targets):
            yield Assignment(paired(wire, lines, targets, chosen), lone)


def _lines(roads: Roads) -> list[_Line]:
    """Return the lines of a drawing between its joints: ends, junctions, corners, and places between them on long
    lines. A closed line has at least three parts."""
    found, joints = [], len(roads.graph.nodes)
    for number, edge in enumerate(roads.graph.edges):
        length = float(roads.lengths[number])
        known = [0.0, *corners_of(roads, number), length]
        places = [0.0]
        for first, last in itertools.pairwise(known):
            parts = int(np.ceil((last - first) / _LONGEST))
            if edge.start == edge.end and len(known) < 4:
                parts = max(parts, 5 - len(known))
            places += np.linspace(first, last, max(parts, 1) + 1)[1:].tolist()
        numbers = [edge.start, *range(joints, joints + len(places) - 2), edge.end]
        joints += len(places) - 2
        found += [
            _Line(number, *row, ends)
            for row, ends in zip(itertools.pairwise(places), itertools.pairwise(numbers), strict=True)
        ]
    return found


def _targets(roads: Roads) -> _Targets:
    step = max(_BETWEEN, float(roads.lengths.sum()) / _MOST_PLACES)
    places: list[Location] = [roads.location_of(node) for node in range(len(roads.graph.nodes)) if roads.degrees[node]]
    cells = []
    for edge, length in enumerate(roads.lengths):
        known = [0.0, *corners_of(roads, edge), float(length)]
        inner = [
            place
            for first, last in itertools.pairwise(known)
            for place in np.linspace(first, last, max(1, round((last - first) / step)) + 1)[1:].tolist()
        ]
        places += [(edge, place) for place in inner[:-1]]
        cells += [(edge, *row) for row in itertools.pairwise([0.0, *inner])]
    count = len(places)
    ways: list[list[Way | None]] = [[None] * count for _ in places]
    points = np.full((count, count, POINTS), np.inf, np.complex128)
    covered = np.zeros((count, count, len(cells)), bool)
    for a, b in itertools.combinations_with_replacement(range(count), 2):
        way = roads.way(places[a], places[b])
        if way is None:
            continue
        ways[a][b], points[a, b] = way, _points(way)
        if a != b:
            covered[a, b, _cells_of(way, cells)] = True
            ways[b][a], points[b, a], covered[b, a] = _reversed(way), points[a, b, ::-1], covered[a, b]
    return _Targets(places, ways, points, cells, covered)


def _points(way: Way) -> Complex:
    """Return evenly spaced points along a way, ``complex128 [P]``."""
    along = places_along(way.points)
    return np.asarray(np.interp(np.linspace(0, along[-1], POINTS), along, way.points @ np.array([1, 1j])))


def _cells_of(way: Way, cells: Sequence[tuple[int, float, float]]) -> Integers:
    """Return the cell in which each step of a way lies."""
    edges, first = np.array([edge for edge, _, _ in cells]), np.array([first for _, first, _ in cells])
    whole = (way.edges[1:] == way.edges[:-1]) & (np.abs(np.diff(way.places)) <= SEAM)
    middles = np.where(whole, (way.places[1:] + way.places[:-1]) / 2, way.places[1:])
    inside = (edges == way.edges[1:, None]) & (first <= middles[:, None] + 1e-9)
    return np.asarray(inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1))


def _best(wire: Roads, lines: Sequence[_Line], targets: _Targets) -> list[tuple[Integers, float]]:
    """Return the best layings: the place of each joint, and the length of what nothing is laid onto."""
    prices = [_prices(wire, line, targets) for line in lines]
    chosen, totals = _beam(lines, prices, len(targets.places))
    covered = np.zeros((len(chosen), len(targets.cells)), bool)
    for line in lines:
        covered |= targets.covered[chosen[:, line.joints[0]], chosen[:, line.joints[1]]]
    lone = ~covered @ targets.cell_lengths
    totals = totals + WEIGHTS.stretching * LONE * lone
    spots = np.array([targets.points[place, place, 0] for place in range(len(targets.places))])
    used = sorted({joint for line in lines for joint in line.joints})
    found: list[int] = []
    for row in np.argsort(totals, kind="stable"):
        if not np.isfinite(totals[row]) or len(found) == _BEST:
            break
        here = spots[chosen[row, used]]
        if all(np.abs(here - spots[chosen[known, used]]).max() > _APART for known in found):
            found.append(int(row))
    return [(chosen[row], float(lone[row])) for row in found]


def _prices(wire: Roads, line: _Line, targets: _Targets) -> Floats:
    """Return what a line costs if it becomes the way between each two places: ``float64 [m, m]``."""
    own = _points(wire.along(line.edge, line.first, line.last))
    shape = targets.points.shape[:2]
    known = np.isfinite(targets.points[..., 0])
    found = np.full(shape, np.inf)
    images = targets.points[known]
    turns = np.abs(np.angle((np.diff(own).conj() * np.diff(images)).sum(axis=-1)))
    found[known] = np.where(turns < _MOST_TURN, costs(own[None], images[:, None])[0, :, 0], np.inf)
    return found


def _beam(lines: Sequence[_Line], prices: Sequence[Floats], places: int) -> tuple[Integers, Floats]:
    """Return the cheapest layings ``int64 [b, J]`` of all joints, and their costs ``[b]``."""
    count = 1 + max(joint for line in lines for joint in line.joints)
    chosen, totals, known = np.zeros((1, count), np.int64), np.zeros(1), set[int]()
    left = list(range(len(lines)))
    while left:
        joint = _next_joint([lines[number] for number in left], known)
        grown = np.repeat(totals[:, None], places, axis=1)
        for number in list(left):
            one, other = lines[number].joints
            if joint in (one, other) and (known | {joint}) >= {one, other}:
                far = other if joint == one else one
                price = prices[number] if far == one else prices[number].T
                grown += np.diagonal(price) if one == other else price[chosen[:, far]]
                left.remove(number)
        best = np.argsort(grown, axis=None, kind="stable")[:_BEAM]
        rows, columns = np.unravel_index(best, grown.shape)
        chosen, totals = chosen[rows].copy(), grown[rows, columns]
        chosen[:, joint] = columns
        known.add(joint)
    return chosen, totals


def _next_joint(lines: Sequence[_Line], known: set[int]) -> int:
    """Return the joint that most of ``lines`` lead to from those that are known."""
    ends = [joint for line in lines for joint in line.joints if joint not in known]
    reached = [sum(joint in line.joints and bool(known & {*line.joints}) for line in lines) for joint in ends]
    return ends[int(np.argmax(reached))]


def _first_onto_other(wire: Roads, lines: Sequence[_Line], targets: _Targets, chosen: Integers) -> list[Pair]:
    """Return the pairs of lines if the first drawing is the one that is laid."""
    found = []
    for line in lines:
        way = targets.ways[chosen[line.joints[0]]][chosen[line.joints[1]]]
        assert way is not None
        found.append(Pair(*aligned(wire.along(line.edge, line.first, line.last), way), False))
    return found


def _other_onto_first(wire: Roads, lines: Sequence[_Line], targets: _Targets, chosen: Integers) -> list[Pair]:
    """Return the pairs of lines if the second drawing is the one that is laid. What lies on a part of the first drawing
    on which something lies already splits off there."""
    found, taken = [], np.zeros(len(targets.cells), bool)
    for line in sorted(lines, key=lambda line: line.first - line.last):
        way = targets.ways[chosen[line.joints[0]]][chosen[line.joints[1]]]
        assert way is not None
        here, there = aligned(way, wire.along(line.edge, line.first, line.last))
        if way.length < 1e-6:
            found.append(Pair(here, there, True))
            continue
        now = taken.copy()
        for part in _on_one_edge(here):
            cells = _cells_of(here.take(part), targets.cells)
            now[cells] = True
            for steps in np.split(np.arange(len(cells)), np.flatnonzero(np.diff(taken[cells])) + 1):
                rows = part[np.append(steps, steps[-1] + 1)]
                found.append(Pair(here.take(rows), there.take(rows), bool(taken[cells[steps[0]]])))
        taken = now
    return found


def _on_one_edge(way: Way) -> list[Integers]:
    """Return the rows of each part of a way that lies on one edge, and does not cross the seam of a closed one."""
    cuts = np.flatnonzero((np.diff(way.edges) != 0) | (np.abs(np.diff(way.places)) > SEAM)) + 1
    return [rows for rows in np.split(np.arange(len(way.edges)), cuts) if len(rows) > 1]


def _reversed(way: Way) -> Way:
    return way.take(np.arange(len(way.points))[::-1])
