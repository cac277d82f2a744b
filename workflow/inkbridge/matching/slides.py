"""Joints that move: the end of a strand slides along another one."""

import itertools
from dataclasses import dataclass

import numpy as np

from inkbridge.matching.seams import sewn
from inkbridge.support.types import Complex, Floats, Integers

_JOINT = 2.5
"""Pixels between an end and a strand, in both keyframes, up to which they are joined."""

_LEAST = 3.0
"""Pixels that a joint moves at least along a strand; what moves less is a joint of two points."""


@dataclass(frozen=True)
class _Slide:
    """A joint of the point ``end`` with a place on the line of the points ``line`` ``int64 [Q]``: ``rows``, numbers of
    its points, in two keyframes; and how far the end is off there, in pixels."""

    end: int
    line: Integers
    rows: tuple[int, int]
    off: tuple[complex, complex]


@dataclass(frozen=True)
class Slides:
    """All joints that slide between two keyframes."""

    joints: list[_Slide]

    def at(self, moment: float, points: int) -> tuple[Floats, Complex]:
        """Return the matrix ``[J, P]`` and the values ``[J]`` of the equations that hold at a moment."""
        weights = np.zeros((len(self.joints), points))
        values = np.zeros(len(self.joints), np.complex128)
        for number, joint in enumerate(self.joints):
            row = (1 - moment) * joint.rows[0] + moment * joint.rows[1]
            first = min(int(row), len(joint.line) - 2)
            weights[number, joint.end] = 1.0
            weights[number, joint.line[first]] -= 1 - (row - first)
            weights[number, joint.line[first + 1]] -= row - first
            values[number] = (1 - moment) * joint.off[0] + moment * joint.off[1]
        return weights, values


def slides_of(here: Complex, there: Complex, offsets: Integers) -> Slides:
    """Return the joints that slide between two keyframes, given the points ``[P]`` of all strands, which start at
    ``offsets``."""
    both = np.stack([here, there])
    lines = sewn(np.stack([both.real, both.imag], axis=-1), offsets, dots=True)
    found = []
    for one, other in itertools.permutations(lines, 2):
        gaps = np.abs(both[:, one, None] - both[:, None, other])
        if gaps.max(axis=0).min() < _JOINT:
            continue  # they are joined at points that stay the same
        joints = [_joint(both, int(one[end]), other, gaps[:, end]) for end in (0, -1)]
        found += [joint for joint in joints if joint is not None]
    return Slides(found)


def _joint(both: Complex, end: int, line: Integers, gaps: Floats) -> _Slide | None:
    first, last = (int(row) for row in gaps.argmin(axis=1))
    low, high = sorted((first, last))
    way = np.abs(np.diff(both[:, line[low : high + 1]])).sum(axis=1).min() if high > low else 0.0
    if gaps.min(axis=1).max() >= _JOINT or way <= _LEAST:
        return None
    off = both[0, end] - both[0, line[first]], both[1, end] - both[1, line[last]]
    return _Slide(end, line, (first, last), (complex(off[0]), complex(off[1])))
