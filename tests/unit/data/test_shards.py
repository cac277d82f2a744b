"""A shard depends on its key alone, is read whole or refused, and is streamed in bounded memory."""

import itertools
import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge import __version__
from inkbridge.data import loader, shards
from inkbridge.data.loader import shuffled_batches
from inkbridge.data.recipes import RECIPES
from inkbridge.data.shards import (
    ShardKey,
    check_shard,
    first_images,
    read_images,
    read_recipes,
    read_strokes,
    write_shard,
)
from inkbridge.strokes.bezier import StrokeSets
from inkbridge.strokes.raster import paint
from inkbridge.support.errors import InkbridgeError

Bytes = NDArray[np.uint8]

SETTINGS: dict[str, Any] = {"seed": 5, "recipes": {"post": 0.4, "sketch": 0.6}, "size": 150}


def key(index: int = 0, split: str = "train", **changes: Any) -> ShardKey:
    return ShardKey(**(SETTINGS | changes), split=split, index=index)


def content(path: Path) -> dict[str, Any]:
    """Return every data set and attribute of a file."""
    found: dict[str, Any] = {}
    with h5py.File(path) as file:
        found |= {f"@{name}": value for name, value in file.attrs.items()}
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        found |= {name: file[name][()].tobytes() for name in names}
    return found


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "train" / "0.h5"
    write_shard(path, key())
    return path


# --- one shard -------------------------------------------------------------------------------------------


def test_a_shard_holds_images_and_what_was_painted_in_them(shard):
    with h5py.File(shard) as file:
        images, recipes = file["images"][()], file["recipes"][()]
        strokes = StrokeSets(*(file[f"strokes/{name}"][()] for name in ("values", "kinds", "offsets")))
        assert file["images"].chunks and file["images"].compression and file["images"].fletcher32
        attributes = dict(file.attrs)
    assert attributes == {
        "seed": 5,
        "recipes": json.dumps(SETTINGS["recipes"]),
        "size": 150,
        "split": "train",
        "index": 0,
        "version": __version__,
    }
    assert images.shape == (150, 64, 64)
    assert images.dtype == np.uint8
    blur = np.array([RECIPES[name].blur for name in SETTINGS["recipes"]])[recipes]
    np.testing.assert_array_equal(paint(strokes, blur), images)


def test_reading_gives_images_names_of_recipes_and_strokes(shard):
    images, names, strokes = read_images(shard), read_recipes(shard), read_strokes(shard)
    assert set(names) == set(SETTINGS["recipes"])
    with h5py.File(shard) as file:
        np.testing.assert_array_equal(images, file["images"])
        np.testing.assert_array_equal(names == "sketch", file["recipes"][()] == 1)
    np.testing.assert_array_equal(paint(strokes, np.array([RECIPES[name].blur for name in names])), images)
    rows = slice(30, 140)
    np.testing.assert_array_equal(read_images(shard, rows), images[rows])
    np.testing.assert_array_equal(read_recipes(shard, rows), names[rows])


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (150, 150), (151, 151), (250, 250), (1000, 300)])
def test_the_first_images_are_those_of_the_first_shards(count, expected, tmp_path):
    paths = [tmp_path / "train" / f"{index}.h5" for index in range(2)]
    for index, path in enumerate(paths):
        write_shard(path, key(index))
    images, recipes = first_images(paths, count)
    np.testing.assert_array_equal(images, np.concatenate(list(map(read_images, paths)))[:expected])
    np.testing.assert_array_equal(recipes, np.concatenate(list(map(read_recipes, paths)))[:expected])


# --- what it depends on ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_shard_does_not_depend_on_order_or_number_of_processes(tmp_path):
    keys = [key(index, split) for split in ("train", "test") for index in range(2)]
    alone = [tmp_path / "alone" / f"{number}.h5" for number in range(4)]
    for path, one in zip(alone, keys, strict=True):
        write_shard(path, one)
    together = [tmp_path / "together" / f"{number}.h5" for number in range(4)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(write_shard, reversed(together), reversed(keys)))
    for one, other in zip(alone, together, strict=True):
        assert content(one) == content(other)
        assert one.read_bytes() == other.read_bytes()
    assert len({content(path)["images"] for path in alone}) == 4


@pytest.mark.parametrize("change", [{"seed": 6}, {"recipes": {"post": 1.0}}, {"split": "test"}, {"index": 3}])
def test_another_key_gives_other_images(change, shard, tmp_path):
    other = tmp_path / "other.h5"
    write_shard(other, key(**change))
    assert content(other)["images"] != content(shard)["images"]


# --- what is refused -------------------------------------------------------------------------------------


def refusal(path: Path, **settings: Any) -> str:
    with pytest.raises(InkbridgeError) as caught:
        check_shard(path, SETTINGS | settings)
        read_images(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_right_shard_is_accepted(shard):
    check_shard(shard, SETTINGS)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"seed": 6}, "expected seed 6, found 5"),
        ({"size": 151}, "expected size 151, found 150"),
        ({"recipes": {"post": 1.0}}, 'expected recipes {"post": 1.0}, found {"post": 0.4'),
    ],
)
def test_a_shard_of_another_configuration_is_refused(settings, expected, shard):
    message = refusal(shard, **settings)
    assert "another configuration" in message
    assert expected in message


@pytest.mark.parametrize("place", ["test/0.h5", "train/1.h5"])
def test_a_shard_in_the_wrong_place_is_refused(place, shard, tmp_path):
    moved = tmp_path / place
    moved.parent.mkdir(exist_ok=True)
    shard.rename(moved)
    assert "another configuration" in refusal(moved)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_shard_is_refused(kept, shard):
    whole = shard.read_bytes()
    shard.write_bytes(whole[: int(len(whole) * kept)])
    assert "remove the file and run again" in refusal(shard)


def test_a_shard_with_a_flipped_byte_in_its_data_is_refused(shard):
    with h5py.File(shard) as file:
        stored = file["images"].id.get_chunk_info(1)
        chunks = file["images"].id.get_num_chunks()
    assert chunks == 2
    whole = bytearray(shard.read_bytes())
    for offset in np.random.default_rng(0).integers(0, stored.size, 12):
        place = stored.byte_offset + int(offset)
        flipped = bytearray(whole)
        flipped[place] ^= 0x10
        shard.write_bytes(flipped)
        assert "remove the file and run again" in refusal(shard)
        with pytest.raises(InkbridgeError):
            next(shuffled_batches([shard], 10, seed=0))


@pytest.mark.parametrize("text", [b"", b"no HDF5 at all", b"\x89HDF\r\n\x1a\n"])
def test_what_is_not_hdf5_is_refused(text, shard):
    shard.write_bytes(text)
    refusal(shard)


def test_hdf5_of_something_else_and_nothing_at_all_are_refused(shard):
    shard.unlink()
    refusal(shard)
    with h5py.File(shard, "w") as file:
        file["temperature"] = 21
    refusal(shard)


def test_a_shard_that_cannot_be_made_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shards, "_store", fail)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "train" / "0.h5", key())
    assert not (tmp_path / "train").exists() or list((tmp_path / "train").iterdir()) == []


# --- the stream ------------------------------------------------------------------------------------------


def taken(paths: list[Path], batch: int, count: int, seed: int = 1, start: int = 0) -> Bytes:
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


def numbers_of(batches: Bytes) -> NDArray[np.int64]:
    images = batches.reshape(-1, 64, 64).astype(int)
    return images[:, 0, 0] * 256 + images[:, 0, 1]


TOTAL = 777


@pytest.mark.parametrize("blocks", [1, 2, 64])
@pytest.mark.parametrize("batch", [1, 37, 64, 777])
def test_every_image_is_given_once_in_each_epoch(batch, blocks, numbered, monkeypatch):
    monkeypatch.setattr(loader, "_BLOCK", blocks)
    batches = taken(numbered, batch, -(-3 * TOTAL // batch))
    assert batches.shape[1:] == (batch, 64, 64)
    assert batches.dtype == np.uint8
    epochs = numbers_of(batches)[: 3 * TOTAL].reshape(3, TOTAL)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(TOTAL))
    assert (epochs[0] != epochs[1]).mean() > 0.9, "each epoch has an order of its own"


def test_a_batch_may_be_larger_than_the_data(numbered):
    numbers = numbers_of(taken(numbered, 1000, 4))
    assert len(numbers) == 4000
    np.testing.assert_array_equal(np.sort(numbers[: 5 * TOTAL]), np.repeat(np.arange(TOTAL), 5))
    np.testing.assert_array_equal(numbers[:1000], numbers_of(taken(numbered, 100, 10)))


def test_images_are_mixed_across_shards(numbered):
    positions = np.argsort(numbers_of(taken(numbered, TOTAL, 1)))
    assert abs(np.corrcoef(positions, np.arange(TOTAL))[0, 1]) < 0.15
    neighbours = np.abs(np.diff(numbers_of(taken(numbered, TOTAL, 1))))
    assert (neighbours == 1).mean() < 0.02


def test_shards_are_read_in_another_order_in_each_epoch(numbered, monkeypatch):
    monkeypatch.setattr(loader, "_BLOCK", 1)
    epochs = numbers_of(taken(numbered, TOTAL, 3))
    chunks = [first // 128 for first in (epochs[:64], epochs[TOTAL : TOTAL + 64], epochs[2 * TOTAL : 2 * TOTAL + 64])]
    assert len({tuple(np.unique(chunk)) for chunk in chunks}) > 1


def test_the_same_seed_gives_the_same_sequence(numbered):
    one = taken(numbered, 50, 40)
    assert one.tobytes() == taken(numbered, 50, 40).tobytes()
    assert (numbers_of(one) != numbers_of(taken(numbered, 50, 40, seed=2))).mean() > 0.9


@pytest.mark.parametrize("blocks", [1, 2, 64])
@pytest.mark.parametrize("batch", [1, 50, 1000])
def test_a_sequence_goes_on_exactly_where_it_was(batch, blocks, numbered, monkeypatch):
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
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
paths = [pathlib.Path(folder, f"{index}.h5") for index in range(shards)]
seen = sum(len(batch) for batch in itertools.islice(shuffled_batches(paths, 128, seed=1), batches))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
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
    assert large["after"] - large["before"] < 10 * 32 * 1024, "KiB: a few blocks, not the whole set"
