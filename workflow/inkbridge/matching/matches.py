"""What a match of two drawings is."""

from dataclasses import dataclass, field

from inkbridge.matching.energy import WEIGHTS, Energy
from inkbridge.matching.pairs import Pair
from inkbridge.support.types import Integers

KNOTS, INK, WIDENING, MISSED = 2.0, 10.0, 1.5, 1.0
"""What a knot costs between two drawings; ink that is lost or added, as a part of all ink; a pixel by which lines are
wider; and a pixel by which a mark is missed. In units of the energy (docs/experiments.md)."""


@dataclass(frozen=True)
class Match:
    """A match of two drawings: pairs of lines, its energy, and in how many groups of parts it was found.

    What stands between the drawings: ``knots``, the ends and branchings beyond the drawings' own; ``ink``, how much the
    ink is off a steady change, as a part of it; ``widening``, by how many pixels lines are wider. ``lone``: the length,
    in pixels, of what has no counterpart. ``vanishing`` and ``appearing``: separate parts of the one and of the other
    drawing that have none, as numbers of their edges. ``missed``: by how many pixels the marks of a person are missed.
    """

    pairs: list[Pair]
    energy: Energy
    groups: int
    knots: float = 0.0
    ink: float = 0.0
    widening: float = 0.0
    lone: float = 0.0
    vanishing: list[Integers] = field(default_factory=list)
    appearing: list[Integers] = field(default_factory=list)
    missed: float = 0.0

    @property
    def cost(self) -> float:
        """What it costs, to be compared with that of other matches of the same drawings."""
        between = KNOTS * self.knots + INK * self.ink + WIDENING * self.widening
        return self.energy.total(WEIGHTS) + between + MISSED * self.missed
