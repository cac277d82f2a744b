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
    for edge in range(len(one.graph.edges)):
        rows = np.flatnonzero(one.edges == edge)
        step = float(one.masses[rows[0]])
        found[rows] = _viterbi(np.ascontiguousarray(costs[rows]), other.ways, step, STIFFNESS, jump, _SHRINKING)
    return found


def coupling_of(there: Integers, back: Integers) -> Floats:
    """Return the coupling ``[N, M]`` of a map ``there`` ``[N]`` and a map ``back`` ``[M]``, half of the mass each."""
    coupling = np.zeros((len(there), len(back)))
    np.add.at(coupling, (np.arange(len(there)), there), 0.5 / len(there))
    np.add.at(coupling, (back, np.arange(len(back))), 0.5 / len(back))
    return coupling


@njit(cache=True)
def _viterbi(costs, ways, step, stiffness, jump, shrinking):  # type: ignore[no-untyped-def]
    rows, states = costs.shape
    moves = np.empty((states, states))
    for here in range(states):
        for before in range(states):
            change = ways[before, here] - step
            price = change * change / step
            if change < 0:
                price *= shrinking
            moves[here, before] = stiffness * min(price, jump)
    least, origin = costs[0].copy(), np.zeros((rows, states), np.int32)
    for row in range(1, rows):
        following = np.empty(states)
        for here in range(states):
            best, found = np.inf, 0
            for before in range(states):
                price = least[before] + moves[here, before]
                if price < best:
                    best, found = price, before
            origin[row, here], following[here] = found, best + costs[row, here]
        least = following
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
