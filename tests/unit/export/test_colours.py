"""Colours are read as in CSS, and tones lie evenly between paper and ink."""

import numpy as np
import pytest

from inkbridge.export.colours import (
    AS_DRAWN,
    BLACK_ON_WHITE,
    TONES,
    WHITE_ON_BLACK,
    Colours,
    as_drawn,
    chosen_colours,
    to_tones,
)
from inkbridge.support.errors import InkbridgeError


@pytest.mark.parametrize(
    ("text", "ink", "paper"),
    [
        ("black,white", (0, 0, 0), (255, 255, 255)),
        ("#1b6697, transparent", (27, 102, 151), None),
        ("white,#102030", (255, 255, 255), (16, 32, 48)),
    ],
)
def test_colours_are_read_as_in_css(text, ink, paper):
    assert Colours.parse(text) == Colours(ink, paper) == Colours.parse(str(Colours(ink, paper)))


@pytest.mark.parametrize(
    "text", ["", "black", "black;white", "blak,white", "transparent,white", "#12345,white", "a,b,c"]
)
def test_other_words_for_colours_are_refused(text):
    with pytest.raises(InkbridgeError, match="expected INK,PAPER"):
        Colours.parse(text)


@pytest.mark.parametrize("paper", [(255, 255, 255), (0, 0, 0), (250, 240, 200), None])
def test_palette_runs_evenly_from_paper_to_ink(paper):
    ink = (27, 102, 151)
    palette = Colours(ink, paper).palette().astype(int)
    assert palette.shape == (TONES, 3 if paper else 4)
    ends = [(*ink, 0), (*ink, 255)] if paper is None else [paper, ink]
    np.testing.assert_array_equal(palette[[0, -1]], ends)
    assert np.ptp(np.diff(palette, axis=0), axis=0).max() <= 1


def test_every_grey_has_the_nearest_tone():
    greys = np.arange(256, dtype=np.uint8)
    tones = to_tones(greys)
    assert tones[0] == 0 and tones[255] == TONES - 1
    assert np.abs(tones.astype(float) * 255 / (TONES - 1) - greys).max() <= 255 / (TONES - 1) / 2


def test_colours_are_those_of_the_drawing_unless_others_are_chosen():
    assert chosen_colours(AS_DRAWN, "dark") == as_drawn("dark") == BLACK_ON_WHITE
    assert chosen_colours(AS_DRAWN, "light") == chosen_colours(AS_DRAWN, None) == WHITE_ON_BLACK
    assert chosen_colours("red,transparent", "dark") == Colours((255, 0, 0), None)
