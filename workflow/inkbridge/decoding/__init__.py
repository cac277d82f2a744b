"""Decoders without torch, whose import takes longer than drawing a GIF.

In: a fitted doodle (its decoder's layers and weights, and the latents of its keyframes) and the latents of frames. Out:
frames, or strokes where the decoder draws them. ``export`` turns a decoder of torch into such layers; it alone imports
torch. Imports ``support``, ``strokes``, ``latent`` and ``models``.
"""
