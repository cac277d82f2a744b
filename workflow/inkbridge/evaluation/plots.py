"""Plots of losses and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkbridge.export.montage import grid
from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.carriers import text_chunks
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images

matplotlib.use("agg")

_SAMPLE_COLUMNS = 12

_SAMPLE_ROWS = 4
"""Rows of images for each recipe in the sheet of samples."""

FIGURES = {
    "ghosting": "ghosting",
    "ink_deviation": "ink deviation",
    "fragments": "fragments",
    "widening": "widening, px",
}


def sample_sheet(images: Images, recipes: NDArray[np.str_]) -> Images:
    """Return a picture of the first images of each recipe, four rows of twelve each, recipes in order of name."""
    rows: list[Images] = []
    for recipe in np.unique(recipes):
        first = images[recipes == recipe][: _SAMPLE_COLUMNS * _SAMPLE_ROWS]
        rows += [first[start : start + _SAMPLE_COLUMNS] for start in range(0, len(first), _SAMPLE_COLUMNS)]
    return grid(rows, scale=1)


def training_figure(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Return a plot of validation (solid) and training loss (dotted) over images seen, a colour for each variant."""
    with matplotlib.rc_context(figure_style()):
        figure, axes = plt.subplots()
        for variant, history in histories.items():
            (curve,) = axes.plot(history["images_seen"], history["validation_loss"], label=variant)
            axes.plot(history["images_seen"], history["training_loss"], linestyle=":", color=curve.get_color())
        axes.set(xlabel="images seen", ylabel="loss, nats per pixel", title="validation solid, training dotted")
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure


def write_plot(path: Path, figure: Figure, provenance: Provenance | None = None) -> None:
    """Write a plot as PNG on white, for use outside the pages, with the record of how it was made."""
    with atomic_write(path) as temporary, matplotlib.rc_context(figure_style()):
        figure.savefig(temporary, facecolor="white", metadata=text_chunks(provenance))
    plt.close(figure)


def reconstruction_figure(table: pd.DataFrame) -> Figure:
    with matplotlib.rc_context(figure_style()):
        figure, axes = plt.subplots(figsize=(7.2, 2.6))
        recipes = list(table["recipe"].unique())
        for number, (variant, rows) in enumerate(table.groupby("variant", sort=False)):
            places = [recipes.index(recipe) + 0.12 * number for recipe in rows["recipe"]]
            spread = [rows["mse"] - rows["mse_low"], rows["mse_high"] - rows["mse"]]
            axes.errorbar(rows["mse"], places, xerr=spread, fmt="o", label=str(variant))
        axes.set(yticks=range(len(recipes)), yticklabels=recipes, xlabel="mean squared error")
        axes.set_xlim(left=0)
        axes.margins(y=0.4)
        figure.legend(loc="outside upper left", ncols=3)  # beside the dots, wherever they are
    return figure


def doodles_figure(table: pd.DataFrame) -> Figure:
    with matplotlib.rc_context(figure_style()):
        doodles = list(table["doodle"].unique())
        variants = list(table["variant"].unique())
        figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.32 * len(doodles)))
        for number, variant in enumerate(variants):
            for latents, opacity in (("encoder", 0.35), ("fitted", 1.0)):
                rows = table[(table["variant"] == variant) & (table["latents"] == latents)]
                places = [doodles.index(doodle) + 0.24 * number for doodle in rows["doodle"]]
                label = str(variant) if latents == table["latents"].iloc[-1] else None
                axes.plot(rows["mse"], places, "o", color=f"C{number}", alpha=opacity, label=label)
        axes.set(yticks=range(len(doodles)), yticklabels=doodles, xlabel="mean squared error of the keyframes")
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        figure.legend(loc="outside upper left", ncols=3)
    return figure


def interpolation_figure(table: pd.DataFrame) -> Figure:
    with matplotlib.rc_context(figure_style()):
        figure, all_axes = plt.subplots(2, 2, figsize=(7.2, 5.4), sharex=True)
        styles = dict(zip(table["method"].unique(), ["-", "--", ":", "-."] * 8, strict=False))
        for axes, (column, title) in zip(all_axes.flat, FIGURES.items(), strict=True):
            for number, (variant, rows) in enumerate(table.groupby("variant", sort=False)):
                for method, line in rows.groupby("method", sort=False):
                    means = line.groupby("noise_std")[column].mean()
                    label = f"{variant}, {method}"
                    style = {"color": f"C{number}", "linestyle": styles[str(method)], "label": label}
                    axes.plot(means.index, means, marker="o", markersize=3, **style)
            axes.set(title=title)
            axes.set_ylim(bottom=0)
        for axes in all_axes[-1]:
            axes.set(xlabel="noise std")
        handles, labels = all_axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


PENCILS = ("#2f86bf", "#d2603a", "#3d936a", "#8c72c4", "#a97f1c", "#c0588f")
"""Colours of the variants in plots, in order; each stands at 3:1 or better on both papers, light and dark."""

GRAPHITE = "#7b828a"
"""Text and axes of plots, legible on both papers; style.css makes it the page's own grey in inline SVG."""


def figure_style() -> dict[Any, Any]:  # Matplotlib's own type of the keys changes with its version
    """Return Matplotlib rcParams for plots on these pages, for `matplotlib.rc_context(figure_style())`.

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
        "font.family": "DejaVu Sans",  # comes with Matplotlib, so a plot is laid out alike everywhere
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
