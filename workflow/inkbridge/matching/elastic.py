"""Points along two lines that become each other: corners meet corners, and stretches stretch evenly."""

import numpy as np
from numba import njit

from inkbridge.matching.ways import Way
from inkbridge.support.types import Floats
from inkbridge.tracing.graph import places_along

_SPACING = 1.0
"""Distance, in pixels of the cell, between the points of a pair of lines, and between the steps of the alignment."""

_MOST_STEPS = 120

_EVENNESS = 1.0
"""Weight of uneven stretching against that of turning."""

_SLIDE = 0.15
"""How far the start of a closed line may slide, as a part of its length."""

_SLIDE_COST = 0.3
"""Cost of sliding once around."""

_MOVES = np.array([[1, 1], [1, 2], [2, 1], [1, 3], [3, 1], [2, 3], [3, 2], [1, 4], [4, 1], [3, 4], [4, 3]])
"""Steps along both lines that the alignment may combine: it stretches up to four times."""


def aligned(one: Way, other: Way) -> tuple[Way, Way]:
    """Return both ways, with points that become each other: the same number, about a pixel apart.

    Closed ways may also start elsewhere.
    """
    if one.is_closed and other.is_closed:
        other = _started_best(one, other)
    parts = _alignment(one, other)[0]
    count = max(3, int(max(one.length, other.length) / _SPACING) + 1)
    middle = np.linspace(0, 1, count)
    place = parts.mean(axis=1)
    return one.at(np.interp(middle, place, parts[:, 0])), other.at(np.interp(middle, place, parts[:, 1]))


def _started_best(one: Way, other: Way) -> Way:
    """Return the closed way ``other``, started where its directions, after the best rotation, agree most with those of
    ``one`` (a circular correlation)."""
    steps = int(np.clip(other.length / _SPACING, 4, _MOST_STEPS))
    here, there = (np.fft.fft(_directions(way, steps)) for way in (one, other))
    agreement = np.abs(np.fft.ifft(here.conj() * there)) / steps
    slides = np.fft.fftfreq(steps)
    worth = np.where(np.abs(slides) <= _SLIDE, agreement - _SLIDE_COST * np.abs(slides), -np.inf)
    return _started(other, float(slides[int(worth.argmax())]) * other.length)


def _started(way: Way, slide: float) -> Way:
    """Return a closed way that starts ``slide`` pixels later."""
    along = places_along(way.points)
    first = int(np.clip(np.searchsorted(along, slide % along[-1]), 1, len(along) - 1))
    return way.take(np.concatenate([np.arange(first, len(along)), np.arange(1, first + 1)]))


def _alignment(one: Way, other: Way) -> tuple[Floats, float]:
    """Return places along both ways that belong together, ``float64 [Q, 2]`` in [0, 1], and how much the ways differ.

    The elastic distance of curves (Srivastava et al. 2011, "Shape Analysis of Elastic Curves in Euclidean Spaces", IEEE
    TPAMI 33(7)): curves are compared by their square-root velocities, after the best rotation, under the best
    reparametrisation, which is found by dynamic programming.
    """
    if min(one.length, other.length) < _SPACING:
        return np.array([[0.0, 0.0], [1.0, 1.0]]), 0.0
    steps = int(np.clip(max(one.length, other.length) / _SPACING, 4, _MOST_STEPS))
    here, there = _directions(one, steps), _directions(other, steps)
    parts, cost = np.array([[0.0, 0.0], [1.0, 1.0]]), 0.0
    for _ in range(2):
        middles = (np.arange(steps) + 0.5) / steps
        matched = there[np.clip((np.interp(middles, *parts.T) * steps).astype(int), 0, steps - 1)]
        turn = (here.conj() * matched).sum()
        turned = here * (turn / max(abs(turn), 1e-9))
        parts, cost = _shortest_alignment(turned, there, _MOVES, _EVENNESS)
    return parts, float(cost)


def _directions(way: Way, steps: int) -> np.ndarray:
    """Return the directions of even steps along a way, as complex numbers of length one: ``complex128 [steps]``."""
    moves = np.diff(way.at(np.linspace(0, 1, steps + 1)).points, axis=0) @ np.array([1, 1j])
    return np.asarray(moves / np.maximum(np.abs(moves), 1e-9))


@njit(cache=True)
def _shortest_alignment(here, there, moves, evenness):  # type: ignore[no-untyped-def]
    steps = len(here)
    sums_here, sums_there = np.zeros(steps + 1, np.complex128), np.zeros(steps + 1, np.complex128)
    for step in range(steps):
        sums_here[step + 1] = sums_here[step] + here[step]
        sums_there[step + 1] = sums_there[step] + there[step]
    least = np.full((steps + 1, steps + 1), np.inf)
    origin = np.full((steps + 1, steps + 1), -1)
    least[0, 0] = 0
    for row in range(1, steps + 1):
        for column in range(1, steps + 1):
            for number in range(len(moves)):
                up, left = row - moves[number, 0], column - moves[number, 1]
                if up < 0 or left < 0 or least[up, left] == np.inf:
                    continue
                one, other = (row - up) / steps, (column - left) / steps
                root = np.sqrt(one * other)
                first = (sums_here[row] - sums_here[up]) / (row - up)
                second = (sums_there[column] - sums_there[left]) / (column - left)
                cost = abs(first) ** 2 * one + abs(second) ** 2 * other - 2 * root * (first.conjugate() * second).real
                cost += evenness * (np.sqrt(one) - np.sqrt(other)) ** 2 + least[up, left]
                if cost < least[row, column]:
                    least[row, column], origin[row, column] = cost, number
    parts = np.zeros((2 * steps + 2, 2))
    count, row, column = 0, steps, steps
    while row > 0 and column > 0:
        parts[count, 0], parts[count, 1] = row / steps, column / steps
        count += 1
        number = origin[row, column]
        row, column = row - moves[number, 0], column - moves[number, 1]
    return parts[: count + 1][::-1].copy(), least[steps, steps]
