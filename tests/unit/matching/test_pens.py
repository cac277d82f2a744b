"""Letters: drawings of a few pen strokes, of which the whole is assigned."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.scenes import SCENES
from inkbridge.matching import pens
from inkbridge.matching.between import between
from inkbridge.matching.doodle import match_doodle
from inkbridge.matching.energy import WEIGHTS, energy_of
from inkbridge.matching.match import match
from inkbridge.matching.matches import Match
from inkbridge.matching.pens import assignments, pen_strokes
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.matching.ways import Roads
from inkbridge.tracing.skeleton import trace
from tests.unit.matching.test_strands import LETTERS, painted

LINES = LETTERS | {
    "A": [[(16, 54), (32, 10), (48, 54)], [(22, 38), (42, 38)]],
    "six": [[(8, y), (56, y)] for y in range(8, 64, 9)],
    "plus": [[(32, 12), (32, 52)], [(12, 32), (52, 32)]],
}


def roads(name: str) -> Roads:
    return Roads(trace(painted(LINES[name])))


@pytest.mark.parametrize(
    ("name", "whole", "at_corners"), [("I", 3, 3), ("V", 1, 2), ("plus", 2, 2), ("ring", 1, 1), ("E", 2, 4)]
)
def test_pen_goes_straight_on_at_junctions_and_stops_at_corners(name, whole, at_corners):
    for corners, count in ((False, whole), (True, at_corners)):
        strokes = pen_strokes(roads(name), corners)
        assert len(strokes) == count
        assert sum(stroke.length for stroke in strokes) == pytest.approx(roads(name).lengths.sum(), rel=0.02)


@pytest.mark.parametrize(("one", "other"), [("I", "N"), ("A", "I"), ("ring", "N"), ("V", "E")])
def test_assignments_cover_what_they_do_not_leave_over(one, other):
    lengths = roads(one).lengths.sum(), roads(other).lengths.sum()
    found = list(assignments(roads(one), roads(other)))
    assert found
    for pairs, lone in found:
        here, there = (sum(getattr(pair, side).length for pair in pairs) for side in ("one", "other"))
        # A line is cut into pairs between two of its points, which are about a pixel apart.
        assert here + there + lone == pytest.approx(sum(lengths), abs=1.5 * 2 * len(pairs) + 2)
        for pair in pairs:
            assert len(np.unique(pair.one.edges)) == 1


def test_pen_strokes_of_a_moved_letter_become_themselves():
    letter = painted(LINES["N"])
    moved = np.roll(letter, 4, axis=1)
    pairs, lone = next(iter(assignments(Roads(trace(letter)), Roads(trace(moved)))))
    assert lone == pytest.approx(0, abs=0.5)
    for pair in pairs:
        np.testing.assert_allclose(pair.other.points - pair.one.points, [(4, 0)] * len(pair.one.points), atol=1.0)


def test_drawings_of_many_pen_strokes_are_not_assigned():
    assert not list(assignments(roads("six"), roads("six")))


@pytest.mark.parametrize("names", [("I", "N"), ("ring", "N"), ("N", "E"), ("E", "N")])
def test_no_tangle_stands_between_letters(names):
    doodle = match_doodle(np.stack([painted(LINES[name]) for name in names]), loop=False)
    assert between(doodle.strands).knots <= 0.4
    assert doodle.matches[0].knots <= 0.4


def test_lines_that_cross_others_on_their_way_are_knots_and_a_moved_drawing_has_none():
    straight = match_doodle(np.stack([painted(LINES["N"]), np.roll(painted(LINES["N"]), 5, axis=0)]), loop=False)
    found = between(straight.strands)
    assert found.knots == 0
    assert found.ink < 0.02
    assert found.widening < 0.2
    straight_bar = np.stack([np.linspace((8, 32), (56, 32), 49)] * 2)
    crossed = between([Strand(straight_bar, np.full((2, 49), 3.0)), *(_crossing(x) for x in (16, 26, 36, 46))])
    assert crossed.knots == pytest.approx(0.8)  # four crossings, at one of five moments


def _crossing(x: float) -> Strand:
    """Return a line that touches nothing in both keyframes, and crosses the middle of the cell between them."""
    points = np.stack([np.linspace((x, 4), (x, 14), 11), np.linspace((x, 50), (x, 60), 11)])
    return Strand(points, np.full((2, 11), 3.0))


def test_limbs_keep_their_places_where_points_are_alike():
    """Assigned pen strokes would let the limbs of a jumping jack change places, for fewer knots."""
    first, second = (trace(keyframe) for keyframe in SCENES["jumping jack"].keyframes()[:2])
    assert match(first, second).energy.movement < 9.5


def test_pen_strokes_that_touch_are_rather_assigned_to_those_that_touch(monkeypatch):
    def apart() -> float:
        strokes = [pen_strokes(roads(name), corners=False) for name in ("A", "I")]
        points = [np.stack([way.at(np.linspace(0, 1, 17)).points for way in ways]) for ways in strokes]
        here, there = (line @ np.array([1, 1j]) for line in points)
        choices = {choice.one: choice for choice in pens._choices(*strokes)[0]}
        return sum(
            gaps[choices[one].other, int(choices[one].turned), choices[other].other]
            for one, other, gaps in pens._joints(here, np.stack([there, there[:, ::-1]], axis=1))
        )

    together = apart()
    monkeypatch.setattr(pens, "_GAP_WEIGHT", 0.0)
    assert together < 0.9 * apart()


def test_a_ring_is_cut_where_that_costs_least(monkeypatch):
    def least() -> float:
        found = assignments(roads("ring"), roads("V"))
        return min(energy_of(pairs, 2, lone).total(WEIGHTS) for pairs, lone in found)

    best = least()
    monkeypatch.setattr(pens, "_TURNS", 1)
    assert best < 0.9 * least()


def test_knots_lost_ink_and_wide_lines_cost():
    graph = trace(painted(LINES["N"]))
    found = match(graph, trace(np.roll(painted(LINES["N"]), 3, axis=0)))
    assert replace(found, knots=1.0).cost > found.cost + 1
    assert replace(found, ink=0.2).cost > found.cost + 1
    assert replace(found, widening=1.0).cost > found.cost + 1


def test_parts_that_cross_each_other_are_seen():
    """A match of several parts has what stands between the drawings as wholes."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        one, other = (
            painted([line(*rng.uniform(8, 56, (2, 2))) for _ in range(3)]),
            painted([line(*rng.uniform(8, 56, (2, 2))) for _ in range(3)]),
        )
        graphs = trace(one), trace(other)
        found = match(*graphs)
        assert (found.knots, found.ink, found.widening) == pytest.approx(between(strands_of(graphs, [found])))


def line(first, last):
    return np.linspace(first, last, 20)


@pytest.mark.parametrize("width", [0.25, 1.0, 6.0])
def test_knots_are_seen_with_every_pen(width):
    bar = np.stack([line((8, 32), (56, 32))] * 2)
    crossing = [np.stack([line((x, 4), (x, 14)), line((x, 50), (x, 60))]) for x in (16, 26, 36, 46)]
    found = between([Strand(points, np.full((2, 20), width)) for points in (bar, *crossing)])
    assert found.knots == pytest.approx(0.8)


def test_lines_that_pass_close_to_each_other_are_wide():
    def passing(apart: float) -> float:
        bars = [np.stack([line((8, y), (56, y)), line((8, 64 - y), (56, 64 - y))]) for y in (32 - apart, 32 + apart)]
        return between([Strand(points, np.full((2, 20), 3.0)) for points in bars]).widening

    assert passing(4) > 0.3
    assert passing(0) == 0


@pytest.mark.parametrize("names", [("I", "N"), ("A", "I"), ("N", "I")])
def test_some_assignment_turns_the_lines_of_letters_so_that_they_do_not_pass_through_each_other(names):
    """Each pen stroke was once followed in the direction that cost itself least: an I became one slanted line."""
    graphs = [trace(painted(LINES[name])) for name in names]
    found = [Match(pairs, energy_of(pairs, 3, lone), 1) for pairs, lone in assignments(*map(Roads, graphs))]
    seen = [between(strands_of(graphs, [match])) for match in found]
    assert any(row.knots == 0 and row.ink < 0.13 and row.widening < 0.1 for row in seen)


def test_pen_strokes_are_assigned_in_all_directions():
    strokes = [pen_strokes(roads(name), corners=False) for name in ("I", "A")]
    directions = {tuple(choice.turned for choice in choices) for choices in pens._choices(*strokes)}
    assert len(directions) == 2**3
