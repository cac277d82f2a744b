"""Marks of a person on two drawings: what they make of a match."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inkbridge.matching.pairs import Pair
from inkbridge.support.marks import Mark
from inkbridge.support.types import Floats
from inkbridge.tracing.graph import Graph
from inkbridge.tracing.samples import Samples

KEPT = 2.0
"""Pixels by which a match may miss a mark. A hand that marks is no more exact."""

_LOST = 30.0
"""Pixels by which a match misses a mark whose point becomes nothing."""

_NEAR = 6.0
"""Pixels within which a point of a mark belongs to a line that is matched."""

_REACH = 10.0
"""Pixels along the ink over which places are led by a mark: standard deviation."""

_LANDMARK = 4.0
"""What a difference of the distances from a mark's two points costs: squared, in parts of the longest distance."""

_PINNED, _PIN = 4.0, 3.0
"""Cost of matching a mark's point with a point other than the marked one, and over how many pixels it rises."""


def on_ink(marks: Sequence[Mark], one: Graph, other: Graph) -> tuple[Mark, ...]:
    """Return the marks with both points moved to the nearest ink of their drawings."""
    return tuple(replace(mark, at=_nearest(one, mark.at), goes_to=_nearest(other, mark.goes_to)) for mark in marks)


def inside(marks: Sequence[Mark], one: Graph, other: Graph) -> tuple[Mark, ...]:
    """Return the marks, already on ink, both of whose points are on these parts of their drawings."""
    return tuple(
        mark
        for mark in marks
        if np.allclose(_nearest(one, mark.at), mark.at) and np.allclose(_nearest(other, mark.goes_to), mark.goes_to)
    )


def led(samples: Samples, marks: Sequence[Mark]) -> Floats:
    """Return the places of samples ``float64 [N, 2]``, moved as the marks near them along the ink move."""
    if not marks:
        return samples.points
    near = np.stack([samples.distances[_sample(samples, mark.at)] for mark in marks], axis=1)
    weights = np.exp(-0.5 * (near / _REACH) ** 2)
    moves = np.array([np.subtract(mark.goes_to, mark.at) for mark in marks])
    return samples.points + weights @ moves / np.maximum(weights.sum(axis=1, keepdims=True), 1.0)


def costs_of(marks: Sequence[Mark], one: Samples, other: Samples) -> Floats:
    """Return what the marks add to the cost of matching each sample of ``one`` with each of ``other``: ``float64
    [N, M]``. Points are alike if they are as far from the mark along the ink in both drawings."""
    total = np.zeros((len(one), len(other)))
    scale = max(float(one.distances.max()), float(other.distances.max()), 1e-6)
    for mark in marks:
        here = one.distances[_sample(one, mark.at)][:, None]
        there = other.distances[_sample(other, mark.goes_to)][None]
        total += _LANDMARK * ((here - there) / scale) ** 2
        total += _PINNED * np.abs(np.exp(-0.5 * (here / _PIN) ** 2) - np.exp(-0.5 * (there / _PIN) ** 2))
    return total


def missed(marks: Sequence[Mark], pairs: Sequence[Pair]) -> float:
    """Return by how many pixels pairs of lines miss the marks, together, beyond what a hand misses."""
    return float(sum(max(0.0, miss(mark, pairs) - KEPT) for mark in marks))


def miss(mark: Mark, pairs: Sequence[Pair]) -> float:
    """Return by how many pixels pairs of lines miss a mark that is on ink."""
    found = _LOST
    for pair in pairs:
        away = np.linalg.norm(pair.one.points - mark.at, axis=1)
        row = int(away.argmin())
        if away[row] <= _NEAR:
            target = float(np.linalg.norm(pair.other.points[row] - mark.goes_to))
            found = min(found, float(np.hypot(away[row], target)))
    return found


def _nearest(graph: Graph, point: Sequence[float]) -> tuple[float, float]:
    """Return the point of a graph's lines that is nearest to ``point``."""
    best, place = np.inf, np.asarray(point, np.float64)
    for edge in graph.edges:
        starts, steps = edge.points[:-1], np.diff(edge.points, axis=0)
        shares = ((point - starts) * steps).sum(axis=1) / np.maximum((steps**2).sum(axis=1), 1e-12)
        feet = starts + shares.clip(0, 1)[:, None] * steps
        away = np.linalg.norm(feet - point, axis=1)
        if away.min() < best:
            best, place = float(away.min()), feet[away.argmin()]
    return float(place[0]), float(place[1])


def _sample(samples: Samples, point: Sequence[float]) -> int:
    return int(np.linalg.norm(samples.points - point, axis=1).argmin())
