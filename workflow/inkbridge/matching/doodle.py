"""Keyframes → what their strokes become, all steps in order: trace, match, chain."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.matching.match import match
from inkbridge.matching.matches import Match
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.support.types import Images, Integers
from inkbridge.tracing.graph import Edge, Graph
from inkbridge.tracing.skeleton import trace

_DOT = Graph(np.full((1, 2), CELL / 2), (Edge(0, 0, np.full((2, 2), CELL / 2), np.ones(2)),))
"""A dot in the middle of the cell, which stands for the strokes of a doodle without ink."""


@dataclass(frozen=True)
class MatchedDoodle:
    """A doodle whose keyframes are traced and matched.

    ``drawings`` ``uint8 [K, S, S]`` are its keyframes, ``keyframes`` ``int64 [L]`` their numbers, from 0; if the doodle
    loops, the first one comes again at the end. ``graphs`` are those of the L drawings. A blank one has the graph of
    the keyframe before it, or after it: its strokes rest there. If all are blank, there is one dot. ``drawn`` ``bool
    [L]``: which drawings have ink. ``matches`` lead from each of the L to the next. ``strands`` live through all of
    them.
    """

    drawings: Images
    keyframes: Integers
    drawn: NDArray[np.bool_]
    graphs: Sequence[Graph]
    matches: Sequence[Match]
    strands: Sequence[Strand]


def match_doodle(drawings: Images, loop: bool) -> MatchedDoodle:
    """Return ``drawings`` ``uint8 [K, S, S]``, traced and matched.

    ``loop``: whether a segment leads from the last keyframe to the first. The strokes may come back to other places of
    the first drawing than those from which they started.
    """
    order = np.array([*range(len(drawings)), *([0] if loop else [])])
    traced = [trace(drawing) for drawing in drawings]
    drawn = np.array([bool(graph.edges) for graph in traced])
    resting = _resting(traced, drawn)
    graphs = [resting[keyframe] for keyframe in order]
    matches = [match(one, other) for one, other in itertools.pairwise(graphs)]
    return MatchedDoodle(drawings, order, drawn[order], graphs, matches, strands_of(graphs, matches))


def _resting(traced: Sequence[Graph], drawn: NDArray[np.bool_]) -> Sequence[Graph]:
    """Return the graphs on which the strokes rest if a drawing is blank, and those of the other drawings."""
    if not drawn.any():
        return [_DOT] * len(traced)
    numbers = np.flatnonzero(drawn)
    last = np.searchsorted(numbers, np.arange(len(traced)), side="right") - 1
    return [traced[numbers[max(place, 0)]] for place in last]
