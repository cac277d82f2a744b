"""Points along the strokes of a drawing, and how far they are from each other along the ink."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.graph import Edge, Graph

_FEWEST = 2
"""Samples of an edge, however short it is."""


_UNCONNECTED = 1e6
"""Pixels of a way that does not exist."""


@dataclass(frozen=True)
class Samples:
    """Points along a graph, edge by edge. All lengths are in pixels of the cell.

    ``points`` and ``tangents`` (unit vectors) are ``float64 [N, 2]``, ``edges`` ``int64 [N]`` the edge of each,
    ``places`` ``float64 [N]`` its place along it, ``masses`` ``float64 [N]`` the length that it stands for, ``widths``
    ``float64 [N]`` the pen's. ``distances`` ``float64 [N, N]`` is how far they are from each other along the ink, and
    across the least gaps between separate parts; in ``ways`` ``float64 [N, N]``, gaps are as good as infinite.
    ``parts`` ``int64 [N]`` is the separate part of each.
    """

    graph: Graph
    points: Floats
    tangents: Floats
    edges: Integers
    places: Floats
    masses: Floats
    widths: Floats
    distances: Floats
    ways: Floats
    parts: Integers

    def __len__(self) -> int:
        return len(self.points)


def sample(graph: Graph, count: int, gap_cost: float = 1.5) -> Samples:
    """Return about ``count`` points, evenly spaced along the edges of ``graph``. A gap between separate parts counts
    ``gap_cost`` times its width."""
    lengths = np.array([edge.length for edge in graph.edges])
    numbers = _shared_out(lengths / max(lengths.sum(), 1e-9) * count, count)
    parts_of_nodes = parts_of(graph)
    rows = [_along(edge, number) for edge, number in zip(graph.edges, numbers, strict=True)]
    points, tangents, places, widths = (np.concatenate(column) for column in zip(*rows, strict=True))
    edges = np.repeat(np.arange(len(numbers)), numbers)
    masses = np.repeat(np.maximum(lengths, 0.5) / numbers, numbers)
    parts = parts_of_nodes[np.array([edge.start for edge in graph.edges])][edges]
    distances = _distances(graph, lengths, edges, places)
    bridged = _bridged(distances, points, parts, gap_cost)
    ways = np.where(np.isfinite(distances), distances, _UNCONNECTED)
    return Samples(graph, points, tangents, edges, places, masses, widths, bridged, ways, parts)


def _shared_out(shares: Floats, count: int) -> Integers:
    """Return whole numbers, each at least two, that are near ``shares`` and add up to ``count`` (more, if there are too
    many edges)."""
    numbers = np.maximum(_FEWEST, np.floor(shares).astype(np.int64))
    while numbers.sum() < count:
        numbers[(shares - numbers).argmax()] += 1
    while numbers.sum() > count and numbers.max() > _FEWEST:
        surplus = np.where(numbers > _FEWEST, numbers - shares, -np.inf)
        numbers[surplus.argmax()] -= 1
    return numbers


def parts_of(graph: Graph) -> Integers:
    """Return the number of the separate part that each node belongs to: ``int64 [M]``."""
    starts = [edge.start for edge in graph.edges]
    ends = [edge.end for edge in graph.edges]
    count = len(graph.nodes)
    matrix = csr_array((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    return np.asarray(connected_components(matrix, directed=False)[1], np.int64)


def _along(edge: Edge, number: int) -> tuple[Floats, Floats, Floats, Floats]:
    steps = np.linalg.norm(np.diff(edge.points, axis=0), axis=1)
    along = np.concatenate([[0], steps.cumsum()])
    places = (np.arange(number) + 0.5) / number * along[-1]
    points = np.stack([np.interp(places, along, column) for column in edge.points.T], axis=1)
    around = np.stack([places - 1.5, places + 1.5]).clip(0, along[-1])
    ends = np.stack([np.interp(around, along, column) for column in edge.points.T], axis=2)
    directions = ends[1] - ends[0]
    tangents = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    return points, tangents, places, np.interp(places, along, edge.widths)


def _distances(graph: Graph, lengths: Floats, edges: Integers, places: Floats) -> Floats:
    """Return the shortest ways along the graph between the samples: ``float64 [N, N]``, infinite between parts."""
    count = len(graph.nodes)
    between = np.full((count, count), np.inf)
    for edge, length in zip(graph.edges, lengths, strict=True):
        between[edge.start, edge.end] = between[edge.end, edge.start] = min(between[edge.start, edge.end], length)
    np.fill_diagonal(between, 0)
    sparse = np.where(np.isfinite(between), np.maximum(between, 1e-9), 0)
    ways = shortest_path(csr_array(sparse), directed=False)
    starts = np.array([edge.start for edge in graph.edges])[edges]
    ends = np.array([edge.end for edge in graph.edges])[edges]
    rest = lengths[edges] - places
    to_nodes = np.minimum(places[:, None] + ways[starts], rest[:, None] + ways[ends])
    found = np.minimum(to_nodes[:, starts] + places, to_nodes[:, ends] + rest)
    same = edges[:, None] == edges
    return np.where(same, np.minimum(found, np.abs(places[:, None] - places)), found)


def _bridged(distances: Floats, points: Floats, parts: Integers, gap_cost: float) -> Floats:
    """Return ``distances`` in which separate parts are joined by the gaps of their minimum spanning tree."""
    number = int(parts.max()) + 1
    joined = distances.copy()
    inside = [np.flatnonzero(parts == part) for part in range(number)]
    group = [0]
    rest = set(range(1, number))
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    while rest:
        known = np.concatenate([inside[part] for part in group])
        best = min(((float(apart[np.ix_(known, inside[part])].min()), part) for part in rest), key=lambda pair: pair[0])
        part = best[1]
        block = apart[np.ix_(known, inside[part])]
        one, other = np.unravel_index(block.argmin(), block.shape)
        way = joined[known, known[one]][:, None] + gap_cost * best[0] + joined[inside[part][other], inside[part]]
        joined[np.ix_(known, inside[part])] = way
        joined[np.ix_(inside[part], known)] = way.T
        group.append(part)
        rest.remove(part)
    return joined
