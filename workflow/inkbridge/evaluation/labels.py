"""The metrics by name: their columns in the tables, and how plots and pages write them."""

from typing import NamedTuple

RECONSTRUCTION_METRICS = ("mse", "psnr", "ssim", "iou")
"""How close an image is to its original; see :func:`inkbridge.evaluation.metrics.reconstruction_metrics`."""

INTERPOLATION_METRICS = ("ghosting", "ink_deviation", "fragments", "widening", "knots", "length_error")
"""How well an animation moves between its keyframes; see :func:`inkbridge.evaluation.metrics.interpolation_metrics`."""


class Label(NamedTuple):
    """``text``: the name of a metric for a reader, with its unit. ``format``: how its values are written."""

    text: str
    format: str


LABELS = {
    "ghosting": Label("ghosting", ".2f"),
    "ink_deviation": Label("ink deviation", ".3f"),
    "fragments": Label("fragments", ".2f"),
    "widening": Label("widening, px", ".2f"),
    "knots": Label("knots", ".2f"),
    "length_error": Label("length error", ".3f"),
    "mse": Label("keyframe MSE", ".4f"),
}
"""Column → label, for the metrics that describe an animation: six between its keyframes, and the error at them."""
