"""The weights that come with the package: packed from trained models, and compared with those that are there.

``make weights`` runs this module. It trains the variants with the pipeline's own rule ``train``, as ``config.yaml`` and
on top of it ``qa/weights.yaml`` say, in a folder of its own, prints for each variant whether its weights differ from
the shipped ones, and replaces those that do.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkbridge.config.project import MODEL, variant_of
from inkbridge.config.settings import Configuration, Variant
from inkbridge.config.shipped import SHIPPED
from inkbridge.config.yaml_files import read_yaml
from inkbridge.data.recipes import sample_drawings
from inkbridge.models.storage import load_model
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images
from qa.paths import ROOT

FOLDER = ROOT / "build/weights"
"""Where the networks are trained."""

LONGER = ROOT / "qa/weights.yaml"
"""What differs from ``config.yaml``: these networks are trained longer."""

VALIDATION_IMAGES = 256

LARGEST_FILE = 9_000_000
"""Bytes that a file of weights may have."""


@dataclass(frozen=True)
class Weights:
    """Weights in float16, by name, and the record that describes them."""

    arrays: dict[str, NDArray[np.float16]]
    about: dict[str, Any]

    @property
    def mse(self) -> float:
        """The figure of :func:`validation_mse` when the weights were packed."""
        return float(self.about["figures"]["validation_mse"])


def committed_configuration() -> Configuration:
    """Return the settings that the shipped networks are trained with."""
    from snakemake.utils import update_config  # a check on another machine needs the rest of this module without it

    settings = read_yaml(ROOT / "config.yaml")
    update_config(settings, read_yaml(LONGER))
    return Configuration.read(settings)


def validation_images(seed: int, recipes: Mapping[str, float]) -> Images:
    """Return drawings ``uint8 [256, 64, 64]`` that no network was trained on, always the same ones."""
    rng = random_stream(seed, "shard", "validation", 0)
    return sample_drawings(rng, recipes, VALIDATION_IMAGES).images


def validation_mse(file: Path, variant: Variant, images: Images) -> float:
    """Return the mean squared error of ``images``, encoded and decoded by the model in ``file`` without any fit; ink is
    in [0, 1]."""
    drawn = load_model(file, variant).reconstruct(images)
    return float(np.square((drawn.astype(np.float64) - images) / 255).mean())


def read_weights(file: Path) -> Weights:
    """Read shipped weights. Raises :class:`InkbridgeError` if the file is damaged."""
    stored = read_arrays(file)
    return Weights(stored.arrays, stored.about)


def pack(name: str, models: Path, settings: Configuration, place: Path) -> Weights:
    """Write the trained model ``models/NAME/model.safetensors`` as float16 to ``place``, and return what was written.

    The record keeps that of the training with its history, says on which drawings it was trained, and adds a figure.
    Raises :class:`InkbridgeError` if the model was not trained as ``settings`` say.
    """
    file = models / name / MODEL
    trained, variant = read_arrays(file), settings.variants[name]
    asked = {"variant": variant.model_dump(), "training": settings.training.model_dump(), "seed": settings.seed}
    training = trained.about["training"]
    found = {"variant": variant_of(file).model_dump(), "training": training["settings"], "seed": training["seed"]}
    if found != asked:
        raise InkbridgeError(
            f"{file}: expected a model trained with {asked}, found {found}; remove it and train it anew"
        )
    arrays = {key: array.astype(np.float16) for key, array in trained.arrays.items()}
    about = {key: trained.about[key] for key in ("variant", "revision", "training", "provenance")}
    about |= {"history": _history(file.with_name("training.csv")), "dataset": settings.dataset.model_dump()}
    write_arrays(place, arrays, about)
    images = validation_images(settings.seed, settings.dataset.recipes)
    about["figures"] = {"validation_images": len(images), "validation_mse": validation_mse(place, variant, images)}
    write_arrays(place, arrays, about)
    if place.stat().st_size > LARGEST_FILE:
        raise InkbridgeError(f"{place}: expected at most {LARGEST_FILE} bytes, found {place.stat().st_size}")
    return read_weights(place)


def comparison(old: Weights | None, new: Weights) -> str:
    """Return, in words, whether the ``new`` weights differ from the ``old`` ones, which may be missing."""
    figure = f"validation MSE {new.mse:.6f}"
    if old is None:
        return f"new: {figure}"
    if _as_trained(old) == _as_trained(new):
        return f"the same, {figure}"
    change = f"validation MSE {old.mse:.6f} before, {new.mse:.6f} now"
    if {name: array.shape for name, array in old.arrays.items()} != {n: a.shape for n, a in new.arrays.items()}:
        return f"DIFFER: another network; {change}"
    steps = [np.abs(old.arrays[name].astype(np.float32) - array).max() for name, array in new.arrays.items()]
    return f"DIFFER: by {max(steps):.2g} at most in a weight; {change}"


def _as_trained(weights: Weights) -> tuple[object, ...]:
    """Return what two trainings of the same network on the same drawings have in common, without times and versions."""
    settings = {key: weights.about[key] for key in ("variant", "revision", "dataset", "history")}
    arrays = {name: (array.shape, array.tobytes()) for name, array in weights.arrays.items()}
    return json.dumps(settings, sort_keys=True), weights.about["training"]["settings"], arrays


def _history(table: Path) -> list[dict[str, float]]:
    with table.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def train(folder: Path, settings: Configuration, cores: str) -> Path:
    """Train all variants in ``folder`` with the committed configuration, or go on from where that was interrupted.
    Return the folder of the models."""
    targets = [f"results/models/{name}/{MODEL}" for name in settings.variants]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", cores]
    settled = ["--directory", str(folder), "--configfile", str(LONGER), "--quiet", "rules", "reason", "host"]
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([*command, *settled, "--", *targets], cwd=ROOT, check=True)
    return folder / "results/models"


def release(models: Path, settings: Configuration) -> None:
    """Pack the models of a folder, print how they differ from the shipped ones, and replace those that differ."""
    for name in settings.variants:
        shipped, fresh = SHIPPED[name], models / name / "packed.safetensors"
        new, old = pack(name, models, settings, fresh), read_weights(shipped) if shipped.exists() else None
        said = comparison(old, new)
        print(f"{name}: {said}")
        if not said.startswith("the same"):
            shutil.copyfile(fresh, shipped)
            print(f"  written: {shipped}, {shipped.stat().st_size / 1e6:.1f} MB; commit it")
        fresh.unlink()


def main() -> None:
    """Make the weights that come with inkbridge anew, and say whether they differ from the present ones."""
    parser = argparse.ArgumentParser(prog="python -m qa.weights", description=main.__doc__)
    parser.add_argument("--cores", default="all", help="of Snakemake  [default: all]")
    parser.add_argument("--models", type=Path, help="train nothing: take FOLDER/VARIANT/model.safetensors")
    options, settings = parser.parse_args(), committed_configuration()
    release(options.models or train(FOLDER, settings, options.cores), settings)
    if options.models is None:
        shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
