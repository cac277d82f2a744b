"""The look of a drawing that was made in the studio, as options."""

import pytest

from inkbridge.api.drawn import look_of, options_of, with_look
from inkbridge.api.options import FilmOptions, Options, PathOptions
from inkbridge.drawings.drawing import Drawing, Motion
from inkbridge.drawings.files import write_drawing
from inkbridge.support.errors import InkbridgeError

LOOK = Motion(method="cubic", noise_std=0.3, frames_per_segment=7, easing="ease", hold=2, size=128, frame_ms=50)


def test_everything_that_a_drawing_says_is_asked_for():
    options = options_of(LOOK)
    assert options.path.given() == {
        "methods": ("cubic",),
        "noise_std": (0.3,),
        "frames_per_segment": 7,
        "loop": True,
        "seed": 0,
        "easing": "ease",
        "hold": 2,
        "there_and_back": False,
    }
    assert options.film.given() == {"size": 128, "frame_ms": 50, "colours": "as drawn"}


def test_what_is_asked_for_counts_more_than_the_drawing():
    asked = Options(path=PathOptions(methods="linear", hold=0), film=FilmOptions(size=64))
    found = with_look(asked, LOOK)
    assert (found.path.methods, found.path.hold, found.film.size) == (("linear",), 0, 64)
    assert (found.path.frames_per_segment, found.film.frame_ms) == (7, 50)
    assert with_look(asked, None) == asked


def test_number_of_all_frames_replaces_that_between_keyframes():
    found = with_look(Options(path=PathOptions(frames=30)), LOOK)
    assert (found.path.frames, found.path.frames_per_segment) == (30, None)


@pytest.mark.parametrize("play", ["loop", "there-and-back", "once"])
@pytest.mark.parametrize("asked", [PathOptions(loop=True), PathOptions(there_and_back=True)])
def test_one_way_to_go_on_excludes_the_other(play, asked):
    found = with_look(Options(path=asked), Motion(play=play)).path
    assert (found.loop, found.there_and_back) == (bool(asked.loop), bool(asked.there_and_back))


def test_only_files_of_the_studio_have_a_look(tmp_path):
    write_drawing(tmp_path / "it.inkbridge", Drawing(look=LOOK))
    assert look_of(tmp_path / "it.inkbridge") == LOOK
    assert look_of(tmp_path / "it.png") is None
    assert look_of(tmp_path / "none.inkbridge") is None
    (tmp_path / "bad.inkbridge").write_bytes(b"{")
    with pytest.raises(InkbridgeError, match=r"bad\.inkbridge: expected a drawing"):
        look_of(tmp_path / "bad.inkbridge")
