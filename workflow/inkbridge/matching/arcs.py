"""How strands move from one keyframe to the next: as rigidly as they can, on arcs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from inkbridge.matching.slides import slides_of
from inkbridge.support.types import Complex, Floats, Integers

_REACH = 4.0
"""Standard deviation, in pixels along a strand, of the neighbourhood that turns together."""

_JOINT = 2.5
"""Pixels between two strands, in both keyframes, up to which they are joined."""

_JOINT_WEIGHT = 3.0
"""What a joint counts, against a step along a strand."""

_SHRUNK = 0.25
"""Part of its length below which a line that shrinks turns less."""

_RING, _SHORTEST_RING = 0.5, 6
"""Pixels between the ends of a closed strand, and points that it has at least."""

_PULL = 0.0005
"""Pull of each point towards the straight way, against the stiffness of the strands. It decides where a drawing goes;
it is so weak that what turns keeps its length."""

_AT_REST = 0.15
"""Pixels that a point may leave the straight way before its pull weakens: what does not turn holds what turns."""

_ROUNDS = 4
"""How often the pulls are weighed again."""

_CHECKED = np.array([0.25, 0.5, 0.75])
"""Moments at which points are compared with the straight way."""


@dataclass(frozen=True)
class _Links:
    """Steps along strands, and joints between strands: pairs of points, by how many radians each turns, its weight."""

    first: Integers
    last: Integers
    turns: Floats
    weights: Floats


class Arcs:
    """The movement of strands from one keyframe to the next.

    The strands' steps turn and stretch steadily, and points are placed so that they fit these steps best, in the sense
    of least squares (after Alexa, Cohen-Or & Levin 2000, "As-Rigid-As-Possible Shape Interpolation"). Joined strands
    stay joined. A limb then swings on an arc around its joint and keeps its length.
    """

    def __init__(self, one: Sequence[Floats], other: Sequence[Floats]) -> None:
        """Prepare the movement of strands from their points in ``one`` keyframe, ``[M, 2]`` each, to those in the
        ``other``."""
        here, there = ([strand @ np.array([1, 1j]) for strand in strands] for strands in (one, other))
        self._start, self._end = np.concatenate(here), np.concatenate(there)
        offsets = np.concatenate([[0], np.cumsum([len(strand) for strand in here])])
        self._links = _links(here, there, offsets)
        self._slides = slides_of(self._start, self._end, offsets)
        self._stiffness = self._stiffness_matrix()
        self._pulls = np.ones(len(self._start))
        for _ in range(_ROUNDS):
            left = np.abs(self._solve(_CHECKED) - self.straight(_CHECKED)).max(axis=0)
            self._pulls = 1 / (_AT_REST + left)
            self._pulls /= self._pulls.mean()

    def at(self, moments: NDArray[np.floating]) -> Floats:
        """Return the points of all strands, one after another, at ``moments`` ``[T]`` in [0, 1]: ``float64 [T, P,
        2]``."""
        places = self._solve(np.asarray(moments, np.float64))
        return np.stack([places.real, places.imag], axis=-1)

    def straight(self, moments: Floats) -> Complex:
        """Return the points on straight ways, ``complex128 [T, P]``."""
        return self._start + moments[:, None] * (self._end - self._start)

    def _stiffness_matrix(self) -> Floats:
        links, count = self._links, len(self._start)
        matrix = np.zeros((count, count))
        np.add.at(matrix, (links.first, links.first), links.weights)
        np.add.at(matrix, (links.last, links.last), links.weights)
        np.add.at(matrix, (links.first, links.last), -links.weights)
        np.add.at(matrix, (links.last, links.first), -links.weights)
        return matrix

    def _solve(self, moments: Floats) -> Complex:
        links = self._links
        here = self._start[links.last] - self._start[links.first]
        there = (self._end[links.last] - self._end[links.first]) * np.exp(-1j * links.turns)
        t = moments[:, None]
        steps = links.weights * np.exp(1j * t * links.turns) * ((1 - t) * here + t * there)
        wanted = _PULL * self._pulls * self.straight(moments)
        np.add.at(wanted.T, links.last, steps.T)
        np.subtract.at(wanted.T, links.first, steps.T)
        factor = cho_factor(self._stiffness + np.diag(_PULL * self._pulls))
        found = cho_solve(factor, np.concatenate([wanted.real, wanted.imag]).T)
        places = np.asarray((found[:, : len(moments)] + 1j * found[:, len(moments) :]).T)
        if not self._slides.joints:
            return places
        for row, moment in enumerate(moments):
            # The joints move along their strands, so each moment has a matrix of its own (Woodbury 1950).
            weights, offsets = self._slides.at(float(moment), len(self._start))
            spread = cho_solve(factor, weights.T)
            inner = weights @ spread + np.eye(len(weights)) / _JOINT_WEIGHT
            places[row] -= spread @ np.linalg.solve(inner, weights @ places[row] - offsets)
        return places


def _links(here: Sequence[Complex], there: Sequence[Complex], offsets: Integers) -> _Links:
    turns = [_turns(one, other) for one, other in zip(here, there, strict=True)]
    first = [np.arange(start, end - 1) for start, end in itertools.pairwise(offsets)]
    of_points = np.concatenate([_of_points(turn) for turn in turns])
    joints = _joints(np.concatenate(here), np.concatenate(there), offsets)
    return _Links(
        np.concatenate([*first, joints[:, 0]]),
        np.concatenate([*(rows + 1 for rows in first), joints[:, 1]]),
        np.concatenate([*turns, of_points[joints].mean(axis=1)]),
        np.concatenate([np.ones(len(rows)) for rows in first] + [np.full(len(joints), _JOINT_WEIGHT)]),
    )


def _turns(one: Complex, other: Complex) -> Floats:
    """Return by how many radians each step of a strand turns, together with its neighbourhood: ``float64 [M − 1]``."""
    here, there = np.diff(one), np.diff(other)
    along = np.concatenate([[0], (np.abs(here) + np.abs(there)).cumsum() / 2])
    middles = (along[1:] + along[:-1]) / 2
    near = np.exp(-0.5 * ((middles[:, None] - middles) / _REACH) ** 2)
    together = near @ (here.conj() * there)
    turns = np.unwrap(np.angle(together))
    mean = np.average(turns, weights=np.abs(together) + 1e-9)
    turns -= 2 * np.pi * np.round(mean / (2 * np.pi))
    # A dot has no direction: what shrinks to nearly nothing does not turn.
    lengths = near @ np.abs(here), near @ np.abs(there)
    ratio = np.minimum(*lengths) / np.maximum(np.maximum(*lengths), 1e-9)
    return np.asarray(turns * np.clip(ratio / _SHRUNK, 0, 1))


def _of_points(turns: Floats) -> Floats:
    """Return the turns of points, the means of the steps before and after them."""
    padded = np.concatenate([turns[:1], turns, turns[-1:]])
    return (padded[1:] + padded[:-1]) / 2


def _joints(here: Complex, there: Complex, offsets: Integers) -> Integers:
    """Return the nearest points, ``int64 [J, 2]``, of each two strands that touch in both keyframes, and the ends of
    each strand that is closed in both."""
    apart = np.maximum(np.abs(here[:, None] - here), np.abs(there[:, None] - there))
    found = []
    for one in range(len(offsets) - 1):
        first, last = offsets[one], offsets[one + 1] - 1
        if last - first > _SHORTEST_RING and apart[first, last] < _RING:
            found.append((last, first))
        rows = apart[offsets[one] : offsets[one + 1], offsets[one + 1] :]
        if not rows.size:
            continue
        nearest, columns = rows.argmin(axis=0), np.arange(rows.shape[1])
        least = rows[nearest, columns]
        for other in range(one + 1, len(offsets) - 1):
            inside = slice(offsets[other] - offsets[one + 1], offsets[other + 1] - offsets[one + 1])
            column = int(least[inside].argmin()) + inside.start
            if least[column] < _JOINT:
                found.append((offsets[one] + nearest[column], offsets[one + 1] + column))
    return np.array(found, np.int64).reshape(-1, 2)
