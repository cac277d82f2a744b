"""A second Snakemake in the same working directory: it is refused, and nothing is damaged."""

import shutil
import signal
import time
from pathlib import Path

import numpy as np

from qa.chaos.machine import wait_for
from qa.chaos.runs import Job, Run, differences
from qa.chaos.tally import Tally


def run_twice(reference: Path, folder: Path, count: int, rng: np.random.Generator, *targets: str) -> Tally:
    """Start a second Snakemake at any moment of the first one's run."""
    tally = Tally("two Snakemake processes in one working directory")
    for number in range(count):
        work = folder / f"twice{number}"
        first = Run(work, *targets)
        job = wait_for(first.some_job)
        assert isinstance(job, Job)
        time.sleep(rng.uniform(0, 0 if targets else 8))
        other = folder / f"second{number}"
        # The first is stopped, though not its jobs: otherwise it might end before the second has started.
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
