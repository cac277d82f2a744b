"""Plots of losses and metrics, one function for each plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from inkbridge.evaluation.labels import INTERPOLATION_METRICS, LABELS
from inkbridge.evaluation.plot_style import GRAPHITE, PENCILS, plot_style
from inkbridge.export.montage import grid
from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.carriers import text_chunks
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images

matplotlib.use("agg")

_SAMPLE_COLUMNS = 12

_SAMPLE_ROWS = 4
"""Rows of images for each recipe in the sheet of samples."""

_MARKERS = ("o", "s", "D", "^")
"""Shapes of the variants' dots: the next shape is used after every round through the colours."""

_ROW_SPREAD = 0.7
"""Part of the distance between two rows that the dots of one row may take."""

_WIDEST_STEP = 0.24
"""Distance between the dots of two variants in a row with enough room. The distance between rows is 1."""

_DOT_INCHES = 0.1
"""Height that the dots of one variant need in a row."""

_LEGEND_COLUMNS, _LEGEND_LINE_INCHES = 3, 0.2


def sample_sheet(images: Images, recipes: NDArray[np.str_]) -> Images:
    """Return the first images of each recipe as one image: four rows of twelve each, recipes in order of name."""
    rows: list[Images] = []
    for recipe in np.unique(recipes):
        first = images[recipes == recipe][: _SAMPLE_COLUMNS * _SAMPLE_ROWS]
        rows += [first[start : start + _SAMPLE_COLUMNS] for start in range(0, len(first), _SAMPLE_COLUMNS)]
    return grid(rows, scale=1)


def training_plot(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Return a plot of validation loss (solid) and training loss (dotted) over images seen, a colour per variant."""
    with matplotlib.rc_context(plot_style()):
        figure, axes = plt.subplots()
        for number, (variant, history) in enumerate(histories.items()):
            colour, seen = _mark(number)["color"], history["images_seen"]
            axes.plot(seen, history["validation_loss"], color=colour, label=variant)
            axes.plot(seen, history["training_loss"], color=colour, linestyle=":")
        axes.set(xlabel="images seen", ylabel="loss, nats per pixel", title="validation solid, training dotted")
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure


def write_plot(path: Path, figure: Figure, provenance: Provenance | None = None) -> None:
    """Write a plot as PNG on white, for use outside the pages. It carries its provenance."""
    with atomic_write(path) as temporary, matplotlib.rc_context(plot_style()):
        figure.savefig(temporary, facecolor="white", metadata=text_chunks(provenance))
    plt.close(figure)


def reconstruction_plot(table: pd.DataFrame) -> Figure:
    """Return a plot of a reconstruction table: error and interval per variant, a row for each recipe."""
    recipes, variants = list(table["recipe"].unique()), list(table["variant"].unique())
    with matplotlib.rc_context(plot_style()):
        figure, axes = _rows_of_dots(recipes, variants)
        for number, variant in enumerate(variants):
            rows = table[table["variant"] == variant]
            places = [recipes.index(recipe) + _offset(number, len(variants)) for recipe in rows["recipe"]]
            interval = [rows["mse"] - rows["mse_low"], rows["mse_high"] - rows["mse"]]
            axes.errorbar(rows["mse"], places, xerr=interval, linestyle="none", label=str(variant), **_mark(number))
        axes.set(xlabel="mean squared error")
        axes.set_xlim(left=0)
        figure.legend(loc="outside upper left", ncols=_LEGEND_COLUMNS)
    return figure


def doodles_plot(table: pd.DataFrame) -> Figure:
    """Return a plot of a table of doodles: the error of encoder alone (pale) and fitted, a row for each doodle."""
    doodles, variants = list(table["doodle"].unique()), list(table["variant"].unique())
    with matplotlib.rc_context(plot_style()):
        figure, axes = _rows_of_dots(doodles, variants)
        for number, variant in enumerate(variants):
            for latents, opacity in (("encoder", 0.35), ("fitted", 1.0)):
                rows = table[(table["variant"] == variant) & (table["latents"] == latents)]
                places = [doodles.index(doodle) + _offset(number, len(variants)) for doodle in rows["doodle"]]
                label = str(variant) if latents == table["latents"].iloc[-1] else None
                axes.plot(rows["mse"], places, linestyle="none", alpha=opacity, label=label, **_mark(number))
        axes.set(xlabel="mean squared error of the keyframes")
        axes.set_xlim(left=0)
        figure.legend(loc="outside upper left", ncols=_LEGEND_COLUMNS)
    return figure


def _rows_of_dots(rows: list[str], variants: list[str]) -> tuple[Figure, Any]:
    """Return empty axes with a named row for each of ``rows``, first on top, high enough for the variants' dots."""
    row = max(0.32, _DOT_INCHES * (len(variants) + 1) / _ROW_SPREAD)
    legend = _LEGEND_LINE_INCHES * -(-len(variants) // _LEGEND_COLUMNS)
    figure, axes = plt.subplots(figsize=(7.2, 0.8 + legend + row * len(rows)))
    axes.set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    return figure, axes


def _offset(number: int, count: int) -> float:
    """Return the offset of the dot of variant ``number`` of ``count`` from the middle of its row."""
    return (number - (count - 1) / 2) * min(_WIDEST_STEP, _ROW_SPREAD / count)


def _mark(number: int) -> dict[str, Any]:
    """Return the colour and shape of a variant's dots: no two of the first two dozen variants look the same."""
    return {"color": PENCILS[number % len(PENCILS)], "marker": _MARKERS[number // len(PENCILS) % len(_MARKERS)]}


def interpolation_plot(table: pd.DataFrame) -> Figure:
    """Return six plots of a table of animations: each metric over noise, a colour per variant, a line per method.

    A value is the mean over the doodles that have an animation of that method and noise.
    """
    with matplotlib.rc_context(plot_style()):
        variants, methods = list(table["variant"].unique()), list(table["method"].unique())
        legend = _LEGEND_LINE_INCHES * -(-(len(variants) + len(methods)) // _LEGEND_COLUMNS)
        figure, all_axes = plt.subplots(3, 2, figsize=(7.2, 7.0 + legend), sharex=True)
        lines = dict(zip(methods, ["-", "--", ":", "-."] * len(methods), strict=False))
        marks = {variant: {**_mark(number), "markersize": 3} for number, variant in enumerate(variants)}
        means = table.groupby(["variant", "method", "noise_std"], sort=False)[list(INTERPOLATION_METRICS)].mean()
        for axes, metric in zip(all_axes.flat, INTERPOLATION_METRICS, strict=True):
            for (variant, method), values in means[metric].groupby(["variant", "method"], sort=False):
                line = values.droplevel(["variant", "method"]).sort_index()
                axes.plot(line.index, line, linestyle=lines[method], **marks[variant])
            axes.set(title=LABELS[metric].text)
            axes.set_ylim(bottom=0)
        for axes in all_axes[-1]:
            axes.set(xlabel="noise std")
        handles = [Line2D([], [], label=str(variant), **mark) for variant, mark in marks.items()]
        handles += [Line2D([], [], color=GRAPHITE, linestyle=line, label=method) for method, line in lines.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=_LEGEND_COLUMNS)
    return figure
