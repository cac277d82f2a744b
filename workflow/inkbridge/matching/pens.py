"""Drawings of a few pen strokes: which pen stroke becomes which, decided for all together.

The other hypotheses compare points of ink. Letters differ too much for that: what becomes what is decided by their
parts. Here, drawings are divided into lines that the pen drew without stopping, and all ways to assign them are tried.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from inkbridge.matching.elastic import aligned
from inkbridge.matching.energy import WEIGHTS
from inkbridge.matching.features import bends_of
from inkbridge.matching.pairs import Pair
from inkbridge.matching.ways import SEAM, Roads, Way, joined
from inkbridge.support.types import Complex, Floats

_MOST = 5
"""Pen strokes of a drawing up to which all assignments are tried."""

_BEST, _BEST_CUT = 48, 12
"""Assignments that are returned for each way to divide the drawings, and for each way to cut a pen stroke."""

_TURNS = 6
"""Places at which a closed pen stroke is cut."""

_STRAIGHT, _REACH = 0.75, 6.0
"""Cosine of the angle between two edges at a junction from which the pen went straight on, and the pixels over which
their directions are measured."""

_CORNER, _FROM_END, _STEP = 0.9, 4.0, 0.5
"""Radians of a corner at which the pen may have started anew; its distance, in pixels, from the ends of an edge and
from other corners; and the pixels between places where corners are looked for."""

_TOUCHING = 2.5
"""Pixels between the end of a pen stroke and another one up to which they touch."""

POINTS = 17
"""Points of a pen stroke, for the comparison."""

_GAP_WEIGHT = 10.0
"""What a pixel between pen strokes that come apart costs, in units of the energy of a pixel of ink."""


class Assignment(NamedTuple):
    """Pairs of lines of two drawings, and the length of the pen strokes that are left over, in pixels."""

    pairs: list[Pair]
    lone: float


class _Piece(NamedTuple):
    """A part of an edge, from the place ``first`` to the place ``last``."""

    edge: int
    first: float
    last: float

    def reversed(self) -> "_Piece":
        return _Piece(self.edge, self.last, self.first)


class _End(NamedTuple):
    """An end of the piece with this number: its last one, or its first one."""

    piece: int
    is_last: bool

    def opposite(self) -> "_End":
        return _End(self.piece, not self.is_last)


class _Choice(NamedTuple):
    """A pen stroke, the one that it becomes, and whether that one is followed from its end."""

    one: int
    other: int
    turned: bool


def assignments(one: Roads, other: Roads) -> Iterator[Assignment]:
    """Yield assignments of the pen strokes of two drawings, those of least cost for each way to divide them. There are
    none for a drawing of more than five pen strokes.

    Pen strokes are divided at corners, or not. If a drawing has fewer, its longest one may be cut.
    """
    known = (0, 0)
    for corners in (False, True):
        here, there = pen_strokes(one, corners), pen_strokes(other, corners)
        counts = len(here), len(there)
        if max(counts) > _MOST or counts == known:
            continue
        known = counts
        yield from _assigned(here, there, _BEST)
        for cut in _cut(here, len(there)):
            yield from _assigned(cut, there, _BEST_CUT)
        for cut in _cut(there, len(here)):
            yield from _assigned(here, cut, _BEST_CUT)


def pen_strokes(roads: Roads, corners: bool) -> list[Way]:
    """Return the lines that a pen draws without stopping: they go straight on at junctions. With ``corners``, they stop
    at these."""
    pieces: list[_Piece] = []
    ends: dict[int, list[_End]] = {}
    for number, edge in enumerate(roads.graph.edges):
        places = [0.0, *(corners_of(roads, number) if corners else []), float(roads.lengths[number])]
        ends.setdefault(edge.start, []).append(_End(len(pieces), False))
        pieces += [_Piece(number, *pair) for pair in itertools.pairwise(places)]
        ends.setdefault(edge.end, []).append(_End(len(pieces) - 1, True))
    following: dict[_End, _End] = {}
    for touching in ends.values():
        following |= _straight_on(roads, pieces, touching)
    return [joined([roads.along(*piece) for piece in line]) for line in _lines(pieces, following)]


def _straight_on(roads: Roads, pieces: Sequence[_Piece], touching: Sequence[_End]) -> dict[_End, _End]:
    """Return which end the pen goes on from, of those at a junction: the straightest pairs first, each end once."""
    found: dict[_End, _End] = {}
    pairs = [(_straightness(roads, pieces, *pair), *pair) for pair in itertools.combinations(touching, 2)]
    for straightness, one, other in sorted(pairs, reverse=True):
        if straightness > _STRAIGHT and one.piece != other.piece and not {one, other} & found.keys():
            found |= {one: other, other: one}
    return found


def _straightness(roads: Roads, pieces: Sequence[_Piece], one: _End, other: _End) -> float:
    directions = []
    for end in (one, other):
        edge, first, last = pieces[end.piece].reversed() if end.is_last else pieces[end.piece]
        points = roads.along(edge, first, first + float(np.clip(last - first, -_REACH, _REACH))).points
        step = points[-1] - points[0]
        directions.append(step / max(float(np.linalg.norm(step)), 1e-9))
    return -float(directions[0] @ directions[1])


def _lines(pieces: Sequence[_Piece], following: dict[_End, _End]) -> Iterator[list[_Piece]]:
    """Yield all pieces, those that follow each other as one line; open lines first, from a loose end."""
    left = set(range(len(pieces)))
    ends = [_End(number, is_last) for number in range(len(pieces)) for is_last in (False, True)]
    for start in sorted(ends, key=lambda end: end in following):
        line: list[_Piece] = []
        end: _End | None = start
        while end is not None and end.piece in left:
            left.remove(end.piece)
            line.append(pieces[end.piece].reversed() if end.is_last else pieces[end.piece])
            end = following.get(end.opposite())
        if line:
            yield line


def corners_of(roads: Roads, number: int) -> list[float]:
    """Return the places of the corners of an edge, in order."""
    places = np.arange(_FROM_END, float(roads.lengths[number]) - _FROM_END, _STEP)
    if not len(places):
        return []
    bends = bends_of(roads.graph.edges[number], places)
    found: list[float] = []
    for row in np.argsort(-bends, kind="stable"):
        if bends[row] >= _CORNER and all(abs(places[row] - place) > _FROM_END for place in found):
            found.append(float(places[row]))
    return sorted(found)


def _cut(strokes: Sequence[Way], count: int) -> Iterator[list[Way]]:
    """Yield ``strokes`` with the longest one cut into even parts, so that there are ``count``; none if there are
    enough. A closed one is cut at several places."""
    if len(strokes) >= count:
        return
    longest = max(range(len(strokes)), key=lambda number: strokes[number].length)
    others, stroke = [*strokes[:longest], *strokes[longest + 1 :]], strokes[longest]
    parts = count - len(others)
    for turn in range(_TURNS if stroke.is_closed else 1):
        last = len(stroke.points) - 1
        first = last * turn // (_TURNS * parts)
        started = stroke.take(np.r_[first:last, 0 : first + 1]) if turn else stroke
        bounds = np.rint(np.linspace(0, last, parts + 1)).astype(int)
        yield [*others, *(started.take(np.arange(a, b + 1)) for a, b in itertools.pairwise(bounds))]


def _assigned(one: Sequence[Way], other: Sequence[Way], count: int) -> Iterator[Assignment]:
    """Yield the ``count`` best assignments of pen strokes; those left over are in the longer list."""
    if len(one) <= len(other):
        found = _choices(one, other)[:count]
    else:
        found = [[_Choice(b, a, turned) for a, b, turned in choices] for choices in _choices(other, one)[:count]]
    for choices in found:
        pairs = [pair for choice in choices for pair in _pairs(one[choice.one], other[choice.other], choice.turned)]
        paired = sum(one[choice.one].length + other[choice.other].length for choice in choices)
        yield Assignment(pairs, sum(stroke.length for stroke in (*one, *other)) - paired)


def _pairs(one: Way, other: Way, turned: bool) -> list[Pair]:
    """Return a pair of lines for each edge of the first line, and for both sides of the seam of a closed edge."""
    ahead = other.take(np.arange(len(other.points))[::-1]) if turned else other
    here, there = aligned(one, ahead)
    cuts = np.flatnonzero((np.diff(here.edges) != 0) | (np.abs(np.diff(here.places)) > SEAM)) + 1
    rows = np.split(np.arange(len(here.edges)), cuts)
    return [Pair(here.take(part), there.take(part), False) for part in rows if len(part) > 1]


def _choices(one: Sequence[Way], other: Sequence[Way]) -> list[list[_Choice]]:
    """Return all assignments of each pen stroke of ``one`` to one of ``other``, in all directions, those of least cost
    first."""
    here, there = (np.stack([way.at(np.linspace(0, 1, POINTS)).points for way in ways]) for ways in (one, other))
    starts, images = here @ np.array([1, 1j]), there @ np.array([1, 1j])
    images = np.stack([images, images[:, ::-1]], axis=1)
    priced, joints = costs(starts, images), _joints(starts, images)
    lengths = np.abs(np.diff(images[:, 0])).sum(axis=1)
    found = []
    for chosen in itertools.permutations(range(len(other)), len(one)):
        lone = float(WEIGHTS.stretching * (lengths.sum() - lengths[list(chosen)].sum()))
        for turned in itertools.product((False, True), repeat=len(one)):
            choices = [_Choice(*row) for row in zip(range(len(one)), chosen, turned, strict=True)]
            found.append((_total(priced, joints, chosen, [int(turn) for turn in turned]) + lone, choices))
    return [choices for _, choices in sorted(found, key=lambda row: row[0])]


def costs(here: Complex, images: Complex) -> Floats:
    """Return what each pen stroke, points ``[n, P]``, costs if it becomes each of the ``images`` ``[m, 2, P]``, in both
    directions: ``float64 [n, m, 2]``. The terms are those of the energy, times the length."""
    steps, others = np.diff(here)[:, None, None], np.diff(images)
    lengths, changed = np.abs(steps).sum(axis=-1), np.abs(others).sum(axis=-1)
    movement = np.maximum(lengths, changed) * np.abs(here[:, None, None] - images).mean(axis=-1)
    bends = np.abs(np.diff(np.unwrap(np.angle(steps.conj() * others + 1e-12)), axis=-1)).sum(axis=-1)
    turning = 10 * WEIGHTS.turning * bends
    return np.asarray(WEIGHTS.movement * movement + WEIGHTS.stretching * np.abs(lengths - changed) + turning)


def _joints(here: Complex, images: Complex) -> list[tuple[int, int, Floats]]:
    """Return the joints of the pen strokes ``here`` ``[n, P]``: the one that ends on another one, that other one, and
    how far the image of that end would be from each image of the other one: ``float64 [m, 2, m]``."""
    found = []
    for one, other in itertools.permutations(range(len(here)), 2):
        for end in (0, -1):
            if np.abs(here[one, end] - here[other]).min() < _TOUCHING:
                gaps = np.abs(images[:, :, end, None, None] - images[:, 0]).min(axis=-1)
                found.append((one, other, np.maximum(gaps - _TOUCHING, 0)))
    return found


def _total(costs: Floats, joints: list[tuple[int, int, Floats]], chosen: Sequence[int], turned: Sequence[int]) -> float:
    own = sum(costs[number, other, turn] for number, (other, turn) in enumerate(zip(chosen, turned, strict=True)))
    gaps = sum(gaps[chosen[one], turned[one], chosen[other]] for one, other, gaps in joints)
    return float(own + _GAP_WEIGHT * gaps)
