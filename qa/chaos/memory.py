"""Too little memory: the message names the setting to lower."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.chaos import machine
from qa.chaos.machine import MIB
from qa.chaos.runs import SMALL, Launch, Run
from qa.chaos.tally import Tally

_GREEDY: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "shard": ("results/dataset/train/0.h5", {"dataset": {"shard_size": 900_000}}, "dataset.shard_size"),
    "train": (
        "results/models/conv64/model.safetensors",
        {"training": {"images": 300_000, "batch_size": 30_000, "validation_every": 1000}},
        "training.batch_size",
    ),
    "animate": (
        "results/animations/conv64/tree/linear_std0.8.gif",
        {"animation": {**SMALL["animation"], "frames_per_segment": 300, "size": 1024}},
        "animation.size",
    ),
}
"""Rule → one of its targets, settings with which it needs many gigabytes, and the setting that should be lowered."""

_GROUP_LIMIT = 1200 * MIB


def starve(finished: Path, folder: Path, limits: Sequence[int], rules: Sequence[str] = tuple(_GREEDY)) -> Tally:
    """Run jobs with less memory than their settings need: limit the process, then a control group."""
    tally = Tally("too little memory")
    for rule in rules:
        for limit in limits:
            text = _run_with(finished, folder, rule, ("prlimit", f"--data={limit}"))
            tally.inject(f"{rule}, limit of the process")
            if not ("memory ran out" in text and _GREEDY[rule][2] in text) and "A job was killed" not in text:
                tally.lose(f"{rule} with {limit >> 20} MiB: {text[-1500:]}")
    limiter = machine.usable_limiter()
    if limiter is None:
        tally.skip(f"limit of a control group: none of {', '.join(machine.LIMITERS)} works here")
        return tally
    for rule in rules:
        with machine.LIMITERS[limiter](_GROUP_LIMIT) as before:
            text = _run_with(finished, folder, rule, before)
        tally.inject(f"{rule}, {limiter}")
        if "A job was killed" not in text or _GREEDY[rule][2] not in text:
            tally.lose(f"{rule} in a control group: {text[-1500:]}")
    return tally


def _run_with(finished: Path, folder: Path, rule: str, before: Sequence[str]) -> str:
    """Return what Snakemake prints when it runs ``rule`` after the words ``before``; empty if it made the target."""
    target, changes, _ = _GREEDY[rule]
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(finished, copy, symlinks=True)
    run = Run(
        copy,
        target,
        settings={**SMALL, **changes},
        options=("--forcerun", rule, "--allowed-rules", rule),
        launch=Launch(before=before),
    )
    code, made = run.wait(300), (copy / target).exists()
    return "" if code == 0 or made else run.text
