"""Strokes are painted as they were drawn, and every way to a file's keyframes gives the same ones."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from inkbridge.drawings.drawing import Drawing, Keyframe, Mark, Stroke
from inkbridge.drawings.files import write_drawing
from inkbridge.drawings.painting import paint, paint_keyframe
from inkbridge.keyframes.reading import Keyframes, read_cells, read_keyframes
from inkbridge.support.errors import InkbridgeError


def line(
    *points: tuple[float, float], width: float = 8.0, tool: str = "pen", pressure: float = 0.5, name: str = "a"
) -> Stroke:
    return Stroke(id=name, tool=tool, width=width, points=[(x, y, pressure) for x, y in points])


def of(*strokes: Stroke, picture: str | None = None) -> Keyframe:
    return Keyframe(id="k", strokes=list(strokes), picture=picture)


def as_picture(image: np.ndarray) -> str:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


@pytest.mark.parametrize("size", [64, 100, 256, 300, 512])
@pytest.mark.parametrize("width", [1.0, 3.3, 8.0, 20.0])
def test_a_line_has_the_area_of_its_width(size, width):
    image = paint_keyframe(of(line((size * 0.25, size / 2), (size * 0.75, size / 2), width=width)), size)
    middle = image[:, size // 2].astype(float).sum() / 255
    assert middle == pytest.approx(width, abs=1.05 / (2048 // size))  # a pixel of the canvas


def test_a_line_lies_where_it_was_drawn():
    image = paint_keyframe(of(line((20, 30.5), (44, 30.5), width=5)), 64)
    rows, columns = np.nonzero(image > 127)
    assert (rows + 0.5).mean() == pytest.approx(30.5, abs=0.05)
    assert (columns + 0.5).mean() == pytest.approx(32, abs=0.05)


def test_pressure_widens_from_a_half_to_one_and_a_half():
    thin, usual, thick = (
        paint_keyframe(of(line((20, 128), (236, 128), width=10, pressure=pressure)), 256)[:, 128].sum() / 255
        for pressure in (0.0, 0.5, 1.0)
    )
    assert (thin, usual, thick) == pytest.approx((5, 10, 15), abs=0.15)


def test_a_dot_is_a_disc():
    image = paint_keyframe(of(line((32, 32), width=10)), 64)
    assert image.sum() / 255 == pytest.approx(np.pi * 25, rel=0.02)


def test_an_eraser_takes_away_what_was_drawn_before_it_alone():
    across, wipe = line((8, 32), (56, 32)), line((32, 0), (32, 64), width=16, tool="eraser", name="b")
    again = line((30, 32), (34, 32), name="c")
    assert paint_keyframe(of(across, wipe), 64)[32, 32] == 0
    assert paint_keyframe(of(across, wipe), 64)[32, 12] == 255
    assert paint_keyframe(of(wipe, across), 64)[32, 32] == 255
    assert paint_keyframe(of(across, wipe, again), 64)[32, 32] == 255


def test_a_picture_lies_below_the_strokes_and_stays_as_it_is():
    tones = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    picture = as_picture(tones)
    assert np.array_equal(paint_keyframe(of(picture=picture), 64), tones)
    drawn = paint_keyframe(of(line((32, 32), (40, 32)), picture=picture), 64)
    assert np.array_equal(drawn[:20], tones[:20])
    assert drawn[32, 36] == 255
    assert paint_keyframe(of(picture=picture), 128).shape == (128, 128)


def test_strokes_beside_the_paper_leave_no_ink():
    assert not paint_keyframe(of(line((-2000, -2000), (2500, -1000)), line((600, 600), name="b")), 512).any()


def test_a_damaged_picture_is_refused_in_a_sentence():
    content = bytearray(base64.b64decode(as_picture(np.eye(64, dtype=np.uint8) * 255)))
    content[45:60] = bytes(15)
    with pytest.raises(InkbridgeError, match="keyframe k: expected a picture, found a damaged one"):
        paint_keyframe(of(picture=base64.b64encode(content).decode()), 64)


@pytest.mark.parametrize("size", [64, 200, 512])
def test_a_file_is_read_as_the_keyframes_that_are_painted(size, tmp_path):
    keyframes = [
        Keyframe(
            id=str(n), strokes=[line((0.2 * size, 0.3 * size), (0.7 * size, (0.3 + 0.2 * n) * size), width=size / 20)]
        )
        for n in range(3)
    ]
    blank = Keyframe(id="blank")
    drawing = Drawing(size=size, keyframes=[keyframes[0], blank, *keyframes[1:], Keyframe(id="last")])
    write_drawing(tmp_path / "it.inkbridge", drawing)
    found, painted = read_keyframes(tmp_path / "it.inkbridge"), Keyframes.of(paint(drawing)[:-1], "dark")
    assert np.array_equal(found.originals, painted.originals)
    assert np.abs(found.images.astype(int) - painted.images).max() <= 1
    assert found.ink == "dark"


def test_an_empty_file_says_what_to_do(tmp_path):
    write_drawing(tmp_path / "it.inkbridge", Drawing())
    with pytest.raises(InkbridgeError, match=r"it\.inkbridge: expected keyframes, found none; draw some"):
        read_keyframes(tmp_path / "it.inkbridge")


def test_marks_of_a_file_lead_from_keyframe_to_keyframe(tmp_path):
    """Between neighbours, also from the last one that is drawn to the first; in pixels of a cell of 64."""
    names = ["a", "b", "c", "blank"]
    strokes = [line((40, 40), (200, 40 + 40 * number)) for number in range(3)]
    keyframes = [Keyframe(id=name, strokes=[stroke]) for name, stroke in zip(names, strokes, strict=False)]
    pairs = [("a", "b"), ("c", "a"), ("a", "c"), ("b", "a"), ("c", "blank"), ("a", "gone"), ("b", "b")]
    marks = [Mark(from_=one, to=other, at=(128, 64), goes_to=(256, 900)) for one, other in pairs]
    write_drawing(tmp_path / "it.inkbridge", Drawing(keyframes=[*keyframes, Keyframe(id="blank")], marks=marks))
    found = read_keyframes(tmp_path / "it.inkbridge")
    assert [(mark.keyframe, mark.at, mark.goes_to) for mark in found.marks] == [
        (1, (32, 16), (64, 64)),
        (3, (32, 16), (64, 64)),
    ]
    reading = read_cells(tmp_path / "it.inkbridge")
    asked = reading.with_marks([{"keyframe": 2, "at": [1, 2], "goes_to": [3, 4]}])
    assert [mark.keyframe for mark in asked.keyframes().marks] == [2]
    assert read_keyframes(tmp_path / "it.inkbridge", frames=3).marks == ()
