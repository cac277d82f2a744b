"""``inkbridge models``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from inkbridge.cli.console import Console, place_of, printable_lines
from inkbridge.cli.options import project_options
from inkbridge.config.project import Project
from inkbridge.config.shipped import SHIPPED

_DIGITS = {"seconds": 0, "validation_loss": 4, "mse": 5}
"""Digits after the point; other metrics have three."""


@click.command(short_help="List the trained models.")
@project_options
def models(project: Project, console: Console) -> None:
    """List the trained models with their metrics, and where each comes from: those of the project, and those that are
    shipped with inkbridge.

    A model of the project replaces the shipped one of its name. Metrics between keyframes are means over the project's
    doodles, on the linear path without noise, as in results/reports.

    \b
    Example:
      inkbridge models
    """
    from inkbridge.evaluation.summaries import mean_metrics
    from inkbridge.models.storage import read_record

    used, metrics = project.models(), mean_metrics(project.folder / "results/reports")
    rows = []
    for name, file in [*project.trained_models().items(), *SHIPPED.items()]:
        is_used = used.get(name) == file
        measured = metrics.get(name, {}) if file not in SHIPPED.values() else {}
        rows.append({"variant": name, **_figures(read_record(file)), **measured, "from": _origin(file, is_used)})
    click.echo(printable_lines("\n".join(_table(rows))))


def _figures(record: Mapping[str, object]) -> dict[str, object]:
    keys = ("architecture", "latent_dim", "parameters", "images_seen", "seconds", "validation_loss")
    return {key: record[key] for key in keys}


def _origin(file: Path, is_used: bool) -> str:
    return place_of(file) if is_used else f"{place_of(file)}, not used in this project"


def _table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the lines of a table with a column for each key of ``rows``: text to the left, numbers to the right."""
    columns = sorted(dict.fromkeys(key for row in rows for key in row), key="from".__eq__)  # "from" is last
    cells = [[column, *(_cell(column, row.get(column)) for row in rows)] for column in columns]
    sides = ["<" if isinstance(next(row[c] for row in rows if c in row), str) else ">" for c in columns]
    padded = [
        [f"{cell:{side}{max(map(len, column))}}" for cell in column] for column, side in zip(cells, sides, strict=True)
    ]
    return ["  ".join(line).rstrip() for line in zip(*padded, strict=True)]


def _cell(column: str, value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.{_DIGITS.get(column, 3)}f}" if isinstance(value, float) else str(value)
