"""The HDF5 format of the synthetic data.

A shard holds ``images`` ``uint8 [N, 64, 64]``, ``recipes`` ``uint8 [N]``, and the strokes of the images. Those of image
i are the rows from ``strokes/offsets[i]`` up to ``strokes/offsets[i + 1]`` of ``strokes/values`` ``float32 [M, 10]``
and ``strokes/kinds`` ``uint8 [M]``. The attributes say how the shard was made. Every chunk has a checksum
(Fletcher-32). The first 512 bytes, HDF5's user block, hold a digest of the rest, so that any changed byte is found.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

import inkbridge
from inkbridge import CELL
from inkbridge.data.recipes import sample_drawings
from inkbridge.strokes.bezier import StrokeSets
from inkbridge.support.errors import InkbridgeError, is_out_of_memory
from inkbridge.support.files import atomic_write, how_to_remake, unreadable
from inkbridge.support.hdf5 import read_hdf5
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance, as_text
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images

CHUNK = 128
"""Images in an HDF5 chunk (half a megabyte). They are read and shuffled together."""

_USER_BLOCK = 512
"""Bytes of the user block: the least that HDF5 allows."""


@dataclass(frozen=True)
class ShardKey:
    """Everything that the content of a shard depends on."""

    seed: int
    recipes: Mapping[str, float]
    size: int
    split: str
    index: int

    def attributes(self) -> dict[str, Any]:
        """Return the attributes that a shard with this key has."""
        return {
            "seed": self.seed,
            "recipes": json.dumps(dict(self.recipes)),
            "size": self.size,
            "split": self.split,
            "index": self.index,
        }


def write_shard(path: Path, key: ShardKey, provenance: Provenance | None = None) -> None:
    """Sample, paint and store the drawings of one shard, and how they were made. The file appears whole or not at
    all."""
    drawings = sample_drawings(random_stream(key.seed, "shard", key.split, key.index), key.recipes, key.size)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=_USER_BLOCK) as file:
        file.attrs.update(key.attributes() | {"version": inkbridge.__version__})
        if provenance is not None:
            file.attrs[PROVENANCE_KEY] = as_text(provenance)
        _store(file, "images", drawings.images)
        _store(file, "recipes", drawings.recipes)
        _store(file, "strokes/values", drawings.strokes.values)
        _store(file, "strokes/kinds", drawings.strokes.kinds)
        _store(file, "strokes/offsets", drawings.strokes.offsets)
    buffer.seek(_USER_BLOCK)
    digest_block = _digest_block(buffer)
    with atomic_write(path) as temporary:
        temporary.write_bytes(digest_block + buffer.getbuffer()[_USER_BLOCK:])


def _digest_block(rest: io.BufferedIOBase) -> bytes:
    """Return the user block of a shard, given the ``rest`` of the file."""
    digest = hashlib.blake2b(digest_size=32)
    while part := rest.read(1 << 20):
        digest.update(part)
    return f"inkbridge shard. BLAKE2b of all beyond these {_USER_BLOCK} bytes: {digest.hexdigest()}\n".encode().ljust(
        _USER_BLOCK
    )


def _store(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    rows = min(len(values), CHUNK if values.ndim > 2 else 1 << 14)
    file.create_dataset(
        name,
        data=values,
        chunks=(rows, *values.shape[1:]),
        compression="gzip",
        compression_opts=1,
        fletcher32=True,
    )


@contextmanager
def open_shard(path: Path) -> Iterator[h5py.File]:
    """Open a shard to read it.

    Raises :class:`InkbridgeError` if it is missing, cannot be read, is damaged or is not a shard.
    """
    try:
        with read_hdf5(path) as file:
            yield file
    except (OSError, KeyError) as error:
        if is_out_of_memory(error):
            raise
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError | KeyError) -> InkbridgeError:
    """Return the error for a shard that could not be read. Raises it if the shard is damaged."""
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(path, "a shard", error)
    check_whole(path)
    return InkbridgeError(
        f"{path}: expected an HDF5 shard, found an undamaged file that HDF5 cannot read as one ({error}); check the "
        "installed version of h5py"
    )


def check_whole(path: Path) -> None:
    """Raise :class:`InkbridgeError` if any byte of the shard at ``path`` has changed since it was written."""
    try:
        with path.open("rb") as file:
            is_whole = file.read(_USER_BLOCK) == _digest_block(file)
    except OSError as error:
        raise unreadable(path, "a shard", error) from error
    if not is_whole:
        raise InkbridgeError(
            f"{path}: expected a whole HDF5 shard, found one with a wrong checksum: truncated, damaged or no shard; "
            + how_to_remake(path)
        )


def check_shard(path: Path, settings: Mapping[str, Any]) -> None:
    """Raise :class:`InkbridgeError` unless the shard at ``path`` is whole and was made with ``settings``.

    ``settings`` are those of a :class:`ShardKey`. The split of a shard is the name of its folder, and its index the
    name of its file.
    """
    check_whole(path)
    key = ShardKey(**settings, split=path.parent.name, index=int(path.stem))
    found = shard_attributes(path)
    for name, expected in key.attributes().items():
        if found.get(name) != expected:
            raise InkbridgeError(
                f"{path}: a shard of another configuration: expected {name} {expected}, found {found.get(name)}; "
                + how_to_remake(path)
            )
    with open_shard(path) as file:
        shape = file["images"].shape
    if shape != (key.size, CELL, CELL):
        raise InkbridgeError(f"{path}: expected {key.size} images of {CELL}×{CELL}, found shape {shape}")


def shard_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a shard that its content depends on, and the version of inkbridge."""
    with open_shard(path) as file:
        attributes = {name: value for name, value in file.attrs.items() if name != PROVENANCE_KEY}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in attributes.items()}


def read_images(path: Path, rows: slice = slice(None)) -> Images:
    """Return the images of a shard, ``uint8 [N, 64, 64]``."""
    with open_shard(path) as file:
        images: Images = file["images"][rows]
    return images


def read_recipes(path: Path, rows: slice = slice(None)) -> NDArray[np.str_]:
    """Return the name of the recipe of each image of a shard."""
    with open_shard(path) as file:
        names = np.array(list(json.loads(file.attrs["recipes"])))
        return names[file["recipes"][rows]]


def read_strokes(path: Path) -> StrokeSets:
    """Return the strokes of all images of a shard."""
    with open_shard(path) as file:
        stored = file["strokes"]
        return StrokeSets(stored["values"][:], stored["kinds"][:], stored["offsets"][:])


def first_images(paths: Sequence[Path], count: int) -> tuple[Images, NDArray[np.str_]]:
    """Return the first ``count`` images of some shards, or all if there are fewer, and their recipes' names."""
    images: list[Images] = []
    recipes: list[NDArray[np.str_]] = []
    for path in paths:
        rows = slice(count - sum(map(len, images)))
        if rows.stop > 0:
            images.append(read_images(path, rows))
            recipes.append(read_recipes(path, rows))
    return np.concatenate(images), np.concatenate(recipes)
