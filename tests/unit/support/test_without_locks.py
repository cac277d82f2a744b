"""Everything works on a file system without file locks, and is said to have none once."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkbridge.data.shards import ShardKey, check_shard, read_images, write_shard
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support import locks
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, atomic_write

NO_LOCKS = ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "EBADF"]
"""What file systems without locks answer."""

SHIM = """
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
int flock(int descriptor, int operation) { errno = atoi(getenv("FLOCK_ERRNO")); return -1; }
"""

WORK = """
import numpy as np
from pathlib import Path
from inkbridge.data.shards import ShardKey, check_shard, read_images, write_shard
from inkbridge.export.colours import WHITE_ON_BLACK
from inkbridge.export.formats import WRITERS
from inkbridge.export.vectors import write_stroke_table
from inkbridge.support.provenance.carriers import read_provenance

made = {"version": "1", "commit": "a", "step": "rule shard", "names": {}, "versions": {}}
shard = Path("train/0.h5")
write_shard(shard, ShardKey(1, {"sketch": 1.0}, 16, "train", 0), made)
check_shard(shard, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})
assert read_images(shard).shape == (16, 64, 64)
assert read_provenance(shard) == made
write_stroke_table(Path("strokes.h5"), np.ones((4, 2, 10), np.float32), 30, {}, made)
assert read_provenance(Path("strokes.h5")) == made
WRITERS[".gif"](Path("a.gif"), np.zeros((4, 16, 16), np.uint8), 30, WHITE_ON_BLACK, made)
assert read_provenance(Path("a.gif")) == made
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that lets every ``flock`` of a process fail, whoever calls it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler, and Linux's LD_PRELOAD")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c"], check=True)
    return folder / "shim.so"


@pytest.mark.parametrize("answer", NO_LOCKS)
def test_files_are_written_and_read_without_locks_and_one_warning_says_so(
    answer: str, shim: Path, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "FLOCK_ERRNO": str(getattr(errno, answer)),
        "HDF5_USE_FILE_LOCKING": "TRUE",
    }
    done = subprocess.run([sys.executable, "-c", WORK], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no file locks") == 1
    assert {path.name for path in tmp_path.rglob("*")} == {"train", "0.h5", "strokes.h5", "a.gif"}


@pytest.fixture
def answer_to_flock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that lets ``flock`` fail with an error number."""

    def answer_with(number: int) -> None:
        def refuse(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        locks._warn_of_missing_locks.cache_clear()
        monkeypatch.setattr(fcntl, "flock", refuse)

    yield answer_with
    locks._warn_of_missing_locks.cache_clear()


@pytest.mark.parametrize("answer", NO_LOCKS)
def test_missing_locks_are_logged_once(
    answer: str, answer_to_flock: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer_to_flock(getattr(errno, answer))
    for name in ("a", "b"):
        with atomic_write(tmp_path / name) as temporary:
            temporary.write_text("whole")
        with atomic_folder(tmp_path / f"folder {name}") as temporary:
            (temporary / "file").touch()
    assert [record.getMessage() for record in caplog.records if "no file locks" in record.getMessage()] == [
        "the file system has no file locks: do not write to the same folder from two processes at once"
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "folder a", "folder b"}


def test_other_errors_of_locking_are_reported(answer_to_flock: Any, tmp_path: Path) -> None:
    answer_to_flock(errno.EIO)
    with pytest.raises(InkbridgeError, match="Input/output error"), atomic_write(tmp_path / "a"):
        pass


# --- a file that cannot be read is not called damaged -----------------------------------------------------------


def write_some_shard(path: Path) -> None:
    write_shard(path, ShardKey(1, {"sketch": 1.0}, 16, "train", 0))


def check_some_shard(path: Path) -> None:
    check_shard(path, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})


KINDS: list[Any] = [
    (write_some_shard, read_images),
    (write_some_shard, check_some_shard),
    (lambda path: write_arrays(path, {"a": np.zeros(3)}, {}), read_arrays),
    (lambda path: write_keyframes(path, np.zeros((2, 64, 64), np.uint8)), load_keyframes),
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
