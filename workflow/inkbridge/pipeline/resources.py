"""What a job declares to Snakemake: threads, GPUs and a priority."""

from collections.abc import Mapping
from math import ceil
from pathlib import Path

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Variant
from inkbridge.support.cores import available_cores


def declared_threads(wanted: int, offered: int | None) -> int:
    """Return the number of threads that a job declares to Snakemake. It uses ``wanted`` threads, and Snakemake was
    offered ``offered`` cores.

    If more cores are offered than exist, a job declares a share of the offer as large as its share of the real cores.
    Then no two trainings run on the same core. Oversubscribed threads that wait for each other were measured to be many
    times slower.
    """
    existing = available_cores()
    used = min(wanted, existing)
    return max(used, ceil((offered or used) * used / existing))


def declared_gpus(device: str) -> int:
    """Return the number of GPUs that a training or fitting job declares: one if it will use one, as far as this is
    known without torch. ``device`` is ``auto``, ``cpu`` or ``cuda``."""
    return int(device == "cuda" or (device == "auto" and Path("/dev/nvidiactl").exists()))


def training_cost(variant: Variant) -> float:
    """Return the expected time of a training, as a multiple of that of ``conv`` with the default settings.

    The time of an image grows with the square of the channels.
    """
    return variant.budget * ARCHITECTURES[variant.architecture].training_cost * (variant.channels / 16) ** 2


def training_priorities(variants: Mapping[str, Variant]) -> dict[str, int]:
    """Return the priority of each variant's training, 1 or more. The longer it is expected to take, the higher it is.

    The longest one starts first, because a long training that starts last keeps one core busy while the others idle
    (longest processing time first: Graham 1969, "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17).
    """
    costs = sorted({training_cost(variant) for variant in variants.values()})
    return {name: 1 + costs.index(training_cost(variant)) for name, variant in variants.items()}
