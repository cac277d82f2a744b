"""More cores offered than the machine has."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkbridge.support.cores import available_cores
from qa.chaos.runs import SMALL, Run
from qa.chaos.tally import Tally

_TOLERANCE = 0.10
_TICK = 0.05


def settings(images: int, variants: int) -> Mapping[str, Any]:
    """Return settings with ``variants`` trainings of a shipped network, each of ``images`` images."""
    return {
        **SMALL,
        "dataset": {"shard_size": 2048, "shards": {"train": 2}},
        "variants": dict.fromkeys(SMALL["variants"]) | {f"conv{number}": _NETWORK for number in range(variants)},
        "training": {"images": images, "batch_size": 32, "validation_every": 1_000_000},
    }


_NETWORK = {"architecture": "conv", "latent_dim": 64}


def oversubscribe(folder: Path, images: int, repetitions: int) -> Tally:
    """Train two networks per core, in turns with ``--cores`` as large as the machine and four times as large.

    Compare the images per second of all trainings together, from the start of the first to the end of the last. There
    must never be more trainings at once than cores.
    """
    cores = available_cores()
    tally = Tally(f"`--cores {4 * cores}` on {cores} cores")
    models = [f"results/models/conv{number}/model.safetensors" for number in range(2 * cores)]
    options = ("--forcerun", "train", "--until", "train")
    speeds: dict[int, list[float]] = {cores: [], 4 * cores: []}
    for repetition in range(repetitions):
        for offered in sorted(speeds, reverse=repetition % 2 == 0):
            run = Run(folder, *models, cores=offered, settings=settings(images, len(models)), options=options)
            seconds, most = _watch(run)
            assert run.wait() == 0, run.text
            speeds[offered].append(images * len(models) / seconds)
            if offered > cores:
                tally.expect(most <= cores, f"{most} trainings at once")
    few, many = (float(np.median(speed)) for speed in speeds.values())
    tally.note = f"{few:.0f} and {many:.0f} images/s, a ratio of {many / few:.2f}"
    if many < (1 - _TOLERANCE) * few:
        tally.lose(f"slower with more --cores: {tally.note}")
    return tally


def _watch(run: Run) -> tuple[float, int]:
    """Return the seconds from the start of the first training to the end of the last, and the most at once."""
    moments, most = [], 0
    while run.running:
        trainings = sum(job.script == "train" for job in run.jobs())
        if trainings:
            moments.append(time.monotonic())
            most = max(most, trainings)
        time.sleep(_TICK)
    assert moments, run.text
    return moments[-1] - moments[0], most
