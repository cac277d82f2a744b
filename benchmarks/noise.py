"""What a noise std does to the drawings of each trained variant, on a folder of sheets.

Fits each variant to each sheet and draws *linear*, with and without noise. `chamfer` is the distance of the frames with
noise from those without, in pixels of 64: a std means the same in two variants if it moves their ink as far. Ink
deviation and fragments say whether drawings stay whole. Writes a table in Markdown to standard output, and progress to
standard error. Run it in the folder that holds ``results``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.quality import doodles_in
from benchmarks.variants import (
    add_sheets,
    fitted,
    line,
    measured,
    models_of,
    parser_of,
    read_configuration,
    tell,
    written,
)
from inkbridge import CELL
from inkbridge.config.settings import Configuration, Doodle
from inkbridge.evaluation.animations import fractions
from inkbridge.evaluation.metrics import interpolation_metrics
from inkbridge.evaluation.motion_metrics import chamfer
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend, choose_backend

STDS = (0.3, 0.8, 1.2)
FRAMES_PER_SEGMENT = 10

COLUMNS = {
    "std": ("noise std", ".1f"),
    "chamfer": ("Chamfer, px", ".2f"),
    "ink_deviation": ("ink deviation", ".3f"),
    "fragments": ("fragments", ".2f"),
}


def measure(model: Autoencoder, doodle: Doodle, settings: Configuration, backend: Backend) -> list[dict[str, float]]:
    """Fit ``model`` to a doodle and return a row for each noise std."""
    keyframes = read_keyframes(Path(doodle.sheet), **doodle.reading())
    _, drawing, _ = fitted(model, keyframes, False, settings, backend)

    def frames(std: float) -> np.ndarray:
        path = DoodlePath(doodle.sheet, "linear", std, FRAMES_PER_SEGMENT, False, settings.seed)
        return fractions(drawing.frames(path, CELL))

    still, drawn = frames(0.0), fractions(keyframes.images)
    return [
        {
            "std": std,
            "chamfer": float(np.mean([chamfer(*pair) for pair in zip(noisy, still, strict=True)])),
            **interpolation_metrics(noisy, drawn, FRAMES_PER_SEGMENT),
        }
        for std in STDS
        for noisy in [frames(std)]
    ]


def run(options: argparse.Namespace) -> None:
    settings = read_configuration(options.config)
    doodles = doodles_in(options.sheets, settings)
    models = models_of(options, settings)
    backend = choose_backend(settings.compute, settings.compute.threads)
    print(line(COLUMNS, "variant", {column: title for column, (title, _) in COLUMNS.items()}))
    print(line(COLUMNS, "---", dict.fromkeys(COLUMNS, "---:")))
    for variant, model in models.items():
        rows = []
        for name, doodle in doodles.items():
            tell(f"{variant}: {name}")
            rows += measure(model, doodle, settings, backend)
        for _, means in pd.DataFrame(rows).groupby("std", as_index=False).mean().iterrows():
            print(line(COLUMNS, variant, written(COLUMNS, means)), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = parser_of(__doc__)
    add_sheets(parser)
    measured(run, parser.parse_args(arguments))


if __name__ == "__main__":
    main()
