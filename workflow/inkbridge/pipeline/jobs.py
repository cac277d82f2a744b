"""What surrounds the work of every job: its log, its exit code and its signals."""

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from inkbridge.config.settings import Compute
from inkbridge.support.cores import use_one_blas_thread
from inkbridge.support.errors import InkbridgeError, interruption_behind, is_out_of_memory
from inkbridge.support.progress import PROGRESS_LOGGER
from inkbridge.support.signals import exit_code, handling_signals, interrupt

log = logging.getLogger("inkbridge")

RUN_VARIABLE = "INKBRIDGE_RUN"
"""Environment variable with the :func:`run_id` of the Snakemake with which a job ends."""

_POLL_SECONDS = 1.0


@contextmanager
def logged(path: str | Path, memory: str = "") -> Iterator[None]:
    """Log the block to the file ``path``, and its progress and warnings to the terminal, with the name of the job in
    front.

    An :class:`InkbridgeError` ends the process with its message and exit code 1. SIGINT ends it with 130, SIGTERM with
    143, SIGHUP with 129. If memory runs out, the message advises to lower the settings that ``memory`` names. If the
    Snakemake of the job is killed, the job ends as after SIGTERM, because the next Snakemake may start the same job.
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
            log.error(
                "memory ran out (%s); %sgive the job more memory", error, f"lower {memory}, or " if memory else ""
            )
        elif isinstance(error, InkbridgeError):
            log.error("%s", error)
        else:
            log.exception("Internal error, please report it.")
            raise
        sys.exit(1)


def compute_of(job: Any) -> Compute:
    """Return the settings of what a job computes on. ``job`` is the ``snakemake`` object of its script.

    With ``auto``, a job that has declared no GPU computes on the CPU: the GPU of a cluster's node may be another job's.
    """
    compute = Compute.model_validate(job.params.compute)
    if compute.device == "auto" and not job.resources.get("gpu"):
        return compute.model_copy(update={"device": "cpu"})
    return compute


def run_id() -> str:
    """Return what identifies this process for jobs: its number, and the machine and namespace in which it has it."""
    return f"{os.getpid()} {_namespace()}"


def _namespace() -> str:
    """Return what only processes share that see each other's numbers: one start of one machine, and a namespace of it.

    The first namespace of every machine has the same name, so that alone does not tell two machines apart.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # on macOS
        return os.uname().nodename


def _end_with_snakemake() -> None:
    """Send this process SIGTERM as soon as the Snakemake that started it has ended, or at once if it already has."""
    if RUN_VARIABLE not in os.environ:  # started by hand
        return
    number, namespace = os.environ[RUN_VARIABLE].split(" ", 1)
    if namespace != _namespace():  # on another machine, or in a container, which do not see that process
        return
    try:
        wait_for_end = _end_of(int(number))
    except ProcessLookupError:  # Snakemake was killed while Python started here
        os.kill(os.getpid(), signal.SIGTERM)
        return

    def wait() -> None:
        wait_for_end()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _end_of(process: int) -> Callable[[], object]:
    """Return a function that waits until ``process`` ends. Raises ProcessLookupError if it has ended."""
    if hasattr(os, "pidfd_open"):
        try:
            handle = os.pidfd_open(process)
            return lambda: select.select([handle], [], [])
        except ProcessLookupError:
            raise
        except OSError:  # some sandboxes forbid the call
            pass
    _check_running(process)
    return lambda: _poll(process)


def _poll(process: int) -> None:
    """Return within a second after ``process`` has ended. Without pidfd, as on macOS, polling is the only way."""
    with suppress(ProcessLookupError):
        while True:
            _check_running(process)
            time.sleep(_POLL_SECONDS)


def _check_running(process: int) -> None:
    """Raise ProcessLookupError if ``process`` has ended."""
    with suppress(PermissionError):  # it runs, and belongs to another user
        os.kill(process, 0)


def _log_file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        raise InkbridgeError(f"{path}: the log cannot be written: {error.strerror}") from error
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return file
