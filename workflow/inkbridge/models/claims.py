"""Which GPUs of a machine a process uses. Trainings that run side by side take one each.

Snakemake counts GPUs (its resource ``gpu``), but does not say which. So each process locks a file for each GPU that it
takes, until it ends, and shows torch only those, through ``CUDA_VISIBLE_DEVICES``. Where a cluster has set that
variable, the process chooses among the GPUs that it names.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import torch

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Environment variable with the GPUs that a process may use, separated by commas."""

_held: list[IO[bytes]] = []
"""The files that this process has locked. They stay open until it ends."""


def claim_gpus(count: int) -> None:
    """Take ``count`` of the GPUs that this process may use, and hide the others from torch.

    If there are not more than that, or too few are free, nothing changes: processes then share GPUs.
    """
    visible = os.environ.get(VISIBLE, "").split(",") if os.environ.get(VISIBLE) else None
    names = visible or [str(number) for number in range(torch.cuda.device_count())]
    if _held or torch.cuda.is_initialized() or len(names) <= count:
        return
    taken = free_ones(names, count, Path(tempfile.gettempdir()))
    if taken:
        os.environ[VISIBLE] = ",".join(taken)


def free_ones(names: Iterable[str], count: int, folder: Path) -> list[str]:
    """Return the first ``count`` of the GPUs ``names`` that no other process has locked, after locking them by files in
    ``folder``. Returns none, and locks none, if fewer are free."""
    taken: dict[str, IO[bytes]] = {}
    for name in names:
        file: IO[bytes] = (folder / f"inkbridge-{os.getuid()}-gpu-{name}.lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken[name] = file
        except OSError:
            file.close()
        if len(taken) == count:
            _held.extend(taken.values())
            return list(taken)
    for file in taken.values():
        file.close()
    return []
