"""How many cores there are, and how jobs share them."""

import os


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
