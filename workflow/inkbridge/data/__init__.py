"""Synthetic drawings, the only ones that the networks learn from.

In: the weights of recipes and a seed. Out: shards (HDF5 files of images and their strokes), endless shuffled batches
of images, and functions that vary a batch while a network trains. Imports ``support`` and ``strokes``.

A recipe makes random drawings of one kind: ``post`` and ``sketch``, built on ``shapes`` and listed in ``recipes``.
``shards`` stores drawings, ``loader`` reads batches of them, ``augmentation`` flips, rotates and moves them.
"""
