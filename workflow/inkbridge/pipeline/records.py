"""The provenance of what a job of the workflow makes."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from inkbridge.support.provenance.git import library_versions
from inkbridge.support.provenance.record import Provenance, result_record, run_record

PROVENANCE_VARIABLE = "INKBRIDGE_PROVENANCE"
"""Environment variable in which Snakemake tells its jobs what all their records share."""


def for_jobs(configuration: str, seed: int) -> str:
    """Return :func:`run_record` for the environment variable
    :data:`PROVENANCE_VARIABLE`: a job neither asks git nor looks for versions, unless it runs in another environment
    of Python."""
    return json.dumps({**run_record(configuration, seed), "prefix": sys.prefix})


def of_job(
    job: Any, backend: Mapping[str, str | int] | None = None, sources: Mapping[str, Provenance | None] | None = None
) -> Provenance:
    """Return the record of what a job makes; ``job`` is Snakemake's object of that name, the rest as in
    :func:`result_record`."""
    run = json.loads(os.environ[PROVENANCE_VARIABLE])
    if run.pop("prefix") != sys.prefix:
        run["versions"] = library_versions()
    return result_record(run, f"rule {job.rule}", dict(job.wildcards.items()), backend, sources)
