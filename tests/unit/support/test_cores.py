"""A process knows how many cores it may use, and its BLAS uses one thread."""

import os
import subprocess
import sys

from inkbridge.support.cores import available_cores


def test_at_least_one_core_is_available():
    assert available_cores() >= 1


def test_blas_uses_one_thread_regardless_of_the_environment():
    code = (
        "import numpy; from threadpoolctl import threadpool_info; "
        "from inkbridge.support.cores import use_one_blas_thread; "
        "use_one_blas_thread(); "
        "print({pool['num_threads'] for pool in threadpool_info() if pool['user_api'] == 'blas'})"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "{1}\n"
