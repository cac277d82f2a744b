"""Quality of the trained variants of a configuration on a folder of sheets, compared with the requirements.

Fits each variant to each sheet and measures it as the pipeline does, at the native 64×64 and noise std 0. Sheets whose
cells have at least 256 or 512 pixels are also compared at 256×256 or 512×512: the keyframes as they were drawn, and as
the fitted doodle draws them (`benchmarks/clean_sheets.py` makes such sheets). Writes tables in Markdown to standard
output, and progress to standard error. Run it in the folder that holds ``results``.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from benchmarks.variants import (
    ROOT,
    add_output,
    add_sheets,
    fitted,
    line,
    measured,
    models_of,
    parser_of,
    read_configuration,
    tell,
    warm_up,
    written,
)
from inkbridge import CELL
from inkbridge.config.settings import Configuration, Doodle, find_sheet
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.evaluation.labels import INTERPOLATION_METRICS, LABELS
from inkbridge.evaluation.metrics import intersection_over_union
from inkbridge.evaluation.tables import animation_metrics, keyframe_metrics, write_table
from inkbridge.keyframes.originals import resized_drawings
from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend, choose_backend
from inkbridge.support.errors import InkbridgeError

COLUMNS = {
    "keyframe_mse": ("keyframe MSE, fitted", ".4f"),
    "encoder_mse": ("encoder alone", ".4f"),
    **{metric: LABELS[metric] for metric in INTERPOLATION_METRICS},
    "iou_256": ("IoU at 256", ".4f"),
    "iou_512": ("IoU at 512", ".4f"),
    "latent_size": ("latent size", ".0f"),
    "fit_seconds": ("seconds to fit", ".1f"),
}
"""Column → its title and format. Lower is better for all of them but those in ``HIGHER_IS_BETTER``."""

HIGHER_IS_BETTER = {"iou_256", "iou_512"}

LARGE = (256, 512)
"""Pixels of the side at which IoU is measured, if the cells of a sheet have as many."""

REQUIREMENTS = {
    "must reach": (0.0020, 0.0240, 0.60, 0.030, 0.25, 0.40, 0.20, 0.055, 0.970, np.nan, 64),
    "aim for": (0.0005, 0.0100, 0.47, 0.010, 0.05, 0.20, 0.10, 0.040, 0.985, np.nan, 64),
    "the post's GIFs": (0.0259, 0.0259, 1.29, 0.059, 0.51, 1.95, np.nan, np.nan, np.nan, np.nan, 64),
}
"""Name → values in the order of ``COLUMNS``, with which the means of *linear* are compared; the last column has none.

Those of the post are measured in the same way, on its own GIFs of its own sheets."""


def doodles_in(folder: Path, settings: Configuration) -> dict[str, Doodle]:
    """Return name → doodle for each picture in ``folder``, in the order of their names.

    A sheet that is in the configuration is read and looped as it says there, any other sheet with the defaults. Raises
    :class:`InkbridgeError` if there is no picture, or if two names differ only in their suffix.
    """
    if not folder.is_dir():
        raise InkbridgeError(f"{folder}: expected a folder of sheets, found no such folder; check the name")
    configured = {find_sheet(doodle.sheet, Path(), ROOT).resolve(): doodle for doodle in settings.doodles.values()}
    doodles: dict[str, Doodle] = {}
    for path in sorted(filter(_is_picture, folder.iterdir())):
        if path.stem in doodles:
            raise InkbridgeError(f"{path}: expected one sheet of this name, found a second one; rename one of them")
        about = configured.get(path.resolve(), Doodle(sheet=str(path)))
        doodles[path.stem] = about.model_copy(update={"sheet": str(path)})
    if not doodles:
        raise InkbridgeError(f"{folder}: expected sheets, found no pictures in this folder; put PNG or BMP files there")
    return doodles


def _is_picture(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    try:
        with Image.open(path):
            return True
    except UnidentifiedImageError:
        return False


def measure(model: Autoencoder, name: str, doodle: Doodle, settings: Configuration, backend: Backend) -> pd.DataFrame:
    """Fit ``model`` to one doodle and return a row of metrics for each method; ``sheet`` is the doodle's name."""
    keyframes = read_keyframes(Path(doodle.sheet), **doodle.reading())
    for text in keyframes.warnings:
        tell(text)
    encoded, drawing, seconds = fitted(model, keyframes, doodle.loop, settings, backend)
    drawn = {"encoder": encoded.keyframes(), "fitted": drawing.keyframes()}
    mse = keyframe_metrics(keyframes.images, drawn).groupby("latents")["mse"].mean()
    steps = settings.animation.frames_per_segment
    paths = [DoodlePath(name, method, 0, steps, doodle.loop, settings.seed) for method in METHODS]
    animated = {path: drawing.frames(path, CELL) for path in paths}
    return animation_metrics(drawing, keyframes.images, animated, sheet=name).assign(
        keyframe_mse=mse["fitted"],
        encoder_mse=mse["encoder"],
        **{f"iou_{size}": iou_at(size, keyframes, drawing) for size in LARGE},
        latent_size=drawing.latents.shape[1],
        fit_seconds=seconds,
    )


def iou_at(size: int, keyframes: Keyframes, drawing: FittedDoodle) -> float:
    """Return the mean IoU at ``size`` pixels a side of keyframes as they were drawn and as a fitted doodle draws them.

    NaN if they were drawn smaller.
    """
    if keyframes.originals.shape[1] < size:
        return np.nan
    drawn, fitted = resized_drawings(keyframes.originals, size), drawing.draw(drawing.latents, size)
    return float(intersection_over_union(drawn / np.float32(255), fitted / np.float32(255)).mean())


def markdown(metrics: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of the table of one variant, whose ``metrics`` have a row for each sheet and method.

    First *linear*: each sheet, the mean, and the worst value of each column with its sheet. Then the requirements, and
    the means of the other methods, as they are and as ratios to *linear*.
    """
    linear = metrics[metrics["method"] == "linear"].set_index("sheet")[list(COLUMNS)]
    mean = linear.mean()
    yield line(COLUMNS, "sheet", {column: title for column, (title, _) in COLUMNS.items()})
    yield line(COLUMNS, "---", dict.fromkeys(COLUMNS, "---:"))
    for sheet, row in linear.iterrows():
        yield line(COLUMNS, str(sheet), written(COLUMNS, row))
    yield line(COLUMNS, "**mean**", written(COLUMNS, mean))
    badness = linear.dropna(axis="columns", how="all")
    badness = badness.assign(**{column: -badness[column] for column in HIGHER_IS_BETTER & {*badness}})
    which = badness.idxmax()
    worst = written(COLUMNS, pd.Series({column: linear.at[sheet, column] for column, sheet in which.items()}))
    yield line(
        COLUMNS, "worst", {c: text if c == "latent_size" else f"{text} ({which[c]})" for c, text in worst.items()}
    )
    for name, values in REQUIREMENTS.items():
        yield line(COLUMNS, name, written(COLUMNS, dict(zip(COLUMNS, values, strict=False))))
    for method, rows in metrics.groupby("method", sort=False):
        if method != "linear":
            # The metrics of the keyframes are the same as with linear.
            means = rows[list(INTERPOLATION_METRICS)].mean()
            yield line(COLUMNS, f"{method}, mean", written(COLUMNS, means))
            ratios = {column: f"{means[column] / mean[column]:.2f}" for column in means.index if mean[column] > 0}
            yield line(COLUMNS, f"{method} / linear", ratios)


def run(options: argparse.Namespace) -> None:
    settings = read_configuration(options.config)
    doodles = doodles_in(options.sheets, settings)
    models = models_of(options, settings)
    backend = choose_backend(settings.compute, settings.compute.threads)
    tables = []
    for variant, model in models.items():
        if settings.fitting.enabled:
            warm_up(model, settings, backend)
        rows = []
        for number, (name, doodle) in enumerate(doodles.items(), start=1):
            tell(f"{variant}: {name}, {number} of {len(doodles)}")
            rows.append(measure(model, name, doodle, settings, backend))
        metrics = pd.concat(rows, ignore_index=True)
        print(f"`{variant}` on the sheets of `{options.sheets}`:\n", *markdown(metrics), "", sep="\n", flush=True)
        metrics.insert(0, "variant", variant)
        tables.append(metrics)
    if options.output:
        write_table(options.output, pd.concat(tables))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = parser_of(__doc__)
    add_sheets(parser)
    add_output(parser, "variant, sheet and method")
    measured(run, parser.parse_args(arguments))


if __name__ == "__main__":
    main()
