"""SIGKILL at random moments: of jobs, of Snakemake with all its jobs, of Snakemake alone, of processes that write."""

import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.export.formats import write_gif
from inkbridge.support.arrays import write_arrays
from inkbridge.support.png import write_png
from qa.chaos.machine import signal_tree
from qa.chaos.runs import Job, Run, differences, finished_files, jobs_in, unlock
from qa.chaos.tally import Tally

_TICK = 0.03
"""Seconds between two looks at the running jobs."""

_PATIENCE = 10.0
"""Seconds within which a job must end after a signal."""


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
    """Runs in ``folder`` that are killed again and again, and start from nothing each time that they are complete.

    The campaign ends after ``kills`` jobs were killed, at least one training received SIGTERM, and Snakemake itself was
    killed at least once. After each run its files are compared with those of an undisturbed one, ``reference``, and
    with those that were finished before the run.
    """

    def __init__(
        self,
        folder: Path,
        reference: Path,
        durations: Durations,
        kills: int,
        rng: np.random.Generator,
        cores: int = 2,
    ) -> None:
        self.folder, self.reference, self.durations = folder, reference, durations
        self.kills, self.rng, self.cores = kills, rng, cores
        self.killed = Tally("SIGKILL of jobs")
        self.terminated = Tally("SIGTERM of trainings in these runs")
        self.runs = Tally("SIGKILL of Snakemake, with its jobs or alone")
        self.completed = 0
        self.saved: dict[Path, int] = {}
        """Log of a training that saved on SIGTERM → its process."""
        self.resumed = 0

    def __call__(self) -> list[Tally]:
        while not self._done() and not self._all_lost():
            self._round()
            print(f"{self.killed.injected} of {self.kills} jobs killed", file=sys.stderr, flush=True)
        self.killed.note = f"{self.completed} times from nothing to a complete run that equals an undisturbed one"
        self.terminated.note = f"{self.resumed} seen to continue from their checkpoint"
        return [self.killed, self.terminated, self.runs]

    def _done(self) -> bool:
        return self.killed.injected >= self.kills and min(self.terminated.injected, self.runs.injected) > 0

    def _injected(self) -> int:
        return self.killed.injected + self.terminated.injected + self.runs.injected

    def _all_lost(self) -> list[str]:
        return self.killed.lost + self.terminated.lost + self.runs.lost

    def _round(self) -> None:
        """Start runs until one is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.completed:  # compiling the kernels was killed before, and takes as long as all the rest
            shutil.copytree(self.reference / ".snakemake/numba", self.folder / ".snakemake/numba")
        while True:
            former, kept = self._injected(), finished_files(self.folder)
            code, tally = self._disturbed_run()
            disturbed = self._injected() > former
            lines = differences(self.folder, self.reference, partly=code != 0, kept=kept)
            wrong = [f"{line}, after a run that ended with {code}" for line in lines]
            if code != 0 and not disturbed:
                wrong.append(f"a run failed by itself: {self._text()[-2000:]}")
            tally.lose(*wrong)
            if self._all_lost():
                return
            if code == 0:
                self.completed += 1
                return

    def _disturbed_run(self) -> tuple[int, Tally]:
        retries = int(self.rng.choice([0, 3]))
        run = Run(self.folder, options=("--keep-going", "--retries", str(retries)), cores=self.cores)
        end = self._end_of_the_run()
        moments: dict[Job, float] = {}
        patient: Job | None = None  # a training left alone until it has something to save
        gentle: set[Job] = set()
        while run.running:
            now = time.monotonic()
            if end and now > end:
                return self._kill_snakemake(run), self.runs
            for job in run.jobs():
                self._check_that_it_continues(job)
                if job not in moments:
                    moments[job] = now + self._age_at_death(job)
                    if job.script == "train" and self._shall_terminate():
                        moments[job], patient = np.inf, job
                if job == patient and _has_measured(job):
                    moments[job], patient = now + self.rng.uniform(0, 0.7), None
                    gentle.add(job)
                if now > moments[job]:
                    self._kill(job, gently=job in gentle)
                    moments[job] = np.inf
            time.sleep(_TICK)
        return run.wait(), self.killed

    def _shall_terminate(self) -> bool:
        """Return whether a training that starts receives SIGTERM once it has something to save: the first one does."""
        chosen = self.rng.random() < 0.7 and self.killed.injected < self.kills
        return chosen or not self.terminated.injected

    def _end_of_the_run(self) -> float:
        """Return the moment at which Snakemake is killed, 0 for never. One of the first runs must be."""
        chosen = self.rng.random() < 0.5 and self.killed.injected < self.kills
        if not chosen and self.runs.injected:
            return 0.0
        return time.monotonic() + self.rng.uniform(0, 0.25 * sum(map(sum, self.durations.values())))

    def _age_at_death(self, job: Job) -> float:
        """Return how many seconds a job may live: often for ever, less often if few of its kind were killed."""
        if self.killed.injected >= self.kills:
            return np.inf
        rare = self.killed.kinds[job.script] <= np.mean([self.killed.kinds[script] for script in self.durations])
        if self.rng.random() > (0.85 if rare else 0.4):
            return np.inf
        return self.rng.uniform(0, 1.02 * self.rng.choice(self.durations[job.script]))

    def _kill(self, job: Job, gently: bool) -> None:
        log = _log_of(job) if gently else None
        try:
            signal_tree(job.pid, signal.SIGTERM if gently else signal.SIGKILL)
        except ProcessLookupError:
            return
        (self.terminated if gently else self.killed).inject(job.script)
        if log and self._end([job]):
            checkpoint = self.folder / "results/models" / log.stem / "checkpoint.safetensors"
            if checkpoint.exists():  # otherwise the training was complete at that moment
                self.saved[log] = job.pid

    def _check_that_it_continues(self, job: Job) -> None:
        """Check in the log of a training that it continues from the checkpoint of its predecessor."""
        log = _log_of(job) if self.saved and job.script == "train" else None
        if log is None or self.saved.get(log, job.pid) == job.pid:
            return
        text = log.read_text()
        if "continuing from" in text:
            self.resumed += 1
            del self.saved[log]
        elif "training loss" in text:
            self.terminated.lose(f"{log}: started anew, although there was a checkpoint")
            del self.saved[log]

    def _kill_snakemake(self, run: Run) -> int:
        self.saved.clear()
        if self.rng.random() < 0.5:
            jobs = run.jobs()
            run.kill_all()
            self.runs.inject("with its jobs")
            for job in jobs:
                self.killed.inject(job.script)
            if not self._end(jobs):
                self.runs.lose("a job outlived the SIGKILL of its group")
        else:
            # The next one starts at once, as with an impatient user: the remains of the last one must not matter.
            os.kill(run.process.pid, signal.SIGKILL)
            run.process.wait()
            self.runs.inject("alone")
        unlock(self.folder)
        return -signal.SIGKILL

    def _end(self, jobs: Sequence[Job]) -> bool:
        """Return whether all ``jobs`` end in time."""
        deadline = time.monotonic() + _PATIENCE
        while set(jobs) & set(jobs_in(self.folder)):
            if time.monotonic() > deadline:
                return False
            time.sleep(_TICK)
        return True

    def _text(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")


def _has_measured(job: Job) -> bool:
    """Return whether a training has written losses into its log."""
    log = _log_of(job)
    return log is not None and "training loss" in log.read_text()


def _log_of(job: Job) -> Path | None:
    """Return the log of a training, None if it has none yet or has ended."""
    try:
        logs = (link.readlink() for link in Path(f"/proc/{job.pid}/fd").iterdir())
        return next((log for log in logs if log.parts[-3:-1] == ("logs", "train") and log.exists()), None)
    except OSError:
        return None


# --- processes that write ----------------------------------------------------------------------------------


def writers(size: int = 128) -> dict[str, Callable[[Path, int], None]]:
    """Return file name → a function that writes one of two contents, 0 or 1, into such a file."""
    pictures = [np.random.default_rng(content).integers(0, 256, (size, 64, 64), np.uint8) for content in (0, 1)]
    return {
        "shard.h5": lambda path, content: write_shard(path, ShardKey(content, {"sketch": 1.0}, size, "train", 0)),
        "model.safetensors": lambda path, content: write_arrays(path, {"pictures": pictures[content]}, {}),
        "animation.gif": lambda path, content: write_gif(path, pictures[content][:8], 30),
        "strip.png": lambda path, content: write_png(path, pictures[content].reshape(-1, 64)),
    }


def kill_writers(folder: Path, count: int, rng: np.random.Generator, together: int = 1) -> Tally:
    """Kill processes that write the same file again and again, ``together`` at once: the file is always whole."""
    tally = Tally("SIGKILL while writing" if together == 1 else f"{together} writers of one file, all killed")
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
            statuses = [os.waitpid(pid, 0)[1] for pid in pids]
            wrong = []
            if not all(map(os.WIFSIGNALED, statuses)):
                wrong.append(f"{name}: a writer ended by itself")
            tally.inject(name)
            if (folder / name).read_bytes() not in whole:
                wrong.append(f"{name}: half written")
            tally.lose(*wrong)
        write(folder / name, 0)
        tally.lose(*(f"{path.name}: left behind" for path in folder.iterdir() if path.name != name))
        (folder / name).unlink()
    return tally


def _fork(write: Callable[[Path, int], None], path: Path) -> int:
    """Start a process that writes ``path`` until it is killed, and return its number."""
    if pid := os.fork():
        return pid
    try:
        while True:
            for content in (0, 1):
                write(path, content)
    finally:
        os._exit(1)
