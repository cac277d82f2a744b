"""Drawings are read only when they are needed, checked before any job, and known by their content."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkbridge.config.settings import Configuration
from inkbridge.pipeline import drawings
from inkbridge.pipeline.drawings import Drawings, digest
from inkbridge.support.errors import InkbridgeError


def draw(path: Path, keyframes: int = 3, shift: int = 0) -> Path:
    sheet = np.full((64, 64 * keyframes), 255, np.uint8)
    for number in range(keyframes):
        sheet[20:40, 64 * number + 20 + number + shift : 64 * number + 26 + number + shift] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
    return path


def settings_of(doodles: dict[str, Any], **animation: Any) -> Configuration:
    return Configuration.read(
        {"doodles": doodles, "variants": {"conv64": {"architecture": "conv"}}, "animation": animation}
    )


# --- checks ----------------------------------------------------------------------------------------------


def test_drawing_is_read_once_when_it_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    original = drawings.read_doodle
    monkeypatch.setattr(drawings, "read_doodle", lambda path, how: read.append(path) or original(path, how))
    sheet = draw(tmp_path / "cat.png")
    found = Drawings(settings_of({"cat": {"sheet": "cat.png"}, "gone": {"sheet": "gone.png"}}), tmp_path)
    assert not read
    found.check("cat")
    found.check("cat")
    assert read == [sheet]


def test_bad_drawings_are_all_listed_at_once(tmp_path: Path) -> None:
    draw(tmp_path / "cat.png")
    (tmp_path / "text.png").write_text("no picture")
    doodles = {name: {"sheet": f"{name}.png"} for name in ("gone", "cat", "text")}
    found = Drawings(settings_of(doodles), tmp_path)
    found.check("cat")
    for name in ("gone", "text"):
        with pytest.raises(InkbridgeError) as caught:
            found.check(name)
        heading, *lines, hint = str(caught.value).splitlines()
        assert heading == "these doodles cannot be animated:"
        assert [line.split(":")[0] for line in lines] == ["  doodles.gone", "  doodles.text"]
        assert "gone.png: expected a drawing, found no such file" in lines[0]
        assert hint.startswith("--keep-going")


def test_keep_going_leaves_a_bad_drawing_to_its_own_job(tmp_path: Path) -> None:
    found = Drawings(settings_of({"gone": {"sheet": "gone.png"}}), tmp_path)
    found.check("gone", keep_going=True)
    assert found.digest("gone") == ""


def test_keep_going_refuses_animations_over_a_limit(tmp_path: Path) -> None:
    draw(tmp_path / "cat.png")
    found = Drawings(settings_of({"cat": {"sheet": "cat.png"}}, frames_per_segment=1000, size=1024), tmp_path)
    with pytest.raises(InkbridgeError, match="2001 frames") as caught:
        found.check("cat", keep_going=True)
    assert "--keep-going" not in str(caught.value)


def change_nothing(sheet: Path) -> None:
    sheet.touch()


def redraw_at_the_same_time(sheet: Path) -> None:
    replace_file(sheet)


@pytest.mark.parametrize(("change", "times"), [(change_nothing, 1), (redraw_at_the_same_time, 2)])
def test_remembered_drawing_is_read_again_only_if_its_content_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], times: int
) -> None:
    read: list[Path] = []
    original = drawings.read_doodle
    monkeypatch.setattr(drawings, "read_doodle", lambda path, how: read.append(path) or original(path, how))
    sheet = draw(tmp_path / "cat.png")
    settings = settings_of({"cat": {"sheet": "cat.png"}})
    for _ in range(2):
        Drawings(settings, tmp_path, remembered=tmp_path / "remembered").check("cat")
        change(sheet)
    assert len(read) == times


@pytest.mark.parametrize("content", ["", "{", "[]", '{"frames": 3}'])
def test_damaged_memory_of_a_drawing_is_ignored(tmp_path: Path, content: str) -> None:
    draw(tmp_path / "cat.png")
    settings = settings_of({"cat": {"sheet": "cat.png"}}, frames_per_segment=1000, size=1024)
    for _ in range(2):
        with pytest.raises(InkbridgeError, match="2001 frames"):
            Drawings(settings, tmp_path, remembered=tmp_path / "remembered").check("cat")
        for file in (tmp_path / "remembered").iterdir():
            file.write_text(content)


def test_memory_of_drawings_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    draw(tmp_path / "cat.png")
    (tmp_path / "file").touch()
    Drawings(settings_of({"cat": {"sheet": "cat.png"}}), tmp_path, remembered=tmp_path / "file" / "below").check("cat")


def test_bad_drawing_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_text("no picture")
    settings = settings_of({"cat": {"sheet": "cat.png"}})
    with pytest.raises(InkbridgeError, match=r"cat\.png"):
        Drawings(settings, tmp_path, remembered=tmp_path / "remembered").check("cat")
    assert not (tmp_path / "remembered").exists()


@pytest.mark.parametrize(
    ("animation", "own", "expected"),
    [
        ({"frames_per_segment": 1000, "size": 1024}, {}, r"2001 frames of 1024×1024.*animation\.frames_per_segment"),
        ({"size": 1024}, {"frames_per_segment": 1000}, r"2001 frames of 1024×1024.*doodles\.cat\.frames_per_segment"),
    ],
)
def test_animations_over_a_limit_are_refused(
    tmp_path: Path, animation: dict[str, Any], own: dict[str, Any], expected: str
) -> None:
    draw(tmp_path / "cat.png")
    found = Drawings(settings_of({"cat": {"sheet": "cat.png", **own}}, **animation), tmp_path)
    with pytest.raises(InkbridgeError, match=expected):
        found.check("cat")


def test_animations_too_long_for_a_sprite_are_refused(tmp_path: Path) -> None:
    for number in range(70):
        draw(tmp_path / f"frames/{number}.png", keyframes=1, shift=number // 8)
    entry = {"sheet": "frames", "frames_per_segment": 1000}
    found = Drawings(settings_of({"long": entry}, size=64), tmp_path)
    with pytest.raises(InkbridgeError, match=r"doodles\.long: expected at most 65025 frames .* found 69001"):
        found.check("long")


# --- content ---------------------------------------------------------------------------------------------


def same_time_as(reference: os.stat_result, path: Path) -> None:
    os.utime(path, ns=(reference.st_atime_ns, reference.st_mtime_ns))


def replace_file(drawing: Path) -> None:
    before = drawing.stat()
    draw(drawing, shift=5)
    same_time_as(before, drawing)


def replace_in_folder(drawing: Path) -> None:
    replace_file(drawing / "2.png")


def add_to_folder(drawing: Path) -> None:
    before = drawing.stat()
    shutil.copy2(drawing / "2.png", drawing / "3.png")
    same_time_as(before, drawing)


def swap_in_folder(drawing: Path) -> None:
    (drawing / "1.png").rename(drawing / "x.png")
    (drawing / "2.png").rename(drawing / "1.png")
    (drawing / "x.png").rename(drawing / "2.png")


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return draw(tmp_path / "cat.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2):
        draw(tmp_path / f"cat/{number}.png", keyframes=1, shift=number)
    return tmp_path / "cat"


@pytest.mark.parametrize(
    ("kind", "change"),
    [("sheet", replace_file), ("folder", replace_in_folder), ("folder", add_to_folder), ("folder", swap_in_folder)],
)
def test_digest_changes_with_the_content_even_at_the_same_time(
    kind: str, change: Callable[[Path], None], request: pytest.FixtureRequest
) -> None:
    drawing = request.getfixturevalue(kind)
    before = digest(drawing)
    change(drawing)
    assert digest(drawing) != before


@pytest.mark.parametrize("kind", ["sheet", "folder"])
def test_digest_does_not_depend_on_name_and_time(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    drawing = request.getfixturevalue(kind)
    before = digest(drawing)
    other = drawing.rename(tmp_path / "dog")
    os.utime(other, (0, 0))
    if kind == "folder":
        (other / ".hidden").touch()
    assert digest(other) == before


def test_missing_drawing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InkbridgeError, match=r"gone\.png: expected a drawing that can be read"):
        digest(tmp_path / "gone.png")
