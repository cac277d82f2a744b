"""Where a record lies in each kind of file, and how it is read again."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from inkbridge.support.errors import InkbridgeError, is_out_of_memory
from inkbridge.support.provenance.record import Provenance, as_text

KEY = "provenance"
"""What the record is called wherever it lies under a name."""

_TABLE_KEY = "dc:provenance"
"""The same in Dublin Core's terms, which CSV on the Web knows."""


def of_files(name: str, files: Iterable[Path]) -> dict[str, Provenance]:
    """Return the different records of ``files`` of one kind, whatever their own names are, for ``sources``; those that
    carry none are left out. Several are numbered."""
    found = {as_text({**record, "names": {}}): record for record in map(carried_by, files) if record}
    return {name + f" {number}" * (len(found) > 1): record for number, record in enumerate(found.values(), start=1)}


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
    return {} if record is None else {KEY: as_text(record)}


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
        return picture.info.get("comment") or picture.info.get(KEY) or picture.getexif().get(_EXIF_DESCRIPTION)


def _of_hdf5(path: Path) -> Any:
    from inkbridge.support.hdf5 import read_hdf5

    with read_hdf5(path) as file:
        return file.attrs.get(KEY)


def _of_arrays(path: Path) -> Any:
    from inkbridge.support.arrays import read_about

    return read_about(path).get(KEY)


def _of_npy(path: Path) -> Any:
    import numpy as np

    with path.open("rb") as file:
        np.load(file)
        return np.load(file).tobytes() if file.peek(1) else None


def _of_svg(path: Path) -> Any:
    from xml.etree.ElementTree import parse

    return parse(path).findtext("{http://www.w3.org/2000/svg}metadata")


def _of_page(path: Path) -> Any:
    found = re.search(rf'<script type="application/json" id="{KEY}">(.*?)</script>', path.read_text("utf-8"), re.DOTALL)
    return found and found[1]


def _of_json(path: Path) -> Any:
    content = json.loads(path.read_text("utf-8"))
    return content.get(KEY, content.get(_TABLE_KEY)) if isinstance(content, dict) else None


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
