"""Strokes that lie under others in a keyframe are thinner on their way out."""

import numpy as np
import pytest

from inkbridge.fitting.hidden import hidden
from inkbridge.fitting.layout import layout_of
from inkbridge.fitting.motion import Motion, arcs_of
from inkbridge.fitting.tuning import LAYOUT
from inkbridge.matching.strands import Strand
from tests.unit.fitting.shapes import line

LONG = line((10, 32), (54, 32))
OPAQUE = np.ones(2, np.float32)


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


def test_strokes_are_thinner_on_their_way_out_and_keyframes_stay_as_they_are():
    under = np.array([[False, True], [False, False]])
    points = np.stack([LONG, line((20, 32), (40, 32))])
    layout = layout_of([Strand(np.stack([p, p]), np.full((2, 4), 3.0)) for p in points])
    handles = np.stack([layout.fitted @ np.concatenate(points)] * 2)
    arcs = arcs_of(layout, handles)
    motion = Motion(layout, handles, np.full((2, 2), 3, np.float32), 0 * handles, ~under | under, under, OPAQUE, arcs)
    _, widths, _ = motion.at(0, np.array([0, 1 / 3, 1]))
    np.testing.assert_allclose(widths, [[3, 3], [3, 3 * (1 - LAYOUT.thinner)], [3, 3]], rtol=1e-5)
