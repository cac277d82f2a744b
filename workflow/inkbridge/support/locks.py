"""Locks on files, so that two processes never write the same one."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PATIENCE = 20.0
"""Seconds to wait for another process that holds a lock: one that was told to end may still save what it has."""

_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}
"""What file systems answer that know no locks."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on the file ``path``, which is made where it is missing, and remove it when the block ends.

    The lock is gone with the process, whatever ends it. Raises BlockingIOError where another process holds it and
    does not let go within some seconds.
    """
    with _locked(path) as file:
        try:
            yield
        finally:
            if _is_still(path, file):  # and not that of who came after a file was renamed
                with suppress(OSError):
                    path.unlink()


def _locked(path: Path) -> IO[bytes]:
    """Return the file ``path``, open and with a lock on it, as soon as no other process has one."""
    deadline = time.monotonic() + PATIENCE
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, file):
                return file
            file.close()  # whoever had the lock has moved or removed the file meanwhile
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return file
            file.close()
            if not isinstance(error, BlockingIOError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
