"""A drawing, traced: its ink becomes a graph of pen strokes.

In: the drawing of a keyframe, at its own resolution. Out: a graph whose edges run along the middle of the ink, in
pixels of the 64-pixel cell, with the width of the pen along them, and points sampled along it. Imports ``support``.

``skeleton`` thins the ink to lines and follows them. ``graph`` is what comes out, and cleans it: short spurs go,
junctions that belong together become one. ``samples`` are the points that the room ``matching`` matches. ``knots``
counts the ends and branchings of ink.
"""
