"""SIGKILL, at random moments: jobs, Snakemake with all its jobs, Snakemake alone, and processes that write files."""

import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from inkbridge.arrays import write_arrays
from inkbridge.formats import write_gif
from inkbridge.rendering import write_png
from inkbridge.shards import ShardKey, write_shard
from tests.chaos.runs import Job, Run, differences, jobs_in, unlock
from tests.chaos.tally import Tally

_TICK = 0.03
"""Seconds between two looks at the jobs that run."""

_LONELY = 15.0
"""Seconds in which a job is to end whose Snakemake was killed."""


Durations = Mapping[str, Sequence[float]]
"""Script → how long each of its jobs took, in seconds."""


def measure(folder: Path) -> Durations:
    """Run the workflow to its end in ``folder``; return how long its jobs took."""
    run = Run(folder)
    seen: dict[Job, tuple[float, float]] = {}
    while run.running:
        now = time.monotonic()
        for job in run.jobs():
            seen[job] = seen.get(job, (now, now))[0], now
        time.sleep(_TICK)
    assert run.process.returncode == 0, run.text
    durations = defaultdict(list)
    for job, (first, last) in seen.items():
        durations[job.script].append(last - first)
    return dict(durations)


class Campaign:
    """Runs in ``folder`` that are killed over and over until ``kills`` jobs were, and made again from nothing each time
    that they are complete. After each run, what is there is compared with an undisturbed one, ``reference``."""

    def __init__(
        self, folder: Path, reference: Path, durations: Durations, kills: int, rng: np.random.Generator
    ) -> None:
        self.folder, self.reference, self.durations = folder, reference, durations
        self.kills, self.rng = kills, rng
        self.killed = Tally("SIGKILL of jobs")
        self.terminated = Tally("SIGTERM of trainings, which go on from their checkpoint")
        self.runs = Tally("SIGKILL of Snakemake, with its jobs or alone")
        self.completed = 0

    def __call__(self) -> list[Tally]:
        while self.killed.injected < self.kills and not self._all_lost():
            self._round()
            print(f"{self.killed.injected} of {self.kills} jobs killed", file=sys.stderr, flush=True)
        self.killed.note = f"{self.completed} times from nothing to a complete run that equals an undisturbed one"
        return [self.killed, self.terminated, self.runs]

    def _all_lost(self) -> list[str]:
        return self.killed.lost + self.terminated.lost + self.runs.lost

    def _round(self) -> None:
        """Run until the run is complete, however often that takes."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.completed:  # compiled kernels, whose making was killed before: it takes as long as all the rest
            shutil.copytree(self.reference / ".snakemake/numba", self.folder / ".snakemake/numba")
        while True:
            former = self.killed.injected + self.terminated.injected + self.runs.injected
            code, tally = self._disturbed_run()
            disturbed = self.killed.injected + self.terminated.injected + self.runs.injected > former
            for line in differences(self.folder, self.reference, partly=code != 0):
                tally.lose(f"{line}, after a run that ended with {code}")
            if code != 0 and not disturbed:
                tally.lose(f"a run failed by itself: {self._text()[-2000:]}")
            if self._all_lost():
                return
            if code == 0:
                self.completed += 1
                return

    def _disturbed_run(self) -> tuple[int, Tally]:
        retries = int(self.rng.choice([0, 3]))
        run = Run(self.folder, options=("--keep-going", "--retries", str(retries)))
        end = self._end_of_the_run()
        moments: dict[Job, float] = {}
        patient: Job | None = None  # a training that is left alone until it has something to save
        gentle: set[Job] = set()
        while run.running:
            now = time.monotonic()
            if end and now > end:
                return self._kill_snakemake(run), self.runs
            for job in run.jobs():
                if job not in moments:
                    moments[job] = now + self._age_at_death(job)
                    if job.script == "train" and self.rng.random() < 0.7 and self.killed.injected < self.kills:
                        moments[job], patient = np.inf, job
                if job == patient and _has_measured(job):
                    moments[job], patient = now + self.rng.uniform(0, 0.7), None
                    gentle.add(job)
                if now > moments[job]:
                    self._kill(job, gently=job in gentle)
                    moments[job] = np.inf
            time.sleep(_TICK)
        return run.wait(), self.killed

    def _end_of_the_run(self) -> float:
        """Return when Snakemake is to be killed, 0 for never."""
        if self.killed.injected >= self.kills or self.rng.random() > 0.5:
            return 0.0
        return time.monotonic() + self.rng.uniform(0, 0.25 * sum(map(sum, self.durations.values())))

    def _age_at_death(self, job: Job) -> float:
        """Return how many seconds a job may live yet: often for ever; less often where few of its kind were killed."""
        if self.killed.injected >= self.kills:
            return np.inf
        rare = self.killed.kinds[job.script] <= np.mean([self.killed.kinds[script] for script in self.durations])
        if self.rng.random() > (0.85 if rare else 0.4):
            return np.inf
        return self.rng.uniform(0, 1.02 * self.rng.choice(self.durations[job.script]))

    def _kill(self, job: Job, gently: bool) -> None:
        try:
            os.kill(job.pid, signal.SIGTERM if gently else signal.SIGKILL)
        except ProcessLookupError:
            return
        (self.terminated if gently else self.killed).inject(job.script)

    def _kill_snakemake(self, run: Run) -> int:
        jobs = run.jobs()
        if self.rng.random() < 0.5:
            run.kill_all()
            self.runs.inject("with its jobs")
            for job in jobs:
                self.killed.inject(job.script)
        else:
            os.kill(run.process.pid, signal.SIGKILL)
            run.process.wait()
            self.runs.inject("alone")
            # At once the next one is started, as an impatient user would; what is left of the last one must not matter.
            if self.rng.random() < 0.5 and not self._ended():
                self.runs.lose("a job outlived its Snakemake")
        unlock(self.folder)
        return -signal.SIGKILL

    def _ended(self) -> bool:
        deadline = time.monotonic() + _LONELY
        while jobs_in(self.folder):
            if time.monotonic() > deadline:
                return False
            time.sleep(_TICK)
        return True

    def _text(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")


def _has_measured(job: Job) -> bool:
    """Tell whether a training has come as far as to write its losses into its log."""
    try:
        logs = [link.readlink() for link in Path(f"/proc/{job.pid}/fd").iterdir() if link.readlink().suffix == ".log"]
        return any("training loss" in log.read_text() for log in logs if log.parent.name == "train")
    except OSError:  # it has ended
        return False


# --- processes that write ----------------------------------------------------------------------------------


def writers(size: int = 128) -> dict[str, Callable[[Path, int], None]]:
    """Return functions that write one of two contents, 0 or 1, into a file whose name ends as their key does."""
    pictures = [np.random.default_rng(content).integers(0, 256, (size, 64, 64), np.uint8) for content in (0, 1)]
    return {
        "shard.h5": lambda path, content: write_shard(path, ShardKey(content, {"sketch": 1.0}, size, "train", 0)),
        "model.safetensors": lambda path, content: write_arrays(path, {"pictures": pictures[content]}, {}),
        "animation.gif": lambda path, content: write_gif(path, pictures[content][:8], 30),
        "strip.png": lambda path, content: write_png(path, pictures[content].reshape(-1, 64)),
    }


def kill_writers(folder: Path, count: int, rng: np.random.Generator, together: int = 1) -> Tally:
    """Kill processes that write the same file over and over, ``together`` of them at once: it is always whole."""
    tally = Tally("SIGKILL in the midst of writing" if together == 1 else f"{together} writers of one file, all killed")
    for name, write in writers().items():
        whole = set()
        for content in (0, 1):
            began = time.monotonic()
            write(folder / name, content)
            duration = time.monotonic() - began
            whole.add((folder / name).read_bytes())
        for _ in range(count // len(writers())):
            pids = [_fork(write, folder / name) for _ in range(together)]
            time.sleep(rng.uniform(0, 3 * duration))
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            tally.inject(name)
            if (folder / name).read_bytes() not in whole:
                tally.lose(f"{name}: half written")
        write(folder / name, 0)
        tally.lost += [f"{path.name}: left behind" for path in folder.iterdir() if path.name != name]
        (folder / name).unlink()
    return tally


def _fork(write: Callable[[Path, int], None], path: Path) -> int:
    """Start a process that writes ``path`` until it is killed."""
    if pid := os.fork():
        return pid
    try:
        while True:
            for content in (0, 1):
                write(path, content)
    finally:
        os._exit(1)
