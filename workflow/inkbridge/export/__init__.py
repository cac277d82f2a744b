"""Animations as files.

In: frames or strokes, colours and a speed. Out: GIF, WebP, APNG, MP4, PNG frames, SVG, and tables of strokes. Imports
``support`` and ``strokes``.

``limits`` and ``outputs`` say before any work whether an animation can be written; ``formats`` and ``vectors`` write
it; ``montage`` joins several into one.
"""
