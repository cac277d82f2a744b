"""The metrics of each variant in one line, from the tables of the reports. It needs no pandas: the command line, which
shows them, works without what only the pipeline needs."""

import csv
from collections.abc import Callable, Iterable, Mapping
from math import fsum
from pathlib import Path

from inkbridge.evaluation.labels import INTERPOLATION_METRICS

_Row = Mapping[str, str]


def mean_metrics(reports: Path) -> dict[str, dict[str, float]]:
    """Return, for each variant, its mean metrics over all doodles, from the tables in the folder ``reports``.

    They are the error ``mse`` of the fitted keyframes, and the metrics between keyframes on the linear path without
    noise. Metrics of a table that does not exist are left out.
    """
    tables = (
        _means(reports / "doodles.csv", ["mse"], lambda row: row["latents"] == "fitted"),
        _means(reports / "interpolation.csv", INTERPOLATION_METRICS, _is_clean),
    )
    variants = dict.fromkeys(variant for table in tables for variant in table)
    return {variant: {name: mean for t in tables for name, mean in t.get(variant, {}).items()} for variant in variants}


def _is_clean(row: _Row) -> bool:
    return row["method"] == "linear" and float(row["noise_std"]) == 0


def _means(file: Path, metrics: Iterable[str], wanted: Callable[[_Row], bool]) -> dict[str, dict[str, float]]:
    """Return variant → metric → mean over the ``wanted`` rows of a table."""
    if not file.exists():
        return {}
    rows: dict[str, list[_Row]] = {}
    with file.open(newline="", encoding="utf-8") as table:
        for row in filter(wanted, csv.DictReader(table)):
            rows.setdefault(row["variant"], []).append(row)
    return {
        variant: {metric: fsum(float(row[metric]) for row in group) / len(group) for metric in metrics}
        for variant, group in rows.items()
    }
