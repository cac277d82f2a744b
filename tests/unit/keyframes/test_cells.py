"""Cells of any size become 64 × 64 pixels, and keep their drawing."""

import numpy as np
import pytest

from inkbridge.keyframes.reading import read_keyframes
from tests.unit.keyframes.sheets import distance, drawing, grid


@pytest.mark.parametrize("cell", [32, 100, 128, 256])
def test_other_cell_sizes_give_nearly_the_same_keyframes(cell, drawings, save):
    scaled = [drawing(index, side=cell) for index in range(5)]
    found = read_keyframes(save(grid(scaled, columns=3)), cell=cell)
    assert found.images.shape == (5, 64, 64)
    tolerance = 8.0 if cell < 64 else 3.0
    assert distance(found.images, np.array(drawings)) < tolerance
    # The tolerance is small: a shift by one pixel is outside.
    assert distance(np.roll(found.images, 1, axis=2), np.array(drawings)) > 1.5 * tolerance


def test_reduction_does_not_bleed_between_cells_or_ring(save):
    full, empty = np.full((128, 128), 255, np.uint8), np.zeros((128, 128), np.uint8)
    half = empty.copy()
    half[32:96, 32:96] = 255
    found = read_keyframes(save(grid([full, empty, half, empty, half, empty], columns=3)), cell=128, ink="light")
    assert found.images[0].min() == 255
    assert found.images[1].max() == 0
    assert found.images[2][:13].max() == 0
    assert found.images[2][20:44, 20:44].min() == 255


def test_pictures_of_a_folder_are_fitted_into_a_square(save, tmp_path):
    bar = np.full((200, 100), 255, np.uint8)
    bar[20:180, 40:60] = 0
    save(bar, "folder/1.png")
    save(bar[:, ::-1].T.copy(), "folder/2.png")
    found = read_keyframes(tmp_path / "folder").images
    assert found[:, :4].max() == 0 and found[:, -4:].max() == 0
    np.testing.assert_array_equal(found[0][:, :24].max(), 0)
    assert found[0][10:54, 30:34].min() == 255
    np.testing.assert_allclose(found[1], found[0].T, atol=2)
