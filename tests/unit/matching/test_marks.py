"""Marks: where a person says that a point of a keyframe goes, the match follows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkbridge.keyframes.reading import Keyframes, Reading
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.matching import doodle
from inkbridge.matching.doodle import match_doodle
from inkbridge.matching.marked import KEPT, miss, on_ink
from inkbridge.matching.match import forget_matches, match
from inkbridge.matching.pictures import picture_of
from inkbridge.matching.report import describe, record_of
from inkbridge.pipeline.drawings import read_doodle
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.marks import Mark, mark_from_text, marks_as_written
from inkbridge.tracing.skeleton import trace
from tests.unit.matching.test_pens import painted

RAYS = 8


def tip(ray, turn, radius=25.0):
    angle = 2 * np.pi * ray / RAYS + turn
    return 32 + radius * np.cos(angle), 32 + radius * np.sin(angle)


def sun(turn):
    ring = [(32 + 10 * np.cos(t), 32 + 10 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 40)]
    return painted([ring, *([tip(ray, turn, 14), tip(ray, turn, 26)] for ray in range(RAYS))])


def figure(left, right):
    limbs = [(18, 56), (46, 56)]
    return painted(
        [[(32, 14), (32, 40)], *([(32, 22), hand] for hand in (left, right)), *([(32, 40), f] for f in limbs)]
    )


SUNS = np.stack([sun(0.0), sun(0.15)])

TURNED = tuple(Mark(1, tip(3 * number, 0.0), tip(3 * number + 1, 0.15)) for number in range(3))
"""Three of eight rays go to the next place."""


def moves(found):
    """Return by how many radians each strand turns around the middle, from the first keyframe to the second."""
    ends = np.stack([strand.points.mean(axis=1) - 32 for strand in found.strands])
    ends = ends[np.linalg.norm(ends[:, 0], axis=1) > 5] @ (1, 1j)
    return np.angle(ends[:, 1] / ends[:, 0])


def test_a_sun_turns_as_three_marks_say():
    np.testing.assert_allclose(moves(match_doodle(SUNS, loop=False)), 0.15, atol=0.1)
    np.testing.assert_allclose(moves(match_doodle(SUNS, False, TURNED)), 0.15 + 2 * np.pi / RAYS, atol=0.1)


@pytest.mark.parametrize("number", [1, 2])
def test_arms_change_sides_if_a_mark_says_so(number):
    graphs = trace(figure((16, 30), (48, 30))), trace(figure((15, 27), (47, 27)))
    marks = [Mark(1, (16, 30), (47, 27)), Mark(1, (48, 30), (15, 27))][:number]
    said = on_ink(marks, *graphs)
    for mark in said:
        assert miss(mark, match(*graphs).pairs) > 20
        assert miss(mark, match(*graphs, marks).pairs) < KEPT


def test_a_mark_that_says_what_is_found_anyway_changes_nothing():
    keyframes = np.stack([figure((16, 30), (48, 30)), figure((10, 20), (54, 20))])
    plain, said = match_doodle(keyframes, False), match_doodle(keyframes, False, [Mark(1, (16, 30), (10, 20))])
    assert len(plain.strands) == len(said.strands)
    for one, other in zip(plain.strands, said.strands, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def test_a_mark_need_not_be_exactly_on_ink():
    graphs = [trace(drawing) for drawing in SUNS]
    (mark,) = on_ink([Mark(1, tip(0, 0.0, 29), tip(1, 0.15, 29))], *graphs)
    assert np.hypot(*np.subtract(mark.at, tip(0, 0.0, 26))) < 1.5
    assert np.hypot(*np.subtract(mark.goes_to, tip(1, 0.15, 26))) < 1.5


def test_marks_are_in_the_record_and_unfollowed_ones_in_a_warning():
    found = match_doodle(SUNS, False, TURNED)
    assert [row["keyframe"] for row in record_of(found)["marks"]] == [1, 1, 1]
    assert max(row["missed"] for row in record_of(found)["marks"]) < KEPT
    assert not any("mark from" in line for line in describe(found))
    assert "marks      3 of 3 are followed" in describe(found)
    against = [*TURNED, replace(TURNED[0], goes_to=tip(5, 0.15))]  # one point cannot go to two places
    assert any("is not followed: the match misses" in line for line in describe(match_doodle(SUNS, False, against)))


def test_marks_on_blank_keyframes_say_nothing():
    keyframes = np.stack([SUNS[0], np.zeros_like(SUNS[0]), SUNS[1]])
    found = match_doodle(keyframes, False, TURNED)
    assert sum("a keyframe is blank" in line for line in describe(found)) == len(TURNED)
    assert all(row["missed"] is None for row in record_of(found)["marks"])


def test_marks_on_the_last_keyframe_need_a_loop():
    mark = Mark(2, tip(0, 0.15), tip(1, 0.0))
    assert any("no keyframe follows" in line for line in describe(match_doodle(SUNS, False, [mark])))
    (row,) = record_of(match_doodle(SUNS, True, [mark]))["marks"]
    assert row["missed"] < KEPT


def test_marks_are_squares_in_the_picture():
    plain, said = (
        np.asarray(picture_of(match_doodle(SUNS, False, marks))) for marks in ((), (Mark(1, (2, 2), (2, 2)),))
    )
    assert plain.shape == said.shape
    changed = np.argwhere((plain != said).any(axis=2))
    assert len(changed) > 20


def test_only_neighbours_of_a_changed_keyframe_are_matched_anew(monkeypatch):
    forget_matches()
    keyframes = np.stack([sun(0.05 * number) for number in range(5)])
    counted = []
    monkeypatch.setattr(doodle, "trace", lambda drawing: counted.append(1) or trace(drawing))
    before = match_doodle(keyframes, False)
    changed = keyframes.copy()
    changed[2] = figure((11, 31), (47, 33))
    counted.clear()
    after = match_doodle(changed, False)
    assert len(counted) == 1
    assert [one is other for one, other in zip(before.graphs, after.graphs, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    forget_matches()
    again = match_doodle(changed, False)
    for one, other in zip(after.strands, again.strands, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


# --- written down --------------------------------------------------------------------------------------------


def test_marks_survive_in_a_file_of_keyframes(tmp_path):
    keyframes = replace(Keyframes.of(SUNS), marks=TURNED)
    write_keyframes(tmp_path / "keyframes.npy", keyframes, {"made": "here"})
    assert load_keyframes(tmp_path / "keyframes.npy").marks == TURNED
    write_keyframes(tmp_path / "keyframes.npy", Keyframes.of(SUNS), {"made": "here"})
    assert load_keyframes(tmp_path / "keyframes.npy").marks == ()


def test_marks_as_written_are_marks():
    assert marks_as_written(mark.written() for mark in TURNED) == TURNED


def test_marks_are_read_from_the_command_line():
    assert mark_from_text("1:18,30:46.5,30") == Mark(1, (18, 30), (46.5, 30))
    for text in ("", "1", "1:2,3", "0:1,2:3,4", "1:2:3,4", "1:1,2:3,65", "1:1,2:3,4:5,6", "a:1,2:3,4"):
        with pytest.raises(ValueError, match="for example 1:18,30:46,30"):
            mark_from_text(text)


def test_settings_without_marks_leave_those_of_the_drawing_and_empty_ones_remove_them():
    reading = Reading(Path("cat.png"), SUNS, SUNS, np.ones(2, bool), 2, "cell", (), "dark", marks=TURNED)
    assert reading.with_marks(None).marks == TURNED
    assert reading.with_marks([]).marks == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"keyframe": 0, "at": [1, 2], "goes_to": [3, 4]},
        {"keyframe": 1, "at": [1, 2, 3], "goes_to": [3, 4]},
        {"keyframe": 1, "at": [1, 65], "goes_to": [3, 4]},
        {"keyframe": 1, "at": [1, float("nan")], "goes_to": [3, 4]},
        {"keyframe": 1, "at": "12", "goes_to": None},
        {"keyframe": 1, "at": [1, 2]},
        "1: 18,30",
    ],
)
def test_wrong_marks_are_refused_with_what_was_expected(wrong):
    with pytest.raises(ValueError, match="counted from 1"):
        marks_as_written([wrong])


def test_a_mark_on_a_keyframe_that_is_missing_names_the_file(tmp_path):
    from PIL import Image

    for number, drawing in enumerate(SUNS):
        Image.fromarray(255 - drawing).save(tmp_path / f"{number}.png")
    reading = {"ink": "dark", "marks": [mark.written() for mark in TURNED]}
    assert read_doodle(tmp_path, reading).marks == TURNED
    with pytest.raises(InkbridgeError, match=r"marks on keyframes 1 to 2, found one on keyframe 3"):
        read_doodle(tmp_path, {"marks": [replace(TURNED[0], keyframe=3)]})
