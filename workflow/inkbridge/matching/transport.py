"""A coupling of the points of two drawings that keeps their distances along the ink."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from inkbridge.support.types import Floats

_MOST_STEPS = 30
_LEAST_GAIN = 1e-7
"""A step that lowers the cost by a smaller part of it is the last."""


def fused_gromov_wasserstein(features: Floats, one: Floats, other: Floats, structure: float, start: Floats) -> Floats:
    """Return a coupling ``T`` ``float64 [N, M]`` that locally minimises

        (1 − α) Σ_ij F_ij T_ij + α Σ_ijkl (A_ik − B_jl)² T_ij T_kl,

    the fused Gromov–Wasserstein distance (Vayer et al. 2020, "Fused Gromov–Wasserstein Distance for Structured
    Objects", Algorithms 13(9)), from the coupling ``start``. ``features`` F ``[N, M]`` are costs, ``one`` A ``[N, N]``
    and ``other`` B ``[M, M]`` the distances within each drawing, ``structure`` α in [0, 1].

    The points of the smaller drawing are all coupled. If the other one has more, the rest of it is not. This is the
    conditional gradient method with exact line search. Each step solves an assignment problem (SciPy's, exact): for
    points of equal mass, an optimal transport is an assignment.
    """
    coupling, scale = start, 1 / min(features.shape)
    bent = one @ coupling @ other
    cost = _cost(features, one, other, structure, coupling, bent)
    for _ in range(_MOST_STEPS):
        slope = local_costs(features, one, other, structure, coupling, bent)
        rows, columns = linear_sum_assignment(slope)
        target = np.zeros_like(coupling)
        target[rows, columns] = scale
        bent_target = one @ target @ other
        first = float((slope * (target - coupling)).sum())
        second = _cost(features, one, other, structure, target, bent_target) - cost - first
        step = _line_search(first, second)
        if step <= 0:
            break
        coupling, bent = coupling + step * (target - coupling), bent + step * (bent_target - bent)
        before, cost = cost, _cost(features, one, other, structure, coupling, bent)
        if before - cost < _LEAST_GAIN * abs(before):
            break
    return coupling


def local_costs(
    features: Floats, one: Floats, other: Floats, structure: float, coupling: Floats, bent: Floats | None = None
) -> Floats:
    """Return what it costs, ``float64 [N, M]``, to couple each point with each other one while all others are coupled
    as in ``coupling``: the gradient of the distance. ``bent`` is ``one @ coupling @ other``, if it is known."""
    bent = one @ coupling @ other if bent is None else bent
    within = (one**2 @ coupling.sum(axis=1))[:, None] + (other**2 @ coupling.sum(axis=0))[None]
    gradient: Floats = (1 - structure) * features + 2 * structure * (within - 2 * bent)
    return gradient


def _cost(features: Floats, one: Floats, other: Floats, structure: float, coupling: Floats, bent: Floats) -> float:
    rows, columns = coupling.sum(axis=1), coupling.sum(axis=0)
    within = rows @ one**2 @ rows + columns @ other**2 @ columns
    return float((1 - structure) * (features * coupling).sum() + structure * (within - 2 * (bent * coupling).sum()))


def _line_search(first: float, second: float) -> float:
    """Return the least point in [0, 1] of ``first`` · s + ``second`` · s²."""
    if second > 1e-12:
        return min(1.0, -first / (2 * second))
    return 1.0 if first + second < 0 else 0.0
