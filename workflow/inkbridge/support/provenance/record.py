"""How a result was made, as a record that the result carries.

A record is a dictionary that JSON can hold. It holds no time and no name of a user or machine, so that the same run
gives the same bytes. Its keys:

- ``version`` of inkbridge; ``commit`` of its clone, ``unknown`` outside a clone; ``dirty``: whether a tracked file of
  the clone was changed, ``None`` if unknown
- ``configuration``: fingerprint of all settings; ``seed`` of the run
- ``step``: the rule or command that made the result; ``names``: its variant, doodle and the like
- ``versions`` of Python and of the libraries that the numbers depend on
- ``device``, ``precision``, ``threads``, and ``device_name`` if torch computed the result
- ``sources``: name of each source → the parts of its record that differ from this one

:mod:`inkbridge.support.provenance.carriers` says where each kind of file carries its record.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import inkbridge
from inkbridge.support.cores import available_cores
from inkbridge.support.provenance.git import CHECKOUT, library_versions, source_of

Provenance = dict[str, Any]

PROVENANCE_KEY = "provenance"
"""Name of the record in every format that names it."""


def run_record(configuration: str | None, seed: int | None) -> Provenance:
    """Return what all records of a run share.

    ``configuration`` is the fingerprint of the settings. It is None if nothing depends on them; likewise ``seed`` if
    nothing depends on the seed.
    """
    return {
        "version": inkbridge.__version__,
        **source_of(CHECKOUT),
        "configuration": configuration,
        "seed": seed,
        "versions": library_versions(),
    }


def result_record(
    run: Mapping[str, Any],
    step: str,
    names: Mapping[str, object],
    backend: Mapping[str, str | int] | None = None,
    sources: Mapping[str, Provenance | None] | None = None,
) -> Provenance:
    """Return the record of a result of ``step``.

    ``backend`` describes what torch computed on. It is None if the CPU computed in float32. ``sources`` are the records
    of the files that the result was made of, or None for a file without a record. The new record keeps only the parts
    of them that differ from itself.
    """
    used = {name: value for name, value in (backend or _cpu_backend()).items() if name != "torch"}
    shared = {name: value for name, value in run.items() if name != "versions"}
    record = {**shared, "step": step, "names": dict(names), "versions": run["versions"], **used}
    differences = _differences(record, {name: source for name, source in (sources or {}).items() if source})
    return {**record, "sources": differences} if differences else record


def _cpu_backend() -> dict[str, str | int]:
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return {
        "device": "cpu",
        "precision": "float32",
        "threads": int(threads) if threads.isdigit() else available_cores(),
    }


def _differences(record: Provenance, sources: Mapping[str, Provenance]) -> dict[str, Provenance]:
    """Return, by name of source, where the records of ``sources`` and of their own sources differ from ``record``."""
    differences: dict[str, Provenance] = {}
    for name, source in sources.items():
        older = {key: _completed(difference, source) for key, difference in source.get("sources", {}).items()}
        differences |= {key: _difference(whole, record) for key, whole in {name: source, **older}.items()}
    return differences


def _completed(difference: Provenance, record: Provenance) -> Provenance:
    """Return the record of a source from the ``difference`` that ``record`` keeps of it."""
    versions = {**record["versions"], **difference.get("versions", {})}
    return {**record, **difference, "versions": versions}


def _difference(source: Provenance, record: Provenance) -> Provenance:
    """Return the parts of ``source`` that differ from ``record``, and the versions that differ."""
    parts = [part for part in dict.fromkeys([*record, *source]) if part not in ("step", "names", "versions", "sources")]
    difference = {part: source.get(part) for part in parts if source.get(part) != record.get(part)}
    if "commit" in difference:  # "dirty" belongs to its commit, so it is kept even if both are the same
        difference["dirty"] = source.get("dirty")
    versions = {name: number for name, number in source["versions"].items() if record["versions"].get(name) != number}
    return {**difference, "versions": versions} if versions else difference


def as_text(record: Provenance) -> str:
    """Return a record as JSON in one line of ASCII, which every format can hold."""
    return json.dumps(record, separators=(",", ":"))
