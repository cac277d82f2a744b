"""HDF5 files hold what was written, on any file system, and never half of it."""

import h5py
import numpy as np
import pytest

from inkbridge.support.hdf5 import read_hdf5, write_hdf5


@pytest.mark.parametrize("locking", ["TRUE", "FALSE"])
def test_file_is_read_as_it_was_written(locking, tmp_path, monkeypatch):
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", locking)
    numbers = np.random.default_rng(0).normal(size=(50, 3))
    with write_hdf5(tmp_path / "a.h5") as file:
        file.create_dataset("numbers", data=numbers, chunks=(10, 3), compression="gzip")
        file.attrs["name"] = "画"
    with read_hdf5(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["numbers"], numbers)
        assert file.attrs["name"] == "画"
    with h5py.File(tmp_path / "a.h5", locking=False) as file:
        assert list(file) == ["numbers"]


def test_nothing_is_written_before_the_block_ends_or_if_it_fails(tmp_path):
    with pytest.raises(RuntimeError), write_hdf5(tmp_path / "a.h5") as file:
        file["x"] = 1
        assert not list(tmp_path.iterdir())
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_errors_of_the_system_have_a_number_and_those_of_the_content_have_none(tmp_path):
    with pytest.raises(OSError) as missing, read_hdf5(tmp_path / "none.h5"):
        pass
    assert missing.value.errno
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(OSError) as content, read_hdf5(tmp_path / "text.h5"):
        pass
    assert content.value.errno is None
