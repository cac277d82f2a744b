"""The provenance of the results of a job."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from inkbridge.support.provenance.git import library_versions
from inkbridge.support.provenance.record import Provenance, result_record, run_record

PROVENANCE_VARIABLE = "INKBRIDGE_PROVENANCE"
"""Environment variable that passes to jobs what all their records share."""


def for_jobs(configuration: str, seed: int) -> str:
    """Return the value of :data:`PROVENANCE_VARIABLE`: :func:`run_record` as JSON.

    So jobs need not call git, or read the metadata of packages unless they run in another Python environment.
    """
    return json.dumps({**run_record(configuration, seed), "prefix": sys.prefix})


def of_job(
    job: Any,
    backend: Mapping[str, str | int] | None = None,
    sources: Mapping[str, Provenance | None] | None = None,
    **names: str,
) -> Provenance:
    """Return the record of a job's results. ``job`` is the ``snakemake`` object of its script.

    ``backend`` and ``sources`` are as in :func:`result_record`. ``names`` tell apart the results of one job, where its
    wildcards do not.
    """
    run = json.loads(os.environ[PROVENANCE_VARIABLE])
    if run.pop("prefix") != sys.prefix:
        run["versions"] = library_versions()
    return result_record(run, f"rule {job.rule}", {**dict(job.wildcards.items()), **names}, backend, sources)


def earlier_hardware(made: Provenance, training: Mapping[str, Any]) -> dict[str, Provenance]:
    """Return the sources of a model for its record ``made``: what computed the first steps of its ``training``, if that
    was other hardware or another torch. Empty for nearly all trainings."""
    sources = {}
    last = 0
    for part in training.get("earlier", []):
        last += part["steps"]
        backend = {name: value for name, value in part.items() if name not in ("steps", "torch")}
        versions = {**made["versions"], "torch": part.get("torch", "unknown")}
        sources[f"training to step {last}"] = {**made, **backend, "versions": versions}
    return sources
