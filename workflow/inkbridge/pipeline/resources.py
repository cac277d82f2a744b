"""What a job declares to Snakemake: threads, GPUs, memory, minutes and a priority.

Memory is in megabytes. The formulas are fits to measured peaks (``docs/scale.md``) with a quarter more, and with what
the two Snakemakes take that a cluster starts on a node beside a job. Minutes are limits, not expectations: a cluster
ends a job after them. A training that is ended continues from its checkpoint.
"""

from collections.abc import Mapping
from math import ceil
from pathlib import Path

from inkbridge import CELL
from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Configuration, Dataset, Variant
from inkbridge.support.cores import available_cores

_GPU_FILES = ("/dev/nvidiactl", "/dev/kfd", "/usr/lib/wsl/lib/libcuda.so.1")
"""Files that machines have whose GPU PyTorch can use: with NVIDIA's driver, with AMD's, and in WSL."""

_SNAKEMAKE = 300
"""Megabytes of the two Snakemakes beside a job on a node."""

_CUDA = 4000
"""Megabytes of the machine's own memory that CUDA's libraries and context may take."""

SMALL_JOB = 1000
"""Megabytes of a job whose memory hardly depends on the settings."""

LONGEST_MINUTES = 24 * 60
"""No job asks for more: many clusters allow no more, and a training continues in its next job."""


def declared_threads(wanted: int, offered: int | None, on_cluster: bool = False) -> int:
    """Return the number of threads that a job declares to Snakemake. It uses ``wanted`` threads, and Snakemake was
    offered ``offered`` cores.

    If more cores are offered than exist, a job declares a share of the offer as large as its share of the real cores.
    Then no two trainings run on the same core. Oversubscribed threads that wait for each other were measured to be many
    times slower. On a cluster, the cores of this machine do not count: a job declares what it wants, and uses no more
    than its node gives it (:func:`inkbridge.models.device.choose_backend`).
    """
    if on_cluster:
        return wanted
    existing = available_cores()
    used = min(wanted, existing)
    return max(used, ceil((offered or used) * used / existing))


def declared_gpus(device: str, on_cluster: bool = False) -> int:
    """Return the number of GPUs that a training or fitting job declares. ``device`` is ``auto``, ``cpu`` or ``cuda``.

    With ``auto``, it is one if this machine has a GPU, as far as this is known without torch. On a cluster, this
    machine's GPU does not count: ``auto`` declares none, and only ``cuda`` asks for one.
    """
    found = not on_cluster and any(Path(file).exists() for file in _GPU_FILES)
    return int(device == "cuda" or (device == "auto" and found))


def shard_memory(size: int) -> int:
    """Return the memory of a job that paints ``size`` images."""
    return _with_margin(175 + 0.0085 * size)


def training_memory(variant: Variant, batch_size: int, gpus: int) -> int:
    """Return the memory of a training. It does not grow with the number of shards."""
    width = variant.channels / 16
    return _with_margin(790 + 0.6 * batch_size * width + 11 * width**2) + _CUDA * gpus


def fit_memory(variant: Variant, gpus: int) -> int:
    """Return the memory of a fit."""
    return _with_margin(650 + 44 * (variant.channels / 16) ** 2) + _CUDA * gpus


def evaluation_memory(images: int, dataset: Dataset) -> int:
    """Return the memory of a job that reconstructs ``images`` of the test split, or all if there are fewer."""
    used = min(images, dataset.shard_size * dataset.shards.test)
    return _with_margin(500 + 0.11 * used)


def animation_memory(settings: Configuration, doodle: str, frames: int) -> int:
    """Return the memory of a job that animates a doodle by all its methods, ``frames`` frames each."""
    pixels = frames * (settings.animation.size**2 + CELL**2) * len(settings.animation_of(doodle).methods)
    return _with_margin(350 + 0.9 * pixels / 2**20)


def vectors_memory(frames: int) -> int:
    """Return the memory of a job that writes strokes of ``frames`` frames."""
    return _with_margin(110 + 0.015 * frames)


def training_minutes(variant: Variant, images: int, gpus: int) -> int:
    """Return the minutes that a training may take: those of 50 images/s on a core, 1,000 on a GPU, and half an hour."""
    slowest = 1000 if gpus else 50
    return min(LONGEST_MINUTES, 30 + ceil(training_cost(variant) * images / slowest / 60))


def small_job_minutes(images: int = 0) -> int:
    """Return the minutes of any other job, which may paint or measure so many ``images``, 100 a second."""
    return min(LONGEST_MINUTES, 20 + ceil(images / 100 / 60))


def _with_margin(megabytes: float) -> int:
    """Return what is declared for a measured peak, in hundreds of megabytes."""
    return 100 * ceil((1.25 * megabytes + _SNAKEMAKE) / 100)


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
