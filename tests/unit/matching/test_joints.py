"""Joints: where strands continue each other, and where the end of one slides along another."""

import numpy as np

from inkbridge.matching.arcs import Arcs
from inkbridge.matching.match import match
from inkbridge.matching.seams import sewn
from inkbridge.matching.strands import _Chain, _groups, _torn, strands_of
from inkbridge.tracing.skeleton import trace
from tests.unit.matching.test_strands import painted


def line(first, last, count=20):
    return np.linspace(first, last, count)


def distance(point, points):
    return np.linalg.norm(points - point, axis=1).min()


def test_end_that_touches_another_place_slides_there():
    bar = line((10, 20), (54, 20), 45)
    turned = line((14, 12), (50, 36), 45)
    stems = line((32, 21), (32, 56)), line((16, 14), (34, 56))
    arcs = Arcs([bar, stems[0]], [turned, stems[1]])
    for points in arcs.at(np.linspace(0, 1, 9)):
        assert distance(points[45], points[:45]) < 1.6
    np.testing.assert_allclose(arcs.at(np.array([0.0]))[0], np.concatenate([bar, stems[0]]), atol=0.2)
    np.testing.assert_allclose(arcs.at(np.array([1.0]))[0], np.concatenate([turned, stems[1]]), atol=0.2)


def test_end_that_slides_keeps_its_distance_at_the_keyframes():
    bar, stems = line((10, 20), (54, 20), 45), (line((14, 22.4), (14, 56)), line((50, 22.4), (50, 56)))
    arcs = Arcs([bar, stems[0]], [bar, stems[1]])
    for moment, stem in ((0.0, stems[0]), (1.0, stems[1])):
        np.testing.assert_allclose(arcs.at(np.array([moment]))[0], np.concatenate([bar, stem]), atol=0.05)


def test_end_slides_from_one_strand_to_the_next_one():
    halves = line((10, 20), (32, 20), 23), line((33, 20), (54, 20), 22)
    stems = line((14, 21), (14, 56)), line((50, 21), (50, 56))
    arcs = Arcs([*halves, stems[0]], [*halves, stems[1]])
    for points in arcs.at(np.linspace(0, 1, 9)):
        assert distance(points[45], points[:45]) < 1.6


def test_strands_that_do_not_touch_in_both_keyframes_are_free():
    bar, far = line((10, 20), (54, 20), 45), line((32, 40), (32, 60))
    arcs = Arcs([bar, line((32, 21), (32, 56))], [bar, far])
    assert distance(arcs.at(np.array([1.0]))[0][45], bar) > 15


def test_lines_are_sewn_where_they_go_straight_on_in_all_keyframes():
    halves = line((10, 20), (32, 20)), line((54, 20), (32.5, 20))
    bent = line((10, 20), (32, 20)), line((32.5, 44), (32.5, 20))
    offsets = np.array([0, 20, 40])
    straight = np.stack([np.concatenate(halves)] * 2)
    assert [len(line) for line in sewn(straight, offsets)] == [39]
    assert sorted(sewn(straight, offsets)[0].tolist())[:20] == list(range(20))
    cornered = np.stack([np.concatenate(halves), np.concatenate(bent)])
    assert len(sewn(cornered, offsets)) == 2
    shrunk = straight.copy()
    shrunk[1, 20:] = halves[0][-1]
    assert len(sewn(shrunk, offsets)) == 2
    assert len(sewn(shrunk, offsets, dots=True)) == 1
    shrunk[0, 20:] = halves[0][-1]
    assert len(sewn(shrunk, offsets, dots=True)) == 2
    gap = straight.copy()
    gap[:, 20:] += (2.5, 0)
    assert len(sewn(gap, offsets)) == 2
    assert len(sewn(gap, offsets, meeting=3.2)) == 1
    apart = straight.copy()
    apart[1, 20:] += (0, 9)
    assert len(sewn(apart, offsets)) == 2


def test_line_holds_on_to_a_cut_line_along_which_its_end_slides():
    """The bar of an I that was cut in the middle was once taken off its stem, which becomes the diagonal of an N."""
    halves = [line((10, 20), (31, 20)), line((34, 20), (54, 20))]
    for place, count in ((14, 1), (4, 2)):
        groups = _groups([*halves, line((50, 21), (50, 56))], [*halves, line((place, 21), (place, 56))])
        assert len(set(groups.tolist())) == count


def test_strands_have_no_jumps():
    """A short strand that jumped from one end of a letter to another one was once kept whole."""
    ring = [[(32 + 18 * np.cos(a), 32 + 20 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)]]
    legs = [[(16, 54), (16, 10)], [(16, 10), (48, 54)], [(48, 54), (48, 10)]]
    graphs = [trace(painted(lines)) for lines in (ring, legs)]
    for one, other in (graphs, graphs[::-1]):
        for strand in strands_of([one, other], [match(one, other)]):
            steps = np.linalg.norm(np.diff(strand.points, axis=1), axis=2)
            assert (steps <= 3 * np.quantile(steps, 0.5, axis=1, keepdims=True, method="lower") + 3).all()


def test_a_jump_at_the_end_of_three_points_is_cut():
    graph = trace(painted([[(6, 32), (58, 32)]]))
    chain = _Chain(np.zeros((1, 3), np.int64), np.array([[1.0, 2.0, 30.0]]))
    parts = _torn(chain, [graph], slice(0, 1))
    assert [part.places.tolist() for part in parts] == [[[1.0, 2.0, 2.0]]]
