"""What a match left without a partner: ink that grows out of a point, or shrinks into one."""

from typing import NamedTuple

import numpy as np

from inkbridge.matching.doodle import MatchedDoodle
from inkbridge.support.types import Floats

_POINT = 0.2
"""Length of a stretch of ink, as a part of its length in the other keyframe, up to which it is a point there."""

_LEAST = 1.5
"""Pixels of the shortest stretch that counts."""


class Unmatched(NamedTuple):
    """A stretch of a strand that is a point in one keyframe of a segment, and a line in the other one.

    ``strand`` is the number of the strand, ``length`` that of the line, in pixels of the cell, and ``place``
    ``float64 [2]`` the point.
    """

    strand: int
    length: float
    place: Floats


def growing(doodle: MatchedDoodle, segment: int) -> list[Unmatched]:
    """Return what grows in a segment: points in its first keyframe that are lines in its last one."""
    return _points_that_become_lines(doodle, segment, segment + 1)


def shrinking(doodle: MatchedDoodle, segment: int) -> list[Unmatched]:
    """Return what shrinks in a segment: points in its last keyframe that are lines in its first one."""
    return _points_that_become_lines(doodle, segment + 1, segment)


def _points_that_become_lines(doodle: MatchedDoodle, points: int, lines: int) -> list[Unmatched]:
    found = []
    for number, strand in enumerate(doodle.strands):
        here, there = (np.linalg.norm(np.diff(strand.points[k], axis=0), axis=1) for k in (points, lines))
        rows = np.flatnonzero(here < _POINT * there)
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            if (length := float(there[run].sum())) >= _LEAST:
                place = strand.points[points, run[0] : run[-1] + 2].mean(axis=0)
                found.append(Unmatched(number, length, place))
    return found
