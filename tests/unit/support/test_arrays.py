"""Arrays are read as they were written, or refused if one byte differs."""

import json

import numpy as np
import pytest
from safetensors import safe_open

from inkbridge.support.arrays import read_about, read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError

ARRAYS = {"small": np.arange(6, dtype=np.float32).reshape(2, 3), "one": np.array(3, dtype=np.int64)}


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "stored.safetensors"
    write_arrays(path, ARRAYS, {"layers": [{"kind": "linear"}]})
    return path


def test_arrays_and_record_are_read_as_written(stored):
    found = read_arrays(stored)
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].flags.writeable
    assert found.about == read_about(stored)
    assert found.about["layers"] == [{"kind": "linear"}]
    assert "digest" not in found.about


def test_other_programs_can_read_the_arrays(stored):
    with safe_open(stored, framework="numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("small"), ARRAYS["small"])
        assert json.loads(file.metadata()["about"])["layers"] == [{"kind": "linear"}]


def test_same_arrays_give_the_same_bytes(stored, tmp_path):
    write_arrays(tmp_path / "again", ARRAYS, {"layers": [{"kind": "linear"}]})
    assert (tmp_path / "again").read_bytes() == stored.read_bytes()


def test_every_changed_byte_is_found(stored):
    whole = stored.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        stored.write_bytes(flipped)
        for read in (read_arrays, read_about):
            with pytest.raises(InkbridgeError, match=r"stored\.safetensors.*rm .*snakemake"):
                read(stored)


def test_every_missing_byte_is_found(stored):
    whole = stored.read_bytes()
    for kept in range(len(whole)):
        stored.write_bytes(whole[:kept])
        with pytest.raises(InkbridgeError, match=r"stored\.safetensors"):
            read_arrays(stored)
    stored.write_bytes(whole + b"\0")
    with pytest.raises(InkbridgeError, match="checksum"):
        read_arrays(stored)


def test_stored_file_has_the_permissions_of_other_files(stored, tmp_path):
    (tmp_path / "other").touch()
    assert stored.stat().st_mode == (tmp_path / "other").stat().st_mode
