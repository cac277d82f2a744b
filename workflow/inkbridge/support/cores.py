"""The cores of the machine, and the threads of NumPy."""

import os


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # on macOS
        return os.cpu_count() or 1


def use_one_blas_thread() -> None:
    """Let NumPy's BLAS use one thread, if it is loaded.

    The number of threads determines how BLAS splits a sum, and so the last bits of the sum. Snakemake sets that number
    to the threads that a job declares.
    """
    from threadpoolctl import threadpool_limits  # the Snakefile does not need it

    threadpool_limits(1, user_api="blas")
