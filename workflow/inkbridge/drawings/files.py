"""Files of drawings, ``NAME.inkbridge``: JSON in UTF-8, whole or not at all."""

import json
import reprlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkbridge.drawings.drawing import FORMAT, VERSION, Drawing, Part
from inkbridge.support.errors import InkbridgeError, printable
from inkbridge.support.files import atomic_write, unreadable

SUFFIX = ".inkbridge"

MOST_BYTES = 64_000_000
"""Bytes of a file: bounds memory."""

_LONGEST = 60
"""Characters of a value that a message shows."""

_OTHER_KIND = "expected a drawing of inkbridge, found a file of another kind; the studio's files end in .inkbridge"

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _LONGEST


def is_drawing(path: Path) -> bool:
    """Return whether a path leads to a file that is named as a drawing of the studio."""
    return path.suffix.lower() == SUFFIX and path.is_file()


def read_drawing(path: Path) -> Drawing:
    """Return the drawing in a file. Raises :class:`InkbridgeError` if it is no drawing, damaged or too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(path, "a drawing", error) from error
    return drawing_of(content, str(path))


def drawing_of(content: bytes, place: str) -> Drawing:
    """Return the drawing that JSON holds. Raises :class:`InkbridgeError`, which names ``place``, as
    :func:`read_drawing`."""
    check_length(content, MOST_BYTES, place)
    try:
        drawing = Drawing.model_validate_json(content)
    except ValidationError as error:
        raise InkbridgeError(f"{place}: {_of_whole(content) or message_of(error)}") from None
    if not {"format", "version"} <= drawing.model_fields_set:
        raise InkbridgeError(f"{place}: {_OTHER_KIND}")
    return drawing


def check_length(content: bytes, most: int, place: str) -> None:
    """Raise :class:`InkbridgeError` if ``content`` has more than ``most`` bytes."""
    if len(content) > most:
        raise InkbridgeError(f"{place}: expected at most {most // 1_000_000} megabytes; found more")


def write_drawing(path: Path, drawing: Drawing) -> None:
    """Write a drawing. The file appears whole or not at all."""
    content = as_json(drawing)
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def as_json(part: Part) -> bytes:
    """Return a drawing, or a part of one, as it is in a file."""
    return part.model_dump_json().encode()


def message_of(error: ValidationError) -> str:
    """Return the first thing that is wrong, as a sentence: where, what was expected, what was found."""
    first = error.errors(include_url=False)[0]
    where = ".".join(printable(_cut(str(part))) for part in first["loc"])
    kind, text = first["type"], first["msg"].removeprefix("Value error, ")
    if kind == "json_invalid":
        return f"expected a drawing of inkbridge, found a damaged file or another kind of file ({printable(text)})"
    if kind == "extra_forbidden":
        return f"{where}: unknown key; found {_found(first['input'])}"
    if kind == "missing":
        return f"{where}: expected, but missing"
    if not where or (kind == "value_error" and first["input"].__class__ in (dict, list)):
        return text  # a check of a whole part, which says itself where it fails
    if kind == "string_pattern_mismatch":
        return f"{where}: expected letters, digits, - and _; found {_found(first['input'])}"
    expected = text.removeprefix("Input should be ").removeprefix("a valid ")
    return f"{where}: expected {expected}; found {_found(first['input'])}"


def _of_whole(content: bytes) -> str | None:
    """Return the sentence for a file that is no drawing, or one of a later inkbridge; None for other files."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return _OTHER_KIND
    version = found.get("version")
    if isinstance(version, int) and version > VERSION:
        return f"expected a drawing of version {VERSION}, found version {version}; use a newer inkbridge"
    return None


def _found(value: Any) -> str:
    return _cut(printable(_SHOWN.repr(value)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
