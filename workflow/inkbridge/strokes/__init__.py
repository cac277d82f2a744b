"""Strokes, and the ink that they leave.

In: control points, widths and opacities. Out: Bézier curves, and images of them. Imports ``support``.

``bezier`` makes the curves. ``raster`` paints them fast, for synthetic data. ``soft_raster`` paints them at any size
and computes gradients, ``shape_raster`` does so for fitted doodles, whose strokes are one shape; ``soft_raster_torch``
gives those to torch, for training and fitting. ``scale`` has the units
of a decoder's strokes, ``pieces`` counts connected pieces of ink. The room ``data`` composes drawings of strokes.
"""
