"""How plots look: they have the colours of the pages, and suit light and dark paper."""

from __future__ import annotations

from typing import Any

PENCILS = ("#2f86bf", "#d2603a", "#3d936a", "#8c72c4", "#a97f1c", "#c0588f")
"""Colours of the variants in plots, in order; each has a contrast of 3:1 or more on both papers, light and dark."""

GRAPHITE = "#7b828a"
"""Colour of text and axes, legible on both papers. In inline SVG, style.css replaces it with the page's own grey."""


def plot_style() -> dict[Any, Any]:  # the type that Matplotlib gives the keys changes with its version
    """Return Matplotlib rcParams for plots on these pages, for `matplotlib.rc_context(plot_style())`.

    The ground is transparent, so that the page's paper shows, and text in SVG stays text, so that the page's
    font applies. Sizes are in points for a figure about 7 inches wide.
    """
    colours = ", ".join(f"'{colour}'" for colour in PENCILS)
    return {
        "figure.figsize": (7.2, 3.9),
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "savefig.facecolor": "none",
        "savefig.dpi": 160,
        "svg.fonttype": "none",
        "svg.hashsalt": "inkbridge",  # the same plot gives the same bytes
        "font.family": "DejaVu Sans",  # comes with Matplotlib, so plots have the same layout everywhere
        "font.size": 10.0,
        "text.color": GRAPHITE,
        "axes.prop_cycle": f"cycler('color', [{colours}])",
        "axes.facecolor": "none",
        "axes.edgecolor": GRAPHITE,
        "axes.labelcolor": GRAPHITE,
        "axes.titlecolor": GRAPHITE,
        "axes.titlesize": 10.0,
        "axes.titlelocation": "left",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRAPHITE,
        "grid.alpha": 0.22,
        "grid.linewidth": 0.6,
        "xtick.color": GRAPHITE,
        "ytick.color": GRAPHITE,
        "xtick.labelsize": 9.0,
        "ytick.labelsize": 9.0,
        "legend.frameon": False,
        "legend.fontsize": 9.0,
        "lines.linewidth": 1.8,
        "lines.markersize": 5.0,
        "lines.solid_capstyle": "round",
        "patch.linewidth": 0.0,
        "hatch.color": GRAPHITE,
        "hatch.linewidth": 0.6,
    }
