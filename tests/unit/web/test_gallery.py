"""The gallery's folder holds every file, appears whole or not at all, and has no file of former runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from inkbridge.support.errors import InkbridgeError
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from tests.unit.web.small_gallery import (
    animation,
    doodle,
    picture,
    place_of,
)


def test_every_file_is_published_as_a_link(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    for one in animations:
        assert (folder / place_of(one)).samefile(one.gif)
        assert (folder / place_of(one)).with_suffix(".webp").samefile(one.sprite)
    for one_doodle in doodles:
        assert (folder / one_doodle.name / "keyframes.png").samefile(one_doodle.keyframes)
        assert one_doodle.match is not None
        assert (folder / one_doodle.name / "match.png").samefile(one_doodle.match)
        for variant, file in one_doodle.reconstructions.items():
            assert (folder / variant / one_doodle.name / "reconstruction.png").samefile(file)


def test_files_are_copied_if_links_fail(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    write_gallery(folder, doodles, animations)
    for one in animations:
        published = folder / place_of(one)
        assert published.read_bytes() == one.gif.read_bytes()
        assert not published.samefile(one.gif)


def test_second_run_removes_all_files_of_the_first(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    kept = [one for one in animations if one.doodle == "tree" and one.method == "cubic"]
    write_gallery(folder, doodles[:1], kept)
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*.gif")}
    assert found == {place_of(one) for one in kept}
    assert [path.name for path in folder.parent.iterdir()] == ["gifs"]


def test_failed_run_keeps_the_old_gallery(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    before = (folder / "index.html").read_bytes()
    animations[0].gif.unlink()
    with pytest.raises(InkbridgeError, match=r"\.gif: expected a file to publish, found none; .* rm .*\.gif"):
        write_gallery(folder, doodles, animations)
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["gifs"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b"])
def test_names_that_cannot_be_files_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    one = animation(tmp_path, "tree", name, "linear", "0")
    with pytest.raises(InkbridgeError, match=r"expected a name for a file, found .*; rename it"):
        write_gallery(folder, [doodle(tmp_path, "tree")], [one])


def test_animation_given_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    one = animation(tmp_path, "tree", "conv64", "linear", "0")
    with pytest.raises(InkbridgeError, match=r"expected every animation once, found .* twice"):
        write_gallery(folder, [doodle(tmp_path, "tree")], [one, one])


def test_animation_of_an_unknown_doodle_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InkbridgeError, match="animations of tree without them"):
        write_gallery(folder, [], [animation(tmp_path, "tree", "conv64", "linear", "0")])


def test_message_names_the_damaged_source_file(folder: Path, tmp_path: Path) -> None:
    strip = picture(tmp_path / "keyframes.png", (64, 64))
    strip.write_bytes(b"no picture")
    with pytest.raises(InkbridgeError, match=r"^\S*keyframes\.png: expected a picture, found none"):
        write_gallery(folder, [DoodleEntry("tree", strip, {})], [animation(tmp_path, "tree", "conv64", "linear", "0")])
    assert not folder.exists()
