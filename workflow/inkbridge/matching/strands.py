"""The matches of all keyframes, chained: strands of ink that live through the whole doodle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from inkbridge.matching.matches import Match
from inkbridge.matching.pairs import Pair, left_over
from inkbridge.matching.seams import sewn
from inkbridge.matching.ways import SEAM, Way
from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.graph import Graph, places_along
from inkbridge.tracing.samples import parts_of

_SPACING = 1.0
"""Distance, in pixels of the cell, between the points of a strand, where it is drawn first."""

_TORN = 1.5
"""Pixels between neighbouring points of a strand, beyond the usual distance, at which it is cut in two."""

_SHORTEST = 1.2
"""Pixels that a strand must measure in some keyframe; a shorter one is left out, unless it is a dot of its own."""


_TOUCHING = 2.5
"""Pixels between two chains up to which they touch."""

_NEAR = 3.2
"""Pixels between the ends of two chains that go straight on up to which they hold together as one line. It is more than
for seams: a line that was cut has gaps where it stretches."""

_GAP = 5.0
"""Pixels that a group may come off in one of the keyframes, and still move as a whole: the gap between them stays
small."""

_LEAST = 1.5
"""Pixels of a line that no strand draws, from which it gets a strand of its own."""


@dataclass(frozen=True)
class Strand:
    """A line of ink through all keyframes: ``points`` ``float64 [K, M, 2]`` and the pen's ``widths`` ``float64 [K,
    M]``, in pixels of the cell. The same column is the same point of the line in every keyframe."""

    points: Floats
    widths: Floats


@dataclass(frozen=True)
class _Chain:
    """A strand under construction: ``edges`` and ``places`` ``[k, M]`` on the graphs of the first k keyframes."""

    edges: Integers
    places: Floats

    def columns(self, chosen: NDArray[np.integer] | slice) -> "_Chain":
        return _Chain(self.edges[:, chosen], self.places[:, chosen])

    def ended(self, chain: "_Chain", columns: Integers) -> "_Chain":
        """Return this chain and one more point: in each keyframe, that of ``chain`` in its column ``columns[k]``."""
        rows = np.arange(len(columns))
        last = chain.edges[rows, columns][:, None], chain.places[rows, columns][:, None]
        return _Chain(np.hstack([self.edges, last[0]]), np.hstack([self.places, last[1]]))

    def extended(self, edges: Integers, places: Floats) -> "_Chain":
        return _Chain(np.concatenate([self.edges, edges[None]]), np.concatenate([self.places, places[None]]))


@dataclass(frozen=True)
class Chained:
    """Keyframes that are chained so far: their ``graphs`` ``[K]``, to which dots were added where parts appear or
    vanish, and the ``chains`` through all of them."""

    graphs: Sequence[Graph]
    chains: Sequence[_Chain]

    @classmethod
    def start(cls, graph: Graph) -> "Chained":
        """Return the first keyframe, with this ``graph``."""
        return cls([graph], [_whole_edge(number, float(edge.length)) for number, edge in enumerate(graph.edges)])

    def then(self, graph: Graph, match: Match) -> "Chained":
        """Return the keyframes and the next one, with this ``graph``, to which ``match`` leads from the last one."""
        graphs, keyframe = [*self.graphs, graph], len(self.graphs) - 1
        known = graphs[: keyframe + 1]
        gone, chains = _vanished(self.chains, match, graphs, keyframe)
        come = _appeared(match, graphs, keyframe)
        extra = [chain for pair in match.pairs if pair.is_extra for chain in _with_history(pair, chains, known)]
        carried = [part for chain in chains for part in _carried(chain, match, graphs[keyframe:])]
        chains = carried + _attached(extra, carried, graphs[keyframe:]) + gone + come
        chains += [_grown(part, chains, graphs) for part in _left_over(chains, graphs[keyframe + 1])]
        return Chained(graphs, _held_together(chains, graphs[keyframe:]))

    def strands(self) -> list[Strand]:
        """Return the strands of all keyframes so far."""
        return _sewn([_strand(chain, self.graphs) for chain in self.chains if _is_seen(chain, self.graphs)])


def strands_of(graphs: Sequence[Graph], matches: Sequence[Match]) -> list[Strand]:
    """Return the strands of keyframes with these ``graphs`` ``[K]``, given the matches ``[K − 1]`` of neighbours."""
    chained = Chained.start(graphs[0])
    for graph, match in zip(graphs[1:], matches, strict=True):
        chained = chained.then(graph, match)
    return chained.strands()


def _sewn(strands: Sequence[Strand]) -> list[Strand]:
    """Return the strands; those that continue each other straight in all keyframes become one."""
    points = np.concatenate([strand.points for strand in strands], axis=1)
    widths = np.concatenate([strand.widths for strand in strands], axis=1)
    lines = sewn(points, np.cumsum([0, *(strand.points.shape[1] for strand in strands)]))
    return [Strand(points[:, line], widths[:, line]) for line in lines]


def _whole_edge(edge: int, length: float) -> _Chain:
    count = max(3, round(length / _SPACING) + 1)
    return _Chain(np.full((1, count), edge), np.linspace(0, length, count)[None])


def _vanished(
    chains: Sequence[_Chain], match: Match, graphs: list[Graph], keyframe: int
) -> tuple[list[_Chain], list[_Chain]]:
    """Return the chains that are not drawn in the next keyframe, extended by a dot there, and the other ones. The dot
    is in the middle of their part, or where it has been since they vanished."""
    graph = graphs[keyframe]
    middles = {
        int(edge): np.concatenate([graph.edges[other].points for other in part]).mean(axis=0)
        for part in match.vanishing
        for edge in part
    }
    middles |= {number: edge.points[0] for number, edge in enumerate(graph.edges) if not edge.widths.any()}
    gone, kept = [], []
    for chain in chains:
        edge = int(chain.edges[-1, 0])
        if edge in middles:
            gone.append(chain.extended(*_dot(graphs, keyframe + 1, middles[edge], chain.edges.shape[1])))
        else:
            kept.append(chain)
    return gone, kept


def _appeared(match: Match, graphs: list[Graph], keyframe: int) -> list[_Chain]:
    """Return chains for the parts that are not drawn before the next keyframe. Until then, they are dots in the middle
    of their part."""
    graph, found = graphs[keyframe + 1], []
    for part in match.appearing:
        middle = np.concatenate([graph.edges[edge].points for edge in part]).mean(axis=0)
        for edge in part:
            drawn = _whole_edge(int(edge), float(graph.edges[edge].length))
            dots = [_dot(graphs, number, middle, drawn.edges.shape[1]) for number in range(keyframe + 1)]
            edges, places = (np.stack(column) for column in zip(*dots, strict=True))
            found.append(_Chain(edges, places).extended(drawn.edges[0], drawn.places[0]))
    return found


def _dot(graphs: list[Graph], keyframe: int, point: Floats, count: int) -> tuple[Integers, Floats]:
    """Add a dot to a keyframe's graph and return ``count`` times its edge and place."""
    graphs[keyframe] = graphs[keyframe].with_dot(point)
    return np.full(count, len(graphs[keyframe].edges) - 1), np.zeros(count)


def _carried(chain: _Chain, match: Match, graphs: Sequence[Graph]) -> list[_Chain]:
    """Return ``chain`` as it goes on from the first of two keyframes to the second, in parts if it is torn there."""
    edges, places = chain.edges[-1], chain.places[-1]
    found_edges, found_places = np.full(len(edges), -1), np.zeros(len(edges))
    for pair in match.pairs:
        if pair.is_extra:
            continue
        low, high = pair.one.places.min(), pair.one.places.max()
        inside = (edges == pair.one.edges[0]) & (places >= low - 1e-6) & (places <= high + 1e-6)
        rows = np.flatnonzero(inside & (found_edges < 0))
        found_edges[rows], found_places[rows] = _image(pair, places[rows])
    known = np.flatnonzero(found_edges >= 0)
    if not len(known):
        return [chain.extended(*_nearest_image(chain, match, graphs))]
    # What has no image shrinks into the nearest point of the chain that has one.
    nearest = known[np.abs(np.arange(len(edges))[:, None] - known).argmin(axis=1)]
    return _torn(chain.extended(found_edges[nearest], found_places[nearest]), graphs[-1:], rows=slice(-1, None))


def _nearest_image(chain: _Chain, match: Match, graphs: Sequence[Graph]) -> tuple[Integers, Floats]:
    """Return a dot where the line nearest to ``chain`` goes: edges and places of the next keyframe, all the same."""
    points = _points(graphs[-2], chain.edges[-1], chain.places[-1])
    lines = [pair.one.points for pair in match.pairs]
    apart = np.concatenate([np.linalg.norm(points[:, None] - line, axis=2).min(axis=0) for line in lines])
    others = [np.concatenate([getattr(pair.other, name) for pair in match.pairs]) for name in ("edges", "places")]
    place = int(apart.argmin())
    return np.full(len(points), others[0][place]), np.full(len(points), others[1][place])


def _image(pair: Pair, places: Floats) -> tuple[Integers, Floats]:
    """Return where the ``places`` on the pair's first line are on the other one: edges and places along them."""
    order = np.argsort(pair.one.places, kind="stable")
    return _between(pair.other, np.interp(places, pair.one.places[order], order.astype(np.float64)))


def _between(way: Way, rows: Floats) -> tuple[Integers, Floats]:
    """Return the edges and places at fractional ``rows`` of a way."""
    left = np.clip(np.floor(rows).astype(np.int64), 0, max(len(way.edges) - 2, 0))
    share = rows - left
    right = np.minimum(left + 1, len(way.edges) - 1)
    nearest = np.where(share < 0.5, left, right)
    mixed = (1 - share) * way.places[left] + share * way.places[right]
    same = (way.edges[left] == way.edges[right]) & (np.abs(way.places[left] - way.places[right]) < SEAM)
    return way.edges[nearest], np.where(same, mixed, way.places[nearest])


def _with_history(pair: Pair, chains: Sequence[_Chain], graphs: Sequence[Graph]) -> list[_Chain]:
    """Return chains for the second line that a line becomes. Until then, they lie on the chains of the first one."""
    edges, places = pair.one.edges, pair.one.places
    earlier_edges, earlier_places = _copied(chains, edges, places)
    chain = _Chain(np.concatenate([earlier_edges, edges[None]]), np.concatenate([earlier_places, places[None]]))
    chain = chain.extended(pair.other.edges, pair.other.places)
    return _torn(chain, graphs[:-1], rows=slice(0, -2)) if len(graphs) > 1 else [chain]


def _copied(chains: Sequence[_Chain], edges: Integers, places: Floats) -> tuple[Integers, Floats]:
    """Return where the chains' points that are at these places of the last keyframe are in the keyframes before it:
    ``[k − 1, M]`` each."""
    all_edges, all_places = _gathered(chains)
    owners = np.repeat(np.arange(len(chains)), [chain.edges.shape[1] for chain in chains])
    columns = np.empty(len(edges), np.int64)
    last = -1
    for number, (edge, place) in enumerate(zip(edges, places, strict=True)):
        apart = np.where(all_edges[-1] == edge, np.abs(all_places[-1] - place), np.inf)
        if last >= 0:  # stay on the same chain, if it is as near
            apart = np.where(owners == last, apart, apart + 0.75)
        columns[number] = int(apart.argmin())
        last = int(owners[columns[number]])
    return all_edges[:-1, columns], all_places[:-1, columns]


def _left_over(chains: Sequence[_Chain], graph: Graph) -> list[tuple[int, float, float]]:
    """Return the parts of the edges of the last keyframe's ``graph`` on which no chain lies: edge, first and last
    place."""
    ways = [Way(_points(graph, c.edges[-1], c.places[-1]), c.edges[-1], c.places[-1]) for c in chains]
    return left_over([float(edge.length) for edge in graph.edges], ways, _LEAST)


def _grown(part: tuple[int, float, float], chains: Sequence[_Chain], graphs: Sequence[Graph]) -> _Chain:
    """Return a chain that is drawn in the last keyframe only. Until then, it is a dot on the nearest other chain."""
    edge, first, last = part
    count = max(3, round((last - first) / _SPACING) + 1)
    places, edges = np.linspace(first, last, count), np.full(count, edge)
    all_edges, all_places = _gathered(chains)
    others = _points(graphs[-1], all_edges[-1], all_places[-1])
    apart = np.linalg.norm(_points(graphs[-1], edges, places)[:, None] - others, axis=2)
    nearest = [int(apart.min(axis=0).argmin())] * count
    return _Chain(all_edges[:-1, nearest], all_places[:-1, nearest]).extended(edges, places)


def _attached(extra: Sequence[_Chain], chains: Sequence[_Chain], graphs: Sequence[Graph]) -> list[_Chain]:
    """Return the chains ``extra`` that split off others. Those that touch no chain in both of two neighbouring
    keyframes would come off in between: they grow out of where they are attached in the second one instead."""
    here, there = (np.concatenate(lines) for lines in _last_lines(chains, graphs))
    edges, places = _gathered(chains)
    found = []
    for chain, one, other in zip(extra, *_last_lines(extra, graphs), strict=True):
        before, after = (np.linalg.norm(a[:, None] - b, axis=2) for a, b in ((one, here), (other, there)))
        if np.maximum(before, after).min() < _TOUCHING:
            found.append(chain)
            continue
        host = np.full(len(other), int(after.min(axis=0).argmin()))
        found.append(_Chain(edges[:-1, host], places[:-1, host]).extended(chain.edges[-1], chain.places[-1]))
    return found


def _held_together(chains: list[_Chain], graphs: Sequence[Graph]) -> list[_Chain]:
    """Return the chains of two neighbouring keyframes, without any that float between them.

    Chains hold together if they touch in both keyframes. Groups of chains that do not hold on to others, beyond as many
    groups as the drawings have parts, would come off between the keyframes. Instead, each of their chains shrinks into
    where it is attached in the one keyframe, and another one grows out of where it is attached in the other.
    """
    one, other = _last_lines(chains, graphs)
    groups = _groups(one, other)
    sizes = np.bincount(groups, [max(_length(here), _length(there)) for here, there in zip(one, other, strict=True)])
    allowed = max(int(parts_of(graph).max()) + 1 for graph in graphs)
    kept = np.argsort(-sizes, kind="stable")[:allowed]
    stay = np.flatnonzero(np.isin(groups, kept)).tolist()
    found = [chains[number] for number in stay]
    for group in np.setdiff1d(groups, kept):
        members = np.flatnonzero(groups == group).tolist()
        if min(_gap(members, stay, one, other), _gap(members, stay, other, one)) < _GAP:
            found += [chains[number] for number in members]
            continue
        found += _shrinking_and_growing(members, stay, chains, one, other)
    return found


def _shrinking_and_growing(
    members: Sequence[int],
    stay: Sequence[int],
    chains: Sequence[_Chain],
    one: Sequence[Floats],
    other: Sequence[Floats],
) -> list[_Chain]:
    """Return two chains for each of ``members``: one that shrinks after the keyframe in which they are the lines
    ``one``, and one that grows into the lines ``other`` of the next. Both are a dot on what the member is attached to:
    one of those that ``stay``, or another member, which shrinks or grows itself."""
    shrinking = {number: chains[number] for number in stay}
    for number, dot in _dots(members, stay, one, shrinking):
        chain = chains[number]
        shrinking[number] = _Chain(chain.edges[:-1], chain.places[:-1]).extended(dot.edges[-1], dot.places[-1])
    growing = {number: chains[number] for number in stay}
    for number, dot in _dots(members, stay, other, growing):
        chain = chains[number]
        growing[number] = _Chain(dot.edges[:-1], dot.places[:-1]).extended(chain.edges[-1], chain.places[-1])
    return [shrinking[number] for number in members] + [growing[number] for number in members]


def _dots(
    members: Sequence[int], stay: Sequence[int], lines: Sequence[Floats], found: Mapping[int, _Chain]
) -> Iterator[tuple[int, _Chain]]:
    """Yield each of ``members`` and, as often as it has points, the point of the chain in ``found`` that it is attached
    to. The caller adds a member to ``found`` before the next one is asked for."""
    for number, host, place in _attachments(members, stay, lines):
        yield number, found[host].columns(np.full(len(lines[number]), place))


def _attachments(
    members: Sequence[int], stay: Sequence[int], lines: Sequence[Floats]
) -> Iterator[tuple[int, int, int]]:
    """Yield the ``members``, those nearest to what ``stay`` or came before first: the number of a line, the number of
    the line that it is attached to, and the point there."""
    known, left = list(stay), list(members)
    while left:
        nearest = {number: _nearest(lines[number], known, lines) for number in left}
        gaps = {
            number: np.linalg.norm(lines[number] - lines[host][place], axis=1).min()
            for number, (host, place) in nearest.items()
        }
        number = min(left, key=gaps.__getitem__)
        yield number, *nearest[number]
        known.append(number)
        left.remove(number)


def _gap(members: Sequence[int], stay: Sequence[int], one: Sequence[Floats], other: Sequence[Floats]) -> float:
    """Return how far, in the one keyframe, the lines ``members`` are from what they touch in the other one."""
    apart = {number: _nearest(other[number], stay, other) for number in members}
    gaps = {
        number: np.linalg.norm(other[number] - other[host][place], axis=1) for number, (host, place) in apart.items()
    }
    member = min(gaps, key=lambda number: gaps[number].min())
    host, place = apart[member]
    return float(np.linalg.norm(one[member][int(gaps[member].argmin())] - one[host][place]))


def _groups(one: Sequence[Floats], other: Sequence[Floats]) -> Integers:
    """Return the group of each chain: chains that touch in both keyframes are in the same one. Chains that continue
    each other straight are one line; a line whose end slides along another one holds on to it, too."""
    offsets = np.concatenate([[0], np.cumsum([len(points) for points in one])])
    both = np.stack([np.concatenate(one), np.concatenate(other)])
    lines = sewn(both, offsets, _NEAR)
    both, starts = both[:, np.concatenate(lines)], np.cumsum([0, *(len(line) for line in lines)])
    here, there = (np.linalg.norm(points[:, None] - points, axis=2) for points in both)
    least = _least(np.maximum(here, there), starts)
    sliding = np.maximum(_of_ends(here, starts), _of_ends(there, starts)).min(axis=1)
    least = np.minimum(least, np.minimum(sliding, sliding.T))
    _, groups = connected_components(csr_array((least < _TOUCHING).astype(np.int8)), directed=False)
    chain_of = np.repeat(np.arange(len(one)), np.diff(offsets))
    found = np.empty(len(one), np.int64)
    for line, group in zip(lines, groups, strict=True):
        found[chain_of[line]] = group
    return found


def _least(apart: Floats, offsets: Integers) -> Floats:
    """Return the least distance between each two chains, ``[N, N]``, of those between all points ``[P, P]``."""
    return np.asarray(np.minimum.reduceat(np.minimum.reduceat(apart, offsets[:-1], axis=0), offsets[:-1], axis=1))


def _of_ends(apart: Floats, offsets: Integers) -> Floats:
    """Return the distance of both ends of each chain from each other one, ``[N, 2, N]``, of those between all points
    ``[P, P]``."""
    ends = np.stack([offsets[:-1], offsets[1:] - 1], axis=1).ravel()
    return np.asarray(np.minimum.reduceat(apart[ends], offsets[:-1], axis=1)).reshape(len(offsets) - 1, 2, -1)


def _nearest(points: Floats, numbers: Sequence[int], lines: Sequence[Floats]) -> tuple[int, int]:
    """Return which of the lines with these numbers, and which of its points, is nearest to ``points``."""
    gaps = [np.linalg.norm(points[:, None] - lines[number], axis=2).min(axis=0) for number in numbers]
    best = int(np.argmin([gap.min() for gap in gaps]))
    return numbers[best], int(gaps[best].argmin())


def _length(points: Floats) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _torn(chain: _Chain, graphs: Sequence[Graph], rows: slice) -> list[_Chain]:
    """Return ``chain``, cut where neighbouring points are far apart in the keyframes ``rows``, which have ``graphs``.

    Each part but the last ends at the first point of the next one, so that there is no gap in the other keyframes. In
    those where it is torn, it ends at its own last point.
    """
    pairs = zip(graphs, chain.edges[rows], chain.places[rows], strict=True)
    points = np.stack([_points(graph, edges, places) for graph, edges, places in pairs])
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2)
    usual = np.quantile(steps, 0.5, axis=1, keepdims=True, method="lower")  # not a mean with the jump itself
    torn = np.zeros((len(chain.edges), steps.shape[1]), bool)
    torn[rows] = steps > 3 * usual + _TORN
    cuts = np.flatnonzero(torn.any(axis=0)) + 1
    parts = np.split(np.arange(chain.edges.shape[1]), cuts)
    ends = [np.where(torn[:, cut - 1], cut - 1, cut) for cut in cuts]
    longer = [chain.columns(part).ended(chain, end) for part, end in zip(parts, ends, strict=False)]
    return longer + [chain.columns(part) for part in parts[-1:] if len(part) > 1]


def _gathered(chains: Sequence[_Chain]) -> tuple[Integers, Floats]:
    """Return the edges and the places of all chains, one after another: ``[k, P]`` each."""
    return (
        np.concatenate([chain.edges for chain in chains], axis=1),
        np.concatenate([chain.places for chain in chains], axis=1),
    )


def _last_lines(chains: Sequence[_Chain], graphs: Sequence[Graph]) -> tuple[list[Floats], list[Floats]]:
    """Return the points of each chain in its last two keyframes, which have these ``graphs``: ``[M, 2]`` each."""
    one, other = (
        [_points(graph, chain.edges[row], chain.places[row]) for chain in chains]
        for graph, row in zip(graphs, (-2, -1), strict=True)
    )
    return one, other


def _points(graph: Graph, edges: Integers, places: Floats) -> Floats:
    return _looked_up(graph, edges, places)[:, :2]


def _looked_up(graph: Graph, edges: Integers, places: Floats) -> Floats:
    """Return x, y and the pen's width at places on a graph: ``float64 [M, 3]``."""
    found = np.empty((len(edges), 3))
    for number in np.unique(edges):
        edge, rows = graph.edges[number], edges == number
        along = places_along(edge.points)
        for column, values in enumerate((edge.points[:, 0], edge.points[:, 1], edge.widths)):
            found[rows, column] = np.interp(places[rows], along, values)
    return found


def _strand(chain: _Chain, graphs: Sequence[Graph]) -> Strand:
    values = np.stack([_looked_up(*row) for row in zip(graphs, chain.edges, chain.places, strict=True)])
    return Strand(values[..., :2], values[..., 2])


def _is_seen(chain: _Chain, graphs: Sequence[Graph]) -> bool:
    lengths = np.linalg.norm(np.diff(_strand(chain, graphs).points, axis=1), axis=2).sum(axis=1)
    return bool(lengths.max() >= _SHORTEST or lengths.max() < 1e-3) or any(
        _is_dot(*row) for row in zip(graphs, chain.edges, chain.places, strict=True)
    )


def _is_dot(graph: Graph, edges: Integers, places: Floats) -> bool:
    """Return whether places on a graph are a separate part of the drawing, or most of one: an eye, a door knob."""
    edge, degrees = graph.edges[edges[0]], graph.degrees()
    alone = max(degrees[edge.start], degrees[edge.end]) == 1 + (edge.start == edge.end)
    return bool(alone and (edges == edges[0]).all() and np.ptp(places) >= 0.5 * edge.length)
