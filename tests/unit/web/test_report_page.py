"""The page of the reports, from tables like those of a run."""

import re
from itertools import product
from pathlib import Path

import pandas as pd

from inkbridge.evaluation.labels import INTERPOLATION_METRICS, RECONSTRUCTION_METRICS
from inkbridge.web.report_page import write_report_page

VARIANTS = ("conv64", "strokes64")


def tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a run of two variants, in which each doodle has methods and noises of its own."""
    errors = dict.fromkeys(RECONSTRUCTION_METRICS, 0.1) | {"mse_low": 0.05, "mse_high": 0.2}
    settings = [("tree", "linear", 0.0), ("tree", "linear", 0.8), ("walker", "linear", 0.0), ("walker", "cubic", 0.3)]
    between = dict.fromkeys((*INTERPOLATION_METRICS, "path_length"), 1.5)
    training = ["parameters", "images_seen", "images_per_second", "seconds", "device", "precision", "threads"]
    return {
        "reconstruction": pd.DataFrame([{"variant": v, "recipe": "post", "images": 9, **errors} for v in VARIANTS]),
        "doodles": pd.DataFrame(
            [
                {"variant": variant, "doodle": doodle, "latents": latents, "keyframes": 5, **errors}
                for variant, doodle, latents in product(VARIANTS, ("tree", "walker"), ("encoder", "fitted"))
            ]
        ),
        "interpolation": pd.DataFrame(
            [
                {"variant": variant, "doodle": doodle, "method": method, "noise_std": std, **between}
                for variant, (doodle, method, std) in product(VARIANTS, settings)
            ]
        ),
        "training": pd.DataFrame([{"variant": variant, **dict.fromkeys(training, 1)} for variant in VARIANTS]),
        "comparison": pd.DataFrame(columns=["first", "second", "difference"]),
    }


def written(folder: Path) -> str:
    history = pd.DataFrame({"images_seen": [1, 2], "validation_loss": [0.3, 0.2], "training_loss": [0.3, 0.1]})
    page = folder / "index.html"
    write_report_page(page, tables(), dict.fromkeys(VARIANTS, history), {"Samples": "samples.png"})
    return page.read_text(encoding="utf-8")


def test_every_plot_is_inline_svg_with_a_description(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert text.count("<svg xmlns") == 4
    assert "data:image" not in text


def test_means_say_how_many_doodles_they_cover(tmp_path: Path) -> None:
    text = written(tmp_path)
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)<", row)[:4] for row in text.split("<tr>")]
    assert ["strokes64", "linear", "0.000", "2"] in rows
    assert ["strokes64", "linear", "0.8000", "1"] in rows
    assert ["strokes64", "cubic", "0.3000", "1"] in rows
