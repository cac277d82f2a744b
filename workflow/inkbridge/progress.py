"""How long work tells that it goes on: whoever starts it hands in what wraps its steps."""

from collections.abc import Callable, Iterable

Progress = Callable[[range], Iterable[int]]
"""Takes the steps of some work and yields them one by one, showing how far it is; tqdm and the like are such."""


def silent(steps: range) -> Iterable[int]:
    """Show nothing."""
    return steps
