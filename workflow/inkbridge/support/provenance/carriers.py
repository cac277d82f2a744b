"""Where each kind of file carries its record, and how to read it.

- safetensors and JSON files: a key of their JSON
- HDF5: an attribute of the file
- GIF and MP4: the comment
- PNG and APNG: a text chunk
- WebP: the image description in the Exif data
- SVG: the ``metadata`` element
- HTML pages: a ``script`` element with JSON
- ``.npy``: an array after the others
- CSV: a second file beside it, because readers of CSV would take a record for data. The file is what the W3C's
  "Metadata Vocabulary for Tabular Data" (2015) expects there.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkbridge.support.errors import InkbridgeError, is_out_of_memory
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance, as_text

_TABLE_KEY = f"dc:{PROVENANCE_KEY}"
"""The key in the file beside a CSV table: a term of Dublin Core."""

_EXIF_DESCRIPTION = 0x010E


def distinct_records(name: str, files: Iterable[Path]) -> dict[str, Provenance]:
    """Return the distinct records of ``files`` of one kind, as ``sources`` of another record.

    Records that differ only in ``names`` count as one. Several are numbered: ``shards 1``, ``shards 2``. Files without
    a record are left out.
    """
    found = {as_text({**record, "names": {}}): record for record in map(find_provenance, files) if record}
    return {name + f" {number}" * (len(found) > 1): record for number, record in enumerate(found.values(), start=1)}


def image_options(suffix: str, record: Provenance | None) -> dict[str, Any]:
    """Return the options of Pillow's ``save`` that put ``record`` into an image.

    ``suffix`` is ``.gif``, ``.png``, ``.apng`` or ``.webp``.
    """
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
    """Return the text chunks, keyword → text, that put ``record`` into a PNG."""
    return {} if record is None else {PROVENANCE_KEY: as_text(record)}


def table_record_file(table: Path) -> Path:
    """Return the path of the file beside a CSV table that holds its record."""
    return table.with_name(table.name + "-metadata.json")


def table_record_content(table: Path, record: Provenance) -> str:
    """Return what to write into :func:`table_record_file`."""
    return json.dumps({"@context": "http://www.w3.org/ns/csvw", "url": table.name, _TABLE_KEY: record}, indent=2) + "\n"


def read_provenance(path: Path) -> Provenance:
    """Return the record that a result carries. A result is a file, or the folder of a gallery or of frames.

    Raises :class:`InkbridgeError` if it carries no record, is damaged or is of a kind that inkbridge does not make.
    Raises OSError or MemoryError if the system cannot read it.
    """
    file = _file_of(path)
    if file.suffix.lower() not in _READERS:
        raise InkbridgeError(
            f"{path}: expected a result of inkbridge, a folder or a file with one of the extensions "
            f"{', '.join(_READERS)}; found {file.suffix or 'no extension'}"
        )
    record = find_provenance(file)
    if record is None:
        raise InkbridgeError(
            f"{path}: carries no record of how it was made: inkbridge did not make it, made it before results carried "
            "records, or another program has saved it since"
        )
    return record


def find_provenance(file: Path) -> Provenance | None:
    """Return the record of a file, or None if it carries none.

    Raises :class:`InkbridgeError` if the file is damaged, and OSError or MemoryError if the system cannot read it.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        return None
    try:
        found = reader(file)
        record = _parsed(found) if isinstance(found, str | bytes) else found
    except InkbridgeError:
        raise
    except Exception as error:  # each library raises its own errors for damaged files
        if getattr(error, "errno", None) is not None or is_out_of_memory(error):
            raise
        raise InkbridgeError(
            f"{file}: expected a {file.suffix} file, found something else or a damaged one: {error}"
        ) from error
    return record if _is_record(record) else None


def _is_record(found: Any) -> bool:
    """Return whether ``found`` has the parts of a record that the code relies on. Their values may be anything."""
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in ("version", "commit", "step")):
        return False
    if not isinstance(sources := found.get("sources", {}), dict):
        return False
    parts = [found.get("names"), found.get("versions"), *sources.values()]
    return all(isinstance(part, dict) and isinstance(part.get("versions", {}), dict) for part in parts)


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # text of another program
        return None


def _file_of(path: Path) -> Path:
    if path.is_dir():
        candidates = [path / "index.html", *sorted(path.glob("frame_*.png"))]
        path = next((file for file in candidates if file.is_file()), path)
    if not path.is_file():
        raise InkbridgeError(f"{path}: expected a file or folder that inkbridge made; found none")
    return path


def _of_image(path: Path) -> Any:
    from PIL import Image

    # Pillow, whose error says what is wrong with a damaged picture; that of imageio's immeta does not.
    with Image.open(path) as picture:
        text = picture.info.get("comment") or picture.info.get(PROVENANCE_KEY)
        return text or picture.getexif().get(_EXIF_DESCRIPTION)


def _of_hdf5(path: Path) -> Any:
    from inkbridge.support.hdf5 import read_hdf5

    with read_hdf5(path) as file:
        return file.attrs.get(PROVENANCE_KEY)


def _of_arrays(path: Path) -> Any:
    from inkbridge.support.arrays import read_about

    return read_about(path).get(PROVENANCE_KEY)


def _of_npy(path: Path) -> Any:
    import numpy as np

    with path.open("rb") as file:
        np.load(file)  # the keyframes
        found = None
        while file.peek(1):
            found = np.load(file).tobytes()  # the record is the last array
        return found


def _of_svg(path: Path) -> Any:
    from xml.etree.ElementTree import parse

    return parse(path).findtext("{http://www.w3.org/2000/svg}metadata")


def _of_page(path: Path) -> Any:
    element = rf'<script type="application/json" id="{PROVENANCE_KEY}">(.*?)</script>'
    found = re.search(element, path.read_text("utf-8"), re.DOTALL)
    return found and found[1]


def _of_json(path: Path) -> Any:
    content = json.loads(path.read_text("utf-8"))
    return content.get(PROVENANCE_KEY, content.get(_TABLE_KEY)) if isinstance(content, dict) else None


def _of_table(path: Path) -> Any:
    beside = table_record_file(path)
    return _of_json(beside) if beside.is_file() else None


def _of_film(path: Path) -> Any:
    from imageio.v3 import immeta

    # FFmpeg's errors have many types and numbers, and some of the numbers are the system's, such as that of no memory.
    with path.open("rb") as file, suppress(Exception):
        return immeta(file, plugin="pyav", extension=".mp4").get("comment")
    raise ValueError("FFmpeg finds no film in it")


_READERS: Mapping[str, Callable[[Path], Any]] = {
    ".h5": _of_hdf5,
    ".safetensors": _of_arrays,
    ".npy": _of_npy,
    ".csv": _of_table,
    ".gif": _of_image,
    ".webp": _of_image,
    ".png": _of_image,
    ".apng": _of_image,
    ".mp4": _of_film,
    ".svg": _of_svg,
    ".html": _of_page,
    ".json": _of_json,
}
"""Extension of a file → function that returns its record as JSON or as read from it, or None."""
