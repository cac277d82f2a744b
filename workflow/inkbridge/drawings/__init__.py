"""Drawings that are made stroke by stroke, in files of their own.

In: a file ``NAME.inkbridge``, which the studio writes while somebody draws, or the same as JSON. Out: the checked
drawing, and its keyframes painted as images. Imports ``support``, ``latent`` and ``export``, for the limits of what a
drawing asks for.

``drawing`` is the one definition of the file; ``files`` reads and writes it; ``painting`` paints strokes as keyframes.
"""
