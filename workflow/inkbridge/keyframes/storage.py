"""Keyframes as ``.npy`` files."""

from pathlib import Path

import numpy as np

from inkbridge.keyframes.cells import SIDE
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.provenance.record import Provenance, as_text
from inkbridge.support.types import Images


def write_keyframes(path: Path, images: Images, provenance: Provenance | None = None) -> None:
    """Write keyframes ``uint8 [K, 64, 64]`` as ``.npy``. The file appears whole or not at all.

    The record of how they were made is a second array behind them, which readers of the first one do not see.
    """
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, images)
        if provenance is not None:
            np.save(file, np.frombuffer(as_text(provenance).encode(), np.uint8))


def load_keyframes(path: Path) -> Images:
    """Read what :func:`write_keyframes` wrote: ``uint8 [K, 64, 64]``. Raises InkbridgeError where it is not that."""
    try:
        with path.open("rb") as file:
            images = np.load(file)
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"{images.dtype} {images.shape}")
    except OSError as error:
        raise unreadable(path, "keyframes", error) from error
    except (EOFError, ValueError) as error:
        raise InkbridgeError(
            f"{path}: expected keyframes, found no whole ones ({error}); {how_to_remake(path)}"
        ) from error
    return np.asarray(images)
