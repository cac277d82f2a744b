"""Fits of a trained model to one doodle, which take seconds.

In: the doodle's keyframes and a trained model. Out: the keyframes' latents, and a copy of the decoder that draws the
keyframes exactly and moves well between them. Start with ``fit``; ``tuning`` holds all numbers. Imports ``support``,
``strokes``, ``latent``, ``config``, ``models`` and ``decoding``.
"""
