"""How much results change with threads, precision and the processor's instructions, as a table in Markdown.

Runs the same short training and the same fit in several processes and compares each with the first. Another seed is
included as a scale. ``docs/reproducibility.md`` explains the columns.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from inkbridge.config.settings import Compute, Fitting, Training, Variant
from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import choose_backend
from inkbridge.models.storage import as_arrays, load_model, save_model
from inkbridge.models.trainer import Data
from inkbridge.models.training import train

Metrics = dict[str, Any]
"""Metric → its value, or the array that its change is measured by."""

DOODLE = Path(__file__).parents[1] / "resources/doodles/tree.png"
OLDER = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "NUMBA_CPU_NAME": "haswell",
}
MIX = {"post": 0.1, "sketch": 0.9}
CONDITIONS: dict[str, tuple[list[str], dict[str, str]]] = {
    "the same again": ([], {}),
    "a processor with AVX2 alone": ([], OLDER),
    "bfloat16": (["--precision", "bfloat16"], {}),
    "another seed": (["--seed", "1"], {}),
    "2 threads": (["--threads", "2"], {}),
}
"""What differs from the first process, which uses one thread, float32 and all instructions of the processor."""


def trained(variant: Variant, folder: Path, arguments: argparse.Namespace) -> tuple[Autoencoder, float]:
    """Return a model trained on ``arguments.images``, and its validation loss."""
    compute = Compute(device="cpu", precision=arguments.precision, threads=arguments.threads)
    shards = [folder / f"train/{index}.h5" for index in range(2)]
    settings = Training(images=arguments.images, validation_every=arguments.images)
    checkpoint = Path(arguments.out).with_suffix(".checkpoint.safetensors")
    data = Data(shards, shards[:1], arguments.seed)
    result = train(variant, settings, data, choose_backend(compute, arguments.threads), checkpoint)
    return result.model.eval(), result.history[-1]["validation_loss"]


def metrics_of(model: Autoencoder, loss: float, fitted: Autoencoder, arguments: argparse.Namespace) -> Metrics:
    """Return the metrics of a trained ``model``, and of a fit of ``fitted``, a model that all conditions share."""
    keyframes = read_keyframes(DOODLE)
    drawn = keyframes.images
    compute = Compute(device="cpu", precision=arguments.precision, threads=arguments.threads)
    backend = choose_backend(compute, arguments.threads)
    doodle = fit(encode(fitted, drawn), keyframes, False, Fitting(), backend, arguments.seed).doodle()
    return {
        "loss": np.array(loss),
        "weights": np.concatenate([array.ravel() for array in as_arrays(dict(model.named_parameters())).values()]),
        "mse": mean_squared_error(encode(model, drawn).doodle().keyframes(), drawn),
        "latents": doodle.latents,
        "fitted mse": mean_squared_error(doodle.keyframes(), drawn),
    }


def mean_squared_error(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.mean(((one.astype(float) - other) / 255) ** 2)


def work(arguments: argparse.Namespace) -> None:
    """Train and fit in this process, and write the metrics."""
    folder, variant = Path(arguments.out).parent, Variant(architecture=arguments.architecture)
    model, loss = trained(variant, folder, arguments)
    shared = folder / "first.safetensors"
    if not shared.exists():
        save_model(shared, model, variant, {})
    np.savez(arguments.out, **metrics_of(model, loss, load_model(shared, variant), arguments))


def run(folder: Path, name: str, options: list[str], environment: dict[str, str]) -> Metrics:
    """Return the metrics of a process with ``options`` and ``environment``."""
    out = folder / f"{name}.npz"
    command = [sys.executable, __file__, "--out", str(out), *options]
    # Waiting threads sleep: if other programs run too, two threads that spin take many times as long.
    passive = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
    subprocess.run(command, check=True, env={**os.environ, **passive, **environment})
    return dict(np.load(out))


def change(name: str, found: Metrics, first: Metrics) -> str:
    """Return how far a figure is from that of the first process, relative to its size."""
    difference = np.linalg.norm(found[name] - first[name]) / np.linalg.norm(first[name])
    return "0" if difference == 0 else f"{difference:.1g}" if difference < 1e-3 else f"{100 * difference:.2g} %"


def main(arguments: argparse.Namespace) -> None:
    columns = ("loss", "weights", "mse", "latents", "fitted mse")
    for architecture in arguments.architecture.split(","):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root)
            for index in range(2):
                write_shard(folder / f"train/{index}.h5", ShardKey(0, MIX, 4096, "train", index))
            options = ["--architecture", architecture, "--images", str(arguments.images)]
            first = run(folder, "first", options, {})
            print(f"\n| {architecture} | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
            sizes = [f"{np.linalg.norm(first[name]):.4g}" for name in columns]
            print("| 1 thread, float32 | " + " | ".join(sizes) + " |", flush=True)
            for name, (more, environment) in CONDITIONS.items():
                found = run(folder, name.replace(" ", "_"), [*options, *more], environment)
                cells = [change(column, found, first) for column in columns]
                print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    parser.add_argument("--architecture", default="conv,strokes", help="with commas between")
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--precision", default="float32", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    work(given) if given.out else main(given)
