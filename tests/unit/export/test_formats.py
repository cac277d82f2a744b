"""Each format is read again by others than those that wrote it: ffmpeg, and the blocks of the files themselves."""

import re
import resource
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inkbridge.export.colours import BLACK_ON_WHITE, WHITE_ON_BLACK, Colours
from inkbridge.export.formats import (
    WRITERS,
    check_output,
    durations,
    write_apng,
    write_gif,
    write_mp4,
    write_png_frames,
    write_webp,
)
from inkbridge.support.errors import InkbridgeError

Bytes = NDArray[np.uint8]

BLUE_ON_NOTHING = Colours((27, 102, 151), None)


@dataclass(frozen=True)
class Shown:
    """What a player shows: when each frame begins, in milliseconds, the size, and the pixels ``[T, H, W, 3]``."""

    begins: list[float]
    size: tuple[int, int]
    pixels: Bytes


def play(path: Path) -> Shown:
    """Read an animation with ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path), "-vf", "showinfo"]
    options = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run([*command, *options], capture_output=True, check=True)
    lines = [line for line in done.stderr.decode().splitlines() if "pts_time:" in line]
    begins = [1000 * float(re.search(r"pts_time:\s*([\d.]+)", line)[1]) for line in lines]
    width, height = map(int, re.search(r" s:(\d+)x(\d+)", lines[0]).groups())
    return Shown(begins, (width, height), np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3))


def webp_durations(path: Path) -> list[int]:
    """Return the durations that stand in the frames (ANMF) of a WebP's container."""
    content = path.read_bytes()
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"
    return [int.from_bytes(body[12:15], "little") for name, body in chunks(content[12:]) if name == b"ANMF"]


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    while content:
        name, (length,) = content[:4], struct.unpack("<I", content[4:8])
        yield name, content[8 : 8 + length]
        content = content[8 + length + length % 2 :]


@pytest.fixture
def frames() -> Bytes:
    """Twelve frames of a soft bar that moves; no two are alike."""
    places = np.arange(80)
    bars = [np.clip(3 - np.abs(places - (6 + 5 * index)), 0, 1.6) / 1.6 for index in range(12)]
    return np.rint(255 * np.repeat(np.array(bars)[:, None], 64, axis=1)).astype(np.uint8)


def expected(frames: Bytes, colours: Colours) -> NDArray[np.float64]:
    share = frames[..., None] / 255
    return (1 - share) * np.array(colours.paper) + share * np.array(colours.ink)


@pytest.mark.parametrize("colours", [WHITE_ON_BLACK, BLACK_ON_WHITE, Colours((200, 30, 30), (250, 240, 200))])
@pytest.mark.parametrize(("write", "ending"), [(write_gif, "gif"), (write_apng, "png"), (write_mp4, "mp4")])
def test_ffmpeg_sees_every_frame_in_its_colours_for_its_time(write, ending, colours, frames, tmp_path):
    write(tmp_path / f"a.{ending}", frames, 40, colours)
    shown = play(tmp_path / f"a.{ending}")
    assert shown.size == (80, 64)
    np.testing.assert_allclose(shown.begins, 40 * np.arange(12), atol=1)
    off = np.abs(shown.pixels - expected(frames, colours))
    assert off.mean() <= 4
    if ending != "mp4":  # whose colours have half the resolution of its tones
        assert off.max() <= 255 / 15 / 2 + 1


def test_a_webp_has_every_frame_for_its_time(frames, tmp_path):
    write_webp(tmp_path / "a.webp", frames, 40, BLACK_ON_WHITE)
    assert webp_durations(tmp_path / "a.webp") == [40] * 12
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.info["loop"] == 0
        for number, frame in enumerate(frames):
            picture.seek(number)
            assert np.abs(np.asarray(picture.convert("L")).astype(int) - (255 - frame.astype(int))).max() <= 9


@pytest.mark.parametrize(("write", "ending"), [(write_webp, "webp"), (write_apng, "png")])
def test_without_paper_ink_keeps_its_colour_and_opacity(write, ending, frames, tmp_path):
    write(tmp_path / f"a.{ending}", frames, 40, BLUE_ON_NOTHING)
    with Image.open(tmp_path / f"a.{ending}") as picture:
        for number, frame in enumerate(frames):
            picture.seek(number)
            shown = np.asarray(picture.convert("RGBA"))
            assert np.abs(shown[..., 3].astype(int) - frame).max() <= 9
            assert (shown[frame > 128][:, :3] == BLUE_ON_NOTHING.ink).all()


def test_a_gif_without_paper_is_ink_or_nothing_in_every_frame(frames, tmp_path):
    write_gif(tmp_path / "a.gif", frames, 40, BLUE_ON_NOTHING)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 12
        for number, frame in enumerate(frames):
            gif.seek(number)
            shown = np.asarray(gif.convert("RGBA"))
            np.testing.assert_array_equal(shown[..., 3] == 255, frame >= 128)
            assert (shown[frame >= 128][:, :3] == BLUE_ON_NOTHING.ink).all()


def test_a_film_of_odd_sides_gets_a_line_of_paper(tmp_path):
    write_mp4(tmp_path / "a.mp4", np.full((5, 65, 67), 255, np.uint8), 40)
    shown = play(tmp_path / "a.mp4")
    assert shown.size == (68, 66)
    assert len(shown.pixels) == 5
    assert shown.pixels[:, :60, :60].min() > 235


def test_frames_of_a_folder_are_whole_pictures_in_order(frames, tmp_path):
    write_png_frames(tmp_path / "frames", frames, 40, BLACK_ON_WHITE)
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.name for file in files] == [f"frame_{number:04}.png" for number in range(1, 13)]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["frames"]
    for file, frame in zip(files, frames, strict=True):
        assert np.abs(np.asarray(Image.open(file).convert("L")).astype(int) - (255 - frame.astype(int))).max() <= 9


def test_a_folder_of_frames_replaces_a_longer_one(frames, tmp_path):
    write_png_frames(tmp_path / "frames", frames, 40)
    write_png_frames(tmp_path / "frames", frames[:3], 40)
    assert len(list((tmp_path / "frames").iterdir())) == 3


def test_a_film_that_ffmpeg_cannot_write_to_its_end_is_none(frames, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(InkbridgeError, match=r"a\.mp4: expected a whole film"):
            write_mp4(tmp_path / "a.mp4", np.tile(frames, (20, 1, 1)), 40)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_film_of_a_size_that_the_encoder_refuses_is_none(tmp_path, capfd):
    with pytest.raises(InkbridgeError, match=r"a\.mp4: expected a whole film .*invalid width"):
        write_mp4(tmp_path / "a.mp4", np.zeros((3, 2, 16_386), np.uint8), 40)
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_a_film_may_have_the_name_of_an_option(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_mp4(Path("-y.mp4"), np.zeros((3, 64, 64), np.uint8), 40)
    assert len(play(Path("./-y.mp4").absolute()).pixels) == 3


@pytest.mark.parametrize("step", [1, 10])
@pytest.mark.parametrize("fps", [7, 12, 24, 30, 50])
def test_whatever_the_step_the_pace_is_kept(fps, step):
    shown = durations(100, 1000 / fps, step)
    assert all(length % step == 0 and length >= step for length in shown)
    begins = np.concatenate([[0], np.cumsum(shown)])
    assert np.abs(begins - np.arange(101) * 1000 / fps).max() <= step / 2 + 1e-9


def test_frames_shorter_than_a_step_are_shown_for_one():
    assert durations(3, 2.0, 10) == [10, 10, 10]


@pytest.mark.parametrize(
    ("text", "ink", "paper"),
    [
        ("black,white", (0, 0, 0), (255, 255, 255)),
        ("#1b6697, transparent", (27, 102, 151), None),
        ("white,#102030", (255, 255, 255), (16, 32, 48)),
    ],
)
def test_colours_are_read_as_css_writes_them(text, ink, paper):
    assert Colours.parse(text) == Colours(ink, paper) == Colours.parse(str(Colours(ink, paper)))


@pytest.mark.parametrize(
    "text", ["", "black", "black;white", "blak,white", "transparent,white", "#12345,white", "a,b,c"]
)
def test_other_colours_are_refused(text):
    with pytest.raises(InkbridgeError, match="expected INK,PAPER"):
        Colours.parse(text)


@pytest.mark.parametrize("ending", [*WRITERS, ".svg", ".GIF"])
def test_every_format_is_known_by_its_ending(ending, tmp_path):
    check_output(tmp_path / f"a{ending}", 30, WHITE_ON_BLACK)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "frame_ms", "colours", "words"),
    [
        ("a.avi", 30, WHITE_ON_BLACK, "found .avi"),
        ("a.gif", 10, WHITE_ON_BLACK, "at most 50 frames a second"),
        ("a.mp4", 30, BLUE_ON_NOTHING, "no transparency"),
        ("none/a.gif", 30, WHITE_ON_BLACK, "no folder"),
        ("folder.gif", 30, WHITE_ON_BLACK, "found a folder"),
        ("file", 30, WHITE_ON_BLACK, "found a file"),
        ("full", 30, WHITE_ON_BLACK, "holds other files"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(name, frame_ms, colours, words, tmp_path):
    (tmp_path / "folder.gif").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/drawing.png").touch()
    with pytest.raises(InkbridgeError, match=words):
        check_output(tmp_path / name, frame_ms, colours)


@pytest.mark.parametrize(("ending", "widest"), [("webp", 16_383), ("gif", 65_535), ("mp4", 16_384)])
def test_the_widest_picture_that_a_format_holds_can_be_written_and_no_wider_one_is_begun(ending, widest, tmp_path):
    path = tmp_path / f"a.{ending}"
    check_output(path, 40, WHITE_ON_BLACK, widest, 2)
    WRITERS[f".{ending}"](path, np.zeros((2, 2, widest), np.uint8), 40, WHITE_ON_BLACK, None)
    for size in ((widest + 1, 2), (2, widest + 1)):
        with pytest.raises(InkbridgeError, match=rf"a\.{ending}: .* at most {widest} pixels a side"):
            check_output(path, 40, WHITE_ON_BLACK, *size)


@pytest.mark.parametrize("ending", [".gif", ""])
@pytest.mark.parametrize("length", [250, 300])
def test_a_name_that_is_too_long_is_told_before_the_work(length, ending, tmp_path):
    with pytest.raises(InkbridgeError, match=r"expected a place that can be written to, .*File name too long"):
        check_output(tmp_path / ("x" * length + ending), 40, WHITE_ON_BLACK)


def test_a_folder_that_may_not_be_searched_is_told(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)  # the superuser may search every one
    with pytest.raises(InkbridgeError, match=r"a\.gif: expected a place that can be written to, .*Permission denied"):
        check_output(tmp_path / "a.gif", 40, WHITE_ON_BLACK)


@pytest.mark.parametrize("write", [write_gif, write_webp, write_apng, write_mp4])
def test_nothing_is_half_written(write, frames, tmp_path, monkeypatch):
    place = tmp_path / f"a.{write.__name__.removeprefix('write_').replace('apng', 'png')}"
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "broken disk")))
    with pytest.raises(InkbridgeError, match="broken disk"):
        write(place, frames, 40)
    assert not list(tmp_path.iterdir())
