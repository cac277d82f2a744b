"""A file appears whole or not at all."""

import os
from pathlib import Path

import pytest

from inkbridge.files import whole_file


class Mishap(Exception):
    pass


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "folder" / "table.csv"
    with whole_file(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [Mishap, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_behind_by_an_exception(error, tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(error), whole_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_is_kept_upon_an_exception(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(Mishap), whole_file(path) as temporary:
        temporary.write_text("half")
        raise Mishap
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_is_replaced(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_the_temporary_file_is_beside_with_the_same_suffix_and_hidden(tmp_path):
    with whole_file(tmp_path / "model.safetensors") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".safetensors"
        assert temporary.name.startswith(".")
        temporary.touch()


def test_what_a_killed_writer_left_is_overwritten(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        left_behind = temporary
        raise KeyboardInterrupt
    left_behind.write_text("half a ta")
    with whole_file(path) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_any_other_file(mask, tmp_path):
    former = os.umask(mask)
    try:
        plain, whole = tmp_path / "plain", tmp_path / "whole"
        plain.touch()
        with whole_file(whole) as temporary:
            temporary.touch()
        assert os.umask(mask) == mask, "the umask is left as it was"
        assert mode(whole) == mode(plain)
    finally:
        os.umask(former)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
