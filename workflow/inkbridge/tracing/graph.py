"""The graph of a drawing: pen strokes as edges, their ends and junctions as nodes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from inkbridge.support.types import Floats


@dataclass(frozen=True)
class Edge:
    """A line of ink between two nodes. ``points`` ``float64 [P, 2]`` run from node ``start`` to node ``end``, in pixels
    of the cell; ``widths`` ``float64 [P]`` is the pen's width there."""

    start: int
    end: int
    points: Floats
    widths: Floats

    @property
    def length(self) -> float:
        """Length in pixels."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def reversed(self) -> "Edge":
        """Return the same edge, from its end to its start."""
        return Edge(self.end, self.start, self.points[::-1], self.widths[::-1])


@dataclass(frozen=True, eq=False)
class Graph:
    """The strokes of a drawing. ``nodes`` ``float64 [M, 2]`` are ends and junctions, in pixels of the cell. An edge may
    lead from a node to itself. A dot is an edge of (nearly) no length."""

    nodes: Floats
    edges: tuple[Edge, ...]

    def with_dot(self, point: Floats) -> "Graph":
        """Return the graph with one more edge, a dot at ``point`` that the pen does not draw: its width is 0."""
        node = len(self.nodes)
        dot = Edge(node, node, np.stack([point, point]), np.zeros(2))
        return Graph(np.concatenate([self.nodes, point[None]]), (*self.edges, dot))

    def with_edges(self, edges: Sequence[Edge]) -> "Graph":
        """Return the graph of these edges between its nodes, without nodes that have none."""
        used = sorted({node for edge in edges for node in (edge.start, edge.end)})
        number = {node: place for place, node in enumerate(used)}
        renumbered = (replace(edge, start=number[edge.start], end=number[edge.end]) for edge in edges)
        return Graph(self.nodes[np.array(used, np.int64)], tuple(renumbered))

    def degrees(self) -> NDArray[np.int64]:
        """Return the number of edge ends at each node: ``int64 [M]``."""
        ends = [node for edge in self.edges for node in (edge.start, edge.end)]
        return np.bincount(np.array(ends, np.int64), minlength=len(self.nodes))


_DOT_SHAPE, _DOT_LENGTH = 0.5, 1.25
"""A separate edge is a dot if it is shorter than this many widths of the pen, or than this many pixels of the cell."""


@dataclass
class _Draft:
    """A graph under construction: nodes may be merged and edges removed."""

    nodes: list[Floats]
    edges: list[Edge] = field(default_factory=list)

    def degree(self, node: int) -> int:
        return sum((edge.start == node) + (edge.end == node) for edge in self.edges)


def cleaned(graph: Graph, spur: float, bridge: float) -> Graph:
    """Return ``graph`` without what thinning adds.

    An edge with a loose end goes if it is shorter than ``spur``, in pixels: thinning leaves such spurs at corners. Two
    junctions become one if an edge shorter than ``bridge`` widths of the pen joins them: thinning tears crossings
    apart. Two edges that meet at a node of their own become one. A separate edge that is hardly longer than wide
    becomes a dot.
    """
    draft = _Draft(list(graph.nodes), list(graph.edges))
    while _prune_shortest_spur(draft, spur):
        _join_through_nodes(draft)
    while _contract_shortest_bridge(draft, bridge):
        pass
    _join_through_nodes(draft)
    while _prune_shortest_spur(draft, spur):
        _join_through_nodes(draft)
    draft.edges = [_dot(edge) if _is_dot(edge, draft) else edge for edge in draft.edges]
    return Graph(np.array(draft.nodes).reshape(-1, 2), ()).with_edges(draft.edges)


def _is_dot(edge: Edge, draft: _Draft) -> bool:
    alone = draft.degree(edge.start) == draft.degree(edge.end) == (2 if edge.start == edge.end else 1)
    return alone and edge.length < max(_DOT_SHAPE * float(np.median(edge.widths)), _DOT_LENGTH)


def _dot(edge: Edge) -> Edge:
    middle = edge.points[len(edge.points) // 2]
    return Edge(edge.start, edge.start, np.stack([middle, middle]), np.full(2, edge.widths.max()))


def _prune_shortest_spur(draft: _Draft, spur: float) -> bool:
    """Remove the shortest spur, if there is one. Return whether there was."""
    degrees = np.bincount([n for e in draft.edges for n in (e.start, e.end)], minlength=len(draft.nodes))
    found = None
    for number, edge in enumerate(draft.edges):
        if edge.start == edge.end:
            continue
        loose, fixed = degrees[edge.start] == 1, degrees[edge.end] == 1
        if loose == fixed or degrees[edge.end if loose else edge.start] < 3:
            continue
        length = edge.length
        if length < spur and (found is None or length < found[0]):
            found = length, number
    if found is None:
        return False
    del draft.edges[found[1]]
    return True


def _contract_shortest_bridge(draft: _Draft, bridge: float) -> bool:
    """Make one node of the two junctions with the shortest edge between them. Return whether there were any."""
    degrees = np.bincount([n for e in draft.edges for n in (e.start, e.end)], minlength=len(draft.nodes))
    found = None
    for number, edge in enumerate(draft.edges):
        if min(degrees[edge.start], degrees[edge.end]) < 3:
            continue
        length = edge.length
        limit = bridge * float(np.median(edge.widths))
        if length < limit and (found is None or length < found[0]):
            found = length, number
    if found is None:
        return False
    gone = draft.edges.pop(found[1])
    if gone.start != gone.end:
        draft.nodes[gone.start] = (draft.nodes[gone.start] + draft.nodes[gone.end]) / 2
        for number, edge in enumerate(draft.edges):
            start, end = (gone.start if node == gone.end else node for node in (edge.start, edge.end))
            draft.edges[number] = Edge(start, end, edge.points, edge.widths)
    return True


def _join_through_nodes(draft: _Draft) -> None:
    """Make one edge of each two that meet at a node with no third."""
    changed = True
    while changed:
        changed = False
        touching: dict[int, list[int]] = {}
        for number, edge in enumerate(draft.edges):
            for node in (edge.start, edge.end):
                touching.setdefault(node, []).append(number)
        for node, numbers in touching.items():
            if len(numbers) == 2 and numbers[0] != numbers[1]:
                one, other = (draft.edges[number] for number in numbers)
                one = one if one.end == node else one.reversed()
                other = other if other.start == node else other.reversed()
                joined = Edge(
                    one.start,
                    other.end,
                    np.concatenate([one.points, other.points[1:]]),
                    np.concatenate([one.widths, other.widths[1:]]),
                )
                draft.edges = [edge for number, edge in enumerate(draft.edges) if number not in numbers] + [joined]
                changed = True
                break


def longest(graph: Graph, most: int) -> Graph:
    """Return ``graph`` with its ``most`` longest edges."""
    if len(graph.edges) <= most:
        return graph
    order = np.argsort([-edge.length for edge in graph.edges], kind="stable")[:most]
    return graph.with_edges([graph.edges[number] for number in sorted(order)])


def smoothed(graph: Graph, spacing: float, smoothing: float) -> Graph:
    """Return ``graph`` with edges of evenly spaced points, about ``spacing`` pixels apart, without the staircase of
    pixels: a Gaussian with a standard deviation of ``smoothing`` pixels. Ends go to their nodes."""
    degrees = graph.degrees()
    return Graph(graph.nodes, tuple(_smoothed(edge, graph, degrees, spacing, smoothing) for edge in graph.edges))


def _smoothed(edge: Edge, graph: Graph, degrees: NDArray[np.int64], spacing: float, smoothing: float) -> Edge:
    points, widths = edge.points, edge.widths
    # Near a junction, the middle of the ink is not the middle of a stroke.
    first = _beyond(edge, graph.nodes[edge.start]) if degrees[edge.start] > 2 else 0
    last = _beyond(edge.reversed(), graph.nodes[edge.end]) if degrees[edge.end] > 2 else 0
    if first + last < len(points) - 1:
        points, widths = points[first : len(points) - last], widths[first : len(widths) - last]
    else:
        points, widths = points[:0], widths[:0]
    points = np.concatenate([[graph.nodes[edge.start]], points, [graph.nodes[edge.end]]])
    inner = np.median(edge.widths) if not len(widths) else None
    widths = np.full(2, inner) if inner is not None else np.concatenate([widths[:1], widths, widths[-1:]])
    closed = edge.start == edge.end and degrees[edge.start] == 2
    places = places_along(points)
    count = max(2, round(places[-1] / spacing) + 1)
    even = np.linspace(0, places[-1], count)
    points = np.stack([np.interp(even, places, column) for column in points.T], axis=1)
    widths = np.interp(even, places, widths)
    if places[-1] > 0 and count > 2:
        sigma = smoothing / (places[-1] / (count - 1))
        points = _smooth_curve(points, sigma, closed)
        widths = gaussian_filter1d(widths, 3 * sigma, mode="nearest")
    return Edge(edge.start, edge.end, points, widths)


def _beyond(edge: Edge, node: Floats) -> int:
    """Return the number of the first points that lie within half a pen's width of ``node``."""
    far = np.linalg.norm(edge.points - node, axis=1) > 0.5 * np.median(edge.widths)
    return int(far.argmax()) if far.any() else len(edge.points)


def _smooth_curve(points: Floats, sigma: float, closed: bool) -> Floats:
    if closed:
        smooth = gaussian_filter1d(points[:-1], sigma, axis=0, mode="wrap")
        return np.concatenate([smooth, smooth[:1]])
    # Reflect through the ends, so that they stay where they are and the curve meets them straight.
    reach = min(len(points) - 1, int(np.ceil(4 * sigma)))
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    smooth = gaussian_filter1d(np.concatenate([before, points, after]), sigma, axis=0)[reach : reach + len(points)]
    smooth[0], smooth[-1] = points[0], points[-1]
    return smooth


def places_along(points: Floats) -> Floats:
    """Return the distance of each of ``points`` ``[P, 2]`` from the first one, along the line: ``float64 [P]``."""
    return np.concatenate([[0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
