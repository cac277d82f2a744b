"""Keyframes are also kept at the resolution at which they were drawn, as clean as the small ones."""

import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes import sheets
from inkbridge.keyframes.originals import are_drawings, resized_drawings, stack_originals
from inkbridge.keyframes.reading import Keyframes, read_drawings, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import distance, draw_on, drawing, grid


def photographed(sheet: Images, grain: float) -> Image.Image:
    """Return dark ink on yellowish paper, with grain of this many tones and a light that falls off to one side."""
    rng = np.random.default_rng(1)
    light = 225.0 - np.linspace(0, 15, sheet.shape[1])
    tones = light - 0.65 * sheet + rng.normal(0, grain, sheet.shape)
    return Image.fromarray((tones[..., None] * [1.0, 0.97, 0.9]).clip(0, 255).astype(np.uint8))


def overlap(found: Images, drawn: Images) -> float:
    """Return the intersection over the union of ink above half tone."""
    one, other = found > 127, drawn > 127
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    ("cell", "side"), [(32, 64), (64, 64), (65, 65), (128, 128), (300, 300), (512, 512), (700, 512)]
)
def test_side_is_that_of_a_cell_from_64_to_512(cell, side, save):
    found = read_keyframes(save(grid([drawing(index, cell) for index in range(3)], columns=2)), cell=cell)
    assert found.originals.shape == (3, side, side)
    assert are_drawings(found.originals)


@pytest.mark.parametrize("cell", [128, 256, 300, 512])
def test_clean_drawing_is_kept_to_the_byte(cell, save):
    drawn = [drawing(index, cell) for index in range(3)]
    found = read_keyframes(save(grid(drawn, columns=3)), cell=cell)
    np.testing.assert_array_equal(found.originals, drawn)
    dark = read_keyframes(save(255 - grid(drawn, columns=3), "dark.png"), cell=cell)
    np.testing.assert_array_equal(dark.originals, drawn)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_originals_of_cells_of_64_pixels_are_the_images(suffix, sheet, save):
    found = read_keyframes(save(sheet, f"sheet.{suffix}"))
    np.testing.assert_array_equal(found.originals, found.images)


@pytest.mark.parametrize("cell", [100, 256, 700])
@pytest.mark.parametrize("grain", [0, 4, 15])
def test_originals_shrunk_to_64_pixels_are_nearly_the_images(grain, cell, save):
    sheet = grid([drawing(index, cell) for index in range(3)], columns=3)
    found = read_keyframes(save(photographed(sheet, grain)), cell=cell)
    assert distance(resized_drawings(found.originals, 64), found.images) < (3.0 if grain == 15 else 1.0)


@pytest.mark.parametrize("cell", [128, 256, 512])
@pytest.mark.parametrize("grain", [4, 12, 30])
def test_photographed_paper_is_clean(grain, cell, save):
    drawn = np.stack([drawing(index, cell) for index in range(3)])
    found = read_keyframes(save(photographed(grid(list(drawn), columns=3), grain), "photo.jpg", quality=85), cell=cell)
    # The ink may be wider by a blur of half a pixel of 64; farther away, paper is 0.
    near = resized_drawings((resized_drawings(drawn, 64) > 0).astype(np.uint8) * 255, cell) > 0
    assert (found.originals[~near] > 0).mean() < 0.001
    assert overlap(found.originals, drawn) > (0.94 if grain == 30 else 0.965)
    assert np.median(found.originals[drawn == 255]) > 210


def test_uneven_light_does_not_blur_the_ink(save):
    drawn = np.stack([drawing(index, 256) for index in range(3)])
    sheet = grid(list(drawn), columns=3)
    fall = np.linspace(0, 40, 256)  # by 16 % across each cell
    light = 230.0 - np.concatenate([fall, fall[::-1], fall])
    found = read_keyframes(save((light - 0.6 * sheet).clip(0, 255).astype(np.uint8)), cell=256)
    assert overlap(found.originals, drawn) > 0.97
    assert np.median(found.originals[drawn == 255]) > 220
    edges = np.abs(np.diff(found.originals.astype(int), axis=2)).max(axis=2)
    assert (edges.max(axis=1) > 180).all()


def test_thin_strokes_keep_their_width(save):
    """Averaging areas mixes a stroke thinner than a pixel of 64 with paper; at its own resolution it is solid."""
    sheet = Image.new("L", (768, 256))
    for left in (0, 256, 512):
        for row, tone in enumerate((90, 255, 255, 90)):
            sheet.paste(tone, (left + 20, 60 + left // 8 + row, left + 220, 61 + left // 8 + row))
    found = read_keyframes(save(sheet), cell=256)
    np.testing.assert_array_equal(np.hstack(list(found.originals)), np.asarray(sheet))


def test_guide_lines_are_paper_at_every_resolution(save):
    found = read_keyframes(save(draw_on(empty_sheet(6, 256), 256, 4)))
    assert found.originals.shape == (4, 256, 256)
    assert set(np.unique(found.originals)) == {0, 255}
    border = np.ones((256, 256), bool)
    border[8:-8, 8:-8] = False
    assert not found.originals[1:, border].any()


def test_only_keyframes_are_kept(save):
    blank = np.zeros((128, 128), np.uint8)
    found = read_keyframes(save(grid([drawing(0, 128), drawing(1, 128), *[blank] * 4], columns=3)), cell=128)
    assert len(found.originals) == len(found.images) == 2


def test_pictures_that_differ_in_size_are_enlarged_to_the_largest(save):
    paths = [save(drawing(0, side), f"{side}.png") for side in (48, 100, 300)]
    found = read_drawings(paths)
    assert found.originals.shape == (3, 300, 300)
    np.testing.assert_array_equal(found.originals[2], drawing(0, 300))
    for smaller in found.originals[:2]:
        assert overlap(smaller, drawing(0, 300)) > 0.85
    folder = paths[0].parent / "folder"
    folder.mkdir()
    for path in paths:
        path.rename(folder / path.name)
    assert read_keyframes(folder).originals.shape == (3, 300, 300)


def test_wide_picture_is_padded_to_its_longer_side(tmp_path):
    wide = np.full((100, 200), 255, np.uint8)
    wide[40:60, 20:180] = 0
    Image.fromarray(wide).save(tmp_path / "wide.png")
    found = read_drawings([tmp_path / "wide.png"] * 2).originals
    assert found.shape == (2, 200, 200)
    np.testing.assert_array_equal(found[0, 50:150], 255 - wide)
    assert not found[0, :50].any() and not found[0, 150:].any()


def test_frames_of_an_animation_are_kept_at_their_own_resolution(save):
    frames = [Image.fromarray(drawing(index, 200)) for index in range(3)]
    path = save(frames[0], "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(read_keyframes(path).originals, np.stack(frames))


def test_many_pictures_are_kept_smaller(monkeypatch, save, tmp_path):
    monkeypatch.setattr(sheets, "MOST_ORIGINAL_PIXELS", 3 * 100**2)
    for index in range(3):
        save(drawing(index, 200), f"folder/{index}.png")
    assert read_keyframes(tmp_path / "folder").originals.shape == (3, 100, 100)


def test_drawings_given_as_arrays_become_keyframes():
    drawn = np.stack([drawing(index, 256) for index in range(2)])
    found = Keyframes.of(drawn)
    assert found.originals is drawn
    assert distance(found.images, np.stack([drawing(index) for index in range(2)])) < 3.0
    small = resized_drawings(drawn, 64)
    assert Keyframes.of(small).images is small


def test_stack_of_nothing_has_no_drawings():
    assert stack_originals([]).shape == (0, 64, 64)
