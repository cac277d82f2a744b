"""Ink and paper of any colours are told apart, and the noise of the paper is removed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.keyframes.reading import read_keyframes
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import distance, grid, read_error


def test_inverted_sheet_gives_the_same_keyframes(sheet, save):
    light, dark = read_keyframes(save(sheet, "light.png")), read_keyframes(save(255 - sheet, "dark.png"))
    np.testing.assert_array_equal(light.images, dark.images)
    assert (light.ink, dark.ink) == ("light", "dark")


def test_ink_and_paper_are_decided_over_the_whole_sheet(drawings, save):
    mostly_ink = 255 - drawings[1]
    found = read_keyframes(save(grid([drawings[0], mostly_ink, drawings[2], drawings[3]], columns=2)))
    np.testing.assert_array_equal(found.images[1], mostly_ink)
    assert any("more than half is ink in cell 2" in text for text in found.warnings)


def test_large_shapes_do_not_turn_ink_into_paper(save):
    full = np.zeros((64, 64), np.uint8)
    full[6:-6, 6:-6] = 255
    smaller = np.zeros((64, 64), np.uint8)
    smaller[8:-6, 6:-6] = 255
    found = read_keyframes(save(grid([full, smaller], columns=2)))
    assert found.ink == "light"
    np.testing.assert_array_equal(found.images, [full, smaller])


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_given_ink_is_used(kind, sheet, drawings, save):
    path = save(sheet)
    found = read_keyframes(path, ink=kind, frames=5)
    expected = np.array(drawings) if kind == "light" else 255 - np.array(drawings)
    np.testing.assert_array_equal(found.images, expected)
    assert found.ink == kind


def test_specks_leave_a_cell_blank_but_a_dot_is_a_drawing(drawings, save):
    specks = np.zeros((64, 64), np.uint8)
    specks[::9, ::7] = 12
    specks[30, 30] = 255
    assert len(read_keyframes(save(grid([*drawings[:2], specks], columns=3))).images) == 2
    dot = np.zeros((64, 64), np.uint8)
    dot[30:32, 30:32] = 255
    assert len(read_keyframes(save(grid([*drawings[:2], dot], columns=3))).images) == 3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("quality", [40, 75, 95])
def test_jpeg_noise_of_the_paper_is_removed(quality, dark, sheet, drawings, save):
    path = save(255 - sheet if dark else sheet, "sheet.jpg", quality=quality)
    found = read_keyframes(path)
    drawn = np.array(drawings)
    assert found.images.shape == drawn.shape
    assert distance(found.images, drawn) < 4.0
    assert (found.images[drawn == 0] > 0).mean() < 0.03
    assert (found.images > 127).sum() == pytest.approx((drawn > 127).sum(), rel=0.03)


def test_off_white_paper_and_grey_ink_become_0_and_255(sheet, drawings, save):
    scanned = (235.0 - sheet * (150.0 / 255.0)).round().astype(np.uint8)
    found = read_keyframes(save(scanned))
    assert found.ink == "dark"
    assert np.abs(found.images.astype(int) - np.array(drawings)).max() <= 2


def test_grain_of_the_paper_is_removed(sheet, drawings, save):
    grain = np.random.default_rng(1).normal(0.0, 4.0, sheet.shape)
    found = read_keyframes(save((230.0 - sheet * 0.8 + grain).clip(0, 255).astype(np.uint8)))
    drawn = np.array(drawings)
    assert found.images.shape == drawn.shape
    assert (found.images[drawn == 0] > 0).mean() < 0.002


def test_faint_anti_aliased_edges_of_a_clean_sheet_are_kept(drawings, save):
    soft = [image.copy() for image in drawings]
    soft[0][image_edge(soft[0])] = 1
    np.testing.assert_array_equal(read_keyframes(save(grid(soft, columns=4))).images, soft)


def image_edge(image: Images) -> NDArray[np.bool_]:
    """Blank pixels just above ink."""
    return (image == 0) & (np.roll(image, -1, axis=0) > 0)


@pytest.mark.parametrize("colour", [(255, 255, 0), (0, 0, 255), (200, 30, 30)])
@pytest.mark.parametrize("paper", [0, 255])
def test_coloured_ink_is_read_as_ink(colour, paper, sheet, drawings, save):
    opacity = sheet[..., None] / 255.0
    coloured = (opacity * np.array(colour) + (1.0 - opacity) * paper).round().astype(np.uint8)
    found = read_keyframes(save(coloured))
    assert np.abs(found.images.astype(int) - np.array(drawings)).max() <= 2


@pytest.mark.parametrize("tone", [0, 255])
def test_transparent_paper_contrasts_with_its_ink(tone, sheet, drawings, save):
    layers = np.stack([np.full_like(sheet, tone)] * 3 + [sheet], axis=-1)
    found = read_keyframes(save(layers))
    np.testing.assert_array_equal(found.images, drawings)
    assert found.ink == ("light" if tone else "dark")


def test_faint_ink_on_transparent_paper_is_ink_and_hidden_colours_are_not(sheet, drawings, save):
    layers = np.stack([np.zeros_like(sheet)] * 3 + [sheet // 3], axis=-1)
    np.testing.assert_allclose(read_keyframes(save(layers)).images.astype(int), drawings, atol=6)
    hidden = np.stack([sheet] * 3 + [np.zeros_like(sheet)], axis=-1)
    assert "found 0 in 8 cells" in read_error(save(hidden))


def test_transparent_holes_in_opaque_paper_are_paper(sheet, drawings, save):
    layers = np.stack([255 - sheet] * 3 + [np.full_like(sheet, 255)], axis=-1)
    layers[2:12, 52:62, 3] = 0
    np.testing.assert_array_equal(read_keyframes(save(layers)).images, drawings)
