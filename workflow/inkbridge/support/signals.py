"""Signals that ask a process to end: SIGINT, SIGTERM and SIGHUP."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that ask a process to end."""


class Interruption(KeyboardInterrupt):
    """A signal has asked this process to end."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message or f"interrupted by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def handling_signals(handler: Callable[[int], None]) -> Iterator[None]:
    """Call ``handler`` with the number of each signal that asks the process to end, until the block ends.

    Signals that the process ignores, such as SIGHUP under nohup, stay ignored.
    """
    former = {number: signal.getsignal(number) for number in ENDING}
    handled = {number: before or signal.SIG_DFL for number, before in former.items() if before != signal.SIG_IGN}
    for number in handled:
        signal.signal(number, lambda signum, _frame: handler(signum))
    try:
        yield
    finally:
        for number, before in handled.items():
            signal.signal(number, before)


def interrupt(number: int) -> None:
    """Raise :class:`Interruption`. A handler for :func:`handling_signals` if there is nothing to save."""
    raise Interruption(number)


def exit_code(interruption: KeyboardInterrupt) -> int:
    """Return the exit code of a process that ``interruption`` ended, by the convention of shells: 128 + the signal."""
    return 128 + getattr(interruption, "number", signal.SIGINT)
