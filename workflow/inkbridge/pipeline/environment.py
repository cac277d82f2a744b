"""The environment that the jobs of a workflow inherit."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from inkbridge.config.settings import Configuration, fingerprint
from inkbridge.pipeline import jobs, records


def job_environment(settings: Configuration, clone: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that jobs need on top of ``environment``; ``clone`` is the folder of the Snakefile.

    - ``OMP_NUM_THREADS``: without it, numeric libraries would take a thread for each core. Training and fitting set
      torch's threads themselves.
    - ``NUMBA_CACHE_DIR``: compiled kernels are kept in the working directory; the package's may be read-only.
    - ``PYTHONPATH``: jobs in a conda environment find the package, which is not installed there.
    - variables that tell jobs with which Snakemake they end, and what all records of provenance share. The provenance
      is not a parameter of jobs, so that another commit remakes nothing.
    """
    path = [str(clone / "workflow"), *filter(None, [environment.get("PYTHONPATH")])]
    return {
        "OMP_NUM_THREADS": "1",
        "NUMBA_CACHE_DIR": str(Path(".snakemake", "numba").absolute()),
        "PYTHONPATH": os.pathsep.join(path),
        jobs.RUN_VARIABLE: jobs.run_id(),
        records.PROVENANCE_VARIABLE: records.for_jobs(fingerprint(settings), settings.seed),
    }


def interpreter_for_shell(executable: str) -> str:
    """Return the path of the Python interpreter as Snakemake needs it in ``sys.executable``.

    Snakemake puts the path into a shell command without quoting it, so the shell would split it at spaces. A path that
    is already quoted stays unchanged.
    """
    return shlex.quote(executable) if Path(executable).exists() else executable
