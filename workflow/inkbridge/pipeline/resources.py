"""What a job declares to Snakemake: threads and GPUs."""

from math import ceil
from pathlib import Path

from inkbridge.support.cores import available_cores


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
