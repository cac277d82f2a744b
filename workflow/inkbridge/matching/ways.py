"""Lines on a graph: where they run, and the shortest of them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.graph import Graph, places_along

Location = tuple[int, float]
"""A place on a graph: an edge, and how far along it, in pixels of the cell."""

_STEP = 0.5
"""Distance, in pixels of the cell, between the points of a way."""

SEAM = 3.0
"""Pixels between two neighbouring places of a way on the same edge from which the way crosses the seam of a closed
curve."""

_NEARLY_BACK = -0.9
"""Cosine of the angle between two steps below which the second one goes back along the first."""


@dataclass(frozen=True)
class Way:
    """A line along the edges of a graph: ``points`` ``float64 [P, 2]``, the edge of each, ``int64 [P]``, and its place
    along that edge, ``float64 [P]``, all lengths in pixels of the cell."""

    points: Floats
    edges: Integers
    places: Floats

    @property
    def length(self) -> float:
        return float(places_along(self.points)[-1])

    @property
    def is_closed(self) -> bool:
        """Whether the way ends where it starts, after going round."""
        return self.length > 6 and bool(np.linalg.norm(self.points[0] - self.points[-1]) < _STEP)

    def take(self, rows: NDArray[np.integer]) -> "Way":
        """Return the way through some of the points, in the given order."""
        return Way(self.points[rows], self.edges[rows], self.places[rows])

    def at(self, parts: Floats) -> "Way":
        """Return the places at ``parts`` ``[M]``, in [0, 1], of the way's length."""
        along = places_along(self.points)
        wanted = parts * along[-1]
        points = np.stack([np.interp(wanted, along, column) for column in self.points.T], axis=1)
        left = np.clip(np.searchsorted(along, wanted, side="right") - 1, 0, len(along) - 2)
        share = (wanted - along[left]) / np.maximum(along[left + 1] - along[left], 1e-9)
        nearest = np.where(share < 0.5, left, left + 1)
        step = np.abs(self.places[left + 1] - self.places[left])
        one_edge = (self.edges[left] == self.edges[left + 1]) & (step < SEAM)
        between = self.places[left] + share.clip(0, 1) * (self.places[left + 1] - self.places[left])
        return Way(points, self.edges[nearest], np.where(one_edge, between, self.places[nearest]))


def joined(ways: Sequence[Way]) -> Way:
    """Return one way through several, each of which starts where the one before ends."""
    way = Way(*(np.concatenate([getattr(way, name) for way in ways]) for name in ("points", "edges", "places")))
    moves = np.linalg.norm(np.diff(way.points, axis=0), axis=1) > 1e-6
    # Where two edges meet, keep both ends: each knows its own edge.
    changes = np.diff(way.edges) != 0
    kept = np.flatnonzero(np.concatenate([[True], moves | changes]))
    return way.take(kept if len(kept) > 1 else np.array([0, len(way.edges) - 1]))


def without_detours(way: Way) -> Way:
    """Return ``way`` without places where it turns and goes back on itself."""
    kept: list[int] = []
    for row in range(len(way.points)):
        kept.append(row)
        while len(kept) > 2 and _goes_back(way.points, *kept[-3:]):
            del kept[-2]
    return way.take(np.array(kept if len(kept) > 1 else [0, len(way.points) - 1]))


def _goes_back(points: Floats, first: int, middle: int, last: int) -> bool:
    (ax, ay), (bx, by), (cx, cy) = points[first], points[middle], points[last]
    ux, uy, vx, vy = bx - ax, by - ay, cx - bx, cy - by
    product = ((ux * ux + uy * uy) * (vx * vx + vy * vy)) ** 0.5
    return bool(product > 1e-12 and ux * vx + uy * vy < _NEARLY_BACK * product)


class Roads:
    """The shortest ways on a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.degrees = graph.degrees()
        self._along = [places_along(edge.points) for edge in graph.edges]
        self.lengths = np.array([along[-1] for along in self._along])
        count = len(graph.nodes)
        direct = np.zeros((count, count))
        self._shortest_edge: dict[tuple[int, int], tuple[int, bool]] = {}
        for number in np.argsort(-self.lengths, kind="stable"):
            edge = graph.edges[number]
            direct[edge.start, edge.end] = direct[edge.end, edge.start] = max(self.lengths[number], 1e-6)
            self._shortest_edge[edge.start, edge.end] = (int(number), False)
            self._shortest_edge[edge.end, edge.start] = (int(number), edge.start != edge.end)
        np.fill_diagonal(direct, 0)
        self.between, self._before = dijkstra(direct, directed=False, return_predecessors=True)

    def along(self, edge: int, first: float, last: float) -> Way:
        """Return the way on one edge from one place to another."""
        count = max(2, int(np.ceil(abs(last - first) / _STEP)) + 1)
        places = np.linspace(first, last, count)
        columns = self.graph.edges[edge].points.T
        points = np.stack([np.interp(places, self._along[edge], column) for column in columns], axis=1)
        return Way(points, np.full(count, edge), places)

    def location_of(self, node: int) -> Location:
        """Return the location of a node, at an end of one of its edges."""
        for number, edge in enumerate(self.graph.edges):
            if edge.start == node:
                return number, 0.0
            if edge.end == node:
                return number, float(self.lengths[number])
        raise ValueError(f"node {node} has no edge")

    def to_node(self, location: Location, node: int) -> float:
        """Return the length of the shortest way from a location to a node; infinite if there is none."""
        edge = self.graph.edges[location[0]]
        rest = self.lengths[location[0]] - location[1]
        return float(min(location[1] + self.between[edge.start, node], rest + self.between[edge.end, node]))

    def way(self, first: Location, last: Location) -> Way | None:
        """Return the shortest way from one location to another, or None if they are not connected."""
        best = abs(last[1] - first[1]) if first[0] == last[0] else np.inf
        through = None
        for leave, left_at in self._ends(first[0]):
            for enter, entered_at in self._ends(last[0]):
                length = abs(first[1] - left_at) + self.between[leave, enter] + abs(last[1] - entered_at)
                if length < best:
                    best, through = length, (leave, left_at, enter, entered_at)
        if not np.isfinite(best):
            return None
        if through is None:
            return self.along(first[0], first[1], last[1])
        leave, left_at, enter, entered_at = through
        ways = [self.along(first[0], first[1], left_at), *self._node_to_node(leave, enter)]
        return joined([*ways, self.along(last[0], entered_at, last[1])])

    def through(self, locations: Sequence[Location]) -> Way | None:
        """Return the way through several locations, without detours, or None if they are not connected."""
        ways = [self.way(first, last) for first, last in itertools.pairwise(locations)]
        found = [way for way in ways if way is not None]
        return without_detours(joined(found)) if ways and len(found) == len(ways) else None

    def _ends(self, edge: int) -> tuple[tuple[int, float], tuple[int, float]]:
        ends = self.graph.edges[edge]
        return (ends.start, 0.0), (ends.end, float(self.lengths[edge]))

    def _node_to_node(self, first: int, last: int) -> list[Way]:
        nodes = [last]
        while nodes[-1] != first:
            nodes.append(int(self._before[first, nodes[-1]]))
        ways = []
        for one, other in zip(nodes[::-1], nodes[-2::-1], strict=False):
            edge, backwards = self._shortest_edge[one, other]
            length = float(self.lengths[edge])
            ways.append(self.along(edge, length, 0.0) if backwards else self.along(edge, 0.0, length))
        return ways
