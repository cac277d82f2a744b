"""Pieces of ink are counted: pixels that touch, also at a corner, and are at least three."""

import numpy as np
import pytest

from inkbridge.strokes.pieces import SMALLEST_PIECE, count_pieces


def mask_of(*places: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((12, 12), bool)
    mask[tuple(zip(*places, strict=True))] = True
    return mask


def test_count_does_not_change_if_the_picture_is_turned_or_mirrored():
    masks = np.random.default_rng(0).random((20, 16, 16)) < 0.25
    counts = count_pieces(masks)
    assert len(set(counts)) > 3
    for turned in (np.rot90(masks, axes=(1, 2)), masks[:, ::-1], masks.swapaxes(1, 2)):
        np.testing.assert_array_equal(count_pieces(turned), counts)


@pytest.mark.parametrize("apart", [0, 1, 2])
def test_pieces_side_by_side_are_added_if_paper_lies_between_them(apart):
    square = np.ones((1, 3, 3), bool)
    mask = np.concatenate([square, np.zeros((1, 3, apart), bool), square], axis=2)
    np.testing.assert_array_equal(count_pieces(mask), [1 if apart == 0 else 2])


def test_pixels_that_touch_at_a_corner_are_one_piece():
    np.testing.assert_array_equal(count_pieces(mask_of((1, 1), (2, 2), (3, 3))[None]), [1])


def test_pieces_of_fewer_than_three_pixels_do_not_count():
    for size in range(SMALLEST_PIECE + 2):
        mask = np.zeros((1, 12, 12), bool)
        mask[0, 4, 2 : 2 + size] = True
        np.testing.assert_array_equal(count_pieces(mask), [size >= SMALLEST_PIECE])
