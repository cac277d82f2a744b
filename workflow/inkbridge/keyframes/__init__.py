"""Drawings that people made.

In: a sheet of cells, a folder of pictures, an animated picture, or single pictures. Out: keyframes, ``uint8
[K, 64, 64]``, 0 = paper and 255 = ink. Also empty sheets to draw on, and a picture of what was read. Imports
``support``.
"""
