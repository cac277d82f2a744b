"""Synthetic drawings.

In: a recipe and a seed. Out: shards of drawings on disk, and shuffled, augmented batches of them. Imports
``support`` and ``strokes``."""
