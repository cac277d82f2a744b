"""Autoencoders.

In: batches of images. Out: trained networks on disk. Imports ``support``, ``strokes``, ``data`` and ``config``."""
