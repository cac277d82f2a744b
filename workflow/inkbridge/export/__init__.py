"""Animations as files.

In: frames or strokes. Out: GIF, WebP, APNG, MP4, PNG frames, SVG and tables of strokes. Imports ``support`` and
``strokes``."""
