"""More cores offered than there are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkbridge.models.storage import read_record
from tests.chaos.runs import SMALL, Run
from tests.chaos.tally import Tally

_MODELS = [f"results/models/{variant}/model.safetensors" for variant in ("conv64", "strokes64")]

_TOLERANCE = 0.10


def settings(images: int) -> Mapping[str, Any]:
    """Return settings of two trainings of the shipped networks that take about as long as each other."""
    return {
        **SMALL,
        "dataset": {"shard_size": 2048, "shards": {"train": 2}},
        "variants": {"coordconv64": None, "conv64": {}, "strokes64": {"budget": 1}},
        "training": {"images": images, "batch_size": 32, "validation_every": 1_000_000},
    }


def oversubscribe(folder: Path, images: int, repetitions: int) -> Tally:
    """Train two networks side by side with ``--cores 2`` and ``--cores 8``, in turns; compare images a second."""
    tally = Tally("`--cores 8` on two cores")
    speeds: dict[int, list[float]] = {2: [], 8: []}
    for repetition in range(repetitions):
        for cores in (2, 8) if repetition % 2 else (8, 2):
            options = ("--forcerun", "train", "--until", "train")
            run = Run(folder, *_MODELS, cores=cores, settings=settings(images), options=options)
            assert run.wait() == 0, run.text
            records = [read_record(folder / model) for model in _MODELS]
            speeds[cores].append(sum(record["images_per_second"] for record in records))
            tally.inject(f"--cores {cores}")
    few, many = (float(np.median(speeds[cores])) for cores in (2, 8))
    tally.note = f"{few:.0f} and {many:.0f} images/s, a ratio of {many / few:.2f}"
    if many < (1 - _TOLERANCE) * few:
        tally.lose(f"slower with --cores 8: {tally.note}")
    return tally
