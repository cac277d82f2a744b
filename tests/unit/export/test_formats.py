"""Files are read by other programs than those that wrote them: ffmpeg, Chromium, and a parser of the file's blocks."""

import gc
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
    durations,
    write_apng,
    write_gif,
    write_mp4,
    write_png_frames,
    write_webp,
)
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images

BLUE_ON_NOTHING = Colours((27, 102, 151), None)


@dataclass(frozen=True)
class Shown:
    """What a player shows: the start of each frame in milliseconds, the size, and the pixels ``[T, H, W, 3]``."""

    begins: list[float]
    size: tuple[int, int]
    pixels: Images


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
    """Return the durations in the frame headers (ANMF) of a WebP."""
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
def frames() -> Images:
    """Twelve different frames of a soft bar that moves."""
    places = np.arange(80)
    bars = [np.clip(3 - np.abs(places - (6 + 5 * index)), 0, 1.6) / 1.6 for index in range(12)]
    return np.rint(255 * np.repeat(np.array(bars)[:, None], 64, axis=1)).astype(np.uint8)


def expected(frames: Images, colours: Colours) -> NDArray[np.float64]:
    share = frames[..., None] / 255
    return (1 - share) * np.array(colours.paper) + share * np.array(colours.ink)


@pytest.mark.parametrize("colours", [WHITE_ON_BLACK, BLACK_ON_WHITE, Colours((200, 30, 30), (250, 240, 200))])
@pytest.mark.parametrize(("write", "ending"), [(write_gif, "gif"), (write_apng, "png"), (write_mp4, "mp4")])
def test_ffmpeg_shows_every_frame_in_its_colours_for_its_time(write, ending, colours, frames, tmp_path):
    write(tmp_path / f"a.{ending}", frames, 40, colours)
    shown = play(tmp_path / f"a.{ending}")
    assert shown.size == (80, 64)
    np.testing.assert_allclose(shown.begins, 40 * np.arange(12), atol=1)
    off = np.abs(shown.pixels - expected(frames, colours))
    assert off.mean() <= 4
    if ending != "mp4":  # which stores colours at half the resolution
        assert off.max() <= 255 / 15 / 2 + 1


def test_webp_shows_every_frame_for_its_time(frames, tmp_path):
    write_webp(tmp_path / "a.webp", frames, 40, BLACK_ON_WHITE)
    assert webp_durations(tmp_path / "a.webp") == [40] * 12
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.info["loop"] == 0
        for number, frame in enumerate(frames):
            picture.seek(number)
            assert np.abs(np.asarray(picture.convert("L")).astype(int) - (255 - frame.astype(int))).max() <= 9


@pytest.mark.parametrize(("write", "ending"), [(write_webp, "webp"), (write_apng, "png")])
def test_ink_keeps_its_colour_and_opacity_without_paper(write, ending, frames, tmp_path):
    write(tmp_path / f"a.{ending}", frames, 40, BLUE_ON_NOTHING)
    with Image.open(tmp_path / f"a.{ending}") as picture:
        for number, frame in enumerate(frames):
            picture.seek(number)
            shown = np.asarray(picture.convert("RGBA"))
            assert np.abs(shown[..., 3].astype(int) - frame).max() <= 9
            assert (shown[frame > 128][:, :3] == BLUE_ON_NOTHING.ink).all()


def test_every_pixel_of_a_gif_without_paper_is_ink_or_transparent(frames, tmp_path):
    write_gif(tmp_path / "a.gif", frames, 40, BLUE_ON_NOTHING)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 12
        for number, frame in enumerate(frames):
            gif.seek(number)
            shown = np.asarray(gif.convert("RGBA"))
            np.testing.assert_array_equal(shown[..., 3] == 255, frame >= 128)
            assert (shown[frame >= 128][:, :3] == BLUE_ON_NOTHING.ink).all()


def test_mp4_with_odd_sides_gets_a_line_of_paper(tmp_path):
    write_mp4(tmp_path / "a.mp4", np.full((5, 65, 67), 255, np.uint8), 40)
    shown = play(tmp_path / "a.mp4")
    assert shown.size == (68, 66)
    assert len(shown.pixels) == 5
    assert shown.pixels[:, :60, :60].min() > 235


def test_frames_in_a_folder_are_whole_images_in_order(frames, tmp_path):
    write_png_frames(tmp_path / "frames", frames, 40, BLACK_ON_WHITE)
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.name for file in files] == [f"frame_{number:04}.png" for number in range(1, 13)]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["frames"]
    for file, frame in zip(files, frames, strict=True):
        assert np.abs(np.asarray(Image.open(file).convert("L")).astype(int) - (255 - frame.astype(int))).max() <= 9


def test_folder_of_frames_replaces_a_longer_one(frames, tmp_path):
    write_png_frames(tmp_path / "frames", frames, 40)
    write_png_frames(tmp_path / "frames", frames[:3], 40)
    assert len(list((tmp_path / "frames").iterdir())) == 3


@pytest.mark.parametrize("limit", [0, 100, 2000])
@pytest.mark.parametrize("ending", ["gif", "webp", "png", "mp4"])
def test_no_file_is_left_when_the_file_size_limit_is_reached(ending, limit, frames, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64), dtype=np.uint8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(InkbridgeError, match=rf"a\.{ending}: expected a writable path, .*too large"):
            WRITERS[f".{ending}"](tmp_path / f"a.{ending}", noise, 40, WHITE_ON_BLACK, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_mp4_of_a_size_that_the_encoder_refuses_is_an_error_without_a_file(tmp_path, capfd):
    with pytest.raises(InkbridgeError, match=r"a\.mp4: expected a whole film"):
        write_mp4(tmp_path / "a.mp4", np.zeros((3, 2, 16_386), np.uint8), 40)
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["-y", "file:a", "a.zip", "imageio:a", "%d", "é😀"])
@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_file_names_with_special_meaning_to_a_library_are_written_literally(ending, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.zip").mkdir()
    for path in (Path(f"{name}.{ending}"), Path(f"a.zip/{name}.{ending}")):
        WRITERS[f".{ending}"](path, np.zeros((3, 64, 64), np.uint8), 40, WHITE_ON_BLACK, None)
        assert path.is_file()


@pytest.mark.parametrize("step", [1, 10])
@pytest.mark.parametrize("fps", [7, 12, 24, 30, 50])
def test_durations_keep_the_pace_with_any_step(fps, step):
    shown = durations(100, 1000 / fps, step)
    assert all(length % step == 0 and length >= step for length in shown)
    begins = np.concatenate([[0], np.cumsum(shown)])
    assert np.abs(begins - np.arange(101) * 1000 / fps).max() <= step / 2 + 1e-9


def test_frames_shorter_than_a_step_last_one_step():
    assert durations(3, 2.0, 10) == [10, 10, 10]


@pytest.mark.parametrize("write", [write_gif, write_webp, write_apng, write_mp4])
def test_no_file_is_left_when_writing_fails(write, frames, tmp_path, monkeypatch):
    place = tmp_path / f"a.{write.__name__.removeprefix('write_').replace('apng', 'png')}"
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "broken disk")))
    with pytest.raises(InkbridgeError, match="broken disk"):
        write(place, frames, 40)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending])
def test_ending_may_be_in_capitals(ending, frames, tmp_path):
    for name in (f"a{ending}", f"B{ending.upper()}"):
        WRITERS[ending](tmp_path / name, frames, 40, WHITE_ON_BLACK, None)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"B{ending.upper()}").read_bytes()


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending])
def test_same_frames_give_the_same_bytes(ending, frames, tmp_path):
    for name in ("a", "b"):
        WRITERS[ending](tmp_path / f"{name}{ending}", frames, 40, WHITE_ON_BLACK, None)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.parametrize("colours", [WHITE_ON_BLACK, BLUE_ON_NOTHING])
@pytest.mark.parametrize(
    ("ending", "frame_ms"), [("gif", 100_000), ("gif", 655_350), ("webp", 655_350), ("png", 90_000)]
)
def test_every_moment_shows_its_frame_even_if_frames_are_held_for_long(ending, frame_ms, colours, frames, tmp_path):
    """A GIF stores up to 655 s for a frame, an APNG 18 h and a WebP 4.7 h."""
    held = np.where(frames > 128, 255, 0).astype(np.uint8)[[0, *[1] * 30, 2, 2, 3]]
    WRITERS[f".{ending}"](tmp_path / f"a.{ending}", held, frame_ms, colours, None)
    shown, times = [], []
    with Image.open(tmp_path / f"a.{ending}") as picture:
        for number in range(picture.n_frames):
            picture.seek(number)
            shown.append(np.asarray(picture.convert("RGBA"))[..., 3 if colours.paper is None else 0])
            times.append(picture.info["duration"])
    np.testing.assert_array_equal(np.repeat(shown, np.rint(np.array(times) / frame_ms).astype(int), axis=0), held)


COLOURS_OF_FILMS = [(16, 160, 255), (255, 40, 0), (0, 0, 0), (255, 255, 255), (120, 120, 120), (0, 200, 60)]


@pytest.mark.parametrize("height", [64, 720])
def test_ffmpeg_shows_the_colours_of_an_mp4_of_any_size(height, tmp_path):
    for number, colour in enumerate(COLOURS_OF_FILMS):
        path = tmp_path / f"{number}.mp4"
        write_mp4(path, np.full((2, height, 64), 255, np.uint8), 40, Colours(colour, (255, 255, 255)))
        assert np.abs(play(path).pixels[1].astype(int) - colour).max() <= 2


def test_mp4_names_its_colour_matrix_and_range(frames, tmp_path):
    write_mp4(tmp_path / "a.mp4", frames, 40)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(tmp_path / "a.mp4")]
    described = subprocess.run(command, capture_output=True, text=True).stderr
    assert "yuv420p(tv, smpte170m/bt709/iec61966-2-1" in described


def test_mp4_begins_with_its_index_so_that_it_plays_while_it_loads(frames, tmp_path):
    write_mp4(tmp_path / "a.mp4", frames, 40)
    content = (tmp_path / "a.mp4").read_bytes()
    assert 0 < content.find(b"moov") < content.find(b"mdat")


@pytest.mark.parametrize("write", [write_gif, write_webp, write_apng])
def test_interrupted_writing_does_not_begin_again(write, frames, tmp_path, monkeypatch):
    begun = []

    def interrupt(*_: object, **__: object) -> None:
        begun.append(write)
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.png", frames, 40)
    gc.collect()
    assert len(begun) == 1
