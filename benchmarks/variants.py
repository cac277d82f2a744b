"""The trained variants of a configuration, fitted to keyframes, and tables of their figures in Markdown.

Here is also what the command lines of these benchmarks have in common.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from snakemake.utils import update_config

from inkbridge import CELL
from inkbridge.config.settings import Configuration
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit
from inkbridge.keyframes.reading import Keyframes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend
from inkbridge.models.storage import load_model
from inkbridge.support.errors import InkbridgeError

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config.yaml"
SHEETS = ROOT / "resources/doodles"

NOTHING = "–"
"""What an empty cell of a table holds."""

Columns = Mapping[str, tuple[str, str]]
"""Column → its title and format."""


def parser_of(description: str | None, variants: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return a parser with the options ``--config`` and ``--variant``; default: ``variants``, or all of the
    configuration."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings on top of config.yaml")
    default = ", ".join(variants) or "all of the configuration"
    parser.add_argument("--variant", nargs="+", default=variants, help=f"variants to measure; default: {default}")
    return parser


def add_sheets(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--sheets``."""
    parser.add_argument("--sheets", type=Path, default=SHEETS, help="folder of sheets")


def add_output(parser: argparse.ArgumentParser, row: str) -> None:
    """Add the option ``--output``, for a table with one ``row`` for each of what it says."""
    parser.add_argument("--output", metavar="FILE.csv", help=f"write all values there, a row for each {row}")


def measured(run: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> None:
    """Run a benchmark with these ``options``. Errors of the user end it with a message."""
    try:
        run(options)
    except (InkbridgeError, OSError, yaml.YAMLError) as error:
        sys.exit(str(error))


def models_of(options: argparse.Namespace, settings: Configuration) -> dict[str, Autoencoder]:
    """Return name → trained model of the variants that the ``options`` ask for."""
    return load_models(options.variant or list(settings.variants), settings, options.config)


def read_configuration(path: Path) -> Configuration:
    """Return the settings of ``path`` on top of the default ones, as ``snakemake --configfile`` combines them."""
    settings = yaml.safe_load(CONFIG.read_text())
    on_top = yaml.safe_load(path.read_text()) or {}
    if not isinstance(on_top, dict):
        raise InkbridgeError(f"{path}: expected settings as `key: value`, found {type(on_top).__name__}; write keys")
    update_config(settings, on_top)
    return Configuration.read(settings)


def load_models(variants: Sequence[str], settings: Configuration, config: Path) -> dict[str, Autoencoder]:
    """Return name → trained model. Raises :class:`InkbridgeError` if one is unknown or not trained."""
    models = {}
    for name in variants:
        if name not in settings.variants:
            raise InkbridgeError(
                f"{name}: expected a variant of the configuration, found no such variant; choose from "
                f"{', '.join(settings.variants)}"
            )
        path = Path(f"results/models/{name}/model.safetensors")
        if not path.exists():
            with_config = "" if config.resolve() == CONFIG else f" --configfile {config}"
            raise InkbridgeError(
                f"{path}: expected a trained model, found none; run: snakemake --cores all {path}{with_config}"
            )
        models[name] = load_model(path, settings.variants[name])
    return models


def warm_up(model: Autoencoder, settings: Configuration, backend: Backend) -> None:
    """Fit ``model`` for one step, so that the time of fitting does not include compiling."""
    bars = np.zeros((2, CELL, CELL), np.uint8)
    bars[0, 20:44, 31:34] = bars[1, 31:34, 20:44] = 255
    once = settings.fitting.model_copy(update={"steps": 1, "stroke_steps": 1})
    fit(encode(model.to(backend.device), bars), Keyframes.of(bars), False, once, backend, settings.seed)


def fitted(
    model: Autoencoder, keyframes: Keyframes, loop: bool, settings: Configuration, backend: Backend
) -> tuple[FittedDoodle, FittedDoodle, float]:
    """Return a doodle of ``keyframes`` as encoded, as fitted, and the seconds that fitting took.

    If the configuration switches fitting off, both are the same.
    """
    encoded = encode(model.to(backend.device), keyframes.images)
    as_encoded = encoded.doodle()
    started = time.perf_counter()
    if not settings.fitting.enabled:
        return as_encoded, as_encoded, 0.0
    # Include doodle(): on a GPU, only copying the weights waits for the last step.
    as_fitted = fit(encoded, keyframes, loop, settings.fitting, backend, settings.seed).doodle()
    return as_encoded, as_fitted, time.perf_counter() - started


def written(columns: Columns, row: Mapping[str, float] | pd.Series) -> dict[str, str]:
    """Return the values of a row as the formats of its columns write them, without those that are not numbers."""
    known = [(column, form) for column, (_, form) in columns.items() if column in row and not np.isnan(row[column])]
    return {column: format(row[column], form) for column, form in known}


def line(columns: Columns, name: str, cells: Mapping[str, str]) -> str:
    """Return a line of a table in Markdown: ``name``, then the cells."""
    return "| " + " | ".join([name, *(cells.get(column, NOTHING) for column in columns)]) + " |"


def tell(text: str) -> None:
    """Print progress to standard error."""
    print(text, file=sys.stderr, flush=True)
