"""Metrics: how well images are reconstructed and how well animations move.

In: images, frames and keyframes. Out: metrics, tables with confidence intervals, and plots of them. Imports
``support``, ``strokes``, ``latent``, ``decoding``, ``tracing`` and ``export``.

``metrics`` measures arrays, and ``motion_metrics`` measures how they move, at moments and with checks from
``animations``. ``tables`` gathers measurements, with intervals from ``bootstrap``, and ``plots`` draws the
tables, in the style of ``plot_style``. ``labels`` names the metrics for all of them. ``summaries`` reads the tables
without pandas: only the pipeline has pandas and Matplotlib, so ``tables`` and ``plots`` are for the pipeline alone.
"""
