"""The units of a decoder of strokes: what its outputs mean in pixels of the cell.

A network learns best if its outputs are near zero and about one in size. So coordinates are relative to the middle of
the cell, in quarters of its side, and widths are relative to that of a usual pen.
"""

from inkbridge import CELL

MIDDLE = CELL / 2
"""Coordinate of output 0, in pixels."""

UNIT = CELL / 4
"""Pixels of a coordinate's output 1: the cell's border is at −2 and 2."""

USUAL_WIDTH = 3.0
"""Width of output 0, in pixels. Output 1 is one pixel more."""

NARROWEST, WIDEST = 0.5, 16.0
"""Limits of the width in pixels: a stroke neither vanishes nor fills the cell."""
