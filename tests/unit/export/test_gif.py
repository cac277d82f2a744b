"""GIFs show each frame for its time and loop without end."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkbridge.export.formats import write_gif
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images


@dataclass(frozen=True)
class Animation:
    """A GIF as a viewer shows it."""

    frames: Images
    durations: list[int]
    loop: int | None


def read(path: Path) -> Animation:
    with Image.open(path) as image:
        frames, durations = [], []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.asarray(image.convert("L")))
            durations.append(image.info["duration"])
        return Animation(np.array(frames), durations, image.info.get("loop"))


def moving(count: int, size: int = 64) -> Images:
    """Return frames of a soft bar that moves."""
    places = np.arange(size)
    bars = [255 * np.clip(3 - np.abs(places - (5 + 4 * index)), 0, 1.6) / 1.6 for index in range(count)]
    return np.rint(np.repeat(np.array(bars)[:, None], size, axis=1)).astype(np.uint8)


@pytest.fixture
def gif(tmp_path: Path) -> Path:
    return tmp_path / "animations" / "tree" / "linear_std0.gif"


@pytest.mark.parametrize("size", [64, 100, 256])
@pytest.mark.parametrize("frame_ms", [20, 30, 250])
def test_gif_shows_every_frame_for_its_time_and_loops_forever(size, frame_ms, gif):
    write_gif(gif, moving(7, size), frame_ms)
    shown = read(gif)
    assert shown.frames.shape == (7, size, size)
    assert shown.durations == [frame_ms] * 7
    assert shown.loop == 0


def test_gif_shows_frames_to_within_half_a_tone(gif):
    frames = np.random.default_rng(0).integers(0, 256, (5, 64, 64), dtype=np.uint8)
    frames[2, :40] = frames[1, :40]
    write_gif(gif, frames, 30)
    shown = read(gif).frames
    assert np.abs(shown.astype(int) - frames).max() <= 255 / 15 / 2 + 1
    assert len(np.unique(shown)) == 16
    assert (shown[frames == 0] == 0).all()
    assert (shown[frames == 255] == 255).all()


def test_ink_that_disappears_leaves_paper(gif):
    frames = np.zeros((3, 64, 64), np.uint8)
    frames[0, 10:20], frames[1, 40:50], frames[2, 40:45] = 255, 255, 255
    write_gif(gif, frames, 30)
    np.testing.assert_array_equal(read(gif).frames, frames)


def test_equal_frames_of_a_gif_are_merged_and_keep_their_time(gif):
    frames = moving(6)
    frames[2] = frames[1]
    frames[3] = frames[2]
    write_gif(gif, frames, 30)
    shown = read(gif)
    assert shown.durations == [30, 90, 30, 30]
    assert (np.diff(shown.frames.astype(int), axis=0) != 0).any(axis=(1, 2)).all()


@pytest.mark.parametrize("tone", [0, 255])
def test_gif_of_equal_frames_has_one_frame(tone, gif):
    write_gif(gif, np.full((4, 64, 64), tone, np.uint8), 30)
    shown = read(gif)
    np.testing.assert_array_equal(shown.frames, np.full((1, 64, 64), tone))
    assert shown.durations == [120]


def test_gif_may_have_one_frame(gif):
    write_gif(gif, moving(1), 30)
    np.testing.assert_allclose(read(gif).frames.astype(int), moving(1), atol=9)


def test_gif_is_small(gif):
    write_gif(gif, moving(10), 30)
    assert gif.stat().st_size < 10 * 1000


def test_failed_writing_leaves_the_old_file(gif, monkeypatch):
    write_gif(gif, moving(3), 30)
    before = gif.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(InkbridgeError, match="disk full"):
        write_gif(gif, moving(5), 30)
    assert gif.read_bytes() == before
    assert list(gif.parent.iterdir()) == [gif]
