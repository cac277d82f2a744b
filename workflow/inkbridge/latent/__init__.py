"""Paths through latent space.

In: the latents of a doodle's keyframes. Out: a latent for each frame, along a straight line, a circle or a spline, with
noise if it is asked for. Imports ``support``.
"""
