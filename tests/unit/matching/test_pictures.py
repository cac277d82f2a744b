"""Pictures of a match: one colour for one strand, marks where ink has no partner, and the right size."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.matching.changes import growing, shrinking
from inkbridge.matching.colours import PALETTE, colours_of
from inkbridge.matching.doodle import MatchedDoodle, match_doodle
from inkbridge.matching.pictures import picture_of
from inkbridge.matching.report import describe, record_of, segments_of
from inkbridge.matching.strands import Strand
from inkbridge.support.types import Images

UP, LEVEL = ((12, 12), (12, 52)), ((12, 52), (52, 52))
"""Two lines that meet in a corner."""


def drawing(*lines: tuple[tuple[int, int], ...], size: int = 64) -> Images:
    """Return ``lines`` as a drawing ``uint8 [size, size]``; coordinates are pixels of a 64-pixel cell."""
    image = Image.new("L", (256, 256))
    for line in lines:
        ImageDraw.Draw(image).line([(4 * x, 4 * y) for x, y in line], fill=255, width=11)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


TURNING = [drawing(((20, 32), (20 + 3 * step, 10 + 2 * step))) for step in range(4)]


def cells(picture: Image.Image, row: int, count: int) -> list[np.ndarray]:
    """Return the cells ``[256, 256, 3]`` of the keyframes in a row."""
    top = 20 + row * (2 * (256 + 20 + 8) + 16) + 20
    return [np.asarray(picture)[top : top + 256, 20 + n * 272 : 276 + n * 272] for n in range(count)]


def has_colour(cell: np.ndarray, colour: tuple[int, ...]) -> bool:
    return bool((np.abs(cell.astype(int) - colour).max(axis=-1) <= 1).sum() > 50)


def with_strands(*points: np.ndarray) -> MatchedDoodle:
    """Return a doodle of two keyframes with strands through these ``points`` ``[2, M, 2]``."""
    matched = match_doodle(np.stack(TURNING[:2]), loop=False)
    strands = [Strand(line, np.full(line.shape[:2], 2.5)) for line in points]
    return MatchedDoodle(matched.drawings, matched.keyframes, matched.drawn, matched.graphs, matched.matches, strands)


def straight(one: tuple[float, float], other: tuple[float, float]) -> np.ndarray:
    return np.linspace(one, other, 20)


def test_a_strand_has_one_colour_in_all_keyframes():
    matched = match_doodle(np.stack([drawing(UP, LEVEL, ((44, 10), (44, 30 + step))) for step in (0, 4, 8)]), False)
    picture = picture_of(matched)
    colours = colours_of(matched.strands)
    assert len(set(colours)) == len(matched.strands) > 1
    for cell in cells(picture, 0, 3):
        assert {colour for colour in PALETTE if has_colour(cell, colour)} == set(colours)


def test_strands_that_touch_have_different_colours_even_if_there_are_more_strands_than_colours():
    count = 3 * len(PALETTE)
    places = np.arange(count + 1) * 2.0
    strands = [straight((x, 0), (y, 0)) for x, y in pairwise(places)]
    colours = colours_of([Strand(np.stack([line, line]), np.ones((2, 20))) for line in strands])
    assert all(one != other for one, other in pairwise(colours))
    assert set(colours) == set(PALETTE)


@pytest.mark.parametrize("size", [64, 200])
@pytest.mark.parametrize(("keyframes", "columns", "rows"), [(2, 2, 1), (5, 5, 1), (6, 4, 2), (8, 5, 2)])
def test_picture_has_a_cell_for_each_keyframe_in_rows_of_at_most_five(keyframes, columns, rows, size):
    drawings = np.stack([drawing(((20, 32), (20 + step, 10 + step)), size=size) for step in range(keyframes)])
    picture = picture_of(match_doodle(drawings, loop=False))
    assert picture.mode == "RGB"
    assert picture.width == 2 * 20 + columns * 272 - 16
    assert 0 < picture.height - rows * 2 * (256 + 20 + 8) < 200


def test_a_row_begins_with_the_last_keyframe_of_the_row_above():
    picture = picture_of(match_doodle(np.stack([*TURNING, *TURNING[:2]]), loop=False))
    assert (cells(picture, 0, 4)[3] == cells(picture, 1, 1)[0]).all()


def test_many_keyframes_are_drawn_in_small_cells():
    matched = match_doodle(np.stack(TURNING[:2] * 30), loop=False)
    assert picture_of(matched).width == 2 * 20 + 8 * (128 + 16) + 128


def test_a_line_that_vanishes_is_reported_and_marked_where_it_shrinks_to():
    line = straight((10, 10), (50, 10))
    gone = np.stack([straight((10, 40), (50, 40)), np.full((20, 2), (30.0, 10.0))])
    matched = with_strands(np.stack([line, line]), gone)
    [shrunk] = shrinking(matched, 0)
    assert shrunk.strand == 1
    assert shrunk.length == pytest.approx(40)
    assert shrunk.place.tolist() == [30, 10]
    assert growing(matched, 0) == []
    assert segments_of(matched)[0].shrinks > 0.3
    assert any("warning    1 to 2" in line and "shrinks into points" in line for line in describe(matched))
    there = cells(picture_of(matched), 0, 2)[1][40 - 9 : 40 + 9, 120 - 9 : 120 + 9]
    assert has_colour(there, colours_of(matched.strands)[1])


def test_a_line_that_appears_grows_and_is_marked_where_it_grows_from():
    line = straight((10, 10), (50, 10))
    new = np.stack([np.full((20, 2), (30.0, 10.0)), straight((10, 40), (50, 40))])
    matched = with_strands(np.stack([line, line]), new)
    assert [change.strand for change in growing(matched, 0)] == [1]
    assert shrinking(matched, 0) == []
    ring = cells(picture_of(matched), 0, 1)[0][40 - 12 : 40 + 12, 120 - 12 : 120 + 12]
    assert has_colour(ring, colours_of(matched.strands)[1])


def test_a_drawing_and_its_moved_copy_have_only_partners():
    matched = match_doodle(np.stack([drawing(UP, LEVEL), np.roll(drawing(UP, LEVEL), 3, axis=1)]), loop=False)
    [segment] = segments_of(matched)
    assert (segment.grows, segment.shrinks, segment.splits, segment.cuts) == (0, 0, 0, 0)
    assert segment.movement == pytest.approx(3, abs=0.2)
    assert "all ink has a partner" in segment.describe()
    assert not any(line.startswith("warning") for line in describe(matched))


def test_a_loop_shows_the_first_keyframe_again():
    matched = match_doodle(np.stack(TURNING[:3]), loop=True)
    assert matched.keyframes.tolist() == [0, 1, 2, 0]
    assert [segment["keyframes"] for segment in record_of(matched)["segments"]] == [[1, 2], [2, 3], [3, 1]]
    assert (cells(picture_of(matched), 0, 4)[3][30:] != 253).any()


def test_blank_keyframes_have_no_lines_and_are_named():
    blank = np.zeros((64, 64), np.uint8)
    matched = match_doodle(np.stack([blank, TURNING[0], blank, TURNING[3], blank]), loop=False)
    assert matched.drawn.tolist() == [False, True, False, True, False]
    drawn = [any(has_colour(cell, colour) for colour in PALETTE) for cell in cells(picture_of(matched), 0, 5)]
    assert drawn == matched.drawn.tolist()
    assert "3 is blank, so the ink fades where it is" in "\n".join(describe(matched))


def test_a_doodle_without_ink_has_an_empty_picture():
    matched = match_doodle(np.zeros((2, 64, 64), np.uint8), loop=False)
    assert not any(has_colour(cell, colour) for cell in cells(picture_of(matched), 0, 2) for colour in PALETTE)
