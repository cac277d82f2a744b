"""The order of files in a folder, as a person sees it."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_DECIMAL = re.compile(r"(?<![0-9.])([0-9]+)\.([0-9]+)(?!\.?[0-9])")
"""A number with digits after one point. Dates and versions have more than one."""

_PARTS = re.compile(r"([0-9]+)|([^0-9]+)")


def order_of_name(names: Iterable[str]) -> Callable[[str], Any]:
    """Return the sort key of the names of files in one folder.

    The extension does not count, so that ``doodle.png`` comes before ``doodle2.png``, and ``cat.png`` before
    ``cat (1).png``. Numbers are compared by their value, 2 before 10. ``1.5`` lies between 1 and 2, unless the names
    count on after 9: 1.8, 1.9, 1.10.
    """
    counts_on = any(match[2].endswith("0") for name in names for match in _DECIMAL.finditer(Path(name).stem))

    def key(name: str) -> Any:
        stem = unicodedata.normalize("NFC", Path(name).stem).casefold()
        parts: list[tuple[int, int, str, str]] = []
        end = 0
        for match in () if counts_on else _DECIMAL.finditer(stem):
            parts += _natural(stem[end : match.start()])
            parts.append(_number(match[1], match[2]))
            end = match.end()
        return [*parts, *_natural(stem[end:])], name

    return key


def _natural(text: str) -> list[tuple[int, int, str, str]]:
    """Return a text as parts that sort numbers by value, before letters."""
    return [_number(digits) if digits else (1, 0, letters, "") for digits, letters in _PARTS.findall(text)]


def _number(whole: str, decimals: str = "") -> tuple[int, int, str, str]:
    # Numbers are compared by length without leading zeros, then as text, so that no number is too long.
    digits = whole.lstrip("0")
    return (0, len(digits), digits, decimals.rstrip("0"))
