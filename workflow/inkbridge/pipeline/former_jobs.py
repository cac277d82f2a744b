"""Jobs of a former Snakemake that a Slurm cluster still runs in the same folder.

If Snakemake is killed, its jobs end with it on its own machine. On a cluster they go on, and the next Snakemake would
start them a second time. So it ends them first. A training saves a checkpoint when it is asked to end.
"""

import logging
import subprocess
import time
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("inkbridge")

LOGS = Path(".snakemake", "slurm_logs")
"""Folder of the logs of Slurm's jobs, by which the jobs of a working directory are known."""

PATIENCE = 180.0
"""Seconds to wait for jobs that were asked to end."""

_POLL_SECONDS = 1.0


def end(folder: Path) -> None:
    """End the Slurm jobs of a former Snakemake in ``folder``, and wait until they have ended.

    Does nothing without Slurm. Nobody else's jobs are there: Snakemake has locked the folder.
    """
    jobs = running(folder)
    if not jobs:
        return
    log.warning("ending %d Slurm jobs that a former Snakemake left in this folder: %s", len(jobs), ", ".join(jobs))
    _ask("scancel", *jobs)
    deadline = time.monotonic() + PATIENCE
    while running(folder) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def running(folder: Path) -> list[str]:
    """Return the numbers of the Slurm jobs of this user that wait or run, and write their logs into ``folder``."""
    logs = f"{(folder / LOGS).resolve()}/"
    lines = _ask("squeue", "--me", "--noheader", "--Format", "JobID:|,STDOUT:").splitlines()
    found = (line.partition("|") for line in lines)
    return [number.strip() for number, _, place in found if place.strip().startswith(logs)]


def _ask(*command: str) -> str:
    """Return what a command prints, empty if it cannot be run."""
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return ""
