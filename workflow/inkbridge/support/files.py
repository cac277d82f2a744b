"""Files and folders that appear whole or not at all."""

import errno
import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkbridge.support.errors import InkbridgeError
from inkbridge.support.locks import locked

_NOTHING_LEFT = 64 << 10
"""Bytes free on a disk that count as none."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block ends well, and is removed when not.

    The temporary name keeps the suffix of ``path``, because libraries choose formats by it. It is always the same, so
    that what a killed process leaves behind is overwritten by the next one, and it is locked, so that two processes
    never write into one file. A link stays one, and a file that is replaced keeps its permissions. Its content is on
    the disk before it gets its name: after a power cut there is the old file, none, or the whole new one. That takes
    2 ms for each file. (The folder is not brought to disk: a name that is lost with the power is a file that is made
    again.)

    Raises :class:`InkbridgeError`, which names ``path``, where it cannot be written: the disk is full, its folder may
    not be written to, another process is writing it.
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
    """Yield a temporary folder beside ``path`` that replaces it when the block ends well, and is removed when not.

    Whatever ``path`` held before is gone then. Files are on the disk before the folder gets its name, links stay, and
    no other process writes it meanwhile, as with :func:`atomic_write`. What a killed process has left is removed by the
    next one, or put back where it was killed between the old folder's going and the new one's coming. Raises
    :class:`InkbridgeError`, which names ``path``, where it cannot be written.
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
    """Leave nothing beside the folder ``path``, and what it was where it is missing."""
    shutil.rmtree(temporary, ignore_errors=True)
    if former.exists() and not path.exists():
        former.rename(path)
    shutil.rmtree(former, ignore_errors=True)


def _refusal(path: Path, temporary: Path, error: OSError) -> InkbridgeError:
    """Return the error that tells why ``path`` was not written. Raises it where the disk is full."""
    if isinstance(error, BlockingIOError):
        return InkbridgeError(f"{path}: another process is writing it; wait for it, or end it, and run again")
    _raise_if_disk_full(path, temporary, error)
    return no_place(path, error)


def no_place(path: Path, error: OSError) -> InkbridgeError:
    """Return the error that tells why nothing can be written at ``path``."""
    other = "" if error.filename is None or Path(error.filename) == path else f" ({error.filename})"
    return InkbridgeError(
        f"{path}: expected a place that can be written to, found that it cannot: {error.strerror or error}{other}; "
        "see to its folder, or write elsewhere"
    )


def unreadable(path: Path, expected: str, error: OSError) -> InkbridgeError:
    """Return the error for a file that the system cannot read. Nothing shows that it is damaged."""
    return InkbridgeError(
        f"{path}: expected {expected}, found that the system cannot read it: {error.strerror or error}; check that the "
        "file exists, its permissions and its disk"
    )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _raise_if_disk_full(path: Path, temporary: Path, error: Exception) -> None:
    """Raise :class:`InkbridgeError` where ``error`` came because the disk is full. Libraries tell so in many ways, or
    not at all: what counts beside the error's number is that nothing is left."""
    folder = next(folder for folder in path.absolute().parents if folder.is_dir())
    disk = shutil.disk_usage(folder)
    is_full = disk.free < _NOTHING_LEFT and disk.total > 0  # such as /proc have no room, and never had
    if not is_full and getattr(error, "errno", None) not in _FULL:
        return
    written = sum(file.stat().st_size for file in _files(temporary))
    with suppress(OSError):
        if temporary.is_dir():
            shutil.rmtree(temporary)
        temporary.unlink(missing_ok=True)
    raise InkbridgeError(
        f"{path}: the disk is full: {_readable_size(written)} of it were written, which are removed again; now "
        f"{_readable_size(shutil.disk_usage(folder).free)} are free in {folder}; free more, then run again"
    ) from error


def _files(path: Path) -> list[Path]:
    """Return the file ``path``, or all files in the folder ``path``; none where there is neither."""
    return [file for file in (path, *path.rglob("*")) if file.is_file()]


def _readable_size(size: float) -> str:
    """Return a number of bytes in the largest unit in which it is at least 1."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def how_to_remake(path: Path) -> str:
    """Return the words that tell how a file that is damaged is made again."""
    return f"remove the file and run again: rm {shlex.quote(str(path))} && snakemake --cores all"
