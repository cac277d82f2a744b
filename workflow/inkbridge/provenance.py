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
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from inkbridge import __version__
from inkbridge.cores import available_cores
from inkbridge.errors import InkbridgeError, is_out_of_memory, printable

Provenance = dict[str, Any]

RUN = "INKBRIDGE_PROVENANCE"
"""Environment variable in which Snakemake tells its jobs what all their records share."""

SOURCE = "INKBRIDGE_SOURCE"
"""Environment variable that says the commit, with ``-dirty`` behind it or not, and goes before what git says."""

LIBRARIES = (
    "torch",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "scikit-image",
    "numba",
    "pillow",
    "h5py",
    "safetensors",
    "pandas",
    "matplotlib",
    "snakemake",
)
"""Distributions whose versions results may depend on."""

_UNKNOWN = "unknown"

_OTHER_CLONES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}

_KEY = "provenance"
"""What the record is called wherever it lies under a name."""

_TABLE_KEY = "dc:provenance"
"""The same in Dublin Core's terms, which CSV on the Web knows."""

_ROOT = Path(__file__).parents[2]
"""Where the clone is that the package lies in; elsewhere git does not track this file there."""


def run_record(configuration: str | None, seed: int | None) -> Provenance:
    """Return what all records of a run share; ``configuration`` is the fingerprint of its settings. None where nothing
    depends on them, or on the seed."""
    return {
        "version": __version__,
        **source_of(_ROOT),
        "configuration": configuration,
        "seed": seed,
        "versions": library_versions(),
    }


def for_jobs(configuration: str, seed: int) -> str:
    """Return :func:`run_record` for the environment variable :data:`RUN`: a job neither asks git nor looks for
    versions, unless it runs in another environment of Python."""
    return json.dumps({**run_record(configuration, seed), "prefix": sys.prefix})


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


def of_job(
    job: Any, backend: Mapping[str, str | int] | None = None, sources: Mapping[str, Provenance | None] | None = None
) -> Provenance:
    """Return the record of what a job makes; ``job`` is Snakemake's object of that name, the rest as in
    :func:`describe`."""
    run = json.loads(os.environ[RUN])
    if run.pop("prefix") != sys.prefix:
        run["versions"] = library_versions()
    return describe(run, f"rule {job.rule}", dict(job.wildcards.items()), backend, sources)


def of_files(name: str, files: Iterable[Path]) -> dict[str, Provenance]:
    """Return the different records of ``files`` of one kind, whatever their own names are, for ``sources``; those that
    carry none are left out. Several are numbered."""
    found = {as_text({**record, "names": {}}): record for record in map(carried_by, files) if record}
    return {name + f" {number}" * (len(found) > 1): record for number, record in enumerate(found.values(), start=1)}


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


# --- the source and its libraries ------------------------------------------------------------------------------


def source_of(folder: Path) -> Provenance:
    """Return ``commit`` and ``dirty`` of the clone ``folder``, or what :data:`SOURCE` says instead."""
    told = os.environ.get(SOURCE) or _described_by_git(folder)
    if told in (None, _UNKNOWN):
        return {"commit": _UNKNOWN, "dirty": None}
    return {"commit": told.removesuffix("-dirty"), "dirty": told.endswith("-dirty")}


@cache
def _described_by_git(folder: Path) -> str | None:
    """Return the commit of ``folder``, with ``-dirty`` where a tracked file in it was changed; None where git knows
    nothing of inkbridge there."""
    package = Path(__file__).relative_to(_ROOT)
    if _git(folder, "ls-files", "--error-unmatch", "--", str(package)) is None:
        return None
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return None if commit is None or changed is None else commit + "-dirty" * bool(changed)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git answers of ``folder``, None where it is missing or refuses."""
    import subprocess  # most jobs need no git

    # Within a hook, git's own variables point to the clone that the hook is of.
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_CLONES}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of Python and of :data:`LIBRARIES`, as far as they are installed, without their import."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:  # in an environment for some jobs alone
            continue
    return versions


# --- the places where a record lies -----------------------------------------------------------------------------


def as_text(record: Provenance) -> str:
    """Return a record as JSON in one line of ASCII, which goes into any file."""
    return json.dumps(record, separators=(",", ":"))


def picture_options(suffix: str, record: Provenance | None) -> dict[str, Any]:
    """Return what Pillow's ``save`` is to be told so that a picture with this ending carries ``record``: ``.gif``,
    ``.png``, ``.apng`` or ``.webp``."""
    if record is None:
        return {}
    if suffix == ".gif":
        return {"comment": as_text(record).encode()}
    if suffix == ".webp":
        from PIL.Image import Exif

        exif = Exif()
        exif[_EXIF_DESCRIPTION] = as_text(record)
        return {"exif": exif}
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for keyword, text in text_chunks(record).items():
        chunks.add_text(keyword, text)
    return {"pnginfo": chunks}


def text_chunks(record: Provenance | None) -> dict[str, str]:
    """Return the text chunks, keyword → text, of a PNG that carries ``record``."""
    return {} if record is None else {_KEY: as_text(record)}


def record_of_table(table: Path) -> Path:
    """Return the file beside a CSV file that holds its record."""
    return table.with_name(table.name + "-metadata.json")


def table_metadata(table: Path, record: Provenance) -> str:
    """Return the content of :func:`record_of_table`."""
    return json.dumps({"@context": "http://www.w3.org/ns/csvw", "url": table.name, _TABLE_KEY: record}, indent=2) + "\n"


def read_provenance(path: Path) -> Provenance:
    """Return the record that a result carries; of a folder, a gallery or the frames of a film, that of the whole.

    Raises :class:`InkbridgeError` where it carries none, is damaged, or is of a kind that inkbridge does not make, and
    OSError or MemoryError where the system cannot read it.
    """
    file = _file_of(path)
    if file.suffix.lower() not in _READERS:
        raise InkbridgeError(
            f"{path}: expected a result of inkbridge ({', '.join(_READERS)}, or a folder of such), found another kind "
            "of file"
        )
    record = carried_by(file)
    if record is None:
        raise InkbridgeError(
            f"{path}: carries no record of how it was made: it is not of inkbridge, was made before there were such, "
            "or another program has saved it since"
        )
    return record


def carried_by(file: Path) -> Provenance | None:
    """Return the record of a file; None where it carries none, because it is of an older inkbridge or of another
    program. Raises as :func:`read_provenance`."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        return None
    try:
        found = reader(file)
        record = _parsed(found) if isinstance(found, str | bytes) else found
    except InkbridgeError:
        raise
    except Exception as error:  # whatever a library thinks of a damaged file
        if getattr(error, "errno", None) is not None or is_out_of_memory(error):
            raise
        raise InkbridgeError(
            f"{file}: expected a {file.suffix} file, found one that cannot be read as such: {error}"
        ) from error
    return record if _is_record(record) else None


def _is_record(found: Any) -> bool:
    """Tell whether ``found`` has the parts of a record that others are taken from; what they say may be anything."""
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in ("version", "commit", "step")):
        return False
    if not isinstance(sources := found.get("sources", {}), dict):
        return False
    parts = [found.get("names"), found.get("versions"), *sources.values()]
    return all(isinstance(part, dict) and isinstance(part.get("versions", {}), dict) for part in parts)


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # words of another program
        return None


def _file_of(path: Path) -> Path:
    if path.is_dir():
        candidates = [path / "index.html", *sorted(path.glob("frame_*.png"))]
        path = next((file for file in candidates if file.is_file()), path)
    if not path.is_file():
        raise InkbridgeError(f"{path}: expected a file that inkbridge made, or a folder of such; found none")
    return path


def _of_picture(path: Path) -> Any:
    from PIL import Image

    with Image.open(path) as picture:
        return picture.info.get("comment") or picture.info.get(_KEY) or picture.getexif().get(_EXIF_DESCRIPTION)


def _of_hdf5(path: Path) -> Any:
    import h5py

    with h5py.File(path, "r") as file:
        return file.attrs.get(_KEY)


def _of_arrays(path: Path) -> Any:
    from inkbridge.arrays import read_about

    return read_about(path).get(_KEY)


def _of_npy(path: Path) -> Any:
    import numpy as np

    with path.open("rb") as file:
        np.load(file)
        return np.load(file).tobytes() if file.peek(1) else None


def _of_svg(path: Path) -> Any:
    from xml.etree.ElementTree import parse

    return parse(path).findtext("{http://www.w3.org/2000/svg}metadata")


def _of_page(path: Path) -> Any:
    found = re.search(
        rf'<script type="application/json" id="{_KEY}">(.*?)</script>', path.read_text("utf-8"), re.DOTALL
    )
    return found and found[1]


def _of_json(path: Path) -> Any:
    content = json.loads(path.read_text("utf-8"))
    return content.get(_KEY, content.get(_TABLE_KEY)) if isinstance(content, dict) else None


def _of_table(path: Path) -> Any:
    beside = record_of_table(path)
    return _of_json(beside) if beside.is_file() else None


def _of_film(path: Path) -> Any:
    import subprocess

    from imageio_ffmpeg import get_ffmpeg_exe

    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path.absolute()), "-f", "ffmetadata", "-"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if answer.returncode:
        raise ValueError(answer.stderr.strip())
    found = re.search(r"^comment=(.*)$", answer.stdout, re.MULTILINE)
    return found and re.sub(r"\\(.)", r"\1", found[1])  # the format writes a backslash before =, ; and #


_EXIF_DESCRIPTION = 0x010E

_READERS: Mapping[str, Callable[[Path], Any]] = {
    ".h5": _of_hdf5,
    ".safetensors": _of_arrays,
    ".npy": _of_npy,
    ".csv": _of_table,
    ".gif": _of_picture,
    ".webp": _of_picture,
    ".png": _of_picture,
    ".apng": _of_picture,
    ".mp4": _of_film,
    ".svg": _of_svg,
    ".html": _of_page,
    ".json": _of_json,
}
"""Ending of a file's name → what reads its record, or None where there is none."""


# --- a record in words ----------------------------------------------------------------------------------------


def in_words(record: Provenance) -> list[str]:
    """Return a record as lines for a person to read, whatever a hostile one holds."""
    lines = [f"{'made by':<15}inkbridge {record['version']}, {record['step']}"]
    lines += [f"{name:<15}{_plain(value)}" for name, value in record["names"].items()]
    lines += [f"{name:<15}{value}" for name, value in _facts(record).items()]
    for source, facts in record.get("sources", {}).items():
        told = "; ".join(f"{name} {value}" for name, value in _facts(facts).items()) or "made likewise"
        lines.append(f"{'from ' + source:<15}{told}")
    return [printable(line) for line in lines]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _facts(record: Provenance) -> dict[str, str]:
    """Return what a record, or the part of it that differs, says, by the name that a person has for it."""
    facts = {}
    if "commit" in record or "dirty" in record:
        dirty = record.get("dirty")
        state = ("with changes" if dirty else "without changes") if isinstance(dirty, bool) else "changes unknown"
        facts["source"] = f"{record.get('commit', 'the same commit')}, {state}"
    if record.get("version") and "step" not in record:
        facts["version"] = str(record["version"])
    facts |= {name: str(record[name]) for name in ("configuration", "seed") if record.get(name) is not None}
    machine = [record.get("device_name"), record.get("device"), record.get("precision")]
    threads = record.get("threads")
    words = [str(part) for part in machine if part is not None] + ([f"threads: {threads}"] if threads else [])
    if words:
        facts["computed on"] = ", ".join(words)
    if record.get("versions"):
        facts["versions"] = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return facts
