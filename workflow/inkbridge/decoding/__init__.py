"""Decoders in NumPy: importing torch would take longer than drawing a GIF.

In: a fitted doodle (its decoder's layers and weights, and the latents of its keyframes) and the latents of frames. Out:
frames, and strokes if the decoder draws them. ``export`` turns a decoder of torch into such layers; only it imports
torch. Imports ``support``, ``strokes``, ``latent`` and ``models``.
"""
