"""How long work tells that it goes on: whoever starts it hands in what wraps its steps."""

from collections.abc import Callable, Iterable

PROGRESS_LOGGER = "inkbridge.progress"
"""Name of the logger whose lines are shown in the terminal as well, whatever their level."""

Progress = Callable[[range], Iterable[int]]
"""Takes the steps of some work and yields them one by one, showing how far it is; tqdm and the like are such."""


def silent(steps: range) -> Iterable[int]:
    """Show nothing."""
    return steps
