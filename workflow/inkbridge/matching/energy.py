"""How likely a person is to have meant a match: little movement, stretching, turning, and few cuts."""

from dataclasses import astuple, dataclass

import numpy as np

from inkbridge.matching.pairs import Pair


@dataclass(frozen=True)
class Energy:
    """What pairs of lines do when they move. Each is a mean over the length of the lines.

    ``movement``: distance, in pixels. ``stretching``: change of length, as a part of it. ``turning``: by how many
    radians parts of a line turn against each other, for ten pixels of it. ``cuts``: the number of lines beyond those
    drawn.
    """

    movement: float
    stretching: float
    turning: float
    cuts: float

    def total(self, weights: "Energy") -> float:
        """Return the weighted sum."""
        return float(np.dot(astuple(self), astuple(weights)))


LONE = 0.8
"""What a line that vanishes or appears costs, as a part of the cost of stretching it out of nothing."""

WEIGHTS = Energy(movement=0.3, stretching=10.0, turning=1.0, cuts=1.0)
"""The default weights, for which the chosen hypothesis was nearest to the truth (docs/experiments.md)."""


def energy_of(pairs: list[Pair], drawn: int, lone: float = 0.0) -> Energy:
    """Return the energy of ``pairs``. ``drawn`` is the number of edges of the drawing that has more of them; ``lone``,
    the length of what vanishes or appears."""
    movement = turning = 0.0
    total, stretching = lone, LONE * lone
    for pair in pairs:
        one, other = pair.one.points @ np.array([1, 1j]), pair.other.points @ np.array([1, 1j])
        steps, others = np.diff(one), np.diff(other)
        lengths, changed = np.abs(steps), np.abs(others)
        length = max(lengths.sum(), changed.sum())
        total += length
        movement += length * np.abs(one - other).mean()
        stretching += abs(lengths.sum() - changed.sum())
        if changed.sum() > 1e-3:
            stretching += 0.3 * np.abs(lengths - changed * (lengths.sum() / changed.sum())).sum()
        if len(steps) > 3:
            turns = _smoothed(steps.conj() * others)
            weights = np.minimum(np.abs(turns), 1)
            bends = np.abs(np.diff(np.unwrap(np.angle(turns + 1e-12))))
            turning += 10 * float((bends * np.minimum(weights[1:], weights[:-1])).sum())
    total = max(total, 1e-6)
    return Energy(movement / total, stretching / total, turning / total, max(0, len(pairs) - drawn))


def _smoothed(values: np.ndarray, times: int = 3) -> np.ndarray:
    for _ in range(times):
        values = np.concatenate([values[:1], (values[:-2] + 2 * values[1:-1] + values[2:]) / 4, values[-1:]])
    return values
