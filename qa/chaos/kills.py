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

from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.export.formats import write_gif
from inkbridge.support.arrays import write_arrays
from inkbridge.support.png import write_png
from qa.chaos.runs import Job, Run, differences, jobs_in, unlock
from qa.chaos.tally import Tally

_TICK = 0.03
"""Seconds between two looks at the jobs that run."""

_PATIENCE = 10.0
"""Seconds in which a job is to end that was told to, or killed."""


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
        self.terminated = Tally("SIGTERM of trainings in these runs")
        self.runs = Tally("SIGKILL of Snakemake, with its jobs or alone")
        self.completed = 0
        self.saved: dict[Path, int] = {}
        """Log of a training that was to end and has saved → the number of its process."""
        self.resumed = 0

    def __call__(self) -> list[Tally]:
        while self.killed.injected < self.kills and not self._all_lost():
            self._round()
            print(f"{self.killed.injected} of {self.kills} jobs killed", file=sys.stderr, flush=True)
        self.killed.note = f"{self.completed} times from nothing to a complete run that equals an undisturbed one"
        self.terminated.note = f"{self.resumed} seen to go on from their checkpoint"
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
            lines = differences(self.folder, self.reference, partly=code != 0)
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
                self._look_whether_it_goes_on(job)
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
        log = _log_of(job) if gently else None
        try:
            os.kill(job.pid, signal.SIGTERM if gently else signal.SIGKILL)
        except ProcessLookupError:
            return
        (self.terminated if gently else self.killed).inject(job.script)
        if log and self._end([job]):
            checkpoint = self.folder / "results/models" / log.stem / "checkpoint.safetensors"
            if checkpoint.exists():  # it has not come to its end just then
                self.saved[log] = job.pid

    def _look_whether_it_goes_on(self, job: Job) -> None:
        """Look into the log of a training whose forerunner has saved: that it has begun anew would cost time alone."""
        log = _log_of(job) if self.saved and job.script == "train" else None
        if log is None or self.saved.get(log, job.pid) == job.pid:
            return
        text = log.read_text()
        if "going on from" in text:
            self.resumed += 1
            del self.saved[log]
        elif "training loss" in text:
            self.terminated.lose(f"{log}: began anew, though there was a checkpoint")
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
            # At once the next one is started, as an impatient user would; what is left of the last one must not matter.
            os.kill(run.process.pid, signal.SIGKILL)
            run.process.wait()
            self.runs.inject("alone")
        unlock(self.folder)
        return -signal.SIGKILL

    def _end(self, jobs: Sequence[Job]) -> bool:
        """Tell whether all ``jobs`` end in time."""
        deadline = time.monotonic() + _PATIENCE
        while set(jobs) & set(jobs_in(self.folder)):
            if time.monotonic() > deadline:
                return False
            time.sleep(_TICK)
        return True

    def _text(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")


def _has_measured(job: Job) -> bool:
    """Tell whether a training has come as far as to write its losses into its log."""
    log = _log_of(job)
    return log is not None and "training loss" in log.read_text()


def _log_of(job: Job) -> Path | None:
    """Return the log of a training, None where it has none yet, or has ended."""
    try:
        logs = (link.readlink() for link in Path(f"/proc/{job.pid}/fd").iterdir())
        return next((log for log in logs if log.parts[-3:-1] == ("logs", "train") and log.exists()), None)
    except OSError:
        return None


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
    """Start a process that writes ``path`` until it is killed."""
    if pid := os.fork():
        return pid
    try:
        while True:
            for content in (0, 1):
                write(path, content)
    finally:
        os._exit(1)
