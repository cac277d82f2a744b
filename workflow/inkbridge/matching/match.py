"""Two drawings → which line of the one becomes which line of the other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment

from inkbridge.matching import continuous, marked, parts, pens
from inkbridge.matching.between import between
from inkbridge.matching.energy import energy_of
from inkbridge.matching.features import corner_costs, costs, features_of
from inkbridge.matching.matches import Match
from inkbridge.matching.pairs import Pair, Side, pairs_of
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.matching.tracks import JUMPS, coupling_of, follow
from inkbridge.matching.transport import fused_gromov_wasserstein, local_costs
from inkbridge.matching.ways import Roads, Way
from inkbridge.support.marks import Mark
from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.graph import Graph
from inkbridge.tracing.samples import Samples, sample

STRUCTURES = (0.6, 0.8, 0.95)
"""Weights of the structure against the features that are tried."""

_SPACING = 1.2
"""Distance, in pixels of the cell, between samples."""

_FEWEST, _MOST = 30, 140
"""Samples of a drawing."""

_REFINEMENTS = 2
"""How often the exact map is found again, each time given the last one."""

_MANY = 220
"""Samples of a drawing of more than a hundred lines: it is matched in one way only, or it would take minutes."""

TANGLED, ADVANTAGE = 0.3, 2.5
"""Knots from which pen strokes are assigned, and drawings laid whole onto each other, too; and by how much less such a
match must cost, in units of the energy."""

_GROWS = 1.15
"""Ratio of the lengths of two drawings from which a match is also tried in which only a part of the longer one is
matched, and the rest grows."""


_REMEMBERED = 256
"""Pairs of drawings whose matches are remembered: if one keyframe changes, only its neighbours are matched anew."""


def match(one: Graph, other: Graph, marks: Sequence[Mark] = ()) -> Match:
    """Return the match of least cost. Raises :class:`ValueError` if one of the drawings is blank."""
    return matches(one, other, tuple(marks))[0]


def forget_matches() -> None:
    """Forget the matches of earlier drawings."""
    matches.cache_clear()
    _layings.cache_clear()


@lru_cache(_REMEMBERED)
def matches(one: Graph, other: Graph, marks: tuple[Mark, ...] = ()) -> Sequence[Match]:
    """Return the match of least cost, then others of its kind that cost more. Raises :class:`ValueError` if one of the
    drawings is blank.

    marks: where points of the one drawing go. A match that misses one costs more.
    """
    if not one.edges or not other.edges:
        raise ValueError("only drawings with ink can be matched")
    unmarked: list[Sequence[Match]] = []
    if marks:
        marks = marked.on_ink(marks, one, other)
        found = [replace(match, missed=marked.missed(marks, match.pairs)) for match in matches(one, other)]
        unmarked = [sorted(found, key=lambda match: match.cost)]
        if not found[0].missed:
            return unmarked[0]
    groupings = [parts.whole(one, other)]
    for alone in (False, True):
        by_part = parts.part_by_part(one, other, alone)
        if len(by_part) > 1 and (not alone or any(not len(g.one) or not len(g.other) for g in by_part)):
            groupings.append(by_part)
    marked_ones = [_match_groups(one, other, groups, marks) for groups in groupings]
    return min([*marked_ones, *unmarked], key=lambda found: found[0].cost)


def looked_at(found: Match, strands: Sequence[Strand]) -> Match:
    """Return a match with what stands between the last two keyframes of ``strands``."""
    return replace(found, **between(strands)._asdict())


def _match_groups(one: Graph, other: Graph, groups: list[parts.Group], marks: Sequence[Mark]) -> list[Match]:
    pairs: list[Pair] = []
    lone = 0.0
    vanishing = [group.one for group in groups if not len(group.other)]
    appearing = [group.other for group in groups if not len(group.one)]
    if len(groups) == 1:
        return _best(one, other, marks)
    for group in groups:
        if not len(group.one) or not len(group.other):
            continue
        part, counterpart = _part(one, group.one), _part(other, group.other)
        best = _best(part, counterpart, marked.inside(marks, part, counterpart))[0]
        lone += best.lone
        for pair in best.pairs:
            ways = (_renumbered(pair.one, group.one), _renumbered(pair.other, group.other))
            pairs.append(Pair(*ways, pair.is_extra))
    lone += sum(one.edges[edge].length for part in vanishing for edge in part)
    lone += sum(other.edges[edge].length for part in appearing for edge in part)
    energy = energy_of(pairs, max(len(one.edges), len(other.edges)), lone)
    missed = marked.missed(marks, pairs)
    found = Match(pairs, energy, len(groups), lone=lone, vanishing=vanishing, appearing=appearing, missed=missed)
    # Parts of a drawing may also cross each other.
    return [looked_at(found, strands_of((one, other), [found]))]


def _best(one: Graph, other: Graph, marks: Sequence[Mark]) -> list[Match]:
    """Return the matches of two drawings that are one group, that of least cost first. Pen strokes are assigned only if
    tangles stand between the drawings: where points are alike, assigned pen strokes often change places that should
    not. If tangles are left then, one drawing is laid whole onto the other one."""
    drawn = max(len(one.edges), len(other.edges))
    found = [
        Match(pairs, energy_of(pairs, drawn), 1, missed=marked.missed(marks, pairs))
        for pairs in _hypotheses(one, other, marks)
        if pairs
    ]
    best = _of_least_cost(one, other, found)
    for others in (assigned, laid):
        if best[0].knots < TANGLED:
            break
        found = others(one, other, best[0].cost - ADVANTAGE, marks)
        best = found if found and found[0].cost + ADVANTAGE < best[0].cost else best
    return best


def assigned(one: Graph, other: Graph, below: float, marks: Sequence[Mark] = ()) -> list[Match]:
    """Return the matches of whole pen strokes that may cost less than ``below``, that of least cost first; none if
    there are too many pen strokes."""
    drawn = max(len(one.edges), len(other.edges))
    found = [
        Match(pairs, energy_of(pairs, drawn, lone), 1, lone=lone, missed=marked.missed(marks, pairs))
        for pairs, lone in pens.assignments(Roads(one), Roads(other))
    ]
    return _of_least_cost(one, other, found, below)


def laid(one: Graph, other: Graph, below: float, marks: Sequence[Mark] = ()) -> list[Match]:
    """Return the matches in which one drawing is laid whole onto the other one that may cost less than ``below``, that
    of least cost first; none if there are too many lines. They have no cuts."""
    found = [
        replace(match, missed=marked.missed(marks, match.pairs)) if marks else match for match in _layings(one, other)
    ]
    return _of_least_cost(one, other, found, below)


@lru_cache(_REMEMBERED)
def _layings(one: Graph, other: Graph) -> Sequence[Match]:
    return [
        Match(pairs, energy_of(pairs, len(pairs), lone), 1, lone=lone)
        for pairs, lone in continuous.layings(Roads(one), Roads(other))
    ]


def _of_least_cost(one: Graph, other: Graph, found: Sequence[Match], below: float = np.inf) -> list[Match]:
    """Return the match of least cost, then others. What stands between the drawings is found in the order of the
    energy, as long as the energy alone costs less than the best match, and than ``below``."""
    known: list[Match] = []
    for candidate in sorted(found, key=lambda match: match.cost):
        if candidate.cost >= min([below, *(match.cost for match in known)]):
            break
        known.append(looked_at(candidate, strands_of((one, other), [candidate])))
    return sorted(known, key=lambda match: match.cost)


def _hypotheses(one: Graph, other: Graph, marks: Sequence[Mark]) -> Iterator[list[Pair]]:
    lengths = [sum(edge.length for edge in graph.edges) for graph in (one, other)]
    count = int(np.clip(max(lengths) / _SPACING, _FEWEST, _MOST))
    numbers = [(count, count)]
    if max(lengths) > _GROWS * min(lengths):
        shares = [max(4, round(count * length / max(lengths))) for length in lengths]
        numbers.append((shares[0], shares[1]))
    roads = Roads(one), Roads(other)
    for number in numbers:
        sides = Side(sample(one, number[0]), roads[0]), Side(sample(other, number[1]), roads[1])
        for there, back in _tracks(sides[0].samples, sides[1].samples, marks):
            yield pairs_of(*sides, there, back)


def _tracks(one: Samples, other: Samples, marks: Sequence[Mark]) -> Iterator[tuple[Integers, Integers]]:
    """Yield exact maps there and back, each only once."""
    features = features_of(replace(one, points=marked.led(one, marks))), features_of(other)
    apart, corners = costs(*features), corner_costs(*features)
    apart = apart + marked.costs_of(marks, one, other) if marks else apart
    scale = max(one.distances.max(), other.distances.max(), 1e-6)
    within = one.distances / scale, other.distances / scale
    seen = set()
    for structure in STRUCTURES if len(one) <= _MANY else STRUCTURES[-1:]:
        for start in _starts(apart):
            soft = fused_gromov_wasserstein(apart, *within, structure, start)
            for jump in JUMPS:
                coupling = soft
                for _ in range(_REFINEMENTS + 1):
                    each = local_costs(apart, *within, structure, coupling) + corners
                    there, back = follow(each, one, other, jump), follow(each.T, other, one, jump)
                    coupling = coupling_of(there, back)
                if (key := (there.tobytes(), back.tobytes())) not in seen:
                    seen.add(key)
                    yield there, back


def _starts(apart: Floats) -> Iterator[Floats]:
    """Yield the couplings to start from: all with all, and the one that fits the features best."""
    yield np.full_like(apart, 1 / apart.size)
    rows, columns = linear_sum_assignment(apart)
    assigned = np.zeros_like(apart)
    assigned[rows, columns] = 1 / min(apart.shape)
    yield assigned


def _part(graph: Graph, edges: Integers) -> Graph:
    return graph.with_edges([graph.edges[edge] for edge in edges])


def _renumbered(way: Way, edges: Integers) -> Way:
    return replace(way, edges=edges[way.edges])
