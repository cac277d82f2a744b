"""Which lines continue each other straight, in all keyframes."""

import itertools

import numpy as np

from inkbridge.support.types import Floats, Integers

MEETING, _STRAIGHT = 2.6, 0.5
"""Pixels between the ends of two lines up to which they meet, and cosine of the angle between them from which one
continues the other."""

_REACH, _SHORT = 4, 0.5
"""Points over which a line's direction at its end is measured, and pixels up to which it has none."""


def sewn(points: Floats, offsets: Integers, meeting: float = MEETING, dots: bool = False) -> list[Integers]:
    """Return the lines of ``points`` ``[K, P, 2]``, which start at ``offsets`` ``[N + 1]``, joined where they
    continue each other straight in all K keyframes: the numbers of the points of each joined line.

    ``meeting``: pixels between two ends up to which they meet. ``dots``: whether a line that is a dot in some keyframes
    may be joined by its direction in the others.
    """
    ends = np.stack([offsets[:-1], offsets[1:] - 1], axis=1)
    lines = [np.arange(first, last + 1) for first, last in ends]
    for _, one, other in _seams(points, ends, meeting, dots):
        first = next(line for line in lines if one in (line[0], line[-1]))
        second = next(line for line in lines if other in (line[0], line[-1]))
        if first is second:
            continue
        first_turned = first if first[-1] == one else first[::-1]
        second_turned = second if second[0] == other else second[::-1]
        lines = [line for line in lines if line is not first and line is not second]
        lines.append(np.concatenate([first_turned, second_turned[1:]]))
    return lines


def _seams(points: Floats, ends: Integers, meeting: float, dots: bool) -> list[tuple[float, int, int]]:
    """Return the pairs of ends at which lines continue each other, the straightest first; each end once."""
    flat = ends.ravel()
    inwards = np.stack([np.minimum(ends[:, 0] + _REACH, ends[:, 1]), np.maximum(ends[:, 1] - _REACH, ends[:, 0])], 1)
    gaps, straight = np.zeros((len(flat), len(flat))), np.full((len(flat), len(flat)), np.inf)
    for keyframe in points:
        leaving = keyframe[flat] - keyframe[inwards.ravel()]
        lengths = np.linalg.norm(leaving, axis=1)
        products = lengths[:, None] * lengths
        cosines = np.where(
            products > _SHORT**2, -leaving @ leaving.T / np.maximum(products, 1e-9), np.inf if dots else -1.0
        )
        apart = np.linalg.norm(keyframe[flat][:, None] - keyframe[flat], axis=2)
        gaps, straight = np.maximum(gaps, apart), np.minimum(straight, cosines)
    found, taken = [], set()
    candidates = [
        (float(straight[a, b]), a, b)
        for a, b in itertools.combinations(range(len(flat)), 2)
        if a // 2 != b // 2 and gaps[a, b] < meeting and _STRAIGHT < straight[a, b] < np.inf
    ]
    for value, a, b in sorted(candidates, reverse=True):
        if a not in taken and b not in taken:
            taken |= {a, b}
            found.append((value, int(flat[a]), int(flat[b])))
    return found
