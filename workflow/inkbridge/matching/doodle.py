"""Keyframes → what their strokes become, all steps in order: trace, match, chain."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.matching import marked
from inkbridge.matching.match import ADVANTAGE, TANGLED, laid, looked_at, matches
from inkbridge.matching.matches import Match
from inkbridge.matching.strands import Chained, Strand
from inkbridge.support.marks import Mark, Marks, marks_of
from inkbridge.support.types import Images, Integers
from inkbridge.tracing.graph import Edge, Graph
from inkbridge.tracing.skeleton import trace

_DOT = Graph(np.full((1, 2), CELL / 2), (Edge(0, 0, np.full((2, 2), CELL / 2), np.ones(2)),))
"""A dot in the middle of the cell, which stands for the strokes of a doodle without ink."""


_REMEMBERED = 128
"""Drawings whose graphs are remembered."""

_SURPRISE = 0.3
"""By how much a match may cost more in the chain of all keyframes than for two drawings before others are tried."""

_TRIED = 8
"""Other matches that are tried then."""


@dataclass(frozen=True)
class MatchedDoodle:
    """A doodle whose keyframes are traced and matched.

    ``drawings`` ``uint8 [K, S, S]`` are its keyframes, ``keyframes`` ``int64 [L]`` their numbers, from 0; if the doodle
    loops, the first one comes again at the end. ``graphs`` are those of the L drawings. A blank one has the graph of
    the keyframe before it, or after it: its strokes rest there. If all are blank, there is one dot. ``drawn`` ``bool
    [L]``: which drawings have ink. ``matches`` lead from each of the L to the next. ``strands`` live through all of
    them. ``marks``: where a person says that points go.
    """

    drawings: Images
    keyframes: Integers
    drawn: NDArray[np.bool_]
    graphs: Sequence[Graph]
    matches: Sequence[Match]
    strands: Sequence[Strand]
    marks: Marks = ()


def match_doodle(drawings: Images, loop: bool, marks: Marks = ()) -> MatchedDoodle:
    """Return ``drawings`` ``uint8 [K, S, S]``, traced and matched.

    ``loop``: whether a segment leads from the last keyframe to the first. The strokes may come back to other places of
    the first drawing than those from which they started. ``marks``: where a person says that points go. Those on a
    blank keyframe, or towards one, say nothing.
    """
    order = np.array([*range(len(drawings)), *([0] if loop else [])])
    traced = [_traced(drawing.tobytes(), drawing.shape[0]) for drawing in drawings]
    drawn = np.array([bool(graph.edges) for graph in traced])
    resting = _resting(traced, drawn)
    graphs = [resting[keyframe] for keyframe in order]
    chained, found = Chained.start(graphs[0]), []
    for number, (one, other) in enumerate(itertools.pairwise(graphs)):
        said = marks_of(marks, number + 1) if drawn[order[number : number + 2]].all() else ()
        best, chained = _best_in_chain(chained, other, matches(one, other, said), said)
        found.append(best)
    return MatchedDoodle(drawings, order, drawn[order], graphs, found, chained.strands(), tuple(marks))


@lru_cache(_REMEMBERED)
def _traced(drawing: bytes, side: int) -> Graph:
    return trace(np.frombuffer(drawing, np.uint8).reshape(side, side))


def _best_in_chain(
    chained: Chained, graph: Graph, candidates: Sequence[Match], marks: Sequence[Mark] = ()
) -> tuple[Match, Chained]:
    """Return which of ``candidates``, the best one of two drawings first, leads to the next drawing, with this
    ``graph``, and the chain with it.

    Strands that were cut before the two drawings move in pieces. If that costs much, another match may be better.
    """
    seen = [_in_chain(chained, graph, candidates[0])]
    cost = seen[0][0].cost
    if cost > candidates[0].cost + _SURPRISE:
        others = [candidate for candidate in candidates[1:] if candidate.cost < cost]
        seen += [_in_chain(chained, graph, candidate) for candidate in others[:_TRIED]]
    best = min(seen, key=lambda row: row[0].cost)
    if best[0].knots < TANGLED or best[0].groups > 1:
        return best
    below = best[0].cost - ADVANTAGE
    others = [
        candidate
        for candidate in laid(chained.graphs[-1], graph, below, marked.on_ink(marks, chained.graphs[-1], graph))
        if candidate.cost < below
    ]
    seen = [_in_chain(chained, graph, candidate) for candidate in others[:_TRIED]]
    return min([best, *(row for row in seen if row[0].cost < below)], key=lambda row: row[0].cost)


def _in_chain(chained: Chained, graph: Graph, candidate: Match) -> tuple[Match, Chained]:
    """Return ``candidate`` with what stands between the last two drawings if it is the next in the chain, and the chain
    with it."""
    longer = chained.then(graph, candidate)
    return looked_at(candidate, longer.strands()), longer


def _resting(traced: Sequence[Graph], drawn: NDArray[np.bool_]) -> Sequence[Graph]:
    """Return the graphs on which the strokes rest if a drawing is blank, and those of the other drawings."""
    if not drawn.any():
        return [_DOT] * len(traced)
    numbers = np.flatnonzero(drawn)
    last = np.searchsorted(numbers, np.arange(len(traced)), side="right") - 1
    return [traced[numbers[max(place, 0)]] for place in last]
