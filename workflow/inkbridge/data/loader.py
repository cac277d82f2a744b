"""Shards → shuffled batches, with bounded memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from inkbridge import CELL
from inkbridge.data.shards import CHUNK, open_shard
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images

_BLOCK = 64
"""Chunks that are shuffled together in memory: 8,192 images, 32 MiB."""


def shuffled_batches(paths: Sequence[Path], batch: int, seed: int, start: int = 0) -> Iterator[Images]:
    """Yield batches ``uint8 [batch, 64, 64]`` without end, each image once in each epoch.

    In every epoch, the chunks of all shards get a random order. Blocks of 64 chunks are read and shuffled in memory;
    the next block is read while the current one is in use. So memory is bounded by two blocks, however many shards
    there are. If an epoch does not end with a whole batch, its remaining images begin the first batch of the next
    epoch. The order depends only on ``seed``. The first ``start`` batches of the sequence are left out.
    """
    stream = _images_in_blocks(paths, seed, start * batch)
    rest = np.empty((0, CELL, CELL), dtype=np.uint8)
    for block in stream:
        rest = np.concatenate([rest, block])
        whole = len(rest) // batch * batch
        yield from rest[:whole].reshape(-1, batch, CELL, CELL)
        rest = rest[whole:]


def _images_in_blocks(paths: Sequence[Path], seed: int, skip: int) -> Iterator[Images]:
    """Yield shuffled blocks without the first ``skip`` images. Each block is read while the one before is in use."""
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
"""Number of the shard, first row, one past the last row."""


def _all_chunks(paths: Sequence[Path]) -> list[Chunk]:
    chunks = []
    for number, path in enumerate(paths):
        with open_shard(path) as file:
            size = len(file["images"])
        chunks += [(number, first, min(first + CHUNK, size)) for first in range(0, size, CHUNK)]
    return chunks


def _block_plans(
    chunks: Sequence[Chunk], seed: int, first_epoch: int, skip: int
) -> Iterator[tuple[list[Chunk], np.random.Generator, int]]:
    """Yield the plan of each block: its chunks, the generator that shuffles it, the number of images to leave out."""
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
        with open_shard(paths[number]) as file:
            parts += [file["images"][first:last] for shard, first, last in sorted(chunks) if shard == number]
    images = np.concatenate(parts)
    shuffled: Images = images[rng.permutation(len(images))[skip:]]
    return shuffled
