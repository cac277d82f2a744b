"""Figures.

In: images, frames and tables. Out: metrics, tables and plots."""
