"""Paths through latent space.

In: the latents of a doodle's keyframes. Out: a latent for each frame, along straight lines, arcs or a spline, with
noise if wanted. Imports ``support``.
"""
