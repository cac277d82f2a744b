"""Named arrays in one file, with a JSON record of what they are: safetensors, from which nothing can be executed.

This module and those that draw GIFs do without torch, whose import takes longer than all that a GIF's job does.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from inkbridge import __version__
from inkbridge.errors import InkbridgeError
from inkbridge.files import whole_file


@dataclass(frozen=True)
class StoredArrays:
    """The content of a file: arrays by name, and the record of what they are."""

    arrays: dict[str, NDArray[Any]]
    about: dict[str, Any]


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Store arrays with their record. The file appears whole or not at all."""
    # One key: safetensors writes several in random order, and the same model shall give the same bytes.
    metadata = {"about": json.dumps(dict(about) | {"version": __version__})}
    with whole_file(path) as temporary:
        save_file(dict(arrays), temporary, metadata)


def read_arrays(path: Path) -> StoredArrays:
    """Read what :func:`write_arrays` stored. Raises :class:`InkbridgeError` where it is not that."""
    with _opened(path) as (file, about):
        names = file.keys()
        return StoredArrays({name: np.asarray(file.get_tensor(name)) for name in names}, about)


def read_about(path: Path) -> dict[str, Any]:
    """Read the record alone of such a file. Raises :class:`InkbridgeError` where it is not one."""
    with _opened(path) as (_, about):
        return about


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["about"])
            if not isinstance(about, dict):
                raise ValueError("its record is no mapping")
            yield file, about
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise InkbridgeError(
            f"{path}: expected a whole safetensors file of inkbridge, found one that cannot be read as such ({error}); "
            "remove it and run again to remake it"
        ) from error
