"""How a result was made, as a record that it carries; and that record read again from any of them.

A record is a dictionary of what JSON knows, and holds no time and no name of a user or machine: made again in the same
way, a result has the same bytes. Its keys:

- ``version`` of inkbridge; ``commit`` of its clone, ``unknown`` outside of one; ``dirty``: whether a file that git
  tracks there was changed, ``None`` where that is unknown
- ``configuration``: the fingerprint of all settings; ``seed`` of the run
- ``step`` that made it, a rule or a command; ``names``: what of, for example its variant and doodle
- ``versions`` of Python and of the libraries that numbers depend on
- ``device``, ``precision``, ``threads``, and ``device_name`` where torch has computed
- ``sources``: by the names of what it was made of, what is otherwise in their records

Where it lies: in the JSON record of safetensors; in an attribute of HDF5; in the comment of GIF and MP4; in a text
chunk of PNG; in the Exif data of WebP; in an SVG's ``metadata``; in a ``script`` of a page that holds JSON; under a key
of a JSON file; in a second array behind the first of ``.npy``. A CSV table has no room for it that readers would skip:
its record is in a file beside it, where the W3C's "CSV on the Web" puts what is to be known of a table.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import inkbridge
from inkbridge.support.cores import available_cores
from inkbridge.support.provenance.git import CHECKOUT, library_versions, source_of

Provenance = dict[str, Any]


def run_record(configuration: str | None, seed: int | None) -> Provenance:
    """Return what all records of a run share; ``configuration`` is the fingerprint of its settings. None where nothing
    depends on them, or on the seed."""
    return {
        "version": inkbridge.__version__,
        **source_of(CHECKOUT),
        "configuration": configuration,
        "seed": seed,
        "versions": library_versions(),
    }


def describe(
    run: Mapping[str, Any],
    step: str,
    names: Mapping[str, object],
    backend: Mapping[str, str | int] | None = None,
    sources: Mapping[str, Provenance | None] | None = None,
) -> Provenance:
    """Return the record of a result of ``step``.

    ``backend`` describes what torch computed on; None where NumPy or torch used the CPU in float32. ``sources`` are
    records of files that it was made of, None of one without; of them is kept what is not the same in the new record.
    """
    used = {name: value for name, value in (backend or _cpu()).items() if name != "torch"}
    shared = {name: value for name, value in run.items() if name != "versions"}
    record = {**shared, "step": step, "names": dict(names), "versions": run["versions"], **used}
    traced = _traced(record, {name: source for name, source in (sources or {}).items() if source})
    return {**record, "sources": traced} if traced else record


def _cpu() -> dict[str, str | int]:
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return {
        "device": "cpu",
        "precision": "float32",
        "threads": int(threads) if threads.isdigit() else available_cores(),
    }


def _traced(record: Provenance, sources: Mapping[str, Provenance]) -> Provenance:
    """Return what differs from ``record`` in ``sources`` and in their own sources, by name."""
    traced: Provenance = {}
    for name, source in sources.items():
        older = {key: _merged(source, differing) for key, differing in source.get("sources", {}).items()}
        traced |= {key: _differing(whole, record) for key, whole in {name: source, **older}.items()}
    return traced


def _merged(record: Provenance, differing: Provenance) -> Provenance:
    versions = {**record["versions"], **differing.get("versions", {})}
    return {**record, **differing, "versions": versions}


def _differing(source: Provenance, record: Provenance) -> Provenance:
    """Return the parts of ``source`` that are not those of ``record``; of the versions, the libraries."""
    parts = [part for part in dict.fromkeys([*record, *source]) if part not in ("step", "names", "versions", "sources")]
    differing = {part: source.get(part) for part in parts if source.get(part) != record.get(part)}
    if "commit" in differing:  # of another commit, that it had no changes says something, too
        differing["dirty"] = source.get("dirty")
    versions = {name: number for name, number in source["versions"].items() if record["versions"].get(name) != number}
    return {**differing, "versions": versions} if versions else differing


def as_text(record: Provenance) -> str:
    """Return a record as JSON in one line of ASCII, which goes into any file."""
    return json.dumps(record, separators=(",", ":"))
