"""The file of a drawing: what is kept, what is refused, and in which words."""

import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkbridge.drawings.drawing import MOST_POINTS_TOGETHER, Drawing, Keyframe, Mark, Motion, Stroke
from inkbridge.drawings.files import as_json, drawing_of, read_drawing, write_drawing
from inkbridge.support.errors import InkbridgeError


def png(tones: np.ndarray, mode: str = "L") -> str:
    content = io.BytesIO()
    Image.fromarray(tones).convert(mode).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


coordinates = st.floats(-2048, 2560, allow_nan=False)
points = st.lists(st.tuples(coordinates, coordinates, st.floats(0, 1)), min_size=1, max_size=4)
strokes = st.lists(
    st.builds(
        Stroke,
        id=st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z"),
        tool=st.sampled_from(["pen", "eraser"]),
        width=st.floats(0.1, 512),
        points=points,
    ),
    max_size=3,
    unique_by=lambda stroke: stroke.id,
)
keyframes = st.builds(
    Keyframe,
    id=st.from_regex(r"\A[a-z]{1,3}\Z"),
    strokes=strokes,
    picture=st.none() | st.just(png(np.eye(8, dtype=np.uint8))),
)
drawings = st.builds(
    Drawing,
    size=st.integers(64, 512),
    keyframes=st.lists(keyframes, max_size=3, unique_by=lambda keyframe: keyframe.id),
    marks=st.lists(
        st.builds(Mark, from_=st.just("a"), to=st.just("b"), at=st.just((1.5, 2.0)), goes_to=st.just((3.0, 4.0))),
        max_size=2,
    ),
    look=st.builds(Motion, method=st.sampled_from(["linear", "cubic"]), hold=st.integers(0, 9)),
)


@given(drawings)
def test_a_file_gives_the_drawing_that_was_written(drawing):
    assert drawing_of(as_json(drawing), "it") == drawing


def test_file_on_disk_gives_the_drawing_that_was_written(tmp_path):
    drawing = Drawing(keyframes=[Keyframe(id="a")], marks=[Mark(from_="a", to="a", at=(1, 2), goes_to=(3, 4))])
    write_drawing(tmp_path / "it.inkbridge", drawing)
    assert read_drawing(tmp_path / "it.inkbridge") == drawing
    written = json.loads((tmp_path / "it.inkbridge").read_bytes())
    assert written["format"] == "inkbridge-drawing"
    assert written["version"] == 1
    assert written["marks"] == [{"from": "a", "to": "a", "at": [1, 2], "goes_to": [3, 4]}]


def changed(**parts: object) -> bytes:
    return json.dumps({"format": "inkbridge-drawing", "version": 1, **parts}).encode()


def with_stroke(**parts: object) -> bytes:
    return changed(keyframes=[{"id": "k", "strokes": [{"id": "s", "width": 4, "points": [[1, 2, 0.5]], **parts}]}])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a drawing of inkbridge, found a damaged file or another kind of file"),
        (b"\x89PNG\r\n\x1a\n", "expected a drawing of inkbridge, found a damaged file or another kind of file"),
        (changed(size=100)[:-9], "expected a drawing of inkbridge, found a damaged file or another kind of file"),
        (b"{}", "expected a drawing of inkbridge, found a file of another kind"),
        (b'{"frames": []}', "expected a drawing of inkbridge, found a file of another kind"),
        (b"[1]", "expected a drawing of inkbridge, found a file of another kind"),
        (b"[" * 100_000, "expected a drawing of inkbridge, found a damaged file or another kind of file"),
        (changed(version=2), "expected a drawing of version 1, found version 2; use a newer inkbridge"),
        (changed(size=63), "size: expected greater than or equal to 64; found 63"),
        (changed(size="256"), "size: expected integer; found '256'"),
        (changed(speed=3), "speed: unknown key; found 3"),
        (with_stroke(), ""),
        (with_stroke(points=[]), "keyframes.0.strokes.0.points: "),
        (with_stroke(points=[[1, 2]]), "keyframes.0.strokes.0.points.0.2: expected, but missing"),
        (with_stroke(points=[[1e9, 2, 0]]), "keyframes.0.strokes.0.points.0.0: expected less than or equal to 2560"),
        (with_stroke(points=[[1, 2, 1.5]]), "keyframes.0.strokes.0.points.0.2: expected less than or equal to 1"),
        (with_stroke(width=0), "keyframes.0.strokes.0.width: expected greater than 0; found 0"),
        (with_stroke(tool="brush"), "keyframes.0.strokes.0.tool: expected 'pen' or 'eraser'; found 'brush'"),
        (with_stroke(id="../../etc/passwd"), "keyframes.0.strokes.0.id: "),
        (changed(keyframes=[{"id": "a"}, {"id": "a"}]), "keyframes: expected a different id for each; found a twice"),
        (changed(keyframes=[{"id": str(n)} for n in range(65)]), "keyframes: "),
        (changed(keyframes=[{"id": "a", "picture": "no picture"}]), "keyframes.0.picture: expected a grey PNG"),
        (changed(look={"method": "magic"}), "look.method: expected one of linear, circular, cubic; found 'magic'"),
        (changed(look={"colours": "blak,white"}), "look.colours: expected `as drawn`, or INK,PAPER as in CSS"),
        (changed(look={"noise_std": float("nan")}), "look.noise_std: expected "),
        (with_stroke(points=[[float("inf"), 2, 0]]), "keyframes.0.strokes.0.points.0.0: expected "),
        (changed(look={"size": 64.5}), "look.size: expected integer"),
        (changed(marks=[{"from": "a", "to": "b", "at": [1, 2]}]), "marks.0.goes_to: expected, but missing"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(content, words):
    if not words:
        drawing_of(content, "it.inkbridge")
        return
    with pytest.raises(InkbridgeError) as refused:
        drawing_of(content, "it.inkbridge")
    message = str(refused.value)
    assert message.startswith(f"it.inkbridge: {words}")
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize(
    "picture",
    [
        png(np.zeros((513, 513), np.uint8)),
        png(np.zeros((8, 9), np.uint8)),
        png(np.zeros((8, 8), np.uint8), "RGB"),
        base64.b64encode(b"GIF89a" + bytes(40)).decode(),
    ],
)
def test_pictures_that_are_no_keyframe_are_refused(picture):
    with pytest.raises(InkbridgeError, match="expected a grey PNG in base64, at most 512 pixels a side"):
        drawing_of(changed(keyframes=[{"id": "a", "picture": picture}]), "it")


def test_points_are_limited_over_all_strokes():
    stroke = {"id": "s", "width": 1, "points": [[1, 2, 0]] * 20_000}
    count = MOST_POINTS_TOGETHER // 20_000
    drawing_of(changed(keyframes=[{"id": str(n), "strokes": [stroke]} for n in range(count)]), "it")
    with pytest.raises(InkbridgeError, match="expected at most 400000 points"):
        drawing_of(changed(keyframes=[{"id": str(n), "strokes": [stroke]} for n in range(count + 1)]), "it")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InkbridgeError, match=r"no\.inkbridge: expected a drawing"):
        read_drawing(tmp_path / "no.inkbridge")
