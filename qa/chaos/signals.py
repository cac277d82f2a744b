"""Signals to a training of full size: it saves a checkpoint, ends in time, and reports the signal as its exit code."""

import os
import shutil
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np

from inkbridge.support.arrays import read_arrays
from inkbridge.support.errors import InkbridgeError
from qa.chaos.machine import wait_for
from qa.chaos.runs import SMALL, Job, Run, unlock
from qa.chaos.tally import Tally

_LONG = {
    **SMALL,
    "variants": {"coordconv64": None, "conv64": None, "strokes64": {}},
    "training": {"images": 10_000_000, "batch_size": 32, "validation_every": 320},
}
"""A training of the shipped stroke network that does not end by itself."""

_SAVED_WITHIN = 10.0
"""Seconds within which a training that received a signal must save and end: ``docker stop`` waits as long before it
kills, batch systems wait longer."""

_ENDED_WITHIN = 30.0
"""Seconds within which a job must end after its Snakemake was killed. Python and torch may have to start first."""


def interrupt_training(finished: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Send SIGTERM, SIGINT and SIGHUP to a training of full size, in its loop or at any moment.

    Every second signal goes to the process group, as from Ctrl-C or a terminal that closes; the others go to the job
    alone, as from a batch system.
    """
    tally, slowest = Tally("SIGTERM, Ctrl-C or SIGHUP in training"), 0.0
    shutil.copytree(finished / "results/dataset", folder / "results/dataset")
    checkpoint = folder / "results/models/strokes64/checkpoint.safetensors"
    for number in range(count):
        sent, in_loop = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 3], number % 4 != 3
        to_group = number % 2 == 1
        run, job = _long_training(folder, in_loop)
        time.sleep(rng.uniform(0, 3))
        os.killpg(run.process.pid, sent) if to_group else os.kill(job.pid, sent)
        began = time.monotonic()
        wait_for(partial(_has_ended, job.pid))
        took = time.monotonic() - began
        code = run.wait()
        saved = checkpoint.exists()
        slowest = max(slowest, took if saved else 0)
        reported = code != 0 and (to_group or _reports(run.text, sent))
        tally.inject(f"{sent.name} {'to the group' if to_group else 'to the job'}")
        if not reported or took > _SAVED_WITHIN or (in_loop and not saved) or not _is_whole(checkpoint):
            tally.lose(f"{sent.name} after {number}: saved {saved}, in {took:.1f} s: {run.text[-1500:]}")
        if to_group:
            unlock(folder)
    tally.note = f"slowest save and end {slowest:.1f} s"
    return tally


def _reports(text: str, sent: signal.Signals) -> bool:
    """Return whether Snakemake reports that a job ended with a signal."""
    return any(words in text for words in (f"exit status {128 + sent}.", f"<Signals.{sent.name}"))


def orphan_training(finished: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Kill Snakemake alone while a training of full size starts, or is in its loop. The job must end as on SIGTERM,
    because the next Snakemake may start the same job."""
    tally, slowest = Tally("SIGKILL of Snakemake alone in training: the job ends too"), 0.0
    shutil.copytree(finished / "results/dataset", folder / "results/dataset")
    checkpoint = folder / "results/models/strokes64/checkpoint.safetensors"
    for number in range(count):
        in_loop = number % 2 == 1
        run, job = _long_training(folder, in_loop)
        time.sleep(rng.uniform(0, 0.3))
        os.kill(run.process.pid, signal.SIGKILL)
        began = time.monotonic()
        run.process.wait()
        while (alive := job in run.jobs()) and time.monotonic() < began + _ENDED_WITHIN:
            time.sleep(0.02)
        slowest = max(slowest, time.monotonic() - began)
        tally.inject("in the loop" if in_loop else "as the job starts")
        if alive:
            os.kill(job.pid, signal.SIGKILL)
        if alive or (in_loop and not checkpoint.exists()) or not _is_whole(checkpoint):
            tally.lose(f"{number}: outlived Snakemake: {alive}; saved a checkpoint: {checkpoint.exists()}")
        unlock(folder)
    tally.note = f"slowest end {slowest:.1f} s"
    return tally


def _long_training(folder: Path, in_loop: bool) -> tuple[Run, Job]:
    """Start a training that does not end by itself, without a checkpoint. Return it and its job as soon as the job
    runs, or as soon as it is in its loop."""
    model, log = Path("results/models/strokes64/model.safetensors"), folder / "results/logs/train/strokes64.log"
    for former in (folder / model.with_name("checkpoint.safetensors"), log):
        former.unlink(missing_ok=True)
    run = Run(folder, str(model), settings=_LONG, options=("--allowed-rules", "train"))
    job = wait_for(lambda: next(iter(run.jobs()), None))
    if in_loop:
        wait_for(lambda: log.exists() and "training loss" in log.read_text())
    return run, job


def _is_whole(checkpoint: Path) -> bool:
    """Return whether a checkpoint can be read, or does not exist."""
    try:
        return not checkpoint.exists() or bool(read_arrays(checkpoint).arrays)
    except InkbridgeError:
        return False


def _has_ended(pid: int) -> bool:
    """Return whether a process has ended; its parent may not have asked for its exit code yet."""
    return not Path("/proc", str(pid), "exe").exists()
