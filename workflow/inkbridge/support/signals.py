"""Signals that ask a process to end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption(KeyboardInterrupt):
    """A signal that asks this process to end has come."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message or f"interrupted by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def handling_signals(handler: Callable[[int], None]) -> Iterator[None]:
    """Give ``handler`` the signals that ask a process to end, but for those that are ignored, as under nohup."""
    former = {number: signal.getsignal(number) for number in _ENDING}
    heeded = {number: before or signal.SIG_DFL for number, before in former.items() if before != signal.SIG_IGN}
    for number in heeded:
        signal.signal(number, lambda signum, _frame: handler(signum))
    try:
        yield
    finally:
        for number, before in heeded.items():
            signal.signal(number, before)


def interrupt(number: int) -> None:
    """Raise :class:`Interruption`: what to give :func:`handling_signals` where nothing needs to be saved."""
    raise Interruption(number)


def exit_code(interruption: KeyboardInterrupt) -> int:
    """Return the exit code of a process that ended upon ``interruption``, after the shells' convention."""
    return 128 + getattr(interruption, "number", signal.SIGINT)
