"""The registry of architectures, importable without torch."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """What is known about an architecture before it is loaded."""

    module: str
    """The module whose ``build(settings)`` makes its autoencoder."""
    training_cost: float
    """Time to train on an image at the default settings, as a multiple of the time that ``conv`` takes. This is a rough
    figure, measured on one core. It only decides which training starts first."""
    draws_strokes: bool = False
    """Whether its decoder draws strokes, so that its animations can be written as vectors."""


ARCHITECTURES: Mapping[str, Architecture] = {
    "conv": Architecture("inkbridge.models.conv", training_cost=1.0),
    "coordconv": Architecture("inkbridge.models.coordconv", training_cost=1.1),
    "strokes": Architecture("inkbridge.models.strokes", training_cost=0.9, draws_strokes=True),
}
