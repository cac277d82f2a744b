"""A coupling, made exact: each edge of one drawing is followed along the edges of the other."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from inkbridge.support.types import Floats, Integers
from inkbridge.tracing.samples import Samples

STIFFNESS = 0.03
"""Cost of a step of twice the length, for a step of one pixel."""

_SHRINKING = 0.5
"""Cost of a step that is too short, as a part of that of one as much too long."""

JUMPS = (40.0, 4000.0)
"""Costs of a jump, in units of ``STIFFNESS``, that are tried: what is farther costs no more. At the higher one, lines
are rather folded than torn."""


def follow(costs: Floats, one: Samples, other: Samples, jump: float) -> Integers:
    """Return, for each sample of ``one``, the sample of ``other`` that it becomes: ``int64 [N]``.

    Along each edge, the sum of ``costs`` ``float64 [N, M]`` and of a cost for each step whose length changes is least
    (Viterbi 1967). The map may jump, at the price ``jump``, where drawings differ.
    """
    found = np.empty(len(one), np.int64)
    moves = _moves(other.ways, float(one.masses.mean()), STIFFNESS, jump, _SHRINKING)
    costs = costs.astype(np.float32)
    for edge in range(len(one.graph.edges)):
        rows = np.flatnonzero(one.edges == edge)
        found[rows] = _viterbi(costs[rows], moves)
    return found


def coupling_of(there: Integers, back: Integers) -> Floats:
    """Return the coupling ``[N, M]`` of a map ``there`` ``[N]`` and a map ``back`` ``[M]``, half of the mass each."""
    coupling = np.zeros((len(there), len(back)))
    np.add.at(coupling, (np.arange(len(there)), there), 0.5 / len(there))
    np.add.at(coupling, (back, np.arange(len(back))), 0.5 / len(back))
    return coupling


@njit(cache=True)
def _moves(ways, step, stiffness, jump, shrinking):  # type: ignore[no-untyped-def]
    """Return the costs ``float32 [M, M]`` of steps from a sample (row) to another one (column), which should be
    ``step`` pixels long."""
    states = len(ways)
    moves = np.empty((states, states), np.float32)
    for before in range(states):
        for here in range(states):
            change = ways[before, here] - step
            price = change * change / step
            if change < 0:
                price *= shrinking
            moves[before, here] = stiffness * min(price, jump)
    return moves


@njit(cache=True)
def _viterbi(costs, moves):  # type: ignore[no-untyped-def]
    rows, states = costs.shape
    least, origin = costs[0].copy(), np.zeros((rows, states), np.int32)
    best, found = np.empty(states, np.float32), np.empty(states, np.int32)
    for row in range(1, rows):
        best[:], found[:] = np.inf, 0
        for before in range(states):
            # The inner loop runs along a row of memory, so that the compiler can compute several states at once.
            start = least[before]
            for here in range(states):
                price = start + moves[before, here]
                closer = price < best[here]
                best[here] = price if closer else best[here]
                found[here] = np.int32(before) if closer else found[here]
        origin[row] = found
        least = best + costs[row]
    track = np.empty(rows, np.int64)
    track[rows - 1] = least.argmin()
    for row in range(rows - 1, 0, -1):
        track[row - 1] = origin[row, track[row]]
    return track


def runs(track: NDArray[np.int64], places: Integers, other: Samples, step: float, jump: float, least: int):  # type: ignore[no-untyped-def]
    """Return the runs of ``places`` over which ``track`` does not jump, as lists; runs shorter than ``least`` are left
    out, unless there is no other."""
    found: list[list[int]] = [[int(places[0])]]
    for place in places[1:]:
        if other.ways[track[found[-1][-1]], track[place]] > jump + 2.5 * step:
            found.append([])
        found[-1].append(int(place))
    return [run for run in found if len(run) >= least] or [max(found, key=len)]
