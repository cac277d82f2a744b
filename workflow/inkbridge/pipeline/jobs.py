"""What every job of the workflow does around its work: a log, an exit code that tells why, and signals."""

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkbridge.support.cores import use_one_blas_thread
from inkbridge.support.errors import InkbridgeError, interruption_behind, is_out_of_memory
from inkbridge.support.progress import PROGRESS_LOGGER
from inkbridge.support.signals import exit_code, handling_signals, interrupt

log = logging.getLogger("inkbridge")

RUN_VARIABLE = "INKBRIDGE_RUN"
"""Environment variable that says which Snakemake a job ends with: what :func:`run_id` returned there."""


@contextmanager
def logged(path: str | Path, memory: str = "") -> Iterator[None]:
    """Log to the file ``path``; progress and warnings to the terminal as well, with the job's name in front.

    An :class:`InkbridgeError` ends the process with its message and exit code 1, SIGINT with 130, SIGTERM with 143,
    SIGHUP with 129. Where memory runs out, the message says to lower ``memory``, settings in words. A job whose
    Snakemake was killed ends as upon SIGTERM: the next one may begin the same job.
    """
    place = Path(path)
    terminal = logging.StreamHandler()
    terminal.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == PROGRESS_LOGGER)
    terminal.setFormatter(logging.Formatter(f"{place.parent.name}/{place.stem}: %(message)s"))
    log.setLevel(logging.INFO)
    log.addHandler(terminal)
    try:
        with handling_signals(interrupt):
            _end_with_snakemake()
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
            log.exception("Internal error, please report it.")
            raise
        sys.exit(1)


def run_id() -> str:
    """Return what jobs know this process by: its number, and the namespace in which that is its number."""
    return f"{os.getpid()} {_namespace()}"


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not on macOS
        return ""


def _end_with_snakemake() -> None:
    """Send this process SIGTERM as soon as the Snakemake that started it is no more, or at once where it is so."""
    if not hasattr(os, "pidfd_open") or RUN_VARIABLE not in os.environ:  # not on macOS, not by hand
        return
    number, namespace = os.environ[RUN_VARIABLE].split(" ", 1)
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
