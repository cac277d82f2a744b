"""Files and folders that appear whole or not at all."""

import errno
import fcntl
import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkbridge.support.errors import InkbridgeError
from inkbridge.support.locks import locked

PACKAGE = Path(__file__).parents[1].absolute()
"""Folder of the installed package."""

_NOTHING_LEFT = 64 << 10
"""A disk with fewer free bytes counts as full."""

_FULL = {errno.ENOSPC, errno.EDQUOT}

_FULL_FSYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""On macOS, ``fsync`` leaves content in the disk's own cache. This command writes it to the disk (see fcntl(2) on
macOS)."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write ``path`` whole or not at all. The block gets the path of a temporary file and writes that file.

    If the block ends without an error, the temporary file replaces ``path``. Otherwise it is removed.

    The temporary file lies beside ``path`` and has the same suffix, because libraries choose the format by it. Its name
    is always the same, so that the next process overwrites what a killed one has left. It is locked, so that two
    processes never write into one file. A symbolic link stays a link, and a replaced file keeps its permissions.

    The content is on the disk before the file gets its name; this takes 2 ms. After a power cut, there is the old file,
    no file or the whole new file. The folder is not synchronised: a file whose name is lost is made again.

    Raises :class:`InkbridgeError` if ``path`` cannot be written: the disk is full, the folder is read-only, or another
    process is writing it.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(temporary):
            try:
                yield temporary
                _sync(temporary)
                if target.exists():
                    temporary.chmod(stat.S_IMODE(target.stat().st_mode))
                temporary.replace(target)
            except (OSError, RuntimeError) as error:
                _raise_if_disk_full(path, temporary, error)
                raise
    except OSError as error:
        raise _refusal(path, temporary, error) from error


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Write the folder ``path`` whole or not at all. The block gets the path of a temporary folder and fills it.

    If the block ends without an error, the temporary folder replaces ``path`` and all that it held. Otherwise it is
    removed. Content, links and locks are treated as by :func:`atomic_write`. If a process was killed, the next one
    removes what it has left; if it was killed while it replaced the folder, the next one restores the old folder.

    Raises :class:`InkbridgeError` if ``path`` cannot be written.
    """
    target = Path(os.path.realpath(path))
    temporary, former, lock = (target.with_name(f".{target.name}.{part}") for part in ("partial", "former", "lock"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(lock):
            try:
                _clean_up(target, temporary, former)
                temporary.mkdir()
                yield temporary
                for file in _files(temporary):
                    _sync(file)
                if target.exists():
                    target.rename(former)
                temporary.rename(target)
            except OSError as error:
                _raise_if_disk_full(path, temporary, error)
                raise
            finally:
                _clean_up(target, temporary, former)
    except OSError as error:
        raise _refusal(path, temporary, error) from error


def _clean_up(path: Path, temporary: Path, former: Path) -> None:
    """Remove what lies beside the folder ``path``. If ``path`` is missing, restore it from ``former``."""
    shutil.rmtree(temporary, ignore_errors=True)
    if former.exists() and not path.exists():
        former.rename(path)
    shutil.rmtree(former, ignore_errors=True)


def _refusal(path: Path, temporary: Path, error: OSError) -> InkbridgeError:
    """Return the error that says why ``path`` was not written. Raises it if the disk is full."""
    if isinstance(error, BlockingIOError):
        return InkbridgeError(f"{path}: another process is writing it; wait until it ends, or end it, and run again")
    _raise_if_disk_full(path, temporary, error)
    return unwritable(path, error)


def unwritable(path: Path, error: OSError) -> InkbridgeError:
    """Return the error for a path that the system cannot write."""
    other = "" if error.filename is None or Path(error.filename) == path else f" ({error.filename})"
    return InkbridgeError(
        f"{path}: expected a writable path, found that the system cannot write it: {error.strerror or error}{other}; "
        "check the folder, or write elsewhere"
    )


def unreadable(path: Path, expected: str, error: OSError) -> InkbridgeError:
    """Return the error for a file that the system cannot read. Nothing shows that it is damaged."""
    return InkbridgeError(
        f"{path}: expected {expected}, found that the system cannot read it: {error.strerror or error}; check that the "
        "file exists, its permissions and its disk"
    )


def _sync(path: Path) -> None:
    """Write the content of a file through to the disk."""
    with path.open("rb") as file:
        if _FULL_FSYNC is not None:
            with suppress(OSError):  # file systems without it still have fsync
                fcntl.fcntl(file, _FULL_FSYNC)
                return
        os.fsync(file.fileno())


def _raise_if_disk_full(path: Path, temporary: Path, error: Exception) -> None:
    """Raise :class:`InkbridgeError` if ``error`` was caused by a full disk.

    Libraries hide the number of that error in many ways, so a disk without free space counts, too.
    """
    folder = next(folder for folder in path.absolute().parents if folder.is_dir())
    disk = shutil.disk_usage(folder)
    is_full = disk.free < _NOTHING_LEFT and disk.total > 0  # file systems such as /proc always have a size of 0
    if not is_full and getattr(error, "errno", None) not in _FULL:
        return
    written = sum(file.stat().st_size for file in _files(temporary))
    with suppress(OSError):
        if temporary.is_dir():
            shutil.rmtree(temporary)
        temporary.unlink(missing_ok=True)
    raise InkbridgeError(
        f"{path}: the disk is full: {_readable_size(written)} were written and removed again; now "
        f"{_readable_size(shutil.disk_usage(folder).free)} are free in {folder}; free more, then run again"
    ) from error


def _files(path: Path) -> list[Path]:
    """Return the file ``path``, or all files in the folder ``path``, or none if ``path`` does not exist."""
    return [file for file in (path, *path.rglob("*")) if file.is_file()]


def _readable_size(size: float) -> str:
    """Return a number of bytes as text, in the largest unit in which it is at least 1."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def how_to_remake(path: Path) -> str:
    """Return the advice for a damaged file: how to make it again, or if it came with the package, how to get it."""
    if PACKAGE in path.absolute().parents:
        return "it came with inkbridge; install inkbridge again"
    return f"remove the file and run again: rm {shlex.quote(str(path))} && snakemake --cores all"
