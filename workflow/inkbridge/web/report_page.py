"""The page of the reports: tables and plots, with words around them."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from inkbridge.evaluation.plots import (
    FIGURES,
    doodles_figure,
    figure_style,
    interpolation_figure,
    reconstruction_figure,
    training_figure,
)
from inkbridge.evaluation.tables import RECONSTRUCTION_FIGURES
from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.record import Provenance
from inkbridge.web.pages import render


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
    with atomic_write(path) as temporary:
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
        "figure": _inline(reconstruction_figure(table), "Mean squared error by recipe and variant"),
        "table": _cells(table[columns]),
        "download": "reconstruction.csv",
    }


def _doodles_section(table: pd.DataFrame) -> dict[str, object]:
    return {
        "title": "Reconstruction of the doodles",
        "text": "The keyframes of each doodle as a variant draws them: from its encoder alone (pale), and after "
        "latents and a copy of the decoder were fitted to the doodle for some seconds (full). What is not right at a "
        "keyframe cannot be right between two.",
        "figure": _inline(doodles_figure(table), "Keyframe error of each doodle, encoder alone and fitted"),
        "table": _cells(table[["variant", "doodle", "latents", "keyframes", *RECONSTRUCTION_FIGURES]]),
        "download": "doodles.csv",
    }


def _interpolation_section(table: pd.DataFrame) -> dict[str, object]:
    means = table.groupby(["variant", "method", "noise_std"], sort=False)[[*FIGURES, "path_length"]].mean()
    return {
        "title": "Between the keyframes",
        "text": "Means over all doodles; the file has each animation. Ghosting is high where frames are blurred or "
        "doubled (drawn sheets: about 0.5; a cross-fade: 1.35). Ink deviation is high where strokes vanish or flood "
        "on the way, fragments where they break to pieces, widening where they swell to blobs. Each alone is easy "
        "to please; only all four together, and your own eyes, say that a drawing moves.",
        "figure": _inline(interpolation_figure(table), "Figures of the animations by noise std"),
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
