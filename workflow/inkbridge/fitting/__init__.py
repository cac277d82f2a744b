"""A trained model, fitted to one doodle in seconds.

In: the doodle's keyframes and a trained model. Out: their latents, and a copy of the decoder that draws the keyframes
exactly and moves well between them. Imports ``support``, ``strokes``, ``latent``, ``config``, ``models`` and
``decoding``.
"""
