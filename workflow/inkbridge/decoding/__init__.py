"""Fitted doodles, stored and drawn in NumPy: importing torch would take longer than drawing a GIF.

In: a fitted doodle (the layers and weights of a decoder, and the latents of the keyframes) and the latents of frames.
Out: frames, and strokes if the decoder draws them. Imports ``support``, ``strokes``, ``latent`` and ``models``.

``decoder`` stores and draws fitted doodles, ``layers`` has each kind of layer. ``from_torch`` turns a decoder of torch
into such layers; no other module here imports torch. A new kind of layer in ``models`` needs its counterpart here.
"""
