"""Strands: lines of ink that live through all keyframes, whatever the drawings have in common."""

import itertools

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from benchmarks.scenes import SCENES
from inkbridge import CELL
from inkbridge.evaluation.animations import fractions
from inkbridge.evaluation.motion_metrics import astray
from inkbridge.matching.arcs import Arcs
from inkbridge.matching.doodle import MatchedDoodle, match_doodle
from inkbridge.matching.strands import _Chain, _torn
from inkbridge.strokes.soft_raster import paint_forward
from inkbridge.support.types import Images
from inkbridge.tracing.graph import Edge, Graph

LETTERS = {
    "I": [[(16, 12), (48, 12)], [(32, 12), (32, 52)], [(16, 52), (48, 52)]],
    "N": [[(16, 54), (16, 10)], [(16, 10), (48, 54)], [(48, 54), (48, 10)]],
    "E": [[(46, 10), (18, 10), (18, 52), (46, 52)], [(18, 31), (42, 31)]],
    "V": [[(14, 12), (32, 52), (50, 12)]],
    "X": [[(14, 12), (50, 52)], [(50, 12), (14, 52)]],
    "ring": [[(32 + 9 * np.cos(a), 32 + 9 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 25)]],
    "two rings": [[(x + 7 * np.cos(a), 40 + 7 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 25)] for x in (14, 34)],
    "three rings": [
        [(x + 7 * np.cos(a), y + 7 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 25)]
        for x, y in ((14, 40), (34, 40), (52, 14))
    ],
}


def painted(lines: list[np.ndarray]) -> Images:
    """Return lines, painted with a pen of 3 pixels: ``uint8 [64, 64]``."""
    paper = np.ones((CELL, CELL), np.float32)
    for points in lines:
        line = np.asarray(points, np.float32)[None, None]
        ones = np.ones((1, 1), np.float32)
        paper = np.minimum(paper, paint_forward(line, 3 * ones, ones, 0.17, 1.2, CELL)[0])
    return np.rint(255 * (1 - paper)).astype(np.uint8)


def matched(*names: str) -> MatchedDoodle:
    return match_doodle(np.stack([painted(LETTERS[name]) for name in names]), loop=False)


def halfway(doodle: MatchedDoodle, segment: int) -> list[np.ndarray]:
    """Return the points of each strand halfway through a segment."""
    ends = [[strand.points[keyframe] for strand in doodle.strands] for keyframe in (segment, segment + 1)]
    points = Arcs(*ends).at(np.array([0.5]))[0]
    return np.split(points, np.cumsum([len(strand) for strand in ends[0]])[:-1])


@pytest.mark.parametrize("names", [("N", "E"), ("I", "N"), ("V", "X"), ("X", "V"), ("E", "I", "N")])
def test_strands_paint_every_keyframe_of_letters(names):
    doodle = matched(*names)
    for keyframe, name in enumerate(names):
        drawn, found = painted(LETTERS[name]), painted([strand.points[keyframe] for strand in doodle.strands])
        assert astray(fractions(found), fractions(drawn)) < 0.01


@pytest.mark.parametrize("names", [("N", "E"), ("I", "N"), ("V", "X"), ("X", "V"), ("E", "I")])
def test_letters_hold_together_halfway(names):
    """Each strand is within 5 pixels, beyond the pen's width, of some other one, and all of them are one group."""
    lines = halfway(matched(*names), 0)
    near = np.eye(len(lines), dtype=bool)
    for one, other in itertools.combinations(range(len(lines)), 2):
        gap = np.linalg.norm(lines[one][:, None] - lines[other], axis=2).min()
        near[one, other] = near[other, one] = gap < 5
    assert connected_components(near)[0] == 1


def test_separate_part_appears_out_of_a_dot_in_its_middle_that_is_not_drawn():
    doodle = matched("two rings", "three rings")
    new = [strand for strand in doodle.strands if not strand.widths[0].any()]
    assert len(new) == 1
    assert np.ptp(new[0].points[0], axis=0).max() == 0
    np.testing.assert_allclose(new[0].points[0, 0], new[0].points[1].mean(axis=0), atol=1)
    np.testing.assert_allclose(new[0].points[1].mean(axis=0), (52, 14), atol=1)


def test_separate_part_vanishes_into_a_dot_and_stays_there():
    doodle = matched("three rings", "two rings", "two rings")
    gone = [strand for strand in doodle.strands if not strand.widths[1].any()]
    assert gone
    for strand in gone:
        assert not strand.widths[2].any()
        np.testing.assert_array_equal(strand.points[1], strand.points[2])


def test_what_grows_is_a_dot_on_a_line_of_the_drawing_before():
    doodle = matched("V", "X")
    others = np.concatenate([strand.points[0] for strand in doodle.strands])
    for strand in doodle.strands:
        if np.linalg.norm(np.diff(strand.points[0], axis=0), axis=1).sum() < 1e-6:
            assert np.linalg.norm(others - strand.points[0, 0], axis=1).min() < 1e-6


def test_cartwheel_keeps_its_limbs_whole():
    """A figure whose limbs never cross needs no more strands than it has lines, and a few for joints."""
    doodle = match_doodle(SCENES["cartwheel"].keyframes(), loop=False)
    assert len(doodle.strands) <= 12


def test_a_line_that_is_torn_later_has_no_gap_before():
    """Pieces of a line once ended a step before each other: up to 4 pixels where the line stretches."""
    points = np.stack([np.linspace((4, 20), (60, 20), 15), np.linspace((4, 40), (60, 40), 15)])
    edges = tuple(Edge(2 * row, 2 * row + 1, line, np.full(15, 3.0)) for row, line in enumerate(points))
    graph = Graph(points[:, [0, -1]].reshape(-1, 2), edges)
    places = np.linspace(0, 56, 15)
    chain = _Chain(np.array([np.zeros(15, int), np.arange(15) // 8]), np.stack([places, places]))
    one, other = _torn(chain, [graph], rows=slice(-1, None))
    assert (one.edges[0, -1], one.places[0, -1]) == (other.edges[0, 0], other.places[0, 0])
    assert (one.edges[1] == 0).all()
    assert (other.edges[1] == 1).all()


def test_a_single_point_between_two_tears_is_kept():
    edges = np.array([np.zeros(9, int), [0, 0, 0, 0, 1, 2, 2, 2, 2]])
    lines = [np.linspace((4, y), (60, y), 15) for y in (10, 30, 50)]
    graph = Graph(
        np.concatenate([line[[0, -1]] for line in lines]),
        tuple(Edge(2 * row, 2 * row + 1, line, np.full(15, 3.0)) for row, line in enumerate(lines)),
    )
    parts = _torn(_Chain(edges, np.stack([np.linspace(0, 56, 9)] * 2)), [graph], rows=slice(-1, None))
    covered = np.sort(np.concatenate([part.places[0] for part in parts]))
    assert np.diff(np.unique(covered)).max() == 7
    assert len(np.unique(covered)) == 9
