"""The page of the reports: tables and plots, each explained."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from inkbridge.evaluation.labels import INTERPOLATION_METRICS, RECONSTRUCTION_METRICS
from inkbridge.evaluation.plot_style import plot_style
from inkbridge.evaluation.plots import doodles_plot, interpolation_plot, reconstruction_plot, training_plot
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

    ``tables``: reconstruction, doodles, interpolation, training and comparison, as in the CSV files beside the page.
    ``histories``: variant → its loss curves. ``pictures``: title → address relative to the page.
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
        "text": "The loss is the binary cross-entropy of each pixel. It never reaches zero: the soft edges of a stroke "
        "are neither ink nor paper, so they add to the loss even if they are drawn perfectly. If the dotted line "
        "falls and the solid line does not, the variant is memorising its training images.",
        "plot": _inline(training_plot(histories), "Loss curves of each variant"),
        "table": _cells(table[columns]),
        "download": "training.csv",
    }


def _reconstruction_section(table: pd.DataFrame) -> dict[str, object]:
    columns = ["variant", "recipe", "images", "mse", "mse_low", "mse_high", "psnr", "ssim", "iou"]
    return {
        "title": "Reconstruction of the test split",
        "text": "Each variant encodes and decodes synthetic drawings that it was not trained on. A low mean squared "
        "error (mse) is good. A high PSNR (in dB), SSIM or IoU (the share of the inked area that both images ink) is "
        "good. The lines through the dots are 95 % bootstrap intervals; the file has them for every column.",
        "plot": _inline(reconstruction_plot(table), "Mean squared error by recipe and variant"),
        "table": _cells(table[columns]),
        "download": "reconstruction.csv",
    }


def _doodles_section(table: pd.DataFrame) -> dict[str, object]:
    return {
        "title": "Reconstruction of the doodles",
        "text": "How well each variant redraws the keyframes of each doodle. Pale dots: with the encoder alone. Solid "
        "dots: after fitting, which adjusts the latents and a copy of the decoder to the doodle for a few seconds. "
        "If a drawing is wrong at the keyframes, it cannot be right between them.",
        "plot": _inline(doodles_plot(table), "Keyframe error of each doodle, encoder alone and fitted"),
        "table": _cells(table[["variant", "doodle", "latents", "keyframes", *RECONSTRUCTION_METRICS]]),
        "download": "doodles.csv",
    }


def _interpolation_section(table: pd.DataFrame) -> dict[str, object]:
    settings = table.groupby(["variant", "method", "noise_std"], sort=False)
    means = settings[[*INTERPOLATION_METRICS, "path_length"]].mean()
    means.insert(0, "doodles", settings.size())
    return {
        "title": "Between the keyframes",
        "text": "Means over the doodles that have an animation with that method and noise; the file has every "
        "animation. Low values are good. Ghosting is high if frames are blurred or doubled (hand-drawn sheets: about "
        "0.5; a cross-fade: 1.35). Ink deviation is high if strokes vanish or flood between the keyframes, fragments "
        "if strokes break into pieces, widening if strokes swell into blobs, knots if they tangle or grow spurs, and "
        "length error if they shrink, stretch or cover one another. One low value proves little. All six together, "
        "and your own eyes, tell whether a drawing moves.",
        "plot": _inline(interpolation_plot(table), "Six metrics of the animations, by noise std"),
        "table": _cells(means.reset_index()),
        "download": "interpolation.csv",
    }


def _comparison_section(table: pd.DataFrame) -> dict[str, object]:
    return {
        "title": "Variants compared",
        "text": "Both variants of a pair reconstruct the same images, so the difference, first minus second, is taken "
        "image by image. If the 95 % interval from low to high contains zero, the two cannot be told apart (differs: "
        "False). The intervals cover the choice of images and doodles. They do not cover the training: each "
        "variant was trained once, and another seed would also change its results.",
        "plot": None,
        "table": _cells(table) if len(table) else None,
        "download": "comparison.csv",
    }


def _inline(figure: Figure, description: str) -> dict[str, object]:
    """Return a plot as inline SVG."""
    buffer = io.StringIO()
    with matplotlib.rc_context(plot_style()):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return {"svg": Markup(text[text.index("<svg") :]), "alt": description}


def _cells(table: pd.DataFrame) -> dict[str, Sequence[object]]:
    return {
        "columns": [str(column).replace("_", " ") for column in table.columns],
        "rows": table.to_numpy().tolist(),
    }
