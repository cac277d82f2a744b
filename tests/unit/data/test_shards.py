"""A shard depends on its key alone, and is read whole or refused."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inkbridge import __version__
from inkbridge.data import shards
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


def test_shard_holds_images_and_their_strokes(shard):
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
def test_first_images_are_those_of_the_first_shards(count, expected, tmp_path):
    paths = [tmp_path / "train" / f"{index}.h5" for index in range(2)]
    for index, path in enumerate(paths):
        write_shard(path, key(index))
    images, recipes = first_images(paths, count)
    np.testing.assert_array_equal(images, np.concatenate(list(map(read_images, paths)))[:expected])
    np.testing.assert_array_equal(recipes, np.concatenate(list(map(read_recipes, paths)))[:expected])


# --- what it depends on ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_shard_does_not_depend_on_order_or_number_of_processes(tmp_path):
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


def test_whole_shard_is_accepted(shard):
    check_shard(shard, SETTINGS)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"seed": 6}, "expected seed 6, found 5"),
        ({"size": 151}, "expected size 151, found 150"),
        ({"recipes": {"post": 1.0}}, 'expected recipes {"post": 1.0}, found {"post": 0.4'),
    ],
)
def test_shard_of_another_configuration_is_refused(settings, expected, shard):
    message = refusal(shard, **settings)
    assert "another configuration" in message
    assert expected in message


@pytest.mark.parametrize("place", ["test/0.h5", "train/1.h5"])
def test_shard_in_the_wrong_place_is_refused(place, shard, tmp_path):
    moved = tmp_path / place
    moved.parent.mkdir(exist_ok=True)
    shard.rename(moved)
    assert "another configuration" in refusal(moved)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_shard_is_refused(kept, shard):
    whole = shard.read_bytes()
    shard.write_bytes(whole[: int(len(whole) * kept)])
    assert "remove the file and run again" in refusal(shard)


def test_shard_with_a_flipped_byte_is_refused(shard):
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
def test_text_is_refused(text, shard):
    shard.write_bytes(text)
    refusal(shard)


def test_other_hdf5_file_and_missing_file_are_refused(shard):
    shard.unlink()
    refusal(shard)
    with h5py.File(shard, "w") as file:
        file["temperature"] = 21
    refusal(shard)


def test_interrupted_shard_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shards, "_store", fail)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "train" / "0.h5", key())
    assert not (tmp_path / "train").exists() or list((tmp_path / "train").iterdir()) == []
