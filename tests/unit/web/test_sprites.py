"""Sprites hold every frame of an animation."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from inkbridge.web.sprites import SpriteLayout, write_sprite

SIDE = 64


def random_frames(count: int, size: int = SIDE) -> Images:
    """Return different frames, in tones that a GIF has."""
    return 17 * np.random.default_rng(0).integers(0, 16, (count, size, size), dtype=np.uint8)


def opacity_of(file: Path) -> Images:
    with Image.open(file) as picture:
        colours = np.asarray(picture.convert("RGBA"))
    return colours[..., 3]


@pytest.mark.parametrize("count", [1, 2, 9, 11])
def test_sprite_holds_every_frame_without_loss(tmp_path: Path, count: int) -> None:
    frames, sprite = random_frames(count), SpriteLayout.of(count, SIDE)
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
