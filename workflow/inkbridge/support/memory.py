"""Memory that is freed and soon needed again."""

import numpy as np

_KEPT = 31 << 20
"""Bytes. glibc's thresholds follow the largest block that was freed, up to 32 MiB."""


def keep_freed_memory() -> None:
    """Make glibc keep up to 62 MiB of what this process frees, for its next arrays.

    Otherwise it returns large arrays to the system at once. Getting their memory again takes longer than most
    operations on them: a third of the time in which decoders of pixels draw (docs/experiments.md).
    """
    np.empty(_KEPT, dtype=np.uint8)  # takes no memory: nothing is written
