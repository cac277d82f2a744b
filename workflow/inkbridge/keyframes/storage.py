"""Keyframes as ``.npy`` files."""

from pathlib import Path
from typing import IO, cast, get_args

import numpy as np

from inkbridge import CELL
from inkbridge.keyframes.originals import are_drawings
from inkbridge.keyframes.reading import Keyframes
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.marks import Mark
from inkbridge.support.provenance.record import Provenance, as_text
from inkbridge.support.types import Ink


def write_keyframes(path: Path, keyframes: Keyframes, provenance: Provenance | None = None) -> None:
    """Write keyframes without their warnings, as ``.npy``.

    The file appears whole or not at all. The originals, the ink as text, the marks, if there are any, as ``float64 [N,
    5]``, and the provenance as bytes follow the images as separate arrays. ``numpy.load`` reads only the images.
    """
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, keyframes.images)
        np.save(file, keyframes.originals)
        np.save(file, np.array(keyframes.ink))
        if keyframes.marks:
            np.save(file, np.array([(mark.keyframe, *mark.at, *mark.goes_to) for mark in keyframes.marks], np.float64))
        if provenance is not None:
            np.save(file, np.frombuffer(as_text(provenance).encode(), np.uint8))


def load_keyframes(path: Path) -> Keyframes:
    """Return what :func:`write_keyframes` wrote.

    Raises :class:`InkbridgeError` if the file holds anything else.
    """
    try:
        with path.open("rb") as file:
            images, originals, ink = np.load(file), np.load(file), str(np.load(file))
            marks = _marks(file)
        if ink not in get_args(Ink):
            raise ValueError(f"ink {ink[:20]!r}")
        if not are_drawings(images, CELL) or not are_drawings(originals) or len(images) != len(originals):
            raise ValueError(f"{images.dtype} {images.shape}, {originals.dtype} {originals.shape}")
    except OSError as error:
        raise unreadable(path, "keyframes", error) from error
    except (EOFError, ValueError) as error:
        raise InkbridgeError(
            f"{path}: expected keyframes, found something else or a damaged file ({error}); {how_to_remake(path)}"
        ) from error
    return Keyframes(np.asarray(images), np.asarray(originals), (), cast(Ink, ink), marks)


def _marks(file: IO[bytes]) -> tuple[Mark, ...]:
    """Return the marks that come next in a file, if any."""
    try:
        rows = np.load(file)
    except EOFError:
        return ()
    if rows.dtype != np.float64:
        return ()
    return tuple(Mark(int(number), (x, y), (to_x, to_y)) for number, x, y, to_x, to_y in rows.tolist())
