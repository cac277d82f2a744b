"""The one check of all limits of an animation, for the command line and for the configuration."""

from dataclasses import replace

import numpy as np
import pytest

from inkbridge.export.colours import BLACK_ON_WHITE, Colours
from inkbridge.export.formats import WRITERS, durations
from inkbridge.export.limits import (
    LONGEST_FRAME_MS,
    MOST_FILM_PIXELS,
    SHORTEST_FRAME_MS,
    STEP_MS,
    WIDEST,
    Film,
    SettingNames,
    check_film,
)
from inkbridge.support.errors import InkbridgeError

OPTIONS = SettingNames("--frames", "--size", "--fps", "fps", "--colors")
KEYS = SettingNames("frames_per_segment", "size", "frame_ms", "ms", "colours")

USUAL = Film(".gif", 100, 256, 256, 30, BLACK_ON_WHITE)
FORMATS = (".gif", ".webp", ".png", ".apng", ".mp4", ".svg", "")


@pytest.mark.parametrize("ending", FORMATS)
def test_usual_films_are_accepted_in_every_format(ending):
    check_film("a", replace(USUAL, format=ending), OPTIONS)


@pytest.mark.parametrize("ending", SHORTEST_FRAME_MS)
def test_shortest_frame_is_accepted_and_any_shorter_one_is_refused(ending):
    shortest = SHORTEST_FRAME_MS[ending]
    check_film("a", replace(USUAL, format=ending, frame_ms=shortest), OPTIONS)
    for settings in (OPTIONS, KEYS):
        with pytest.raises(InkbridgeError, match=rf"^a{ending}: expected at .*; (lower|raise) {settings.speed}"):
            check_film(f"a{ending}", replace(USUAL, format=ending, frame_ms=shortest - 0.01), settings)


@pytest.mark.parametrize("ending", SHORTEST_FRAME_MS)
def test_no_accepted_speed_is_written_with_frames_that_browsers_slow_down(ending):
    for frame_ms in np.linspace(SHORTEST_FRAME_MS[ending], 50, 200):
        check_film("a", replace(USUAL, format=ending, frame_ms=frame_ms), OPTIONS)
        assert min(durations(300, frame_ms, STEP_MS[ending])) > 10


@pytest.mark.parametrize("ending", [".mp4", ".svg", ""])
def test_100_frames_a_second_are_accepted_where_browsers_show_them(ending):
    check_film("a", replace(USUAL, format=ending, frame_ms=10), OPTIONS)


def test_message_uses_the_unit_of_the_setting():
    fast = replace(USUAL, frame_ms=10)
    with pytest.raises(InkbridgeError, match=r"at most 50 frames a second, .*; found 100; lower --fps"):
        check_film("a.gif", fast, OPTIONS)
    with pytest.raises(InkbridgeError, match=r"at least 20 ms a frame, .*; found 10 ms; raise frame_ms"):
        check_film("config.yaml", fast, KEYS)


@pytest.mark.parametrize("ending", WIDEST)
def test_longest_side_is_accepted_and_a_longer_one_is_refused(ending):
    for width, height in ((WIDEST[ending], 2), (2, WIDEST[ending])):
        film = replace(USUAL, format=ending, frames=2, width=width, height=height)
        check_film("a", film, OPTIONS)
        longer = replace(film, width=width + 1, height=height + 1)
        with pytest.raises(InkbridgeError, match=rf"at most {WIDEST[ending]} pixels a side; .*; lower --size"):
            check_film("a", longer, OPTIONS)


@pytest.mark.parametrize("ending", FORMATS)
def test_pixels_of_all_frames_together_have_a_limit(ending):
    film = replace(USUAL, format=ending, width=1000, height=1000, frames=MOST_FILM_PIXELS // 10**6)
    check_film("a", film, OPTIONS)
    change = "--frames" if ending == ".svg" else "--size or --frames"  # an SVG has any size
    with pytest.raises(InkbridgeError, match=f"too many; lower {change}$"):
        check_film("a", replace(film, frames=film.frames + 1), OPTIONS)


def test_only_mp4_refuses_transparent_paper():
    transparent = replace(USUAL, colours=Colours((0, 0, 0), None))
    for ending in FORMATS:
        if ending != ".mp4":
            check_film("a", replace(transparent, format=ending), OPTIONS)
    with pytest.raises(InkbridgeError, match=r"no transparency; give the paper a colour \(colours\)"):
        check_film("a", replace(transparent, format=".mp4"), KEYS)


@pytest.mark.parametrize(("ending", "written"), [(".gif", (65, 67)), (".mp4", (66, 68))])
def test_sides_of_an_mp4_are_even(ending, written):
    assert replace(USUAL, format=ending, width=65, height=67).written_size == written


@pytest.mark.parametrize("ending", WIDEST)
def test_longest_side_can_be_written(ending, tmp_path):
    frames = np.zeros((2, 2, WIDEST[ending]), np.uint8)
    WRITERS[ending](tmp_path / f"a{ending}", frames, 40, BLACK_ON_WHITE, None)
    assert (tmp_path / f"a{ending}").is_file()


@pytest.mark.parametrize("ending", STEP_MS)
@pytest.mark.parametrize("frame_ms", [20, 1000 / 24, 1000 / 30, 33.4, 125])
def test_the_time_of_a_whole_film_is_known_before_it_is_written(frame_ms, ending):
    for count in (1, 7, 100):
        film = replace(USUAL, format=ending, frames=count, frame_ms=frame_ms)
        assert film.written_ms == sum(durations(count, frame_ms, STEP_MS[ending]))


@pytest.mark.parametrize("frame_ms", [0, -30, float("nan"), float("inf"), LONGEST_FRAME_MS + 1])
@pytest.mark.parametrize("ending", FORMATS)
def test_frames_without_a_time_and_very_long_ones_are_refused(ending, frame_ms):
    with pytest.raises(InkbridgeError, match=f"a frame; found {frame_ms:g} ms; change --fps"):
        check_film("a", replace(USUAL, format=ending, frame_ms=frame_ms), OPTIONS)
