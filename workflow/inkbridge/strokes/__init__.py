"""Strokes, and the ink that they leave.

In: control points, widths and opacities. Out: Bézier curves, and images of them: painted fast, for data (``raster``),
or with gradients, for training, fitting and drawing at any size (``soft_raster``). Also: the number of connected pieces
of ink (``pieces``). Imports ``support``.
"""
