"""How slow computations show their progress: the caller passes a function that wraps the steps."""

from collections.abc import Callable, Iterable

PROGRESS_LOGGER = "inkbridge.progress"
"""Name of the logger whose lines also appear in the terminal, whatever their level."""

Progress = Callable[[range], Iterable[int]]
"""Takes the steps of some work, yields them one by one and shows how far the work has come, as tqdm does."""


def silent(steps: range) -> Iterable[int]:
    """Yield the steps and show nothing."""
    return steps
