"""Locks on files, so that two processes never write the same one."""

import errno
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

log = logging.getLogger("inkbridge")

PATIENCE = 20.0
"""Seconds to wait for another process that holds a lock. A process that was asked to end may still save its work."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EBADF}
"""Error numbers of file systems without locks, such as many network file systems."""

_WARNED_VARIABLE = "INKBRIDGE_WARNED_OF_MISSING_LOCKS"
"""Environment variable that is set after the warning. Child processes inherit it."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock the file ``path``, create it if it is missing, and remove it when the block ends.

    The system releases the lock when the process ends, for whatever reason. On a file system without locks, the block
    runs without a lock, after a warning (:func:`check_locks`). Raises BlockingIOError if another process keeps the lock
    for more than :data:`PATIENCE` seconds.
    """
    with _locked(path) as file:
        try:
            yield
        finally:
            if _is_at(path, file):  # not the file of the next process, made after ours was renamed
                with suppress(OSError):
                    path.unlink()


def _locked(path: Path) -> IO[bytes]:
    """Return the file ``path``, open and locked, as soon as no other process has locked it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, file):
                return file
            file.close()  # the former holder of the lock has moved or removed the file
        except OSError as error:
            if error.errno in _NO_LOCKS:
                _warn()
                return file
            file.close()
            if not isinstance(error, BlockingIOError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def check_locks(folder: Path) -> None:
    """Log a warning if the file system of ``folder`` has no file locks.

    There is one warning per process. Processes that it starts do not repeat it.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # whoever writes there will report it
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            _warn()
    finally:
        os.close(descriptor)


def _warn() -> None:
    if _WARNED_VARIABLE not in os.environ:
        os.environ[_WARNED_VARIABLE] = "1"
        log.warning("the file system has no file locks: do not write to the same folder from two processes at once")


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
