"""Sprites hold every frame of an animation; playbacks say where each frame is and how the latent path runs."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inkbridge.latent.paths import DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from inkbridge.web.playback import playback_of, read_playback, write_playback
from inkbridge.web.sprites import SpriteLayout, write_sprite

SIDE = 64


def frames_of(count: int, size: int = SIDE) -> Images:
    """Return different frames, in tones that a GIF has."""
    return 17 * np.random.default_rng(0).integers(0, 16, (count, size, size), dtype=np.uint8)


def opacity_of(file: Path) -> Images:
    with Image.open(file) as picture:
        colours = np.asarray(picture.convert("RGBA"))
    return colours[..., 3]


def path_of(method: str = "cubic", noise_std: float = 0.8, loop: bool = False) -> DoodlePath:
    return DoodlePath("tree", method, noise_std, frames_per_segment=5, loop=loop, seed=1)


@pytest.fixture
def latents() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 3, (4, 16)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 9, 11])
def test_sprite_holds_every_frame_without_loss(tmp_path: Path, count: int) -> None:
    frames, sprite = frames_of(count), SpriteLayout.of(count, SIDE)
    write_sprite(tmp_path / "sprite.webp", frames, sprite)
    opacity = opacity_of(tmp_path / "sprite.webp")
    for number, frame in enumerate(frames):
        row, column = divmod(number, sprite.columns)
        cell = opacity[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        assert (cell == frame).all()


@pytest.mark.parametrize(("count", "size", "side"), [(20, 256, 192), (160, 256, 167), (4000, 256, 64), (20, 100, 100)])
def test_many_frames_are_made_smaller(count: int, size: int, side: int) -> None:
    sprite = SpriteLayout.of(count, size)
    assert sprite.side == side
    assert sprite.columns**2 >= count > (sprite.columns - 1) ** 2


def test_animations_with_too_many_frames_for_a_sprite_are_refused() -> None:
    SpriteLayout.of(255**2, SIDE)
    with pytest.raises(InkbridgeError, match=r"expected at most 65025 frames in an animation, found 65026"):
        SpriteLayout.of(255**2 + 1, SIDE)


def test_smaller_frames_keep_their_ink(tmp_path: Path) -> None:
    frame = np.zeros((1, 256, 256), np.uint8)
    frame[0, 40:200, 64:128] = 255
    write_sprite(tmp_path / "sprite.webp", frame, SpriteLayout.of(1, 256))
    assert opacity_of(tmp_path / "sprite.webp").mean() == pytest.approx(frame.mean(), rel=0.01)


def test_playback_is_read_as_it_was_written(tmp_path: Path, latents: NDArray[np.float32]) -> None:
    written = playback_of(path_of(), latents, 256, 30)
    write_playback(tmp_path / "record.json", written)
    assert read_playback(tmp_path / "record.json") == written


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"sprite": {"frames": 3}}'])
def test_other_files_are_refused_as_playback(tmp_path: Path, content: str) -> None:
    file = tmp_path / "record.json"
    file.write_text(content)
    with pytest.raises(InkbridgeError, match=r"record\.json.*remove the file"):
        read_playback(file)


@pytest.mark.parametrize("loop", [False, True])
def test_path_passes_each_keyframe_at_its_frame(latents: NDArray[np.float32], loop: bool) -> None:
    about = playback_of(path_of(loop=loop), latents, 256, 30)
    assert about.sprite.frames == len(about.plot.path) == (20 if loop else 16)
    assert [about.plot.path[frame] for frame in about.keyframe_frames] == about.plot.keyframes


def test_paths_through_the_same_keyframes_share_their_projection(latents: NDArray[np.float32]) -> None:
    plots = [playback_of(path_of(*setting), latents, 256, 30).plot for setting in (("linear", 0.0), ("circular", 1.2))]
    assert plots[0].keyframes == plots[1].keyframes
    assert plots[0].origin == plots[1].origin
    assert plots[0].path != plots[1].path


def test_projection_keeps_distances_in_a_plane(latents: NDArray[np.float32]) -> None:
    """Keyframes in a plane keep their distances from each other and from an origin in the plane."""
    flat = latents[:, :2] @ np.linalg.qr(np.random.default_rng(2).normal(size=(16, 2)))[0].T.astype(np.float32)
    plot = playback_of(path_of(), flat, 256, 30).plot
    seen, truth = np.array([*plot.keyframes, plot.origin]), np.concatenate([flat, np.zeros((1, 16))])
    for one, other in combinations(range(5), 2):
        assert np.linalg.norm(seen[one] - seen[other]) == pytest.approx(
            np.linalg.norm(truth[one] - truth[other]), abs=0.03
        )
    assert plot.share == 1


def test_two_keyframes_of_two_latents_can_be_projected() -> None:
    plot = playback_of(path_of("linear", 0.0), np.float32([[0, 0], [3, 4]]), 256, 30).plot
    assert np.linalg.norm(np.subtract(*plot.keyframes)) == pytest.approx(5, abs=0.02)
