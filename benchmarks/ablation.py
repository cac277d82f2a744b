"""What each step of the stroke fit contributes: the same scenes, fitted without it.

Fits a variant that draws strokes to own scenes with known truth and, where they are there, to those of
``../shared/motion``: once as it is, and once for each step left out. Writes a table in Markdown to standard output, and
progress to standard error. Run it in the folder that holds ``results``.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import nn

from benchmarks.motion import SHARED, Sheet, animate, figures, sheets_of
from benchmarks.variants import CONFIG, line, load_models, read_configuration, tell, written
from inkbridge.config.settings import Configuration
from inkbridge.evaluation.animations import fractions
from inkbridge.matching.arcs import Arcs
from inkbridge.matching.between import Between
from inkbridge.matching.features import FeatureWeights, costs
from inkbridge.matching.match import forget_matches
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import choose_backend
from inkbridge.support.types import Floats

COLUMNS = {
    "chamfer": ("Chamfer, px", ".3f"),
    "astray": ("astray", ".3f"),
    "knots": ("knots", ".2f"),
    "length_error": ("length error", ".3f"),
    "keyframe_mse": ("keyframe MSE", ".4f"),
}

WAYS = {
    "strokes64": "as it is",
    "matched by place alone": "points become the nearest ones that are free, whatever their way along the ink",
    "without pen strokes": "letters are matched by their points alone",
    "without laying": "tangled drawings are not laid whole onto each other",
    "without knots and ink": "what stands between two drawings does not count, and tangles are not looked for",
    "without arcs": "strands move on straight lines",
    "without the painter's finish": "strokes stay where they were traced",
    "with an untrained network": "latents and features of random weights",
}
"""Name of a way to fit → what is different."""


def straight(arcs: Arcs, moments: Floats) -> Floats:
    """Return the points of all strands at ``moments`` on straight lines, as :meth:`Arcs.at` returns them on arcs."""
    places = arcs.straight(np.asarray(moments, np.float64))
    return np.stack([places.real, places.imag], axis=-1)


@contextmanager
def without(way: str) -> Iterator[None]:
    """Fit without what ``way`` leaves out, for the length of the context."""
    forget_matches()  # nothing else is matched in between
    with ExitStack() as patches:
        if way == "matched by place alone":
            places = FeatureWeights(neighbourhood=0, tangent=0, bend=0, ends=0, corners=0)
            patches.enter_context(patch("inkbridge.matching.match.STRUCTURES", (0.0,)))
            patches.enter_context(patch("inkbridge.matching.match.costs", lambda one, other: costs(one, other, places)))
        elif way == "without pen strokes":
            patches.enter_context(patch("inkbridge.matching.match.pens.assignments", lambda one, other: iter(())))
        elif way == "without laying":
            patches.enter_context(patch("inkbridge.matching.match.continuous.layings", lambda one, other: iter(())))
        elif way == "without knots and ink":
            patches.enter_context(patch("inkbridge.matching.match.between", lambda strands: Between(0.0, 0.0, 0.0)))
        elif way == "without arcs":
            patches.enter_context(patch.object(Arcs, "at", straight))
        elif way == "without the painter's finish":
            patches.enter_context(
                patch("inkbridge.fitting.strokes.finished", lambda handles, widths, *others: (handles, widths))
            )
        yield


def untrained(model: Autoencoder) -> Autoencoder:
    """Return ``model`` with random weights, and latents standardised as those of the trained one."""
    torch.manual_seed(0)
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            part.reset_parameters()
    return model


def measure(model: Autoencoder, sheets: Mapping[str, Sheet], settings: Configuration) -> dict[str, float]:
    """Return the means over ``sheets`` of each column."""
    backend = choose_backend(settings.compute, settings.compute.threads)
    rows = [figures(fractions(animate(model, sheet, settings, backend)[0]), sheet) for sheet in sheets.values()]
    return {column: float(np.mean([row[column] for row in rows])) for column in COLUMNS}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", default="strokes64", help="a variant whose decoder draws strokes")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of scenes with known truth")
    parser.add_argument("--scene", nargs="*", default=[], help="own scenes to measure; default: those for development")
    options = parser.parse_args(arguments)
    options.size = 64
    settings = read_configuration(CONFIG)
    parts = ["development", *(["shared"] if (options.shared / "truth.npz").exists() and not options.scene else [])]
    for part in parts:
        sheets = sheets_of(part, options)
        print(f"{len(sheets)} scenes, {part}:\n")
        print(line(COLUMNS, "", {column: title for column, (title, _) in COLUMNS.items()}))
        print(line(COLUMNS, "---", dict.fromkeys(COLUMNS, "---:")))
        for way in WAYS:
            tell(f"{part}: {way}")
            model = load_models([options.variant], settings, CONFIG)[options.variant]
            with without(way):
                found = measure(untrained(model) if "untrained" in way else model, sheets, settings)
            print(line(COLUMNS, way, written(COLUMNS, found)), flush=True)
        print()


if __name__ == "__main__":
    main()
