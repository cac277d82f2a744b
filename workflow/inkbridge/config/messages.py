"""Errors of the configuration, in words: a line for each invalid key."""

import reprlib
from typing import Any

from pydantic import ValidationError

from inkbridge.support.errors import printable

_MOST_LINES = 20
"""Errors that are listed at once."""

_LONGEST = 80
"""Characters of a key or value that are shown."""

_RENAMED = {("doodles", "frames"): "keyframes"}
"""Section and key of old configurations → the key's name today."""

_SHOWN = reprlib.Repr()
_SHOWN.maxlevel, _SHOWN.maxdict, _SHOWN.maxlist, _SHOWN.maxstring = 4, 8, 16, 2 * _LONGEST


def as_message(error: ValidationError) -> str:
    """Return a heading, and a line for each invalid key: its path, what was expected, what was found."""
    errors = error.errors()
    lines = [f"  {_path(one['loc'])}{_expected(one)}{_found(one)}" for one in errors[:_MOST_LINES]]
    more = len(errors) - len(lines)
    return "\n".join(["the configuration is invalid:", *lines, *[f"  and {more} more"] * (more > 0)])


def _path(location: tuple[int | str, ...]) -> str:
    path = ".".join(_cut(printable(str(part))) for part in location if part != "[key]")
    return f"{path}: " if path else ""


def _expected(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        new = _RENAMED.get((str(error["loc"][0]), str(error["loc"][-1])))
        if new is not None and len(error["loc"]) == 3:
            return f"unknown key; it is called `{new}` now"
        return "unknown key; config.schema.json lists the known ones"
    if error["type"] == "missing":
        return "expected, but missing"
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:  # a check of the whole configuration, which names its keys itself
        return str(message)
    return "expected " + message.removeprefix("Input should be ").removeprefix("a valid ")


def _found(error: Any) -> str:
    return "" if error["type"] == "missing" or not error["loc"] else f"; found {in_short(error['input'])}"


def in_short(value: object) -> str:
    """Show only the beginning of a value: YAML's aliases can nest lists of astronomical size."""
    try:
        return _cut(printable(_SHOWN.repr(value)))
    except (ValueError, RecursionError):  # Python refuses to write out numbers of thousands of digits
        return f"a value too large to be shown ({type(value).__name__})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
