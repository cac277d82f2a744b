"""Faults of the machine around: signals, a full disk, too little memory, a second Snakemake; and a training that
diverges."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from inkbridge.config.settings import Compute, Training
from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.models import training
from inkbridge.models.device import choose_backend
from inkbridge.support.arrays import read_arrays
from inkbridge.support.errors import InkbridgeError
from qa.chaos.damage import SHARD, TINY
from qa.chaos.kills import writers
from qa.chaos.runs import SMALL, Job, Run, complete, differences, unlock
from qa.chaos.tally import Tally

MIB = 1 << 20


@cache
def can_mount() -> bool:
    """Tell whether this process may mount file systems, which root may not in most containers: one is mounted."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="inkbridge-mount-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)
    return mounted.returncode == 0


# --- signals ------------------------------------------------------------------------------------------------

_LONG = {
    **SMALL,
    "variants": {"coordconv64": None, "conv64": None, "strokes64": {}},
    "training": {"images": 10_000_000, "batch_size": 32, "validation_every": 320},
}
"""A training of the shipped network that strokes, which does not end by itself."""

_LONELY = 30.0
"""Seconds in which a job is to end whose Snakemake was killed: Python and torch may have to start first."""


def interrupt_training(finished: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Send SIGTERM, SIGINT and SIGHUP to a training of full size: at any moment, and in the midst of its loop."""
    tally, slowest = Tally("SIGTERM, Ctrl-C or SIGHUP in training"), 0.0
    shutil.copytree(finished / "results/dataset", folder / "results/dataset")
    checkpoint = folder / "results/models/strokes64/checkpoint.safetensors"
    for number in range(count):
        sent, in_loop = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 3], number % 4 != 3
        run, job = _long_training(folder, in_loop)
        time.sleep(rng.uniform(0, 3))
        os.kill(job.pid, sent)
        began = time.monotonic()
        wait_for(lambda job=job: not Path("/proc", str(job.pid), "exe").exists())
        took = time.monotonic() - began
        run.wait()
        saved = checkpoint.exists()
        slowest = max(slowest, took if saved else 0)
        told = any(words in run.text for words in (f"exit status {128 + sent}.", f"<Signals.{sent.name}"))
        tally.inject(f"{sent.name} {'in the loop' if in_loop else 'at any moment'}")
        if not told or took > 5 or (in_loop and not saved) or not _is_whole(checkpoint):
            tally.lose(f"{sent.name} after {number}: saved {saved}, in {took:.1f} s: {run.text[-1500:]}")
    tally.note = f"slowest save and end {slowest:.1f} s"
    return tally


def orphan_training(finished: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Kill Snakemake alone while a training of full size begins, or is in the midst of its loop: the job ends as upon
    SIGTERM, as the next Snakemake may begin the same one."""
    tally, slowest = Tally("SIGKILL of Snakemake alone in training: its job ends, too"), 0.0
    shutil.copytree(finished / "results/dataset", folder / "results/dataset")
    checkpoint = folder / "results/models/strokes64/checkpoint.safetensors"
    for number in range(count):
        in_loop = number % 2 == 1
        run, job = _long_training(folder, in_loop)
        time.sleep(rng.uniform(0, 0.3))
        os.kill(run.process.pid, signal.SIGKILL)
        began = time.monotonic()
        run.process.wait()
        while (alive := job in run.jobs()) and time.monotonic() < began + _LONELY:
            time.sleep(0.02)
        slowest = max(slowest, time.monotonic() - began)
        tally.inject("in the loop" if in_loop else "as the job begins")
        if alive:
            os.kill(job.pid, signal.SIGKILL)
        if alive or (in_loop and not checkpoint.exists()) or not _is_whole(checkpoint):
            tally.lose(f"{number}: outlived {alive}, saved {checkpoint.exists()}")
        unlock(folder)
    tally.note = f"slowest end {slowest:.1f} s"
    return tally


def _long_training(folder: Path, in_loop: bool) -> tuple[Run, Job]:
    """Start a training that does not end by itself, with no checkpoint; return it and its job as soon as that runs, or
    as it has come into its loop."""
    model, log = Path("results/models/strokes64/model.safetensors"), folder / "results/logs/train/strokes64.log"
    for former in (folder / model.with_name("checkpoint.safetensors"), log):
        former.unlink(missing_ok=True)
    run = Run(folder, str(model), settings=_LONG, options=("--allowed-rules", "train"))
    job = wait_for(lambda: next(iter(run.jobs()), None))
    if in_loop:
        wait_for(lambda: log.exists() and "training loss" in log.read_text())
    return run, job


def _is_whole(checkpoint: Path) -> bool:
    """Tell whether a checkpoint can be read, or is not there."""
    try:
        return not checkpoint.exists() or bool(read_arrays(checkpoint).arrays)
    except InkbridgeError:
        return False


def wait_for(condition: Callable[[], Any], timeout: float = 120) -> Any:
    """Return what ``condition`` returns as soon as that is true. Raises AssertionError after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


# --- a full disk --------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system of ``size`` bytes in memory at ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(disk: Path, left: int) -> Path:
    """Fill a disk but for ``left`` bytes, and return the file that takes the room."""
    filler = disk / "filler"
    filler.write_bytes(b"\0" * max(0, shutil.disk_usage(disk).free - left))
    return filler


def fill_disk_of_writers(folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Let files be written for which there is too little room."""
    tally = Tally("disk full while a shard, a checkpoint, a GIF is written")
    with small_disk(folder / "disk", 16 * MIB) as disk:
        for name, write in writers().items():
            path = disk / name
            write(path, 1)
            needed = path.stat().st_size
            write(path, 0)
            good = path.read_bytes()
            for _ in range(count // len(writers())):
                filler = _fill(disk, int(rng.uniform(0, 0.95 * needed)))
                message = _refusal(lambda path=path, write=write: write(path, 1))
                tally.inject(name)
                wrong = []
                if str(path) not in message or "the disk is full" not in message or "are free in" not in message:
                    wrong.append(f"{name}: expected an error that names file and space, found {message!r}")
                if path.read_bytes() != good:
                    wrong.append(f"{name}: the old file was damaged")
                filler.unlink()
                if {entry.name for entry in disk.iterdir()} != {name}:
                    wrong.append(f"{name}: something was left behind")
                tally.lose(*wrong)
            write(path, 1)
            path.unlink()
    return tally


def _refusal(act: Callable[[], object]) -> str:
    try:
        act()
    except InkbridgeError as error:
        return str(error)
    except Exception as error:  # what a user would see as a traceback
        return f"{type(error).__name__}: {error}"
    return ""


def fill_disk_of_a_run(reference: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Let runs meet a full disk at any point, free space, and run again."""
    tally = Tally("disk full in a run")
    files = {path.stat().st_ino: path.stat().st_size for path in reference.rglob("*") if path.is_file()}
    needed = sum(files.values())
    for number in range(count):
        with small_disk(folder / f"disk{number}", 3 * needed + 64 * MIB) as disk:
            work = disk / "work"
            filler = _fill(disk, int(rng.uniform(0.05, 0.7) * needed))
            code = Run(work, options=("--keep-going",)).wait()
            assert code != 0, "the room was enough"
            tally.inject()
            text = (work / "run.log").read_text(errors="replace")
            wrong = [f"{line} after the disk was full" for line in differences(work, reference, partly=True)]
            if not tells_full_disk(text):
                wrong.append(f"not told: {text[-1500:]}")
            filler.unlink()
            complete(work)
            tally.lose(*wrong, *differences(work, reference))
    return tally


def tells_full_disk(text: str) -> bool:
    """Tell whether jobs have said that the disk is full, or Snakemake has, whose own files had no room. A job that ends
    with a traceback has not."""
    of_a_job = re.search(r'File "[^"]*(/workflow/inkbridge/|/\.snakemake/scripts/)', text)
    return not of_a_job and ("disk is full" in text or "No space left" in text)


# --- divergence ---------------------------------------------------------------------------------------------


def diverge(folder: Path) -> Tally:
    """Make losses, gradients and weights that are no numbers, and a learning rate with which a network diverges."""
    tally = Tally("NaN or divergence in training")
    data = training.Data([_shard(folder, "train")], [_shard(folder, "validation")], 3)
    backend = choose_backend(Compute(device="cpu", precision="float32"), threads=1)
    settings = Training(images=200 * 16, batch_size=16, validation_every=100_000)
    draw = training.drawing_loss

    def wrong_loss(model: Any, *given: Any) -> Tensor:
        return draw(model, *given) * (float("nan") if model.training and steps() > 8 else 1)

    def wrong_gradient(model: Any, *given: Any) -> Tensor:
        loss = draw(model, *given)
        weights = next(model.parameters())
        return loss + (weights.sum() * 0).sqrt() if model.training and steps() > 8 else loss

    def overflowing_loss(model: Any, *given: Any) -> Tensor:
        return draw(model, *given) * (1e38 if model.training and steps() > 8 else 1)

    cases: dict[str, tuple[Callable[..., Tensor], float]] = {
        "loss NaN": (wrong_loss, 1e-3),
        "gradient NaN": (wrong_gradient, 1e-3),
        "loss infinite": (overflowing_loss, 1e-3),
        "learning rate 1": (draw, 1.0),
    }
    for name, (loss, rate) in cases.items():
        taken = iter(range(1_000_000))

        def steps(taken: Iterator[int] = taken) -> int:
            return next(taken)

        checkpoint = folder / f"{name}.safetensors"
        training.drawing_loss = loss
        try:
            message = _refusal(
                lambda checkpoint=checkpoint, rate=rate: training.train(
                    TINY, settings.model_copy(update={"learning_rate": rate}), data, backend, checkpoint, 0
                )
            )
        finally:
            training.drawing_loss = draw
        tally.inject(name)
        if not all(words in message for words in ("diverged", "at step", "learning rate", "training.learning_rate")):
            tally.lose(f"{name}: {message!r}")
        elif not _is_whole(checkpoint) or not checkpoint.exists():
            tally.lose(f"{name}: no checkpoint was kept")
        elif not all(np.isfinite(array).all() for array in read_arrays(checkpoint).arrays.values()):
            tally.lose(f"{name}: the checkpoint holds what is no number")
    return tally


def _shard(folder: Path, split: str) -> Path:
    path = folder / split / "0.h5"
    write_shard(path, ShardKey(**SHARD, split=split, index=0))
    return path


# --- memory -------------------------------------------------------------------------------------------------

_GREEDY: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "shard": ("results/dataset/train/0.h5", {"dataset": {"shard_size": 900_000}}, "dataset.shard_size"),
    "train": (
        "results/models/conv64/model.safetensors",
        {"training": {"images": 300_000, "batch_size": 30_000, "validation_every": 1000}},
        "training.batch_size",
    ),
    "animate": (
        "results/animations/conv64/tree/linear_std0.8.gif",
        {"animation": {**SMALL["animation"], "frames_per_segment": 1000, "size": 1024}},
        "animation.size",
    ),
}
"""Rule → a target of it, settings with which it needs many gigabytes, and the setting that is to be lowered."""


def starve(finished: Path, folder: Path, limits: Sequence[int], rules: Sequence[str] = tuple(_GREEDY)) -> Tally:
    """Run jobs with less memory than their settings need: a limit of the process, and one of a control group."""
    tally = Tally("too little memory")
    for rule in rules:
        target, changes, setting = _GREEDY[rule]
        for limit in limits:
            text = _run_with(finished, folder, rule, target, changes, ("prlimit", f"--data={limit}"))
            tally.inject(f"{rule}, limit of the process")
            if not ("memory ran out" in text and setting in text) and "A job was killed" not in text:
                tally.lose(f"{rule} with {limit >> 20} MiB: {text[-1500:]}")
    for rule in rules if _groups() else ():
        target, changes, setting = _GREEDY[rule]
        with _group(1200 * MIB) as before:
            text = _run_with(finished, folder, rule, target, changes, before)
        tally.inject(f"{rule}, limit of a control group")
        if "A job was killed" not in text or setting not in text:
            tally.lose(f"{rule} in a control group: {text[-1500:]}")
    return tally


def _run_with(
    finished: Path, folder: Path, rule: str, target: str, changes: Mapping[str, Any], before: Sequence[str]
) -> str:
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(finished, copy, symlinks=True)
    run = Run(
        copy,
        target,
        settings={**SMALL, **changes},
        options=("--forcerun", rule, "--allowed-rules", rule),
        before=before,
    )
    code, made = run.wait(300), (copy / target).exists()
    return "" if code == 0 or made else run.text


def _groups() -> bool:
    return Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists() and os.access("/sys/fs/cgroup/memory", os.W_OK)


@contextmanager
def _group(limit: int) -> Iterator[Sequence[str]]:
    """Make a control group of so much memory; yield the words that start a command in it."""
    group = Path(f"/sys/fs/cgroup/memory/inkbridge-chaos-{os.getpid()}")
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(limit))
    try:
        yield ("bash", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "bash")
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text().strip())
        group.rmdir()


# --- a second Snakemake -------------------------------------------------------------------------------------


def run_twice(reference: Path, folder: Path, count: int, rng: np.random.Generator, *targets: str) -> Tally:
    """Start a second Snakemake in the same working directory at any moment: it is refused, and nothing is damaged."""
    tally = Tally("two Snakemake processes in one working directory")
    for number in range(count):
        work = folder / f"twice{number}"
        first = Run(work, *targets)
        job = wait_for(lambda first=first: next(iter(first.jobs()), None))
        assert isinstance(job, Job)
        time.sleep(rng.uniform(0, 0 if targets else 8))
        other = folder / f"second{number}"
        # The first is held, though not its jobs: else it may have ended before the second has started.
        first.process.send_signal(signal.SIGSTOP)
        try:
            second = Run(other, *targets, options=("--directory", str(work)))
            code = second.wait()
        finally:
            first.process.send_signal(signal.SIGCONT)
        tally.inject()
        wrong = []
        if code == 0 or "lock" not in second.text:
            wrong.append(f"the second ended with {code}: {second.text[-1500:]}")
        if first.wait() != 0:
            wrong.append(f"the first failed: {first.text[-1500:]}")
        tally.lose(*wrong, *differences(work, reference, partly=bool(targets)))
        shutil.rmtree(work)
    return tally
