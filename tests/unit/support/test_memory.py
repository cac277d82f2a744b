"""Memory that is freed is kept for the next arrays."""

import platform
import subprocess
import sys

import pytest

ROUNDS = 20

FAULTS = f"""
import resource
import numpy as np
from inkbridge.support.memory import keep_freed_memory

def work():
    arrays = [np.ones(1 << 20) for _ in range(3)]  # 24 MiB

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

%s
work()
before = faults()
for _ in range({ROUNDS}):
    work()
print(faults() - before)
"""


def faults(preparation: str) -> int:
    """Return how often a process that runs ``preparation`` must get pages from the system while arrays come and go."""
    run = subprocess.run([sys.executable, "-c", FAULTS % preparation], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")
def test_arrays_use_the_memory_of_freed_arrays():
    kept = faults("keep_freed_memory()")
    assert kept < ROUNDS * 10
    assert faults("") > 3 * kept, "otherwise keep_freed_memory does nothing here"
