"""The gaps that split strokes into more pieces than the keyframes have."""

from collections.abc import Sequence

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from inkbridge.fitting.tuning import STROKE_FIT, StrokeFitTuning
from inkbridge.strokes.soft_raster import CURVE
from inkbridge.support.types import Array

_ROOT_GUARD = 1e-6
"""Added below a square root, whose gradient at 0 is infinite. It changes distances by a thousandth of a pixel at most,
so there is nothing to tune."""


def loose_pieces(
    points: Tensor,
    widths: Tensor,
    allowed: Sequence[int] | NDArray[np.integer],
    tuning: StrokeFitTuning = STROKE_FIT,
) -> Tensor:
    """Return the sum of the gaps, in pixels, that separate strokes ``[B, N, 4, 2]`` into more pieces than ``allowed``
    ``[B]``, averaged over B.

    The gaps are the edges of the minimum spanning tree of the strokes. If all strokes grow at the same speed, pieces
    merge at the moments that are the lengths of these edges. Persistent homology calls them bars of dimension 0
    (Edelsbrunner & Harer 2010, "Computational Topology"). The longest ``allowed`` − 1 of them may stay.
    """
    curves = torch.matmul(torch.from_numpy(CURVE), points)
    batch, number, samples = curves.shape[:3]
    with torch.no_grad():
        places = curves.flatten(1, 2)
        distances = torch.cdist(places, places).view(batch, number, samples, number, samples)
        nearest, where = distances.transpose(2, 3).flatten(3).min(dim=-1)
        gaps = (nearest - (widths[:, :, None] + widths[:, None]) / 2 + tuning.overlap).numpy()
        found = [
            (drawing, one, other)
            for drawing, matrix in enumerate(gaps)
            for one, other in _too_long(matrix, int(allowed[drawing]))
        ]
    if not found:
        return 0 * points.sum()
    drawing, one, other = torch.tensor(found).T
    places_there = where[drawing, one, other]
    ends = curves[drawing, one, places_there // samples], curves[drawing, other, places_there % samples]
    distance = ((ends[0] - ends[1]).square().sum(dim=-1) + _ROOT_GUARD).sqrt()
    gap = distance - (widths[drawing, one] + widths[drawing, other]) / 2 + tuning.overlap
    return gap.clamp_min(0).sum() / batch


def _too_long(gaps: Array, allowed: int) -> list[tuple[int, int]]:
    """Return the edges of the minimum spanning tree of ``gaps`` ``[N, N]`` that are longer than 0, without the longest
    ``allowed`` − 1."""
    edges = _spanning_tree(gaps)
    lengths = gaps[edges[:, 0], edges[:, 1]]
    shorter = np.argsort(-lengths, kind="stable")[max(0, allowed - 1) :]
    return [(int(one), int(other)) for one, other in edges[shorter[lengths[shorter] > 0]]]


@njit(cache=True)
def _spanning_tree(gaps):  # type: ignore[no-untyped-def]
    """Return the edges ``int64 [N − 1, 2]`` of the minimum spanning tree of a full graph, by Prim's algorithm."""
    number = len(gaps)
    edges = np.empty((number - 1, 2), dtype=np.int64)
    joined = np.zeros(number, dtype=np.bool_)
    joined[0] = True
    least, parents = gaps[0].copy(), np.zeros(number, dtype=np.int64)
    for edge in range(number - 1):
        nearest = -1
        for node in range(number):
            if not joined[node] and (nearest < 0 or least[node] < least[nearest]):
                nearest = node
        joined[nearest] = True
        edges[edge, 0], edges[edge, 1] = parents[nearest], nearest
        for node in range(number):
            if gaps[nearest, node] < least[node]:
                least[node], parents[node] = gaps[nearest, node], nearest
    return edges
