"""What a machine with a GPU shows about this code, in one run of less than eight minutes, without a network.

``make device-check`` runs this module: the tests that need a GPU, the speed of each variant against the CPU, and a
training of one variant for four minutes, whose weights are kept as a candidate for a release. It ends with a table.
With ``--device cpu --small``, all of it runs without a GPU in a minute or two, on networks too small to be of use.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inkbridge.config.settings import Compute, Configuration, Training, Variant
from inkbridge.config.shipped import SHIPPED
from inkbridge.config.yaml_files import read_yaml
from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.models.device import Backend, choose_backend
from inkbridge.models.storage import REVISION, as_arrays, build
from inkbridge.models.trainer import Data, Trainer
from inkbridge.models.training import Trained, train
from inkbridge.support.arrays import write_arrays
from inkbridge.support.cores import available_cores
from inkbridge.support.errors import InkbridgeError
from qa.paths import ROOT
from qa.weights import VALIDATION_IMAGES, validation_images, validation_mse

TRAINED = "strokes64"
"""The variant that is trained."""

TESTS = ("models/test_cuda.py", "models/test_resident.py", "models/test_claims.py", "strokes/test_triton_painter.py")
"""Unit tests of what runs on a GPU."""

STAGES = {"pixels": 0.1, "strokes": 0.6}
"""Stage → part of a training at which its speed is measured. A decoder of strokes first learns with one of pixels."""

PIXELS_PART = 0.35
"""Part of the training of strokes in its first stage."""


@dataclass(frozen=True)
class Scale:
    """How much is done."""

    shards: int
    shard_size: int
    batch: int
    measuring: float
    """Seconds of each measurement of speed."""
    training: float
    """Seconds of the training."""


FULL = Scale(shards=64, shard_size=8192, batch=512, measuring=8, training=240)
SMALL = Scale(shards=2, shard_size=512, batch=32, measuring=1, training=6)


@dataclass
class Findings:
    """What was found, and the seconds that each step took."""

    machine: dict[str, str | int] = field(default_factory=dict)
    tests: str = ""
    tests_passed: bool = False
    shard_images_per_second: float = 0.0
    speeds: dict[str, dict[str, float]] = field(default_factory=dict)
    """Variant, and stage if it has stages → ``cpu`` and ``device`` → images a second."""
    training: dict[str, Any] = field(default_factory=dict)
    validation_mse: dict[str, float] = field(default_factory=dict)
    """``candidate`` and ``shipped`` → mean squared error of drawings that no network saw."""
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note the seconds of a step, and print its name when it starts."""
        print(f"--- {name}", flush=True)
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 1)


def describe(backend: Backend) -> dict[str, str | int]:
    """Return the device, the processor and the versions that matter."""
    found = dict(backend.describe()) | {"cores": available_cores(), "python": sys.version.split()[0]}
    found["triton"] = "missing"
    if find_spec("triton"):
        from triton import __version__ as version

        found["triton"] = str(version)
    if backend.device.type == "cuda":
        found["memory_gib"] = round(torch.cuda.get_device_properties(0).total_memory / 2**30)
        found["cuda"] = str(torch.version.cuda)
    return found


def run_tests(is_small: bool) -> tuple[str, bool]:
    """Run the tests of what runs on a GPU. Return the last line of pytest, and whether all passed."""
    chosen = [str(ROOT / "tests/unit" / name) for name in TESTS]
    options = ["-m", "not slow", "-k", "not painter"] if is_small else []
    # The machine may have other versions than the constraints, which warn of other things.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", *options, *chosen]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()[-300:]]
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-2000:])
    return lines[-1].strip("= "), done.returncode == 0


def write_shards(folder: Path, scale: Scale, settings: Configuration) -> tuple[Data, float]:
    """Make the training set on all cores. Return it, and the images made in a second."""
    keys = [
        ShardKey(settings.seed, settings.dataset.recipes, scale.shard_size, split, number)
        for split, count in (("train", scale.shards), ("validation", 1))
        for number in range(count)
    ]
    paths = [folder / key.split / f"{key.index}.h5" for key in keys]
    started = time.monotonic()
    with ProcessPoolExecutor(available_cores()) as pool:
        list(pool.map(write_shard, paths, keys))
    data = Data(paths[: scale.shards], paths[scale.shards :], settings.seed)
    return data, len(keys) * scale.shard_size / (time.monotonic() - started)


def speed(variant: Variant, training: Training, data: Data, backend: Backend, done: float, seconds: float) -> float:
    """Return the images in a second of a training that has come as far as the part ``done``."""
    torch.manual_seed(0)
    model = build(variant).to(backend.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(model, training, variant.budget, data, backend)
    trainer.state.step = round(done * trainer.steps)
    batches = trainer.batches()
    for _ in range(3):  # compile, and choose algorithms
        trainer.step(next(batches))
    trainer.look()
    started, steps = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        trainer.step(next(batches))
        steps += 1
        if steps % 16 == 0 or backend.device.type == "cpu":
            trainer.look()  # waits for the device, so that the clock counts what it has done
    trainer.look()
    return steps * training.batch_size / (time.monotonic() - started)


def measure_speeds(
    settings: Configuration, data: Data, backend: Backend, scale: Scale, training: Training
) -> dict[str, dict[str, float]]:
    """Return the speed of each variant, and of each stage of the training of strokes, on the CPU and on the device.

    On the CPU: one thread in float32, and batches of the default size.
    """
    cpu, found = Backend(torch.device("cpu"), torch.float32, 1), {}
    usual = settings.training.model_copy(update={"images": 10**9})
    for name, variant in settings.variants.items():
        stages = STAGES if variant.architecture == "strokes" else {"": 0.1}
        for stage, done in stages.items():
            torch.set_num_threads(1)
            on_cpu = speed(variant, usual, data, cpu, done, scale.measuring)
            torch.set_num_threads(backend.threads)
            there = speed(variant, training, data, backend, done, scale.measuring)
            found[f"{name} {stage}".strip()] = {"cpu": on_cpu, "device": there}
            print(f"{name} {stage}: CPU {on_cpu:,.0f} images/s, device {there:,.0f}", flush=True)
    return found


def train_for(
    seconds: float, speeds: dict[str, dict[str, float]], variant: Variant, training: Training, data: Data,
    backend: Backend, folder: Path,
) -> Trained:  # fmt: skip
    """Train ``variant`` on as many images as fit into about so many ``seconds``."""
    first, last = (speeds[f"{TRAINED} {stage}"]["device"] for stage in STAGES)
    images = round(0.93 * seconds / (PIXELS_PART / first + (1 - PIXELS_PART) / last))
    budget = {"images": max(images, training.batch_size), "validation_every": max(images // 8, 1)}
    whole = variant.model_copy(update={"budget": 1.0})
    return train(whole, training.model_copy(update=budget), data, backend, folder / "checkpoint.safetensors")


def save_candidate(path: Path, variant: Variant, trained: Trained, settings: Configuration) -> None:
    """Write the weights as those of a release are written (``qa/weights.py``): as float16, with their record."""
    arrays = {name: array.astype(np.float16) for name, array in as_arrays(trained.model.state_dict()).items()}
    about = {"variant": variant.model_dump(), "revision": REVISION, "training": dict(trained.record)}
    about |= {"history": trained.history, "dataset": settings.dataset.model_dump()}
    write_arrays(path, arrays, about)


def table(found: Findings) -> str:
    """Return the findings as Markdown."""
    device = found.machine
    lines = [
        f"{device['device_name']}, {device['precision']}, torch {device['torch']}, Triton {device['triton']}; "
        f"{device['cores']} cores.",
        "",
        "| variant | CPU, one thread: images/s | device: images/s | times |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {name} | {each['cpu']:,.0f} | {each['device']:,.0f} | {each['device'] / each['cpu']:.1f} |"
            for name, each in found.speeds.items()
        ),
        "",
        "| | |",
        "| --- | --- |",
        f"| tests | {found.tests} |",
        f"| training images made, all cores | {found.shard_images_per_second:,.0f} images/s |",
        f"| {TRAINED}: images, time | {found.training['images_seen']:,}, {found.training['seconds']:.0f} s |",
        f"| {TRAINED}: validation loss | {found.training['validation_loss']:.4f} |",
        *(
            f"| MSE of {VALIDATION_IMAGES} new drawings, {name} | {mse:.5f} |"
            for name, mse in found.validation_mse.items()
        ),
        f"| seconds | {', '.join(f'{name} {value:.0f}' for name, value in found.seconds.items())} |",
    ]
    return "\n".join(lines) + "\n"


def configuration(is_small: bool) -> Configuration:
    """Return the settings of ``config.yaml``, or with networks as small as they can be."""
    plain = dict(read_yaml(ROOT / "config.yaml"))
    if is_small:
        plain["variants"] = {name: one | {"channels": 8} for name, one in plain["variants"].items()}
    return Configuration.read(plain)


def check(options: argparse.Namespace) -> Findings:
    """Do all of it, and write what was found to the folder of the ``options``."""
    scale, settings = SMALL if options.small else FULL, configuration(options.small)
    compute = Compute(device=options.device, precision=options.precision, compile=options.compile)
    backend = replace(choose_backend(compute, threads=1), resident=True)
    training = settings.training.model_copy(
        update={"batch_size": options.batch or scale.batch, "learning_rate": options.learning_rate, "images": 10**9}
    )
    found, variant = Findings(machine=describe(backend)), settings.variants[TRAINED]
    options.output.mkdir(parents=True, exist_ok=True)
    candidate = options.output / f"{TRAINED}.safetensors"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with found.timed("tests"):
            found.tests, found.tests_passed = run_tests(options.small)
        with found.timed("shards"):
            data, found.shard_images_per_second = write_shards(folder, scale, settings)
        with found.timed("speeds"):
            found.speeds = measure_speeds(settings, data, backend, scale, training)
        with found.timed("training"):
            seconds = options.training_seconds or scale.training
            trained = train_for(seconds, found.speeds, variant, training, data, backend, folder)
            found.training = dict(trained.record)
            save_candidate(candidate, variant, trained, settings)
    with found.timed("quality"):
        images = validation_images(settings.seed, settings.dataset.recipes)
        found.validation_mse["candidate"] = validation_mse(candidate, variant, images)
        if not options.small:
            found.validation_mse["shipped"] = validation_mse(SHIPPED[TRAINED], variant, images)
    (options.output / "device-check.json").write_text(json.dumps(asdict(found), indent=1) + "\n")
    (options.output / "device-check.md").write_text(table(found))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the tests that need a GPU, measure each variant against the CPU, train one for four minutes."""
    parser = argparse.ArgumentParser(prog="python -m qa.device_check", description=main.__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="[default: cuda]")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument(
        "--small", action="store_true", help="tiny networks, a few seconds each: tests the check itself"
    )
    parser.add_argument("--batch", type=int, help="images in a step on the device  [default: 512]")
    parser.add_argument("--compile", action="store_true", help="let torch compile the steps of trainings")
    parser.add_argument("--learning-rate", type=float, default=0.02, help="[default: 0.02]")
    parser.add_argument("--training-seconds", type=float, help="[default: 240]")
    parser.add_argument("--output", type=Path, default=ROOT / "build/device-check", metavar="FOLDER")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        found = check(options)
    except InkbridgeError as error:
        sys.exit(str(error))
    print(f"\n{table(found)}\n{time.monotonic() - started:.0f} s in all; written to {options.output}")
    if not found.tests_passed:
        sys.exit("tests failed; their output is above")


if __name__ == "__main__":
    main()
