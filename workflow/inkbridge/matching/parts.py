"""Separate parts of a drawing: an eye, a wheel, a ball."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.graph import Graph
from inkbridge.tracing.samples import parts_of


class Group(NamedTuple):
    """Edges of one drawing, and those of the other one that they become: ``int64`` numbers of edges. A part that
    vanishes or appears has no edges on the other side."""

    one: Integers
    other: Integers


_KIND_WEIGHTS = np.array([2.0, 5.0])
"""What a loose end and a loop too many count, in pixels of distance: a ring hardly becomes a line."""

_LENGTH_WEIGHT = 0.3
"""What a pixel of difference in length counts, against a pixel of distance."""


def whole(one: Graph, other: Graph) -> list[Group]:
    """Return all edges of both drawings as one group."""
    return [Group(np.arange(len(one.edges)), np.arange(len(other.edges)))]


def part_by_part(one: Graph, other: Graph, alone: bool) -> list[Group]:
    """Return groups of separate parts that become each other.

    If both drawings have as many, parts are paired by place, length and spread. Otherwise, parts are left over: with
    ``alone``, they become groups of their own, which vanish or appear, otherwise they join the nearest group.
    """
    parts, others = _split(one), _split(other)
    if len(parts) > len(others):
        return [Group(first, second) for second, first in part_by_part(other, one, alone)]
    apart = np.array([[_difference(one, part, other, candidate) for candidate in others] for part in parts])
    rows, columns = linear_sum_assignment(apart)
    groups = {int(column): [others[column]] for column in columns}
    left = [number for number in range(len(others)) if number not in columns]
    for part in [] if alone else [others[number] for number in left]:
        nearest = int(np.argmin([_gap(one, parts[row], other, part) for row in rows]))
        groups[int(columns[nearest])].append(part)
    return [
        Group(parts[row], np.sort(np.concatenate(groups[int(column)])))
        for row, column in zip(rows, columns, strict=True)
    ] + [Group(np.empty(0, np.int64), others[number]) for number in left if alone]


def _split(graph: Graph) -> list[Integers]:
    """Return the numbers of the edges of each separate part."""
    parts = parts_of(graph)[[edge.start for edge in graph.edges]]
    return [np.flatnonzero(parts == part) for part in range(int(parts.max()) + 1)]


def _points(graph: Graph, edges: Integers) -> Floats:
    return np.concatenate([graph.edges[edge].points for edge in edges])


def _difference(one: Graph, part: Integers, other: Graph, candidate: Integers) -> float:
    """Return how much two parts differ, in pixels."""
    here, there = _points(one, part), _points(other, candidate)
    lengths = [sum(graph.edges[edge].length for edge in edges) for graph, edges in ((one, part), (other, candidate))]
    middles = np.linalg.norm(here.mean(axis=0) - there.mean(axis=0))
    spreads = np.abs(_spread(here) - _spread(there)).sum()
    kinds = np.abs(_kind(one, part) - _kind(other, candidate)) @ _KIND_WEIGHTS
    return float(middles + _LENGTH_WEIGHT * abs(lengths[0] - lengths[1]) + spreads + kinds)


def _spread(points: Floats) -> Floats:
    """Return the standard deviations of ``points`` along their principal axes: ``float64 [2]``, in pixels."""
    return np.sqrt(np.linalg.eigvalsh(np.cov(points.T) + 1e-9 * np.eye(2)).clip(0))


def _kind(graph: Graph, part: Integers) -> Floats:
    """Return the number of loose ends and of loops of a part: ``float64 [2]``."""
    nodes = np.array([(graph.edges[edge].start, graph.edges[edge].end) for edge in part])
    degrees = np.bincount(nodes.ravel())
    return np.array([(degrees == 1).sum(), len(part) - (degrees > 0).sum() + 1], np.float64)


def _gap(one: Graph, part: Integers, other: Graph, candidate: Integers) -> float:
    """Return the mean distance of the second part's points from the first part, in pixels."""
    here, there = _points(one, part), _points(other, candidate)
    return float(np.linalg.norm(there[:, None] - here, axis=2).min(axis=1).mean())
