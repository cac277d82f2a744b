"""What people type, through the installed command. The network is hardly any: what it draws is worthless, that it is
drawn and written as asked is what is tested."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from PIL import Image, ImageDraw, ImageSequence

from inkbridge.config.settings import Configuration, Variant
from inkbridge.data.recipes import sample_drawings
from inkbridge.models.storage import build, save_model
from inkbridge.support.provenance.carriers import read_provenance
from tests.unit.export.test_formats import play, webp_durations

ROOT = Path(__file__).parents[2]
SHEETS = ROOT / "resources/doodles"
REAL_SHEETS = ROOT.parent / "shared/doodles"
COMMAND = Path(sys.executable).with_name("inkbridge")

VARIANTS = {
    "drawing": Variant(architecture="strokes", latent_dim=8, channels=8, strokes=4),
    "pixels": Variant(architecture="conv", latent_dim=8, channels=8),
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two models, whose fits take a moment."""
    folder = tmp_path_factory.mktemp("project")
    drawings = sample_drawings(np.random.default_rng(0), {"sketch": 1.0}, 64).images
    for name, variant in VARIANTS.items():
        torch.manual_seed(3)
        model = build(variant).eval()
        model.scaffold = None
        model.standardise(drawings)
        record = {"architecture": variant.architecture, "latent_dim": 8, "parameters": 1, "images_seen": 640}
        record |= {"seconds": 1.0, "validation_loss": 0.5, "settings": {}}
        save_model(folder / f"results/models/{name}/model.safetensors", model, variant, record)
    configuration = {
        "seed": 5,
        "doodles": {"turning": {"sheet": str(SHEETS / "square.png"), "loop": True}},
        "variants": {name: variant.model_dump() for name, variant in VARIANTS.items()},
        "fitting": {"steps": 5, "stroke_steps": 5},
        "animation": {"frames_per_segment": 3, "size": 64, "frame_ms": 40},
    }
    (folder / "config.yaml").write_text("# mine\n" + yaml.safe_dump(configuration, sort_keys=False))
    return folder


@dataclass(frozen=True)
class Said:
    """What a command came to: its exit code, and both streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run_installed(project: Path, tmp_path: Path) -> Run:
    """A function that runs the installed command in an empty folder."""

    def inkbridge(*words: object) -> Said:
        command = [str(COMMAND), *map(str, words)]
        surroundings = {**os.environ, "INKBRIDGE_PROJECT": str(project)}
        done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return inkbridge


@pytest.fixture
def run(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A function that does the same in this process, which has imported torch already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INKBRIDGE_PROJECT", str(project))
    [entry] = entry_points(group="console_scripts", name="inkbridge")
    main = entry.load()

    def inkbridge(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["inkbridge", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return inkbridge


TREE = 6 * 3 + 1
"""Frames of the tree's animation."""


@pytest.mark.parametrize(
    ("ending", "how"), [("gif", "run_installed"), ("gif", "run"), ("png", "run"), ("apng", "run"), ("mp4", "run")]
)
def test_an_animation_has_its_frames_size_and_times(ending, how, request, tmp_path):
    command = request.getfixturevalue(how)
    said = command("animate", SHEETS / "tree.png", "-o", f"a.{ending}", "--size", 96, "--fps", 25)
    assert said.code == 0, said.err
    shown = play(tmp_path / f"a.{ending}")
    assert shown.size == (96, 96)
    np.testing.assert_allclose(shown.begins, 40 * np.arange(TREE), atol=1)
    assert f"{TREE} frames" in said.err
    assert said.out == ""


def test_an_animated_webp_has_its_frames_and_times(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "a.webp", "--frames", 5).code == 0
    assert sum(webp_durations(tmp_path / "a.webp")) == 40 * (6 * 5 + 1)
    with Image.open(tmp_path / "a.webp") as picture:
        assert picture.size == (64, 64)


def test_an_svg_has_the_strokes_and_their_times(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "a.svg", "--colors", "#112233,transparent").code == 0
    text = (tmp_path / "a.svg").read_text()
    assert text.count("<path") == 4
    assert f'dur="{TREE * 40}ms"' in text
    assert 'stroke="#112233"' in text
    assert "<rect" not in text


def test_frames_are_a_folder_of_pictures(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "frames/").code == 0
    files = sorted((tmp_path / "frames").iterdir())
    assert len(files) == TREE
    assert cv2.imread(str(files[0])).shape == (64, 64, 3)


def test_several_methods_and_stds_are_one_grid_in_step(run, tmp_path):
    grid = ["--method", "linear,cubic", "--std", "0,0.3,1.2"]
    assert run("animate", SHEETS / "tree.png", "-o", "grid.gif", *grid).code == 0
    shown = play(tmp_path / "grid.gif")
    assert len(shown.begins) == TREE
    width, height = shown.size
    assert 3 * 64 <= width <= 3 * 64 + 20
    assert 2 * (64 + 12) <= height <= 2 * (64 + 20)
    # At keyframes all cells show the same drawing, between them they do not.
    cells = [shown.pixels[:, top : top + 64, left : left + 64] for top in (0, height // 2 + 2) for left in (0, 68)]
    assert all((cell[3] == cells[0][3]).mean() > 0.99 for cell in cells)
    assert any((cell[4] != cells[0][4]).any() for cell in cells)
    assert shown.pixels[0, 64:76].max() > 100, "captions"


def test_a_grid_of_strokes_is_one_svg_with_captions(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "grid.svg", "--std", "0,0.8").code == 0
    text = (tmp_path / "grid.svg").read_text()
    assert text.count("<path") == 8
    assert "noise 0.8</text>" in text


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(run, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("animate", SHEETS / "tree.png", "-o", f"{name}.gif", "--std", 1.2, "--seed", seed).code == 0
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "c.gif").read_bytes()


def test_the_variant_that_draws_is_named_and_can_be_chosen(run):
    assert "model drawing: " in run("animate", SHEETS / "tree.png").err
    assert "model pixels: " in run("animate", SHEETS / "tree.png", "--variant", "pixels").err


def test_a_loop_has_a_segment_more_and_does_not_repeat_the_first_frame(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "a.gif", "--loop").code == 0
    assert len(play(tmp_path / "a.gif").begins) == 7 * 3


def test_a_sheet_of_the_configuration_is_read_as_that_says(run, tmp_path):
    said = run("animate", SHEETS / "square.png", "-o", "a.gif")
    assert "doodles.turning" in said.err
    assert len(play(tmp_path / "a.gif").begins) == 6 * 3, "it loops"
    assert run("animate", SHEETS / "square.png", "-o", "a.gif", "--no-loop", "--keyframes", 4).code == 0
    assert len(play(tmp_path / "a.gif").begins) == 3 * 3 + 1


@pytest.mark.parametrize(("invert", "paper"), [(False, 0), (True, 255)])
def test_the_animation_has_the_paper_of_the_sheet(invert, paper, run, tmp_path):
    sheet = np.asarray(Image.open(SHEETS / "tree.png").convert("L"))
    Image.fromarray(255 - sheet if invert else sheet).save(tmp_path / "mine.png")
    assert run("animate", "mine.png").code == 0
    assert (play(tmp_path / "mine.gif").pixels[:, 0, 0] == paper).all()


def test_colours_are_those_that_are_asked_for(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "a.gif", "--colors", "red,#00ff00").code == 0
    assert (play(tmp_path / "a.gif").pixels[:, 0, 0] == (0, 255, 0)).all()
    assert run("animate", SHEETS / "tree.png", "-o", "b.gif", "--colors", "red,transparent").code == 0
    with Image.open(tmp_path / "b.gif") as gif:
        assert gif.convert("RGBA").getpixel((0, 0))[3] == 0


def test_without_fitting_another_animation_comes_out(run, tmp_path):
    assert run("animate", SHEETS / "tree.png", "-o", "a.gif").code == 0
    assert run("animate", SHEETS / "tree.png", "-o", "b.gif", "--no-fit").code == 0
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "b.gif").read_bytes()


def test_what_the_project_says_of_fitting_holds_where_nothing_is_said_here(run, tmp_path, project):
    folder = Path(shutil.copytree(project, tmp_path / "copy"))
    settings = yaml.safe_load((folder / "config.yaml").read_text())
    settings["fitting"]["enabled"] = False
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    for name, options in {"a": [], "b": ["--no-fit"], "c": ["--fit"]}.items():
        assert run("animate", SHEETS / "tree.png", "-o", f"{name}.gif", "--project", folder, *options).code == 0
    shown = {name: play(tmp_path / f"{name}.gif").pixels for name in "abc"}
    assert np.array_equal(shown["a"], shown["b"])
    assert not np.array_equal(shown["a"], shown["c"])


def test_what_is_made_in_other_ways_has_other_records(run, tmp_path):
    base = ["traverse", "--numbers", "1", "--frames", 2, "--size", 64, "-q"]
    around = ["--around", SHEETS / "tree.png"]
    ways = [[], ["--directions", "single"], ["--colors", "red,blue"], ["--ink", "dark"], around]
    names = []
    for number, way in enumerate(ways):
        assert run(*base, "-o", f"{number}.gif", *way).code == 0
        names.append(read_provenance(tmp_path / f"{number}.gif")["names"])
    assert [name for number, name in enumerate(names) if name in names[:number]] == []
    assert names[2]["colours"] == "#ff0000,#0000ff"
    assert names[3]["ink"] == "dark"
    assert "/" not in str(names)


def test_sheets_and_pictures_of_them_carry_how_they_were_made(run, tmp_path):
    assert run("new", "cat", "--frames", 4, "--cell", 64).code == 0
    made = read_provenance(tmp_path / "cat.png")
    assert (made["step"], made["names"]) == ("inkbridge new", {"frames": 4, "cell": 64})
    assert run("check", SHEETS / "tree.png", "--ink", "light").code == 0
    made = read_provenance(tmp_path / "tree_check.png")
    assert (made["step"], made["names"]) == ("inkbridge check", {"doodle": "tree", "ink": "light"})


def test_quiet_says_nothing(run):
    assert run("animate", SHEETS / "tree.png", "--quiet") == Said(0, "", "")


def test_progress_is_shown_in_a_terminal(project, tmp_path):
    leader, terminal = pty.openpty()
    command = [str(COMMAND), "animate", str(SHEETS / "tree.png")]
    surroundings = {**os.environ, "INKBRIDGE_PROJECT": str(project)}
    process = subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            shown += os.read(leader, 1 << 16)
        except OSError:  # the other end is closed
            break
    assert process.wait() == 0
    assert re.search(rb"fitting .*100%", shown)
    assert re.search(rb"drawing .*100%", shown)


@pytest.mark.parametrize("name", ["tree", "jumpingjack", "brain"])
@pytest.mark.skipif(not REAL_SHEETS.exists(), reason="the real sheets in ../shared/doodles are not here")
def test_real_sheets_are_checked_and_animated(name, run, tmp_path):
    checked = run("check", REAL_SHEETS / f"{name}.bmp")
    count = int(re.search(r"keyframes +(\d+)", checked.out)[1])
    assert count == {"tree": 7, "jumpingjack": 5, "brain": 5}[name]
    assert run("animate", REAL_SHEETS / f"{name}.bmp", "-o", "a.gif").code == 0
    with Image.open(tmp_path / "a.gif") as gif:  # drawings that are the same are one frame, shown for longer
        shown = sum(frame.info["duration"] for frame in ImageSequence.Iterator(gif))
    assert shown == 40 * (3 * (count - 1) + 1)


# --- the other commands --------------------------------------------------------------------------------------


def test_a_new_sheet_is_drawn_on_checked_and_animated(run, tmp_path):
    assert run("new", "cat", "--frames", 5).code == 0
    with Image.open(tmp_path / "cat.png") as opened:
        sheet = opened.convert("RGB")
    pen = ImageDraw.Draw(sheet)
    for number in range(4):
        left, top = number % 3 * 256, number // 3 * 256
        pen.line((left + 40, top + 40 + 30 * number, left + 200, top + 200), fill="black", width=14)
    sheet.save(tmp_path / "cat.png")
    checked = run("check", "cat.png")
    assert checked.code == 0
    assert "6 cells of 256×256 pixels, dark ink on light paper" in checked.out
    assert "keyframes  4" in checked.out
    assert "left out   5, 6" in checked.out
    with Image.open(tmp_path / "cat_check.png") as picture:
        assert picture.width > 768
    assert run("animate", "cat.png").code == 0
    assert len(play(tmp_path / "cat.gif").begins) == 3 * 3 + 1


def test_an_empty_sheet_that_nobody_drew_on_is_refused(run, tmp_path):
    assert run("new", "cat").code == 0
    said = run("animate", "cat.png")
    assert said.code == 1
    assert "at least 2 keyframes with ink, found 0" in said.err
    assert not (tmp_path / "cat.gif").exists()


def test_a_drawing_is_never_overwritten_by_an_empty_sheet(run, tmp_path):
    (tmp_path / "cat.png").write_bytes(b"a drawing")
    said = run("new", "cat")
    assert said.code == 1
    assert "no drawing is lost" in said.err
    assert (tmp_path / "cat.png").read_bytes() == b"a drawing"


def test_a_sheet_is_registered_and_all_comments_stay(run, tmp_path, project):
    folder = Path(shutil.copytree(project, tmp_path / "copy"))
    shutil.copy(ROOT / "config.yaml", folder)
    before = (folder / "config.yaml").read_text().splitlines()
    assert run("new", "cat", "--register", "--project", folder, "-o", folder / "cat.png").code == 0
    after = (folder / "config.yaml").read_text().splitlines()
    added = [line for line in after if line not in before]
    assert added == ["  cat: {sheet: cat.png}"]
    assert [line for line in after if line not in added] == before
    read = Configuration.read(yaml.safe_load((folder / "config.yaml").read_text()))
    assert read.doodles["cat"].sheet == "cat.png"


def test_what_cannot_be_registered_leaves_no_sheet_and_the_file_as_it_was(run, tmp_path, project):
    folder = Path(shutil.copytree(project, tmp_path / "copy"))
    before = (folder / "config.yaml").read_bytes()
    for name, words in (("turning", "found a doodle of that name"), ("a b", "a name for files and tables")):
        said = run("new", name, "--register", "--project", folder)
        assert said.code == 1
        assert words in said.err
        assert not (tmp_path / f"{name}.png").exists()
    assert (folder / "config.yaml").read_bytes() == before


def test_models_are_listed_with_their_figures(run):
    lines = run("models").out.splitlines()
    assert lines[0].split()[:2] == ["variant", "architecture"]
    assert [line.split()[:2] for line in lines[1:]] == [["drawing", "strokes"], ["pixels", "conv"]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_traversal_moves_each_direction_and_comes_back(variant, run, tmp_path):
    said = run(
        "traverse", "--variant", variant, "-o", "t.gif", "--numbers", "1,3", "--frames", 8, "--size", 64, "--span", 10
    )
    assert said.code == 0, said.err
    shown = play(tmp_path / "t.gif").pixels
    left, right = shown[:, :64, :64], shown[:, :64, 68:132]
    assert (left[0] == right[0]).mean() > 0.99, "both begin at the mean"
    assert (left[2] != right[2]).any()
    np.testing.assert_array_equal(left[1], left[3])


def test_a_traversal_can_go_through_single_dimensions_around_a_drawing(run, tmp_path):
    around = ["--around", SHEETS / "tree.png", "--keyframe", 7]
    assert run("traverse", "-o", "t.gif", "--directions", "single", "--numbers", "8", "--frames", 4, *around).code == 0
    said = run("traverse", "-o", "t.gif", "--directions", "single", "--numbers", "9")
    assert said.code == 1
    assert "from 1 to 8; found 9" in said.err
    said = run("traverse", "-o", "t.gif", "--around", SHEETS / "tree.png", "--keyframe", 8)
    assert said.code == 1
    assert "expected keyframe 8, found 7" in said.err


def test_two_drawings_become_one_animation_there_and_back(run, tmp_path):
    for name, size, ink, paper in (("a", (200, 100), 255, 0), ("b", (90, 90), 0, 255)):
        picture = Image.new("L", size, paper)
        ImageDraw.Draw(picture).line((30, 30, 60, 60), fill=ink, width=8)
        picture.save(tmp_path / f"{name}.png")
    assert run("morph", "a.png", "b.png").code == 0
    assert len(play(tmp_path / "a-b.gif").begins) == 2 * 3
    assert run("morph", "a.png", "b.png", "-o", "ab.mp4", "--no-loop").code == 0
    assert len(play(tmp_path / "ab.mp4").begins) == 3 + 1
    said = run("morph", "a.png")
    assert said.code == 2
    assert "two drawings" in said.err


@pytest.mark.parametrize("command", ["animate", "check", "new", "models", "traverse", "morph"])
def test_every_command_explains_itself_with_an_example(command, run_installed):
    said = run_installed(command, "--help")
    assert said.code == 0
    assert f"inkbridge {command}" in said.out.split("Example")[1]


def test_help_is_there_before_anything_heavy_is_imported(project):
    heavy = {"torch", "numba", "pandas", "matplotlib"}
    seen = f"import sys; from inkbridge.cli.main import commands; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout == "set()\n"


# --- drawings are kept -----------------------------------------------------------------------------------------


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """A folder of its own with a GIF of three drawings."""
    pictures = []
    for number in range(3):
        picture = Image.new("L", (64, 64), 255)
        ImageDraw.Draw(picture).line((10, 10 + 10 * number, 50, 50), fill=0, width=5)
        pictures.append(picture)
    pictures[0].save(tmp_path / "dance.gif", save_all=True, append_images=pictures[1:])
    (tmp_path / "walk").mkdir()
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"walk/frame_{number}.png")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("name", ["dance", "link"])
def test_an_animated_drawing_is_kept_beside_its_animation(name, run, moving):
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
def test_a_drawing_that_would_be_overwritten_is_kept(words, run, moving):
    (moving / "link.gif").symlink_to("dance.gif")
    before = contents(moving)
    said = run(*words.split())
    assert said.code == 1
    assert "expected a place apart from the drawings" in said.err
    assert contents(moving) == before


# --- mistakes ------------------------------------------------------------------------------------------------


def _empty(path: Path) -> None:
    Image.new("L", (256, 64), 255).save(path)


def _one_keyframe(path: Path) -> None:
    sheet = Image.new("L", (256, 64))
    ImageDraw.Draw(sheet).line((10, 10, 50, 50), fill=255, width=4)
    sheet.save(path)


def _huge(path: Path) -> None:
    Image.new("1", (20_000, 20_000), 1).save(path)


def _text(path: Path) -> None:
    path.write_text("no picture")


@pytest.mark.parametrize(
    ("draw_sheet", "words"),
    [
        (_empty, "at least 2 keyframes with ink, found 0"),
        (_one_keyframe, "at least 2 keyframes with ink, found 1"),
        (_huge, "expected at most 50 megapixels"),
        (_text, "found a file of another kind"),
        (lambda path: None, "no such file or folder"),
    ],
)
def test_a_sheet_that_cannot_be_animated_is_one_clear_sentence(draw_sheet, words, run_installed, tmp_path):
    draw_sheet(tmp_path / "mine.png")
    said = run_installed("animate", "mine.png", "-o", "a.gif")
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("inkbridge: mine.png: ")
    assert said.err.count("\n") == 1
    assert words in said.err
    assert {entry.name for entry in tmp_path.iterdir()} <= {"mine.png"}


READ_ONLY = "/proc" if os.geteuid() == 0 else "/"
"""A folder that nobody can write to, the superuser included."""


MANY = ",".join(str(number / 10) for number in range(17))
"""Values of --std whose grid is wider than some formats can be."""


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--variant", "pixel"], 1, "expected one of drawing, pixels; found no such variant"),
        (["-o", "a.avi"], 1, "expected a name that ends in .gif"),
        (["-o", f"{READ_ONLY}/a.gif"], 1, "expected a folder that can be written to"),
        (["-o", "none/a.gif"], 1, "no folder none"),
        (["-o", "a.svg", "--variant", "pixels"], 1, "an SVG is made of strokes, but pixels makes pixels"),
        (["-o", "a.mp4", "--colors", "black,transparent"], 1, "no transparency"),
        (["-o", "a.gif", "--fps", "60"], 1, "at most 50 frames a second"),
        (["--project", "nowhere"], 1, "expected the folder of a project"),
        (["--method", "wavy"], 2, "expected some of linear, circular, cubic; found 'wavy'"),
        (["--std", "-1"], 2, "expected a number from 0 to 10; found '-1'"),
        (["--colors", "blak,white"], 2, "expected INK,PAPER"),
        (["--size", "5000"], 2, "64<=x<=1024"),
        (["--cell", "128", "--keyframes", "900"], 1, "expected 900 cells, as `frames` says"),
        (["--frames", "1000", "--size", "1024", "--std", "0,1"], 1, "too many"),
        (["--fps", "nan"], 2, "expected a number; found 'nan'"),
        (["-o", "a.webp", "--size", "1024", "--std", MANY], 1, ".webp holds at most 16383 pixels a side"),
        (["-o", "a.mp4", "--size", "1024", "--std", MANY], 1, ".mp4 holds at most 16384 pixels a side"),
        (["-o", "x" * 300 + ".gif"], 1, "File name too long"),
    ],
)
def test_a_mistake_is_told_clearly_and_nothing_is_written(options, code, words, run, tmp_path):
    said = run("animate", SHEETS / "tree.png", *options)
    assert said.code == code
    assert words in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["new", "x" * 300], 1, "File name too long"),
        (["check", "loop.png"], 1, "loop.png: "),
        (["animate", "loop.png"], 1, "loop.png: "),
        (["traverse", "--span", "nan"], 2, "expected a number; found 'nan'"),
        (
            ["traverse", "-o", "a.webp", "--size", 1024, "--numbers", ",".join(map(str, range(1, 80)))],
            1,
            ".webp holds at most 16383 pixels a side",
        ),
    ],
)
def test_so_is_a_mistake_with_other_commands(words, code, told, run, tmp_path):
    (tmp_path / "loop.png").symlink_to("loop.png")
    said = run(*words)
    assert said.code == code
    assert told in said.err
    assert code == 2 or said.err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["loop.png"]


def test_drawings_with_long_names_become_one_of_a_name_that_can_be(run, tmp_path):
    names = [letter * 110 + ".png" for letter in "äö"]
    for name in names:
        _one_keyframe(tmp_path / name)
        Image.open(tmp_path / name).crop((0, 0, 64, 64)).save(tmp_path / name)
    assert run("morph", *names).code == 0
    assert len(list(tmp_path.glob("ä*.gif"))) == 1


def test_a_name_that_is_no_text_is_told_in_letters_that_all_terminals_have(run_installed, tmp_path):
    shutil.copy(SHEETS / "tree.png", os.fsencode(tmp_path) + b"/\xff.png")
    said = run_installed("check", os.fsdecode(b"\xff.png"))
    assert said.code == 0, said.err
    assert "\\udcff_check.png" in said.out


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_where_memory_runs_out_what_to_lower_is_told(error, run, monkeypatch):
    def animate(*_: object) -> None:
        raise error

    monkeypatch.setattr("inkbridge.cli.drawing.draw_plan", animate)
    said = run("animate", SHEETS / "tree.png", "-o", "a.gif", "-q")
    assert said.code == 1
    assert "lower --size or --frames" in said.err
    assert said.err.count("\n") == 1


def test_without_a_model_the_command_that_makes_one_is_named(run_installed, tmp_path):
    (tmp_path / "bare").mkdir()
    said = run_installed("animate", SHEETS / "tree.png", "--project", "bare", "-o", "a.gif")
    assert said.code == 1
    assert "snakemake --cores all results/models/strokes64/model.safetensors" in said.err
    said = run_installed("models", "--project", "bare")
    assert said.code == 1
    assert "expected a trained model" in said.err


def test_a_damaged_model_is_named(run, tmp_path, project):
    folder = Path(shutil.copytree(project, tmp_path / "copy"))
    model = folder / "results/models/drawing/model.safetensors"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    said = run("animate", SHEETS / "tree.png", "--project", folder, "-o", "a.gif")
    assert said.code == 1
    assert str(model) in said.err
    assert not (tmp_path / "a.gif").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interruption_that_a_library_has_wrapped_is_one(number, code, run, monkeypatch):
    def animate(*_: object) -> None:
        try:
            os.kill(os.getpid(), number)
        except BaseException as error:  # as Numba does
            raise SystemError("a function returned a result with an exception set") from error

    monkeypatch.setattr("inkbridge.cli.drawing.draw_plan", animate)
    said = run("animate", SHEETS / "tree.png", "-o", "a.gif", "-q")
    assert (said.code, said.err) == (code, "inkbridge: interrupted\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_nothing_half_written(number, code, project, tmp_path):
    folder = Path(shutil.copytree(project, tmp_path / "copy"))
    slow = yaml.safe_load((folder / "config.yaml").read_text()) | {"fitting": {"stroke_steps": 100_000}}
    (folder / "config.yaml").write_text(yaml.safe_dump(slow))
    command = [str(COMMAND), "animate", str(SHEETS / "tree.png"), "-o", "a.gif", "--project", str(folder)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "model drawing" not in process.stderr.readline():
            pass
        time.sleep(1)
        process.send_signal(number)
        assert "Traceback" not in process.stderr.read()
        assert process.wait(20) == code
    assert {entry.name for entry in tmp_path.iterdir()} == {"copy"}
