"""How messages write names, lists and numbers, so that one message fits on a few lines."""

from collections.abc import Sequence

LONGEST_NAME = 100
"""Characters of a name or reason in a message."""

MOST_NAMES = 5
"""Number of names that a list in a message shows. The rest is only counted."""


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
