"""Doodles turned into animations by autoencoders that were trained on synthetic strokes alone."""

__version__ = "0.1.0"

CELL = 64
"""Pixels of the side of a keyframe, of a synthetic image and of a decoder's native output."""
