"""Strokes and ink.

In: numbers (control points, widths, opacities). Out: Bézier curves, and images of them, painted fast
(``raster``) or with gradients (``soft_raster``). Imports ``support`` alone."""
