"""Drawings of a few lines that are laid whole onto each other: nothing tears."""

import itertools

import numpy as np
import pytest

from benchmarks.variants import ROOT
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.matching.between import between
from inkbridge.matching.continuous import layings
from inkbridge.matching.doodle import match_doodle
from inkbridge.matching.strands import Strand
from inkbridge.matching.ways import Roads
from inkbridge.tracing.skeleton import trace
from tests.unit.matching.test_pens import LINES, painted

BOWL = [(18 + 22 * np.sin(a), 21 - 10 * np.cos(a)) for a in np.linspace(0, np.pi, 13)]
LETTERS = LINES | {
    "U": [
        [(16, 10), (16, 40), *((32 - 16 * np.cos(a), 40 + 12 * np.sin(a)) for a in np.linspace(0, np.pi, 13)), (48, 10)]
    ],
    "R": [[(18, 54), (18, 11), *BOWL], [(24, 31), (44, 54)]],
    "O": [[(32 + 18 * np.cos(a), 32 + 22 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 49)]],
    "combs": [[(8, y), (56, y)] for y in range(8, 64, 9)] + [[(x, 8), (x, 62)] for x in (8, 56)],
}


def roads(name: str) -> Roads:
    return Roads(trace(painted(LETTERS[name])))


@pytest.mark.parametrize(("one", "other"), [("U", "R"), ("R", "O"), ("O", "N"), ("A", "I"), ("V", "X")])
def test_one_of_both_drawings_is_laid_whole(one, other):
    here, there = roads(one), roads(other)
    found = list(layings(here, there))
    assert found
    for pairs, _ in found:
        rest = [
            lengths.sum() - sum(getattr(pair, side).length for pair in pairs)
            for side, lengths in (("one", here.lengths), ("other", there.lengths))
        ]
        # A line is cut into pairs between two of its points, which are about a pixel apart.
        assert min(rest) < len(pairs) + 2


@pytest.mark.parametrize(("one", "other"), [("U", "R"), ("R", "O"), ("O", "N")])
def test_lines_that_meet_in_one_drawing_meet_in_the_other_one(one, other):
    """Ends within a pixel of each other, in the drawing that is laid, become ends within two steps of each other."""
    for pairs, _ in layings(roads(one), roads(other)):
        ends = np.array([(pair.one.points[row], pair.other.points[row]) for pair in pairs for row in (0, -1)])
        torn = [
            np.linalg.norm(a - b, axis=1)
            for a, b in itertools.combinations(ends, 2)
            if np.linalg.norm(a - b, axis=1).min() < 0.3
        ]
        sides = np.array(torn)
        assert (sides.max(axis=0) < 3).any(), "either drawing may be the one that is laid"


def test_a_letter_and_its_moved_copy_are_laid_point_by_point():
    """Joints lie at places of the other drawing that are up to six pixels apart."""
    letter = painted(LETTERS["R"])
    one, other = Roads(trace(letter)), Roads(trace(np.roll(letter, 4, axis=1)))
    pairs, lone = next(iter(layings(one, other)))
    assert lone == pytest.approx(0, abs=0.5)
    for pair in pairs:
        np.testing.assert_allclose(pair.other.points - pair.one.points, [(4, 0)] * len(pair.one.points), atol=3.5)


def test_drawings_of_many_lines_are_not_laid():
    assert not list(layings(roads("combs"), roads("combs")))


@pytest.mark.parametrize(("one", "other"), [("R", "O"), ("O", "N"), ("A", "I")])
def test_a_loop_opens_or_closes_without_a_tangle(one, other):
    doodle = match_doodle(np.stack([painted(LETTERS[name]) for name in (one, other)]), loop=False)
    assert between(doodle.strands).knots <= 0.4


def test_letters_with_loops_that_open_and_close_in_a_row():
    """U, R and O of NEURON: points and pen strokes left 1.6 knots, and their pieces a tangle on the way to O."""
    letters = read_keyframes(ROOT / "resources/doodles/neuron.png").originals[2:5]
    strands = match_doodle(letters, loop=False).strands
    opening, closing = (
        between([Strand(strand.points[at : at + 2], strand.widths[at : at + 2]) for strand in strands]) for at in (0, 1)
    )
    assert opening.knots <= 0.8
    assert closing.knots <= 0.2
    assert closing.widening < 0.6


def test_no_line_turns_by_more_than_a_right_angle_and_a_bit():
    for pairs, _ in layings(roads("A"), roads("I")):
        for pair in pairs:
            here, there = (np.diff(way.points @ np.array([1, 1j])) for way in (pair.one, pair.other))
            turned = (here.conj() * there).sum()
            assert abs(turned) < 4 or abs(np.angle(turned)) < 2.6
