"""Plots and pages of figures: what the tables say, to look at."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkbridge.files import whole_file
from inkbridge.pages import figure_style, render
from inkbridge.provenance import Provenance, text_chunks
from inkbridge.rendering import grid
from inkbridge.shards import Images
from inkbridge.tables import RECONSTRUCTION_FIGURES

_SAMPLE_COLUMNS = 12
_SAMPLE_ROWS = 4
"""Rows of images for each recipe in the sheet of samples."""

_FIGURES = {
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
    with whole_file(path) as temporary, matplotlib.rc_context(figure_style()):
        figure.savefig(temporary, facecolor="white", metadata=text_chunks(provenance))
    plt.close(figure)


def write_report_page(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    histories: Mapping[str, pd.DataFrame],
    pictures: Mapping[str, str],
    provenance: Provenance | None = None,
) -> None:
    """Write the page of the reports.

    ``tables``: reconstruction, doodles, interpolation, training and comparison, as the CSV files beside the page
    hold them; ``histories``: variant → its loss curves; ``pictures``: title → address relative to the page.
    """
    sections = [
        _training_section(tables["training"], histories),
        _reconstruction_section(tables["reconstruction"]),
        _doodles_section(tables["doodles"]),
        _interpolation_section(tables["interpolation"]),
        _comparison_section(tables["comparison"]),
    ]
    page = render(
        "reports.html.jinja",
        title="Reports",
        sections=sections,
        pictures=[{"title": title, "src": address, "alt": title} for title, address in pictures.items()],
        gallery_link="../gifs/index.html",
        provenance=provenance,
    )
    with whole_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _training_section(table: pd.DataFrame, histories: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    columns = [
        "variant",
        "parameters",
        "images_seen",
        "images_per_second",
        "seconds",
        "device",
        "precision",
        "threads",
    ]
    return {
        "title": "Training",
        "text": "The loss is the binary cross-entropy of each pixel. It does not go down to zero: the soft edges of a "
        "stroke are neither ink nor paper, and cost something even where they are drawn perfectly. Where the "
        "dotted line falls and the solid one does not, a variant learns its training images by heart.",
        "figure": _inline(training_figure(histories), "Loss curves of each variant"),
        "table": _cells(table[columns]),
        "download": "training.csv",
    }


def _reconstruction_section(table: pd.DataFrame) -> dict[str, object]:
    columns = ["variant", "recipe", "images", "mse", "mse_low", "mse_high", "psnr", "ssim", "iou"]
    return {
        "title": "Reconstruction of the test split",
        "text": "Synthetic drawings that no variant was trained on, encoded and decoded, recipe by recipe. Low mean "
        "squared error (mse) is good; high PSNR (dB), SSIM and IoU (shared over united ink, at half tone) are "
        "good. Lines through the dots are bootstrap 95 % intervals; the file has them for every figure.",
        "figure": _inline(_reconstruction_figure(table), "Mean squared error by recipe and variant"),
        "table": _cells(table[columns]),
        "download": "reconstruction.csv",
    }


def _doodles_section(table: pd.DataFrame) -> dict[str, object]:
    return {
        "title": "Reconstruction of the doodles",
        "text": "The keyframes of each doodle as a variant draws them: from its encoder alone (pale), and after "
        "latents and a copy of the decoder were fitted to the doodle for some seconds (full). What is not right at a "
        "keyframe cannot be right between two.",
        "figure": _inline(_doodles_figure(table), "Keyframe error of each doodle, encoder alone and fitted"),
        "table": _cells(table[["variant", "doodle", "latents", "keyframes", *RECONSTRUCTION_FIGURES]]),
        "download": "doodles.csv",
    }


def _interpolation_section(table: pd.DataFrame) -> dict[str, object]:
    means = table.groupby(["variant", "method", "noise_std"], sort=False)[[*_FIGURES, "path_length"]].mean()
    return {
        "title": "Between the keyframes",
        "text": "Means over all doodles; the file has each animation. Ghosting is high where frames are blurred or "
        "doubled (drawn sheets: about 0.5; a cross-fade: 1.35). Ink deviation is high where strokes vanish or flood "
        "on the way, fragments where they break to pieces, widening where they swell to blobs. Each alone is easy "
        "to please; only all four together, and your own eyes, say that a drawing moves.",
        "figure": _inline(_interpolation_figure(table), "Figures of the animations by noise std"),
        "table": _cells(means.reset_index()),
        "download": "interpolation.csv",
    }


def _comparison_section(table: pd.DataFrame) -> dict[str, object]:
    return {
        "title": "Variants compared",
        "text": "Both variants reconstructed the same images, so that their differences, first less second, are taken "
        "image by image. Where the 95 % interval from low to high holds zero, the figures do not tell the two "
        "apart (differs: False). The intervals are over images and doodles; each variant was trained once, and "
        "another seed would move its figures as well.",
        "figure": None,
        "table": _cells(table) if len(table) else None,
        "download": "comparison.csv",
    }


def _reconstruction_figure(table: pd.DataFrame) -> Figure:
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


def _doodles_figure(table: pd.DataFrame) -> Figure:
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


def _interpolation_figure(table: pd.DataFrame) -> Figure:
    with matplotlib.rc_context(figure_style()):
        figure, all_axes = plt.subplots(2, 2, figsize=(7.2, 5.4), sharex=True)
        styles = dict(zip(table["method"].unique(), ["-", "--", ":", "-."] * 8, strict=False))
        for axes, (column, title) in zip(all_axes.flat, _FIGURES.items(), strict=True):
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


def _inline(figure: Figure, description: str) -> dict[str, object]:
    """Return a plot as SVG to stand in the page."""
    buffer = io.StringIO()
    with matplotlib.rc_context(figure_style()):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return {"svg": Markup(text[text.index("<svg") :]), "png": None, "alt": description}


def _cells(table: pd.DataFrame) -> dict[str, Sequence[object]]:
    return {
        "columns": [str(column).replace("_", " ") for column in table.columns],
        "rows": table.to_numpy().tolist(),
    }
