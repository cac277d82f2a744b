"""Several images become one image, and several animations one animation."""

import numpy as np
import pytest

from inkbridge.export.montage import GAP, animation_grid, animation_grid_size, grid


@pytest.mark.parametrize("scale", [1, 3])
def test_grid_shows_each_image_in_its_place(scale):
    rows = [np.full((count, 4, 5), tone, np.uint8) for count, tone in ((3, 200), (2, 90))]
    rows[0][1] = np.arange(20).reshape(4, 5)
    picture = grid(rows, scale=scale)
    gap, height, width = GAP, 4 * scale, 5 * scale
    assert picture.shape == (2 * height + gap, 3 * width + 2 * gap)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            top, left = row * (height + gap), column * (width + gap)
            shown = picture[top : top + height, left : left + width]
            np.testing.assert_array_equal(shown, np.kron(image, np.ones((scale, scale), int)))
    assert picture[-height:, -width:].max() == 0, "a short row ends in paper"
    line = picture[height]
    assert len(np.unique(line)) == 1
    assert 0 < line[0] < 255


def test_animation_grid_shows_each_animation_in_step_with_its_caption_below():
    animations = [[np.full((2, 64, 64), 10 * (2 * row + column) + 5, np.uint8) for column in (0, 1)] for row in (0, 1)]
    for row in animations:
        for animation in row:
            animation[1] += 100
    joined = animation_grid(animations, [["a", ""], ["", "b"]])
    width, height = animation_grid_size(2, 2, 64)
    for row in (0, 1):
        for column in (0, 1):
            top, left = row * (height - 64 - 14), column * (width - 64)
            np.testing.assert_array_equal(joined[:, top : top + 64, left : left + 64], animations[row][column])
            caption = joined[:, top + 64 : top + 78, left : left + 64]
            assert (caption.max() > 0) == (row == column)


@pytest.mark.parametrize("size", [64, 100, 1024])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (4, 2)])
def test_size_of_an_animation_grid_is_known_before_it_is_drawn(rows, columns, size):
    animation = np.zeros((1, size, size), np.uint8)
    drawn = animation_grid([[animation] * columns] * rows, [[""] * columns] * rows)
    assert animation_grid_size(rows, columns, size) == drawn.shape[:0:-1]
