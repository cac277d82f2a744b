"""A file that the system cannot read is not called damaged."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkbridge.data.shards import ShardKey, check_shard, read_images, write_shard
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError


def write_some_shard(path: Path) -> None:
    write_shard(path, ShardKey(1, {"sketch": 1.0}, 16, "train", 0))


def check_some_shard(path: Path) -> None:
    check_shard(path, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})


KINDS: list[Any] = [
    (write_some_shard, read_images),
    (write_some_shard, check_some_shard),
    (lambda path: write_arrays(path, {"a": np.zeros(3)}, {}), read_arrays),
    (lambda path: write_keyframes(path, np.zeros((2, 64, 64), np.uint8), "dark"), load_keyframes),
]


@pytest.mark.parametrize(("write", "read"), KINDS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE])
def test_removal_of_a_file_that_the_system_cannot_read_is_not_advised(
    write: Any, read: Any, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train" / "0.h5"
    write(path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patch, pytest.raises(InkbridgeError) as caught:
        patch.setattr(Path, "open", refuse)
        patch.setattr(Path, "read_bytes", refuse)
        read(path)
    assert str(path) in str(caught.value)
    assert os.strerror(number) in str(caught.value)
    assert "remove" not in str(caught.value)
    assert "damaged" not in str(caught.value)
    read(path)


def test_removal_of_a_whole_shard_is_not_advised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    path = tmp_path / "train" / "0.h5"
    write_some_shard(path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Unable to synchronously open file (unable to lock file, errno = 37)")

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(InkbridgeError, match="unable to lock file") as caught:
        read_images(path)
    assert "rm " not in str(caught.value)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InkbridgeError, match=r"checksum is wrong.*rm "):
        read_images(path)
