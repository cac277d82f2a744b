"""What every job of the workflow does around its work: a log, an end that tells why, and obedience to signals."""

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inkbridge.cores import use_one_blas_thread
from inkbridge.errors import InkbridgeError, interruption_behind, is_out_of_memory

log = logging.getLogger("inkbridge")

PROGRESS = "inkbridge.progress"
"""Name of the logger whose lines are shown in the terminal as well, whatever their level."""

RUN = "INKBRIDGE_RUN"
"""Environment variable that says which Snakemake a job ends with: what :func:`this_run` returned there."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption(KeyboardInterrupt):
    """A signal that asks this process to end has come."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message or f"interrupted by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def logged(path: str | Path, memory: str = "") -> Iterator[None]:
    """Log to the file ``path``; progress and warnings to the terminal as well, with the job's name in front.

    An :class:`InkbridgeError` ends the process with its message and exit code 1, SIGINT with 130, SIGTERM with 143,
    SIGHUP with 129. Where memory runs out, the message says to lower ``memory``, settings in words. A job whose
    Snakemake was killed ends as upon SIGTERM: the next one may begin the same job.
    """
    place = Path(path)
    terminal = logging.StreamHandler()
    terminal.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == PROGRESS)
    terminal.setFormatter(logging.Formatter(f"{place.parent.name}/{place.stem}: %(message)s"))
    log.setLevel(logging.INFO)
    log.addHandler(terminal)
    try:
        with handling_signals(interrupt):
            _end_with_the_run()
            use_one_blas_thread()
            log.addHandler(_log_file(place))
            yield
    except (KeyboardInterrupt, Exception) as error:
        if (interruption := interruption_behind(error)) is not None:
            log.error("%s", interruption)
            sys.exit(exit_code(interruption))
        if is_out_of_memory(error):
            log.error("memory ran out (%s); %sgive the job more of it", error, f"lower {memory}, or " if memory else "")
        elif isinstance(error, InkbridgeError):
            log.error("%s", error)
        else:
            log.exception("an error that is not yours: please report it")
            raise
        sys.exit(1)


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


def this_run() -> str:
    """Return what jobs know this process by: its number, and the namespace in which that is its number."""
    return f"{os.getpid()} {_namespace()}"


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not on macOS
        return ""


def _end_with_the_run() -> None:
    """Send this process SIGTERM as soon as the Snakemake that started it is no more, or at once where it is so."""
    if not hasattr(os, "pidfd_open") or RUN not in os.environ:  # not on macOS, not by hand
        return
    number, namespace = os.environ[RUN].split(" ", 1)
    if namespace != _namespace():  # in a container, which knows nothing of processes outside
        return
    try:
        run = os.pidfd_open(int(number))
    except ProcessLookupError:  # killed while Python started here
        os.kill(os.getpid(), signal.SIGTERM)
        return
    except OSError:  # sandboxes may forbid the call
        return

    def wait() -> None:
        select.select([run], [], [])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _log_file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        raise InkbridgeError(f"{path}: the log cannot be written: {error.strerror}") from error
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return file
