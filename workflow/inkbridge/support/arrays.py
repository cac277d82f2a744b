"""Named arrays in one file, with a JSON record that describes them.

The format is safetensors, which cannot carry code. The record holds a digest of the whole file, so that every changed
byte is found. This module does not import torch, which takes longer to import than a job takes to draw a GIF.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

import inkbridge
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable

_BLANK = "0" * 64
"""Stands in for the digest, BLAKE2b in hexadecimal, while the digest is computed."""

_NOT_UNDERSTOOD = (
    SafetensorError,
    AttributeError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a damaged or different file may raise: numbers in it may be absurd, and JSON nested too deep."""


@dataclass(frozen=True)
class StoredArrays:
    """The content of a file: arrays by name, and the record that describes them."""

    arrays: dict[str, NDArray[Any]]
    about: dict[str, Any]


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Store arrays with the record ``about``, which JSON can hold. The file appears whole or not at all."""
    record = {"digest": _BLANK, **about, "version": inkbridge.__version__}
    # One key, because safetensors writes several in random order, and the same model must give the same bytes.
    blank = save(dict(arrays), {"about": json.dumps(record)})
    with atomic_write(path) as temporary:
        temporary.write_bytes(blank.replace(_BLANK.encode(), _digest(blank).encode(), 1))


def read_arrays(path: Path) -> StoredArrays:
    """Read what :func:`write_arrays` stored.

    Raises :class:`InkbridgeError` if the file cannot be read, is of another kind, or has changed since it was written.
    """
    with _reading(path):
        data = path.read_bytes()
        about = _checked_record(data)
        return StoredArrays({name: np.asarray(array) for name, array in load(data).items()}, about)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Raise :class:`InkbridgeError`, naming ``path``, if the block cannot read it or does not understand it."""
    try:
        yield
    except OSError as error:
        raise unreadable(path, "a safetensors file of inkbridge", error) from error
    except _NOT_UNDERSTOOD as error:
        raise InkbridgeError(
            f"{path}: expected a whole safetensors file of inkbridge, found a damaged or different file ({error}); "
            + how_to_remake(path)
        ) from error


def read_about(path: Path) -> dict[str, Any]:
    """Read only the record of such a file. Raises errors as :func:`read_arrays` does."""
    return read_arrays(path).about


def read_label(path: Path) -> dict[str, Any]:
    """Read only the record of such a file, with its ``digest``, from the file's first bytes. Damage behind them is not
    found: :func:`read_arrays` finds it.

    Raises :class:`InkbridgeError` if the file cannot be read or is of another kind.
    """
    with _reading(path), path.open("rb") as file:
        return dict(_record_in(file.read(int.from_bytes(file.read(8), "little"))))


def _record_in(header: bytes) -> dict[str, Any]:
    """Return the record in the header of a file. Raises KeyError, TypeError or ValueError if there is none."""
    record: dict[str, Any] = json.loads(json.loads(header)["__metadata__"]["about"])
    return record


def _digest(blank: bytes) -> str:
    return hashlib.blake2b(blank, digest_size=32).hexdigest()


def _checked_record(data: bytes) -> dict[str, Any]:
    """Return the record in ``data``, the content of a file. Raises ValueError if a byte has changed."""
    length = int.from_bytes(data[:8], "little")
    if not 0 < length <= len(data) - 8:
        raise ValueError("its header is cut off")
    about = _record_in(data[8 : 8 + length])
    digest = about.pop("digest")
    if _digest(data.replace(digest.encode(), _BLANK.encode(), 1)) != digest:
        raise ValueError("its checksum is wrong: the file was damaged")
    return dict(about)
