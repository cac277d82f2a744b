"""How many cores there are, and how jobs share them."""

import os
from math import ceil
from pathlib import Path


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def use_one_blas_thread() -> None:
    """Let NumPy's BLAS, as far as it is loaded, use one thread: how it splits a sum, and so the last bits of it,
    depends on how many there are, and Snakemake tells it of all that a job declares."""
    from threadpoolctl import threadpool_limits  # not needed where the Snakefile is read

    threadpool_limits(1, user_api="blas")


def declared_threads(wanted: int, offered: int | None) -> int:
    """Return the threads that a job which uses ``wanted`` declares to Snakemake, which was offered ``offered`` cores.

    Where more cores are offered than exist, a job declares a share of the offer as large as its share of the real
    cores: no two trainings run on the same core, since oversubscribed threads that wait for each other were
    measured to be many times slower.
    """
    existing = available_cores()
    used = min(wanted, existing)
    return max(used, ceil((offered or used) * used / existing))


def declared_gpus(device: str) -> int:
    """Return the GPUs that a training or fitting job declares: one where it will use one, as far as can be known
    without torch. ``device`` is ``auto``, ``cpu`` or ``cuda``."""
    return int(device == "cuda" or (device == "auto" and Path("/dev/nvidiactl").exists()))
