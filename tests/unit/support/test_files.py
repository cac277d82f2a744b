"""A file appears whole or not at all."""

import errno
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inkbridge.data.shards import ShardKey, check_shard, read_images, write_shard
from inkbridge.keyframes.reading import Keyframes
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support import files, locks
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, atomic_write
from tests.needs import needs_linux


class Mishap(Exception):
    pass


def test_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "folder" / "table.csv"
    with atomic_write(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [Mishap, KeyboardInterrupt, SystemExit])
def test_exception_leaves_nothing_behind(error, tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(error), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_exception_keeps_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(Mishap), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise Mishap
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_old_file_is_replaced(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_temporary_file_is_hidden_beside_the_file_with_the_same_suffix(tmp_path):
    with atomic_write(tmp_path / "model.safetensors") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".safetensors"
        assert temporary.name.startswith(".")
        temporary.touch()


def test_leftovers_of_a_killed_writer_are_overwritten(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as temporary:
        left_behind = temporary
        raise KeyboardInterrupt
    left_behind.write_text("half a ta")
    with atomic_write(path) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_new_file_has_the_permissions_of_other_files(mask, tmp_path):
    former = os.umask(mask)
    try:
        plain, whole = tmp_path / "plain", tmp_path / "whole"
        plain.touch()
        with atomic_write(whole) as temporary:
            temporary.touch()
        assert os.umask(mask) == mask, "the umask is left as it was"
        assert mode(whole) == mode(plain)
    finally:
        os.umask(former)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


# --- what keeps a file from being written -----------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_reported_with_the_free_space(number, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with (
        pytest.raises(InkbridgeError, match=r"table\.csv: the disk is full: 5 bytes .* are free in .*run again"),
        atomic_write(path) as temporary,
    ):
        temporary.write_text("12345")
        raise OSError(number, os.strerror(number))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_recognised_if_a_library_hides_it(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_NOTHING_LEFT", 1 << 62)
    with pytest.raises(InkbridgeError, match="the disk is full"), atomic_write(tmp_path / "table.csv"):
        raise RuntimeError("driver write request failed")


@needs_linux  # /proc is a file system without room
def test_file_system_of_size_zero_is_not_called_full():
    with pytest.raises(InkbridgeError, match="expected a writable path"), atomic_write(Path("/proc/table.csv")):
        pass


def test_other_errors_pass_unchanged(tmp_path):
    with pytest.raises(RuntimeError, match="odd"), atomic_write(tmp_path / "table.csv"):
        raise RuntimeError("odd")
    with pytest.raises(InkbridgeError, match=r"^mine$"), atomic_write(tmp_path / "table.csv"):
        raise InkbridgeError("mine")


def test_file_in_place_of_the_folder_is_reported(tmp_path):
    (tmp_path / "folder").touch()
    with (
        pytest.raises(InkbridgeError, match=r"folder/table\.csv: expected a writable path"),
        atomic_write(tmp_path / "folder" / "table.csv"),
    ):
        pass


def test_block_that_writes_nothing_is_an_error(tmp_path):
    with (
        pytest.raises(InkbridgeError, match="expected a writable path"),
        atomic_write(tmp_path / "table.csv") as temporary,
    ):
        temporary.unlink()
    assert list(tmp_path.iterdir()) == []


def test_content_is_on_the_disk_before_the_file_gets_its_name(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda number: seen.append((os.fstat(number).st_size, list(tmp_path.iterdir()))))
    with atomic_write(tmp_path / "table.csv") as temporary:
        temporary.write_text("whole")
    assert seen == [(5, [temporary])]


# --- folders ------------------------------------------------------------------------------------------------


def test_folder_replaces_the_old_one_when_the_block_ends(tmp_path):
    place = tmp_path / "frames"
    for name in ("old", "new"):
        with atomic_folder(place) as temporary:
            (temporary / name).touch()
            assert not (place / name).exists()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["frames", "frames/new"]


@pytest.mark.parametrize("error", [RuntimeError("odd"), KeyboardInterrupt()])
def test_exception_keeps_the_old_folder(error, tmp_path):
    place = tmp_path / "frames"
    place.mkdir()
    (place / "old").touch()
    with pytest.raises(type(error)), atomic_folder(place) as temporary:
        (temporary / "new").touch()
        raise error
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["frames", "frames/old"]


def test_full_disk_is_reported_for_a_folder(tmp_path):
    with (
        pytest.raises(InkbridgeError, match=r"frames: the disk is full: 5 bytes were written"),
        atomic_folder(tmp_path / "frames") as temporary,
    ):
        (temporary / "deep").mkdir()
        (temporary / "deep" / "one.png").write_text("12345")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_old_folder_is_restored_if_a_killed_process_did_not_replace_it(tmp_path, monkeypatch):
    place, former = tmp_path / "frames", tmp_path / ".frames.former"
    former.mkdir()  # left by a process that was killed between two renames
    (former / "old").touch()
    with pytest.raises(RuntimeError), atomic_folder(place):
        assert (place / "old").exists()
        raise RuntimeError
    assert (place / "old").exists()
    assert not former.exists()


def test_folder_being_written_by_another_process_is_reported_and_unchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    place = tmp_path / "frames"
    with atomic_folder(place) as temporary:
        (temporary / "one").touch()
        with pytest.raises(InkbridgeError, match="another process is writing it"), atomic_folder(place):
            pass
        (temporary / "two").touch()
    assert {path.name for path in tmp_path.rglob("*")} == {"frames", "one", "two"}


# --- links --------------------------------------------------------------------------------------------------


def test_link_to_a_file_stays_a_link_and_the_file_keeps_its_permissions(tmp_path):
    file, link = tmp_path / "elsewhere" / "config.yaml", tmp_path / "config.yaml"
    file.parent.mkdir()
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    with atomic_write(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600


def test_link_to_a_folder_stays_a_link(tmp_path):
    link = tmp_path / "frames"
    (tmp_path / "elsewhere").mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    for name in ("old", "new"):
        with atomic_folder(link) as temporary:
            (temporary / name).touch()
    assert link.is_symlink()
    assert [path.name for path in link.iterdir()] == ["new"]
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "elsewhere"}


# --- macOS --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_known", [True, False])
def test_macos_syncs_content_with_fullfsync_or_fsync(is_known, tmp_path, monkeypatch):
    asked = []

    def control(_: object, command: int) -> None:
        asked.append(command)
        if not is_known:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(files, "_FULL_FSYNC", 51)
    monkeypatch.setattr(files.fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fsync", lambda _: asked.append("fsync"))
    with atomic_write(tmp_path / "table.csv") as temporary:
        temporary.write_text("whole")
    assert asked == ([51] if is_known else [51, "fsync"])


def write_some_shard(path: Path) -> None:
    write_shard(path, ShardKey(1, {"sketch": 1.0}, 16, "train", 0))


def check_some_shard(path: Path) -> None:
    check_shard(path, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})


KINDS: list[Any] = [
    (write_some_shard, read_images),
    (write_some_shard, check_some_shard),
    (lambda path: write_arrays(path, {"a": np.zeros(3)}, {}), read_arrays),
    (lambda path: write_keyframes(path, Keyframes.of(np.zeros((2, 64, 64), np.uint8))), load_keyframes),
]


@pytest.mark.parametrize(("write", "read"), KINDS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE])
def test_message_does_not_advise_to_remove_an_unreadable_file(
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


def test_message_does_not_advise_to_remove_an_intact_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train" / "0.h5"
    write_some_shard(path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Unable to synchronously open file (unable to lock file, errno = 37)")

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(InkbridgeError, match="unable to lock file") as caught:
        read_images(path)
    assert "rm " not in str(caught.value)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InkbridgeError, match=r"wrong checksum.*rm "):
        read_images(path)
