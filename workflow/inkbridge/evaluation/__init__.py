"""Metrics: how well images are reconstructed and how well animations move.

In: images, frames and keyframes. Out: metrics, tables with confidence intervals, and plots of them. Imports
``support``, ``strokes``, ``latent``, ``decoding`` and ``export``.
"""
