"""Locks keep two processes apart. Without locks everything still works, and one warning says so."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inkbridge.support import locks
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, atomic_write
from inkbridge.support.locks import locked
from qa.paths import ROOT
from tests.needs import needs_preload

HOLDER = """
import sys, time
from pathlib import Path
from inkbridge.support.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_locked_file_is_waited_for_and_then_reported(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    with atomic_write(path) as temporary:
        temporary.write_text("mine")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(temporary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        monkeypatch.setattr(locks, "PATIENCE", 0.2)
        with pytest.raises(InkbridgeError, match="another process is writing it"), atomic_write(path):
            pass
        assert temporary.exists(), "what another process writes is left to it"
        monkeypatch.setattr(locks, "PATIENCE", 20)
        holder.stdin.write("\n")
        holder.stdin.flush()
        with atomic_write(path) as again:
            again.write_text("mine again")
    assert path.read_text() == "mine again"
    assert list(tmp_path.iterdir()) == [path]


def test_lock_is_released_when_the_process_ends(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    assert (tmp_path / "lock").exists()
    with locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "lock").exists()


NO_LOCKS = ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "EBADF"]
"""Error numbers of file systems without locks."""


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
    """A library that makes every ``flock`` in a process fail."""
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c"], check=True)
    return folder / "shim.so"


@needs_preload
@pytest.mark.parametrize("answer", NO_LOCKS)
def test_files_are_written_and_read_without_locks_after_one_warning(answer: str, shim: Path, tmp_path: Path) -> None:
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


@needs_preload
def test_workflow_warns_once_for_all_its_jobs(shim: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LD_PRELOAD": str(shim), "FLOCK_ERRNO": str(errno.ENOLCK), "COLUMNS": "200"}
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "1"]
    jobs = [f"results/doodles/{doodle}/keyframes.npy" for doodle in ("tree", "walker")]
    run = subprocess.run([*command, *jobs], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (run.stdout + run.stderr).count("no file locks") == 1


@pytest.fixture
def answer_to_flock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes ``flock`` fail with an error number."""

    def answer_with(number: int) -> None:
        def refuse(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", refuse)

    monkeypatch.setenv(locks._WARNED_VARIABLE, "")  # restores it after the test
    monkeypatch.delenv(locks._WARNED_VARIABLE)
    return answer_with


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


def test_other_locking_errors_are_reported(answer_to_flock: Any, tmp_path: Path) -> None:
    answer_to_flock(errno.EIO)
    with pytest.raises(InkbridgeError, match="Input/output error"), atomic_write(tmp_path / "a"):
        pass


def test_folder_that_cannot_be_opened_causes_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    locks.check_locks(tmp_path / "none")
    locks.check_locks(tmp_path)
    assert not caplog.records
