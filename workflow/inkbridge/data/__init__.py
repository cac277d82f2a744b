"""Synthetic drawings, the only ones that the networks learn from.

In: recipes, their weights and a seed. Out: shards of drawings on disk, and shuffled, augmented batches of them.
Imports ``support`` and ``strokes``.
"""
