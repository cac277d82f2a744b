"""Strokes, and the ink that they leave.

In: control points, widths and opacities. Out: Bézier curves, and images of them: painted fast (``raster``) or with
gradients (``soft_raster``). Also counts the pieces that ink falls into. Imports ``support``.
"""
