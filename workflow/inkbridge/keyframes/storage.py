"""Keyframes as ``.npy`` files."""

from pathlib import Path
from typing import cast, get_args

import numpy as np

from inkbridge import CELL
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.provenance.record import Provenance, as_text
from inkbridge.support.types import Images, Ink


def write_keyframes(path: Path, images: Images, ink: Ink, provenance: Provenance | None = None) -> None:
    """Write keyframes ``uint8 [K, 64, 64]`` and the ink of their drawing, as ``.npy``.

    The file appears whole or not at all. The ink, as text, and the provenance follow the keyframes as separate arrays.
    ``numpy.load`` reads only the keyframes.
    """
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, images)
        np.save(file, np.array(ink))
        if provenance is not None:
            np.save(file, np.frombuffer(as_text(provenance).encode(), np.uint8))


def load_keyframes(path: Path) -> tuple[Images, Ink]:
    """Return what :func:`write_keyframes` wrote: ``uint8 [K, 64, 64]`` and the ink.

    Raises :class:`InkbridgeError` if the file holds anything else.
    """
    try:
        with path.open("rb") as file:
            images, ink = np.load(file), str(np.load(file))
        if ink not in get_args(Ink):
            raise ValueError(f"ink {ink[:20]!r}")
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (CELL, CELL):
            raise ValueError(f"{images.dtype} {images.shape}")
    except OSError as error:
        raise unreadable(path, "keyframes", error) from error
    except (EOFError, ValueError) as error:
        raise InkbridgeError(
            f"{path}: expected keyframes, found something else or a damaged file ({error}); {how_to_remake(path)}"
        ) from error
    return np.asarray(images), cast(Ink, ink)
