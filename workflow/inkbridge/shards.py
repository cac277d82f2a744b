"""The HDF5 format of the synthetic data: write one shard, read many in shuffled batches with bounded memory.

A shard holds ``images`` ``uint8 [N, 64, 64]`` and ``recipes`` ``uint8 [N]``, and what was painted in image i:
``strokes/values`` ``float32 [M, 10]`` and ``strokes/kinds`` ``uint8 [M]`` in the rows from ``strokes/offsets[i]`` up
to ``strokes/offsets[i + 1]``. Its attributes say how it was made. Every chunk carries a checksum (Fletcher-32), and the
512 bytes before all that, HDF5's user block, hold a digest of all the rest: one byte that changed anywhere is found.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL, __version__
from inkbridge.errors import InkbridgeError, is_out_of_memory
from inkbridge.files import remaking, whole_file
from inkbridge.painting import paint
from inkbridge.provenance import Provenance, as_text
from inkbridge.seeds import random_stream
from inkbridge.strokes import Kind, StrokeSets, mixed
from inkbridge.synthesis import RECIPES, draw, moved

Images = NDArray[np.uint8]

_CHUNK = 128
"""Images in an HDF5 chunk: half a megabyte, the unit of reading and of shuffling."""

_BLOCK = 64
"""Chunks that are shuffled together in memory: 8,192 images, 32 MiB."""

_SEAL = 512
"""Bytes of the user block, the fewest that HDF5 knows."""


@dataclass(frozen=True)
class ShardKey:
    """What a shard depends on, and nothing else."""

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
    """Sample, paint and store the images of one shard, with the record of how it was made. The file appears whole or
    not at all."""
    drawings = draw(random_stream(key.seed, "shard", key.split, key.index), key.recipes, key.size)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=_SEAL) as file:
        file.attrs.update(key.attributes() | {"version": __version__})
        if provenance is not None:
            file.attrs["provenance"] = as_text(provenance)
        _store(file, "images", drawings.images)
        _store(file, "recipes", drawings.recipes)
        _store(file, "strokes/values", drawings.strokes.values)
        _store(file, "strokes/kinds", drawings.strokes.kinds)
        _store(file, "strokes/offsets", drawings.strokes.offsets)
    buffer.seek(_SEAL)
    seal = _seal(buffer)
    with whole_file(path) as temporary:
        temporary.write_bytes(seal + buffer.getbuffer()[_SEAL:])


def _seal(rest: io.BufferedIOBase) -> bytes:
    """Return the user block of a shard that goes on with ``rest``."""
    digest = hashlib.blake2b(digest_size=32)
    while part := rest.read(1 << 20):
        digest.update(part)
    return f"inkbridge shard. BLAKE2b of all beyond these {_SEAL} bytes: {digest.hexdigest()}\n".encode().ljust(_SEAL)


def _store(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    rows = min(len(values), _CHUNK if values.ndim > 2 else 1 << 14)
    file.create_dataset(
        name,
        data=values,
        chunks=(rows, *values.shape[1:]),
        compression="gzip",
        compression_opts=1,
        fletcher32=True,
    )


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a shard for reading. Raises :class:`InkbridgeError` where it is missing, truncated or damaged."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError) as error:
        if is_out_of_memory(error):
            raise
        raise InkbridgeError(
            f"{path}: expected a whole HDF5 shard, found one that cannot be read ({error}); {remaking(path)}"
        ) from error


def check_whole(path: Path) -> None:
    """Raise :class:`InkbridgeError` unless each byte of the shard at ``path`` is as it was written."""
    try:
        with path.open("rb") as file:
            sealed = file.read(_SEAL) == _seal(file)
    except OSError as error:
        raise InkbridgeError(f"{path}: expected a shard, found none that can be read ({error.strerror})") from error
    if not sealed:
        raise InkbridgeError(
            f"{path}: expected a whole HDF5 shard, found one whose checksum is wrong: truncated, damaged or no shard; "
            + remaking(path)
        )


def check_shard(path: Path, settings: Mapping[str, Any]) -> None:
    """Raise :class:`InkbridgeError` unless the shard at ``path`` is whole and was made with ``settings``.

    They are those of a :class:`ShardKey`; a shard's split is the name of its folder and its index that of its file.
    """
    check_whole(path)
    key = ShardKey(**settings, split=path.parent.name, index=int(path.stem))
    found = shard_attributes(path)
    for name, expected in key.attributes().items():
        if found.get(name) != expected:
            raise InkbridgeError(
                f"{path}: a shard of another configuration: expected {name} {expected}, found {found.get(name)}; "
                + remaking(path)
            )
    with opened(path) as file:
        shape = file["images"].shape
    if shape != (key.size, CELL, CELL):
        raise InkbridgeError(f"{path}: expected {key.size} images of {CELL}×{CELL}, found shape {shape}")


def shard_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a shard that its content depends on, and the version of inkbridge."""
    with opened(path) as file:
        attributes = {name: value for name, value in file.attrs.items() if name != "provenance"}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in attributes.items()}


def read_images(path: Path, rows: slice = slice(None)) -> Images:
    """Return the images of a shard, ``uint8 [N, 64, 64]``."""
    with opened(path) as file:
        images: Images = file["images"][rows]
    return images


def read_recipes(path: Path, rows: slice = slice(None)) -> NDArray[np.str_]:
    """Return the name of the recipe of each image of a shard."""
    with opened(path) as file:
        names = np.array(list(json.loads(file.attrs["recipes"])))
        return names[file["recipes"][rows]]


def read_strokes(path: Path) -> StrokeSets:
    """Return what was painted in all images of a shard."""
    with opened(path) as file:
        stored = file["strokes"]
        return StrokeSets(stored["values"][:], stored["kinds"][:], stored["offsets"][:])


def first_images(paths: Sequence[Path], count: int) -> tuple[Images, NDArray[np.str_]]:
    """Return the first ``count`` images of some shards, or all where there are fewer, and their recipes' names."""
    images: list[Images] = []
    recipes: list[NDArray[np.str_]] = []
    for path in paths:
        rows = slice(count - sum(map(len, images)))
        if rows.stop > 0:
            images.append(read_images(path, rows))
            recipes.append(read_recipes(path, rows))
    return np.concatenate(images), np.concatenate(recipes)


def shuffled_batches(paths: Sequence[Path], batch: int, seed: int, start: int = 0) -> Iterator[Images]:
    """Yield batches ``uint8 [batch, 64, 64]`` without end, each image once in each epoch.

    In every epoch the chunks of all shards are put in random order; blocks of 64 of them are read and shuffled in
    memory, the next block while the present one is in use. Memory is bounded by two blocks, however many shards
    there are. ``start``, in batches, continues a sequence where it was: the order depends on ``seed`` alone. What an
    epoch has left beyond whole batches begins the next one.
    """
    stream = _images_in_blocks(paths, seed, start * batch)
    rest = np.empty((0, CELL, CELL), dtype=np.uint8)
    for block in stream:
        rest = np.concatenate([rest, block])
        whole = len(rest) // batch * batch
        yield from rest[:whole].reshape(-1, batch, CELL, CELL)
        rest = rest[whole:]


def _images_in_blocks(paths: Sequence[Path], seed: int, skip: int) -> Iterator[Images]:
    """Yield shuffled blocks without end, without the first ``skip`` images, each read while the last is in use."""
    chunks = _all_chunks(paths)
    total = sum(last - first for _, first, last in chunks)
    with ThreadPoolExecutor(1) as reader:
        blocks = _block_plans(chunks, seed, first_epoch=skip // total, skip=skip % total)
        waiting = reader.submit(_read_block, paths, *next(blocks))
        for plan in blocks:
            ready = waiting.result()
            waiting = reader.submit(_read_block, paths, *plan)
            yield ready


Chunk = tuple[int, int, int]
"""Number of the shard, first row, last row + 1."""


def _all_chunks(paths: Sequence[Path]) -> list[Chunk]:
    chunks = []
    for number, path in enumerate(paths):
        with opened(path) as file:
            size = len(file["images"])
        chunks += [(number, first, min(first + _CHUNK, size)) for first in range(0, size, _CHUNK)]
    return chunks


def _block_plans(
    chunks: Sequence[Chunk], seed: int, first_epoch: int, skip: int
) -> Iterator[tuple[list[Chunk], np.random.Generator, int]]:
    """Yield what each block is made of: its chunks, the generator that shuffles it, the images to leave out."""
    epoch = first_epoch
    while True:
        order = random_stream(seed, "chunks", epoch).permutation(len(chunks))
        for block, first in enumerate(range(0, len(chunks), _BLOCK)):
            chosen = [chunks[number] for number in order[first : first + _BLOCK]]
            size = sum(last - first for _, first, last in chosen)
            if skip < size:
                yield chosen, random_stream(seed, "block", epoch, block), skip
            skip = max(0, skip - size)
        epoch += 1


def _read_block(paths: Sequence[Path], chunks: list[Chunk], rng: np.random.Generator, skip: int) -> Images:
    """Read the chunks of a block shard by shard, and return their images shuffled, without the first ``skip``."""
    parts = []
    for number in sorted({number for number, _, _ in chunks}):
        with opened(paths[number]) as file:
            parts += [file["images"][first:last] for shard, first, last in sorted(chunks) if shard == number]
    images = np.concatenate(parts)
    shuffled: Images = images[rng.permutation(len(images))[skip:]]
    return shuffled


def _bendable(strokes: StrokeSets) -> StrokeSets:
    """Return ``strokes`` whose lines are painted as curves: a movement may bend them."""
    kinds = np.where(strokes.kinds == Kind.LINE, np.uint8(Kind.QUADRATIC), strokes.kinds)
    return StrokeSets(strokes.values, kinds, strokes.offsets)


_SWAP = 1000
"""Steps for which moving pairs are made from the drawings of one shard."""


class MovingPairs:
    """Drawings that move, made while a network trains: drawings of the shards, moved at random.

    What a step gets depends on the seed and its number alone. One shard's strokes are in memory at a time.
    """

    def __init__(self, paths: Sequence[Path], seed: int) -> None:
        self._paths, self._seed = paths, seed
        self._shard = -1
        self._strokes: StrokeSets
        self._blurs: NDArray[np.float64]

    def __call__(self, step: int, count: int) -> Images:
        """Return ``uint8 [count, 3, 64, 64]``: the start, the true in-between halfway, and the end of movements."""
        if not count:
            return np.empty((0, 3, CELL, CELL), dtype=np.uint8)
        rng = random_stream(self._seed, "moving pairs", step)
        self._open(int(random_stream(self._seed, "moving shard", step // _SWAP).integers(len(self._paths))))
        chosen = rng.integers(0, len(self._strokes), count)
        start, blurs = _bendable(self._strokes.take(chosen)), self._blurs[chosen]
        end = moved(rng, start)
        return np.stack([paint(strokes, blurs) for strokes in (start, mixed(start, end, 0.5), end)], axis=1)

    def _open(self, shard: int) -> None:
        if shard != self._shard:
            self._shard, path = shard, self._paths[shard]
            self._strokes = read_strokes(path)
            blur_of = {name: recipe.blur for name, recipe in RECIPES.items()}
            self._blurs = np.array([blur_of[name] for name in read_recipes(path)])
