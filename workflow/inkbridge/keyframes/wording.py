"""How users write sizes and layouts, and how messages write names, lists and numbers so that they fit on few lines."""

import re
from collections.abc import Sequence

LONGEST_NAME = 100
"""Characters of a name or reason in a message."""

MOST_NAMES = 5
"""Number of names that a list in a message shows. The rest is only counted."""

Pair = tuple[int, int]
"""Two numbers that are written with an x between them: width and height, or columns and rows."""

_PAIR = re.compile(r"\s*(\d{1,6})\s*[x×X]\s*(\d{1,6})\s*")


def shorten(text: str) -> str:
    """Return ``text``, cut off if it is too long for a message."""
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """Return the first names with commas between them, and how many more there are."""
    shown = ", ".join(map(shorten, names[:MOST_NAMES]))
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"


def plural(noun: str, count: int) -> str:
    """Return ``noun``, with an s unless ``count`` is 1."""
    return noun if count == 1 else f"{noun}s"


def pair_as_written(text: object) -> Pair:
    """Return ``64`` or ``"48x64"`` as a pair of numbers. Raises ValueError if it is neither."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text, text
    if isinstance(text, str):
        if text.strip().isdigit() and len(text) < 8:
            return int(text), int(text)
        if found := _PAIR.fullmatch(text):
            return int(found[1]), int(found[2])
    raise ValueError("two numbers, for example 4x2")


def as_written(pair: Pair) -> str:
    """Return a pair as users write it: 64, or 48x64."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"
