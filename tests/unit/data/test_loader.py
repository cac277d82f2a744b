"""Batches are shuffled, continue where they stopped, and need bounded memory."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.data import loader
from inkbridge.data.loader import shuffled_batches
from inkbridge.support.types import Images


def taken(paths: list[Path], batch: int, count: int, seed: int = 1, start: int = 0) -> Images:
    """Return ``count`` batches of a stream, ``[count, batch, 64, 64]``."""
    stream = shuffled_batches(paths, batch, seed, start)
    try:
        return np.stack(list(itertools.islice(stream, count)))
    finally:
        stream.close()


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three shards, of chunks that are and are not whole; image i of all 777 says its number in its first pixels."""
    folder = tmp_path_factory.mktemp("numbered")
    paths, first = [], 0
    for index, size in enumerate((256, 21, 500)):
        images = np.zeros((size, 64, 64), np.uint8)
        numbers = np.arange(first, first + size)
        images[:, 0, 0], images[:, 0, 1] = np.divmod(numbers, 256)
        first += size
        paths.append(folder / f"{index}.h5")
        with h5py.File(paths[-1], "w") as file:
            file["images"] = images
    return paths


def numbers_of(batches: Images) -> NDArray[np.int64]:
    images = batches.reshape(-1, 64, 64).astype(int)
    return images[:, 0, 0] * 256 + images[:, 0, 1]


TOTAL = 777


@pytest.mark.parametrize("blocks", [1, 2, 64])
@pytest.mark.parametrize("batch", [1, 37, 64, 777])
def test_every_image_is_in_each_epoch_once(batch, blocks, numbered, monkeypatch):
    monkeypatch.setattr(loader, "_BLOCK", blocks)
    batches = taken(numbered, batch, -(-3 * TOTAL // batch))
    assert batches.shape[1:] == (batch, 64, 64)
    assert batches.dtype == np.uint8
    epochs = numbers_of(batches)[: 3 * TOTAL].reshape(3, TOTAL)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(TOTAL))
    assert (epochs[0] != epochs[1]).mean() > 0.9, "each epoch has an order of its own"


def test_batch_may_be_larger_than_the_data(numbered):
    numbers = numbers_of(taken(numbered, 1000, 4))
    assert len(numbers) == 4000
    np.testing.assert_array_equal(np.sort(numbers[: 5 * TOTAL]), np.repeat(np.arange(TOTAL), 5))
    np.testing.assert_array_equal(numbers[:1000], numbers_of(taken(numbered, 100, 10)))


def test_images_are_shuffled_across_shards(numbered):
    positions = np.argsort(numbers_of(taken(numbered, TOTAL, 1)))
    assert abs(np.corrcoef(positions, np.arange(TOTAL))[0, 1]) < 0.15
    neighbours = np.abs(np.diff(numbers_of(taken(numbered, TOTAL, 1))))
    assert (neighbours == 1).mean() < 0.02


def test_shards_are_read_in_another_order_in_each_epoch(numbered, monkeypatch):
    monkeypatch.setattr(loader, "_BLOCK", 1)
    epochs = numbers_of(taken(numbered, TOTAL, 3))
    chunks = [first // 128 for first in (epochs[:64], epochs[TOTAL : TOTAL + 64], epochs[2 * TOTAL : 2 * TOTAL + 64])]
    assert len({tuple(np.unique(chunk)) for chunk in chunks}) > 1


def test_sequence_depends_only_on_the_seed(numbered):
    one = taken(numbered, 50, 40)
    assert one.tobytes() == taken(numbered, 50, 40).tobytes()
    assert (numbers_of(one) != numbers_of(taken(numbered, 50, 40, seed=2))).mean() > 0.9


@pytest.mark.parametrize("blocks", [1, 2, 64])
@pytest.mark.parametrize("batch", [1, 50, 1000])
def test_sequence_continues_exactly_where_it_stopped(batch, blocks, numbered, monkeypatch):
    monkeypatch.setattr(loader, "_BLOCK", blocks)
    count = max(4, 2 * TOTAL // batch)
    whole = numbers_of(taken(numbered, batch, count)).reshape(count, batch)
    for start in {0, 1, 2, count // 2, TOTAL // batch, TOTAL // batch + 1, count - 1}:
        if start < count:
            rest = numbers_of(taken(numbered, batch, count - start, start=start))
            np.testing.assert_array_equal(rest, whole[start:].ravel())


def test_batches_do_not_change_each_other(numbered):
    stream = shuffled_batches(numbered, 50, 1)
    first, kept = next(stream), None
    kept = first.copy()
    second = next(stream)
    second[:] = 7
    np.testing.assert_array_equal(first, kept)
    stream.close()


STREAM = """
import itertools, json, pathlib, resource, sys
from inkbridge.data.loader import shuffled_batches
folder, shards, batches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
before = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
paths = [pathlib.Path(folder, f"{index}.h5") for index in range(shards)]
seen = sum(len(batch) for batch in itertools.islice(shuffled_batches(paths, 128, seed=1), batches))
after = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seen": seen, "before": before, "after": after}))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_shards(tmp_path):
    """Two and ten shards of 32 MiB each are streamed: 64 MiB and 320 MiB, one whole epoch of the larger set."""
    size, shards = 8192, 10
    first = tmp_path / "0.h5"
    tile = np.arange(64 * 64, dtype=np.uint8).reshape(1, 64, 64)
    with h5py.File(first, "w") as file:
        # As the writer stores them, of drawings that compress so well that reading takes no time.
        images = np.broadcast_to(tile, (size, 64, 64))
        file.create_dataset("images", data=images, chunks=(128, 64, 64), compression="gzip", compression_opts=1)
    for index in range(1, shards):
        os.link(first, tmp_path / f"{index}.h5")

    def peak(count: int) -> dict[str, int]:
        command = [sys.executable, "-c", STREAM, str(tmp_path), str(count), str(size * shards // 128)]
        measured: dict[str, int] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert measured["seen"] == size * shards
        return measured

    small, large = peak(2), peak(shards)
    assert large["after"] < 1.1 * small["after"]
    assert large["after"] - large["before"] < shards * 32 * 2**20, "a few blocks, not the whole set"
