"""The registry of architectures, importable without torch."""

from collections.abc import Mapping

ARCHITECTURES: Mapping[str, str] = {
    "conv": "inkbridge.models.conv",
    "coordconv": "inkbridge.models.coordconv",
    "strokes": "inkbridge.models.strokes",
}
"""Architecture → the module whose ``build(settings)`` makes its autoencoder."""

STROKE_ARCHITECTURES = frozenset({"strokes"})
"""Architectures whose decoders draw strokes: their animations are there as vectors too."""
