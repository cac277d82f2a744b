"""What ``inkbridge animate`` writes."""

import re
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageSequence

from inkbridge.support.provenance.carriers import read_provenance
from qa.paths import ROOT
from tests.command_line.conftest import SHEETS, TREE_FRAMES, Said
from tests.unit.export.test_formats import play, webp_durations

TREE = SHEETS / "tree.png"
REAL_SHEETS = ROOT.parent / "shared/doodles"


# --- formats -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["gif", "png", "apng", "mp4"])
def test_animation_has_its_frames_size_and_times(ending, run, tmp_path):
    said = run("animate", TREE, "-o", f"a.{ending}", "--size", 96, "--fps", 25)
    assert said.code == 0, said.err
    shown = play(tmp_path / f"a.{ending}")
    assert shown.size == (96, 96)
    np.testing.assert_allclose(shown.begins, 40 * np.arange(TREE_FRAMES), atol=1)
    assert f"{TREE_FRAMES} frames" in said.err
    assert said.out == ""


def test_animated_webp_has_its_frames_and_times(run, tmp_path):
    assert run("animate", TREE, "-o", "a.webp", "--frames-per-segment", 5).code == 0
    assert sum(webp_durations(tmp_path / "a.webp")) == 40 * (6 * 5 + 1)
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.size == (64, 64)


def test_svg_has_the_strokes_and_their_times(run, tmp_path):
    assert run("animate", TREE, "-o", "a.svg", "--colors", "#112233,transparent").code == 0
    text = (tmp_path / "a.svg").read_text()
    assert text.count("<path") > 4, "more strokes than the network has: as many as the drawing needs"
    assert f'dur="{TREE_FRAMES * 40}ms"' in text
    assert 'stroke="#112233"' in text
    assert "<rect" not in text


def test_name_without_ending_is_a_folder_of_pictures(run, tmp_path):
    said = run("animate", TREE, "-o", "frames/")
    assert said.code == 0
    files = sorted((tmp_path / "frames").iterdir())
    assert len(files) == TREE_FRAMES
    assert cv2.imread(str(files[0])).shape == (64, 64, 3)
    assert " s, " not in said.err, "pictures have no duration"


def seconds_of(path: Path) -> float:
    """Return how long a GIF, APNG or MP4 plays."""
    if path.suffix == ".mp4":
        return imageio_ffmpeg.count_frames_and_secs(str(path))[1]
    with Image.open(path) as picture:
        return sum(frame.info["duration"] for frame in ImageSequence.Iterator(picture)) / 1000


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("mp4", ["--size", "65"]),
        ("gif", ["--size", "65"]),
        ("gif", ["--fps", "28", "--frames-per-segment", "27"]),  # 5.82 s, also in hundredths of a second, as in a GIF
        ("gif", ["--fps", "47", "--frames-per-segment", "19"]),  # 2.447 s, which a GIF rounds to 2.45 s
        ("png", ["--fps", "47", "--frames-per-segment", "19"]),
        ("mp4", ["--std", "0,0.3", "--fps", "7"]),
    ],
)
def test_last_line_shows_the_size_and_the_duration_of_the_file(ending, options, run, tmp_path):
    said = run("animate", TREE, "-o", f"a.{ending}", *options)
    found = re.search(r"([\d.]+) s, (\d+)×(\d+) pixels", said.err)
    assert found
    assert (int(found[2]), int(found[3])) == play(tmp_path / f"a.{ending}").size
    assert found[1] == f"{seconds_of(tmp_path / f'a.{ending}'):.1f}"


# --- the path ----------------------------------------------------------------------------------------------------


def test_several_methods_and_stds_are_one_grid_in_step(run, tmp_path):
    grid = ["--method", "linear,cubic", "--std", "0,0.3,1.2"]
    assert run("animate", TREE, "-o", "grid.gif", *grid).code == 0
    shown = play(tmp_path / "grid.gif")
    assert len(shown.begins) == TREE_FRAMES
    width, height = shown.size
    assert 3 * 64 <= width <= 3 * 64 + 20
    assert 2 * (64 + 12) <= height <= 2 * (64 + 20)
    # At keyframes all animations show the same drawing, between them they do not.
    cells = [shown.pixels[:, top : top + 64, left : left + 64] for top in (0, height // 2 + 2) for left in (0, 68)]
    assert all((cell[3] == cells[0][3]).mean() > 0.99 for cell in cells)
    assert any((cell[4] != cells[0][4]).any() for cell in cells)
    assert shown.pixels[0, 64:76].max() > 100, "captions"


def test_grid_of_strokes_is_one_svg_with_captions(run, tmp_path):
    assert run("animate", TREE, "-o", "grid.svg", "--std", "0,0.8", "--no-fit").code == 0
    text = (tmp_path / "grid.svg").read_text()
    assert text.count("<path") == 8
    assert "noise 0.8</text>" in text


def test_same_seed_gives_the_same_bytes_and_another_seed_different_ones(run, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("animate", TREE, "-o", f"{name}.gif", "--std", 1.2, "--seed", seed).code == 0
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "c.gif").read_bytes()


def test_loop_has_one_segment_more_and_does_not_repeat_the_first_frame(run, tmp_path):
    assert run("animate", TREE, "-o", "a.gif", "--loop").code == 0
    assert len(play(tmp_path / "a.gif").begins) == 7 * 3


def test_variant_that_draws_is_named_and_can_be_chosen(run):
    assert "model drawing: " in run("animate", TREE).err
    assert "model pixels: " in run("animate", TREE, "--variant", "pixels").err


def test_animation_without_fitting_differs(run, tmp_path):
    assert run("animate", TREE, "-o", "a.gif").code == 0
    assert run("animate", TREE, "-o", "b.gif", "--no-fit").code == 0
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "b.gif").read_bytes()


# --- colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("invert", "paper"), [(False, 0), (True, 255)])
def test_animation_has_the_paper_of_the_sheet(invert, paper, run, tmp_path):
    sheet = np.asarray(Image.open(TREE).convert("L"))
    Image.fromarray(255 - sheet if invert else sheet).save(tmp_path / "mine.png")
    assert run("animate", "mine.png").code == 0
    assert (play(tmp_path / "mine.gif").pixels[:, 0, 0] == paper).all()


def test_colours_are_those_asked_for(run, tmp_path):
    assert run("animate", TREE, "-o", "a.gif", "--colors", "red,#00ff00").code == 0
    assert (play(tmp_path / "a.gif").pixels[:, 0, 0] == (0, 255, 0)).all()
    assert run("animate", TREE, "-o", "b.gif", "--colors", "red,transparent").code == 0
    with Image.open(tmp_path / "b.gif") as gif:
        assert gif.convert("RGBA").getpixel((0, 0))[3] == 0


# --- the project's configuration ---------------------------------------------------------------------------------


def test_sheet_of_the_configuration_is_read_as_its_entry_says(run, tmp_path):
    said = run("animate", SHEETS / "square.png", "-o", "a.gif")
    assert "doodles.turning" in said.err
    assert len(play(tmp_path / "a.gif").begins) == 6 * 3, "it loops"
    assert run("animate", SHEETS / "square.png", "-o", "a.gif", "--no-loop", "--keyframes", 4).code == 0
    assert len(play(tmp_path / "a.gif").begins) == 3 * 3 + 1


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        (["--frames", 25], 6 * 4 + 1),
        (["--frames", 24], 6 * 4 + 1),
        (["--frames", 7], 7),
        (["--frames", 21, "--loop"], 21),
    ],
)
def test_frames_is_the_number_of_frames_of_the_animation(options, frames, run, tmp_path):
    said = run("animate", TREE, "-o", "a.gif", *options)
    assert said.code == 0 and f"{frames} frames" in said.err
    assert len(play(tmp_path / "a.gif").begins) == frames


def test_fewer_frames_than_keyframes_are_refused_before_any_fit(run, tmp_path):
    said = run("animate", TREE, "-o", "a.gif", "--frames", 6)
    assert said.code == 1 and "at least one for each of 7 keyframes" in said.err
    assert not list(tmp_path.iterdir())


def test_keyframes_that_are_not_drawn_well_are_named(run, tmp_path):
    said = run("animate", TREE, "-o", "a.gif", "--no-fit")
    assert said.code == 0
    assert "warning: not drawn well" in said.err and "leave out --no-fit" in said.err


def test_strict_fails_if_a_keyframe_is_not_drawn_well_and_writes_nothing(run, tmp_path):
    said = run("animate", TREE, "-o", "a.gif", "--no-fit", "--strict")
    assert said.code == 1 and "not drawn well" in said.err and "--strict" in said.err
    assert not list(tmp_path.iterdir())


def test_doodle_settings_apply_unless_an_option_is_given(run, tmp_path, configure):
    own = {"methods": ["cubic", "linear"], "noise_std": [0.3, 0], "frames_per_segment": 2, "frame_ms": 70}
    folder = configure(doodles={"turning": {"sheet": str(SHEETS / "square.png"), **own}})
    assert run("animate", SHEETS / "square.png", "-o", "a.gif", "--project", folder).code == 0
    names = read_provenance(tmp_path / "a.gif")["names"]
    assert (names["methods"], names["stds"], names["frames_per_segment"], names["frame_ms"]) == (
        ["cubic"],
        [0.3],
        2,
        70,
    )
    options = ["--method", "linear", "--std", "0", "--frames-per-segment", "4", "--fps", "25"]
    assert run("animate", SHEETS / "square.png", "-o", "a.gif", "--project", folder, *options).code == 0
    names = read_provenance(tmp_path / "a.gif")["names"]
    assert (names["methods"], names["stds"], names["frames_per_segment"], names["frame_ms"]) == (["linear"], [0], 4, 40)


def test_colours_come_from_the_configuration_unless_an_option_is_given(run, tmp_path, configure):
    folder = configure(animation={"frames_per_segment": 3, "size": 64, "colours": "red,blue"})
    for number, (options, paper) in enumerate([([], (0, 0, 255)), (["--colors", "as drawn"], (0, 0, 0))]):
        assert run("animate", TREE, "-o", f"{number}.gif", "--project", folder, *options).code == 0
        assert (play(tmp_path / f"{number}.gif").pixels[:, 0, 0] == paper).all()


def test_fitting_settings_come_from_the_configuration_unless_an_option_is_given(run, tmp_path, configure):
    folder = configure(fitting={"enabled": False, "stroke_steps": 5})
    for name, options in {"a": [], "b": ["--no-fit"], "c": ["--fit"]}.items():
        assert run("animate", TREE, "-o", f"{name}.gif", "--project", folder, *options).code == 0
    shown = {name: play(tmp_path / f"{name}.gif").pixels for name in "abc"}
    assert np.array_equal(shown["a"], shown["b"])
    assert not np.array_equal(shown["a"], shown["c"])


# --- what is said ------------------------------------------------------------------------------------------------


def test_quiet_command_says_nothing(run):
    assert run("animate", TREE, "--quiet") == Said(0, "", "")


@pytest.mark.parametrize("name", ["tree", "jumpingjack", "brain"])
@pytest.mark.skipif(not REAL_SHEETS.exists(), reason="no real sheets in ../shared/doodles")
def test_real_sheets_are_checked_and_animated(name, run, tmp_path):
    checked = run("check", REAL_SHEETS / f"{name}.bmp")
    count = int(re.search(r"keyframes +(\d+)", checked.out)[1])
    assert count == {"tree": 7, "jumpingjack": 5, "brain": 5}[name]
    assert run("animate", REAL_SHEETS / f"{name}.bmp", "-o", "a.gif").code == 0
    assert round(1000 * seconds_of(tmp_path / "a.gif")) == 40 * (3 * (count - 1) + 1)


# --- drawings are kept -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dance", "link"])
def test_animated_drawing_is_kept_beside_its_animation(name, run, moving):
    (moving / "link.gif").symlink_to("dance.gif")
    before = contents(moving)
    assert run("animate", f"{name}.gif").code == 0
    after = contents(moving)
    assert after.keys() - before.keys() == {f"{name}-animated.gif"}
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    "words",
    [
        "animate dance.gif -o dance.gif",
        "animate dance.gif -o walk/../dance.gif",
        "animate dance.gif -o link.gif",
        "animate walk -o walk",
        "animate walk -o walk/frame_1.png",
        "animate walk -o walk/more.gif",
        "animate walk/frame_0.png -o walk",
        "morph walk/frame_0.png walk/frame_1.png -o walk/frame_1.png",
        "traverse --around dance.gif -o dance.gif",
        "check dance.gif -o dance.gif",
        "check walk -o walk/frame_2.png",
    ],
)
def test_no_command_overwrites_a_drawing(words, run, moving):
    (moving / "link.gif").symlink_to("dance.gif")
    before = contents(moving)
    said = run(*words.split())
    assert said.code == 1
    assert "expected a path outside the drawing" in said.err
    assert contents(moving) == before


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """A folder with a GIF of three drawings, and a folder of the same."""
    pictures = []
    for number in range(3):
        pixels = np.full((64, 64), 255, np.uint8)
        pictures.append(Image.fromarray(cv2.line(pixels, (10, 10 + 10 * number), (50, 50), 0, 5)))
    pictures[0].save(tmp_path / "dance.gif", save_all=True, append_images=pictures[1:])
    (tmp_path / "walk").mkdir()
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"walk/frame_{number}.png")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
