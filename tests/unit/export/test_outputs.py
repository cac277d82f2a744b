"""Whether an animation can be written is known before any work is spent on it."""

from pathlib import Path

import pytest

from inkbridge.export.formats import WRITERS
from inkbridge.export.outputs import check_output
from inkbridge.support.errors import InkbridgeError


@pytest.mark.parametrize("ending", [*WRITERS, ".svg", ".GIF"])
def test_every_ending_of_a_format_is_accepted(ending, tmp_path):
    check_output(tmp_path / f"a{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.avi", "found .avi"),
        ("none/a.gif", "no folder"),
        ("folder.gif", "found a folder"),
        ("file", "found a file"),
        ("full", "holds other files"),
    ],
)
def test_places_that_cannot_be_written_are_refused_before_any_work(name, words, tmp_path):
    (tmp_path / "folder.gif").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/drawing.png").touch()
    with pytest.raises(InkbridgeError, match=words):
        check_output(tmp_path / name)


@pytest.mark.parametrize("ending", [".gif", ""])
@pytest.mark.parametrize("length", [250, 300])
def test_names_that_are_too_long_are_refused_before_any_work(length, ending, tmp_path):
    with pytest.raises(InkbridgeError, match=r"expected a writable path, .*File name too long"):
        check_output(tmp_path / ("x" * length + ending))


def test_a_folder_that_may_not_be_searched_is_an_error(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)  # the superuser may search every one
    with pytest.raises(InkbridgeError, match=r"a\.gif: expected a writable path, .*Permission denied"):
        check_output(tmp_path / "a.gif")
