"""Tables of metrics: the evaluation jobs measure them, and the reports gather them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.evaluation.animations import fractions
from inkbridge.evaluation.bootstrap import bootstrap_interval
from inkbridge.evaluation.labels import INTERPOLATION_METRICS, RECONSTRUCTION_METRICS
from inkbridge.evaluation.metrics import interpolation_metrics, reconstruction_metrics
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.files import atomic_write
from inkbridge.support.provenance.carriers import table_record_content, table_record_file
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images

Setting = tuple[str, str, str, float]
"""Variant, doodle, method and noise std of an animation."""


def image_metrics(truth: Images, reconstruction: Images, **labels: object) -> pd.DataFrame:
    """Return a row of reconstruction metrics for each image ``uint8 [N, 64, 64]``, after the columns of ``labels``.

    A label is one value for all rows, or an array of N values.
    """
    metrics = reconstruction_metrics(fractions(truth), fractions(reconstruction))
    return pd.DataFrame({**labels, **metrics})


def keyframe_metrics(keyframes: Images, drawn: Mapping[str, Images], **labels: object) -> pd.DataFrame:
    """Return a row of metrics for each keyframe and each way to redraw it (``encoder``, ``fitted``)."""
    numbers = np.arange(len(keyframes))
    tables = [
        image_metrics(keyframes, images, **labels, latents=latents, keyframe=numbers)
        for latents, images in drawn.items()
    ]
    return pd.concat(tables)


def animation_metrics(
    fitted: FittedDoodle, keyframes: Images, animated: Mapping[DoodlePath, Images], **labels: object
) -> pd.DataFrame:
    """Return a row of metrics for each path through a doodle, from its frames at the native 64×64.

    ``path_length`` is the length of the latent path in standard deviations of the latents.
    """
    return pd.DataFrame([labels | _path_metrics(fitted, keyframes, *each) for each in animated.items()])


def _path_metrics(fitted: FittedDoodle, keyframes: Images, path: DoodlePath, animated: Images) -> dict[str, Any]:
    frames, points = fractions(animated), fitted.along(path)
    drawn = fractions(keyframes)
    if path.loop:
        frames, drawn = (np.concatenate([part, part[:1]]) for part in (frames, drawn))
        end = points[0] if fitted.closing is None else fitted.closing
        points = np.concatenate([points, end[None]])
    return {
        "method": path.method,
        "noise_std": path.noise_std,
        **interpolation_metrics(frames, drawn, path.frames_per_segment),
        "path_length": float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()),
    }


def reconstruction_table(images: pd.DataFrame, resamples: int, seed: int) -> pd.DataFrame:
    """Return variant × recipe: the mean of each metric with its 95 % bootstrap interval (``_low``, ``_high``)."""
    return _means(images, ["variant", "recipe"], "images", resamples, seed)


def doodles_table(keyframes: pd.DataFrame, resamples: int, seed: int) -> pd.DataFrame:
    """Return variant × doodle × latents (``encoder`` alone, ``fitted``): means and intervals over the keyframes."""
    return _means(keyframes, ["variant", "doodle", "latents"], "keyframes", resamples, seed)


def _means(table: pd.DataFrame, keys: list[str], unit: str, resamples: int, seed: int) -> pd.DataFrame:
    rows = []
    for names, group in table.groupby(keys, sort=False):
        row: dict[str, Any] = {**dict(zip(keys, names, strict=True)), unit: len(group)}
        for metric in RECONSTRUCTION_METRICS:
            rng = random_stream(seed, "bootstrap", *map(str, names), metric)
            low, high = bootstrap_interval(group[metric].to_numpy(), rng, resamples)
            row |= {metric: group[metric].mean(), f"{metric}_low": low, f"{metric}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def comparison_table(images: pd.DataFrame, keyframes: pd.DataFrame, resamples: int, seed: int) -> pd.DataFrame:
    """Return the mean difference of each metric, first variant minus second, for each pair of variants.

    Both variants reconstruct the same images, so the differences are paired. ``low`` and ``high`` are the 95 %
    bootstrap interval; ``differs`` says whether it excludes zero. ``data`` is a recipe of the test split, whose images
    are resampled, or the keyframes of all doodles, encoder alone or fitted. For keyframes, whole doodles are resampled:
    the keyframes of one doodle are too similar to count one by one.
    """
    tested = images.assign(data=images["recipe"], unit=images["image"], keyframe=0)
    drawn = keyframes.assign(data="doodles, " + keyframes["latents"], unit=keyframes["doodle"])
    keys = ["variant", "data", "unit", "keyframe"]
    long = pd.concat([table[[*keys, *RECONSTRUCTION_METRICS]] for table in (tested, drawn)])
    rows = [
        row
        for first, second in combinations(long["variant"].unique(), 2)
        for data, group in long.groupby("data", sort=False)
        for row in _paired_rows(str(first), str(second), str(data), group, resamples, seed)
    ]
    columns = ["first", "second", "data", "figure", "images", "difference", "low", "high", "differs"]
    return pd.DataFrame(rows, columns=columns)


def _paired_rows(
    first: str, second: str, data: str, group: pd.DataFrame, resamples: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield a row for each metric, from the rows of all variants on the same data."""
    sides = group.set_index(["unit", "keyframe"]).groupby("variant")[list(RECONSTRUCTION_METRICS)]
    differences = sides.get_group(first) - sides.get_group(second)
    by_unit = differences.groupby(level="unit", sort=False).mean()
    for metric in RECONSTRUCTION_METRICS:
        rng = random_stream(seed, "bootstrap", first, second, data, metric)
        low, high = bootstrap_interval(by_unit[metric].to_numpy(), rng, resamples)
        yield {
            "first": first,
            "second": second,
            "data": data,
            "figure": metric,
            "images": len(differences),
            "difference": by_unit[metric].mean(),
            "low": low,
            "high": high,
            "differs": not low <= 0 <= high,
        }


def training_table(records: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row for each variant from the record of its training, without the settings."""
    return pd.DataFrame(
        [{"variant": name, **record} for name, record in records.items()],
    ).drop(columns="settings")


def metrics_by_setting(interpolation: pd.DataFrame, doodles: pd.DataFrame) -> dict[Setting, dict[str, float]]:
    """Return the metrics of each animation from two tables of the reports.

    These are the metrics between the keyframes, and ``mse``, the error of the keyframes, after fitting if they were
    fitted.
    """
    errors = doodles.drop_duplicates(["variant", "doodle"], keep="last")  # fitted ones come last
    rows = interpolation.merge(errors[["variant", "doodle", "mse"]], on=["variant", "doodle"])
    return {
        (row["variant"], row["doodle"], row["method"], float(row["noise_std"])): {
            name: float(row[name]) for name in (*INTERPOLATION_METRICS, "mse")
        }
        for row in rows.to_dict("records")
    }


def write_table(path: str, table: pd.DataFrame, provenance: Provenance | None = None) -> None:
    """Write a table as CSV, and its provenance in a file beside it. The files appear whole or not at all."""
    if provenance is not None:
        with atomic_write(table_record_file(Path(path))) as temporary:
            temporary.write_text(table_record_content(Path(path), provenance), encoding="utf-8")
    with atomic_write(Path(path)) as temporary:
        table.to_csv(temporary, index=False)


def read_tables(paths: Sequence[str]) -> pd.DataFrame:
    """Return the rows of several CSV files, in the order of the files."""
    return pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
