"""Strokes that lie under others are thinner, in the keyframes where they do."""

import numpy as np
import pytest

from inkbridge.fitting.hidden import hidden, thinned
from inkbridge.fitting.tuning import LAYOUT
from tests.unit.fitting.shapes import line

LONG = line((10, 32), (54, 32))


def widths(*values: float) -> np.ndarray:
    return np.float32(values)


@pytest.mark.parametrize(("gap", "under"), [(0.0, True), (0.3, True), (1.0, False), (5.0, False)])
def test_shorter_stroke_is_hidden_if_all_of_it_is_near(gap, under):
    short = line((20, 32 + gap), (40, 32 + gap))
    assert hidden(np.stack([LONG, short]), widths(3, 3), LAYOUT.under).tolist() == [False, under]
    assert hidden(np.stack([short, LONG]), widths(3, 3), LAYOUT.under).tolist() == [under, False]


def test_stroke_that_sticks_out_or_crosses_is_not_hidden():
    strokes = np.stack([LONG, line((48, 32), (58, 32)), line((32, 28), (32, 36))])
    assert not hidden(strokes, widths(3, 3, 3), LAYOUT.under).any()


def test_stroke_may_lie_under_several():
    strokes = np.stack([line((10, 32), (32, 32)), line((32, 32), (54, 32)), line((24, 32), (40, 32))])
    assert hidden(strokes, widths(3, 3, 3), LAYOUT.under).tolist() == [False, False, True]


def test_strokes_that_are_not_drawn_hide_nothing_and_nothing_hides_itself():
    strokes = np.stack([LONG, LONG])
    assert not hidden(strokes, widths(0, 3), LAYOUT.under).any()
    assert hidden(strokes, widths(3, 3), LAYOUT.under).sum() == 1


def test_only_hidden_strokes_get_thinner_in_the_keyframes_that_hide_them():
    apart = np.stack([LONG, line((20, 50), (40, 50))])
    together = np.stack([LONG, line((20, 32), (40, 32))])
    found = thinned(np.stack([together, apart]), np.stack([widths(3, 4)] * 2))
    np.testing.assert_allclose(found, [[3, 4 * LAYOUT.thinned], [3, 4]])
