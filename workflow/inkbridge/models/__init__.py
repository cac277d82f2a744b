"""The autoencoder variants: a registry of architectures by name, importable without torch.

Every variant answers ``encode(images)`` and ``decode(latents, size)``; see :class:`inkbridge.models.base.Autoencoder`.
``docs/add-a-variant.md`` shows how to add one.
"""

from collections.abc import Mapping

ARCHITECTURES: Mapping[str, str] = {
    "conv": "inkbridge.models.conv",
    "coordconv": "inkbridge.models.coordconv",
    "strokes": "inkbridge.models.strokes",
}
"""Architecture → the module whose ``build(settings)`` makes its autoencoder."""

STROKE_ARCHITECTURES = frozenset({"strokes"})
"""Architectures whose decoders draw strokes: their animations are there as vectors too."""
