"""Ink → a graph along its middle."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from inkbridge import CELL
from inkbridge.support.types import Floats
from inkbridge.tracing.graph import Edge, Graph, cleaned, longest, smoothed

_INK = 0.5
"""Pixels above this level, in [0, 1], are ink."""

_FINEST = 256
"""Smallest side, in pixels, at which ink is thinned: a drawing of 64 pixels is enlarged four times."""

_SPUR = 0.8
"""Length, in widths of the pen, below which a loose end is a spur."""

_BRIDGE = 1.1
"""Length, in widths of the pen, below which an edge between two junctions is a part of one crossing."""

_MOST_RAW = 800
"""Edges of a drawing of lines, before it is cleaned. What has more is noise or shading, and is blurred first."""

_BLURS = (1.0, 2.0, 4.0)
"""Standard deviations, in pixels of the cell, of the Gaussian that blurs it, one after the other."""

_MOST = 150
"""Edges of a graph; of more, the longest are kept."""

_SPACING = 0.5
"""Distance, in pixels of the cell, between the points of an edge."""

_SMOOTHING = 0.8
"""Standard deviation, in pixels of the cell, of the Gaussian that smooths an edge."""


Pixel = tuple[int, int]


def trace(drawing: NDArray[np.uint8]) -> Graph:
    """Return the graph of a ``drawing`` ``uint8 [S, S]``, 0 = paper, 255 = ink. A blank drawing has no nodes."""
    factor = -(-_FINEST // len(drawing))
    side = factor * len(drawing)
    ink = drawing if factor == 1 else cv2.resize(drawing, (side, side), interpolation=cv2.INTER_CUBIC)
    raw = _thinned(ink > 255 * _INK, CELL / side)
    for blur in _BLURS:
        if len(raw.edges) <= _MOST_RAW:
            break
        soft = cv2.GaussianBlur(ink, (0, 0), blur * side / CELL)
        raw = _thinned(soft > 255 * _INK, CELL / side)
    return smoothed(longest(cleaned(raw, _SPUR * _pen(raw), _BRIDGE), _MOST), _SPACING, _SMOOTHING)


def _thinned(mask: NDArray[np.bool_], scale: float) -> Graph:
    """Return the graph along the middle of the ink in ``mask`` ``bool [S, S]``, with all that thinning adds."""
    # The distance is measured to the centre of the nearest pixel of paper; the edge is half a pixel nearer.
    widths = 2 * ndimage.distance_transform_edt(mask) - 1
    lines = skeletonize(mask)  # type: ignore[no-untyped-call]
    return _follow(lines, widths, scale)


def _pen(graph: Graph) -> float:
    """Return the median width of the ink along ``graph``, in pixels of the cell."""
    return float(np.median(np.concatenate([edge.widths for edge in graph.edges]))) if graph.edges else 0.0


_STRAIGHT = ((0, 1), (1, 0), (0, -1), (-1, 0))
_DIAGONAL = ((1, 1), (1, -1), (-1, -1), (-1, 1))


def _neighbours(pixels: set[Pixel]) -> dict[Pixel, list[Pixel]]:
    """Return the neighbours of each pixel. Diagonal ones count only if no third pixel already joins the two."""
    found = {}
    for row, column in pixels:
        near = [(row + y, column + x) for y, x in _STRAIGHT if (row + y, column + x) in pixels]
        for y, x in _DIAGONAL:
            if (row + y, column + x) in pixels and (row + y, column) not in pixels and (row, column + x) not in pixels:
                near.append((row + y, column + x))
        found[row, column] = near
    return found


def _follow(lines: NDArray[np.bool_], widths: Floats, scale: float) -> Graph:
    """Return the graph of thin ``lines`` ``bool [S, S]``: a node for each pixel without exactly two neighbours."""
    near = _neighbours({(int(row), int(column)) for row, column in np.argwhere(lines)})
    nodes: dict[Pixel, int] = {pixel: n for n, pixel in enumerate(p for p in near if len(near[p]) != 2)}
    chains: list[list[Pixel]] = []
    taken: set[tuple[Pixel, Pixel]] = set()
    inner: set[Pixel] = set()
    for node in list(nodes):
        if not near[node]:
            chains.append([node, node])
        for step in near[node]:
            if (node, step) not in taken:
                chain = _chain(node, step, near, nodes)
                taken.add((chain[-1], chain[-2]))
                inner.update(chain)
                chains.append(chain)
    for pixel in near:  # closed curves without a junction
        if pixel not in inner and pixel not in nodes:
            nodes[pixel] = len(nodes)
            chain = _chain(pixel, near[pixel][0], near, nodes)
            inner.update(chain)
            chains.append(chain)
    edges = tuple(_edge(chain, nodes, widths, scale) for chain in chains)
    places = (np.array(list(nodes), np.float64).reshape(-1, 2)[:, ::-1] + 0.5) * scale
    return Graph(places, edges)


def _chain(node: Pixel, step: Pixel, near: dict[Pixel, list[Pixel]], nodes: dict[Pixel, int]) -> list[Pixel]:
    chain = [node, step]
    while chain[-1] not in nodes:
        one, other = near[chain[-1]]
        chain.append(other if one == chain[-2] else one)
    return chain


def _edge(chain: list[Pixel], nodes: dict[Pixel, int], widths: Floats, scale: float) -> Edge:
    rows = np.array(chain)
    points = (rows[:, ::-1] + 0.5) * scale
    return Edge(nodes[chain[0]], nodes[chain[-1]], points, widths[rows[:, 0], rows[:, 1]] * scale)
