"""What the commands beside ``inkbridge animate`` do."""

import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw, ImageOps

from inkbridge.cli.demo import SHEET
from inkbridge.config.settings import Configuration
from inkbridge.config.shipped import SHIPPED
from inkbridge.keyframes.marks import find_printed_sheet
from inkbridge.keyframes.sources import decode_file
from inkbridge.support.provenance.carriers import read_provenance
from qa.paths import ROOT
from tests.command_line.conftest import SHEETS
from tests.tiny_project import VARIANTS, write_sheet
from tests.unit.export.test_formats import play

TREE = SHEETS / "tree.png"


# --- new and check -----------------------------------------------------------------------------------------------


def test_new_sheet_can_be_drawn_on_checked_and_animated(run, tmp_path):
    assert run("new", "cat", "--keyframes", 5).code == 0
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
    assert checked.err.splitlines()[-1] == "then: inkbridge animate cat.png"
    assert "cat.png, with the same options" in run("check", "cat.png", "--keyframes", 3).err
    with Image.open(tmp_path / "cat_check.png") as picture:
        assert picture.width > 768
    assert run("animate", "cat.png").code == 0
    assert len(play(tmp_path / "cat.gif").begins) == 3 * 3 + 1


def test_sheet_without_drawings_is_refused(run, tmp_path):
    assert run("new", "cat").code == 0
    said = run("animate", "cat.png")
    assert said.code == 1
    assert "at least 2 keyframes with ink, found 0" in said.err
    assert not (tmp_path / "cat.gif").exists()


def test_empty_sheet_never_overwrites_a_drawing(run, tmp_path):
    (tmp_path / "cat.png").write_bytes(b"a drawing")
    said = run("new", "cat")
    assert said.code == 1
    assert "no drawing is lost" in said.err
    assert (tmp_path / "cat.png").read_bytes() == b"a drawing"


def test_registering_a_sheet_keeps_all_comments(run, copied_project):
    shutil.copy(ROOT / "config.yaml", copied_project)
    file = copied_project / "config.yaml"
    before = file.read_text().splitlines()
    said = run("new", "cat", "--register", "--project", copied_project, "-o", copied_project / "cat.png")
    assert said.code == 0
    after = file.read_text().splitlines()
    added = [line for line in after if line not in before]
    assert added == ["  cat: {sheet: cat.png}"]
    assert [line for line in after if line not in added] == before
    assert Configuration.read(yaml.safe_load(file.read_text())).doodles["cat"].sheet == "cat.png"


def test_failed_registration_leaves_no_sheet_and_no_changes(run, tmp_path, copied_project):
    before = (copied_project / "config.yaml").read_bytes()
    for name, words in (("turning", "found a doodle of that name"), ("a b", "a name for files and tables")):
        said = run("new", name, "--register", "--project", copied_project)
        assert said.code == 1
        assert words in said.err
        assert not (tmp_path / f"{name}.png").exists()
    assert (copied_project / "config.yaml").read_bytes() == before


def test_sheets_and_their_checks_carry_how_they_were_made(run, tmp_path):
    assert run("new", "cat", "--keyframes", 4, "--cell", 64).code == 0
    made = read_provenance(tmp_path / "cat.png")
    assert (made["step"], made["names"]) == ("inkbridge new", {"keyframes": 4, "cell": 64})
    assert run("check", TREE, "--ink", "light").code == 0
    made = read_provenance(tmp_path / "tree_check.png")
    assert (made["step"], made["names"]) == ("inkbridge check", {"doodle": "tree", "ink": "light"})


def test_sheet_to_print_is_a_pdf_that_is_found_again(run, tmp_path):
    pytest.importorskip("pypdfium2")
    said = run("new", "cat", "--print", "--keyframes", 4)
    assert said.code == 0 and "4 cells of 96×96 mm" in said.err
    found = find_printed_sheet(np.asarray(decode_file(tmp_path / "cat.pdf")))
    assert found is not None and (found.layout.columns, found.layout.rows, found.layout.paper) == (2, 2, "a4")
    assert run("new", "cat", "--print").code == 1, "it never overwrites a drawing"
    assert run("new", "dog", "--print-letter").code == 0
    assert run("new", "mouse", "--print", "--cell", 128).code == 2
    assert "--keyframes" in run("new", "mouse", "--frames", 8).err


# --- check --match -----------------------------------------------------------------------------------------------


def test_check_shows_what_each_stroke_becomes_without_a_model(run, tmp_path):
    (tmp_path / "empty").mkdir()
    said = run("check", TREE, "--match", "--project", "empty")
    assert said.code == 0
    for words in ("read  ", "keyframes  7", "lines of ink", "1 to 2 ", "6 to 7 ", "picture    tree_match.png"):
        assert words in said.out
    assert not (tmp_path / "tree_check.png").exists()
    with Image.open(tmp_path / "tree_match.png") as picture:
        assert picture.width > 4 * 256
    made = read_provenance(tmp_path / "tree_match.png")
    assert made["step"] == "inkbridge check --match"
    assert (made["names"]["doodle"], made["names"]["loop"]) == ("tree", False)


def test_match_follows_the_loop_of_the_option_or_else_of_the_doodle(run, tmp_path):
    square = SHEETS / "square.png"
    assert "6 to 1 " in run("check", square, "--match", "-o", "a.png").out
    assert "6 to 1 " not in run("check", square, "--match", "--no-loop", "-o", "b.png").out
    said = run("check", square, "--loop")
    assert said.code == 2
    assert "--loop and --no-loop are for --match" in said.err


def test_match_of_light_and_dark_ink_is_the_same(run, tmp_path):
    with Image.open(TREE) as opened:
        ImageOps.invert(opened.convert("L")).save(tmp_path / "tree.png")
    light, dark = (
        run("check", TREE, "--match", "-o", "light.png"),
        run("check", "tree.png", "--match", "-o", "dark.png"),
    )
    assert light.out.splitlines()[3:-1] == dark.out.splitlines()[3:-1]
    with Image.open(tmp_path / "light.png") as one, Image.open(tmp_path / "dark.png") as other:
        assert one.tobytes() == other.tobytes()


def test_match_of_a_bad_sheet_is_refused_and_nothing_is_written(run, tmp_path):
    assert run("new", "cat").code == 0
    said = run("check", "cat.png", "--match")
    assert said.code == 1
    assert "at least 2 keyframes with ink, found 0" in said.err
    assert "missing.png: expected a drawing" in run("check", "missing.png", "--match").err
    assert [file.name for file in tmp_path.iterdir()] == ["cat.png"]


@pytest.mark.parametrize("command", ["check", "animate"])
def test_untouched_sheet_is_said_to_be_empty(command, run):
    assert run("new", "cat").code == 0
    said = run(command, "cat.png", "-o", "out.png")
    assert said.code == 1
    assert (
        "cat.png: expected at least 2 keyframes with ink, found 0 in 6 cells: the sheet is still empty; "
        "draw a keyframe in each cell\n"
    ) in said.err


def test_sheet_with_one_keyframe_is_not_said_to_be_empty(run, tmp_path):
    assert run("new", "cat").code == 0
    with Image.open(tmp_path / "cat.png") as opened:
        sheet = opened.convert("RGB")
    ImageDraw.Draw(sheet).line((40, 40, 200, 200), fill="black", width=14)
    sheet.save(tmp_path / "cat.png")
    said = run("animate", "cat.png", "-o", "a.gif")
    assert said.code == 1
    assert "found 1 in 6 cells read as dark ink; draw more" in said.err
    assert "empty" not in said.err


# --- suggested commands ------------------------------------------------------------------------------------------


def test_suggested_commands_quote_their_paths(run, tmp_path):
    (tmp_path / "my $drawings").mkdir()
    said = run("new", "cat", "-o", "my $drawings/it's mine.png")
    suggested = said.err.split("then: ")[1]
    assert shlex.split(suggested) == ["inkbridge", "check", "my $drawings/it's mine.png"]
    said = run("morph", "my $drawings/it's mine.png")
    suggested = said.err.split("the cells of one sheet: ")[1]
    assert shlex.split(suggested) == ["inkbridge", "animate", "my $drawings/it's mine.png"]


@pytest.mark.parametrize("folder", ["my project", "."])
def test_suggested_training_can_be_started(folder, run, tmp_path):
    (tmp_path / folder).mkdir(exist_ok=True)
    doodles = {"a": {"sheet": str(TREE)}}
    (tmp_path / folder / "config.yaml").write_text(
        yaml.safe_dump({"doodles": doodles, "variants": {"small": {"architecture": "conv", "channels": 8}}})
    )
    said = run("animate", TREE, "--project", folder, "-o", "a.gif", "--variant", "small")
    assert said.code == 1
    suggested = shlex.split(said.err.split("train one with: ")[1])
    assert suggested[:4] == ["snakemake", "--cores", "all", "results/models/small/model.safetensors"]
    if folder != ".":  # Snakemake takes seconds
        command = [sys.executable, "-m", *suggested, "--dry-run"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert re.search(r"^train +1$", done.stdout, re.MULTILINE)


def test_suggested_run_after_registering_finds_the_project(run, copied_project, tmp_path):
    said = run("new", "cat", "--register", "--project", copied_project)
    suggested = shlex.split(said.err.split("to animate it: ")[1])
    assert suggested[suggested.index("--directory") + 1] == str(copied_project)
    assert suggested[suggested.index("--configfile") + 1] == str(copied_project / "config.yaml")


# --- models and provenance ---------------------------------------------------------------------------------------


def test_models_are_listed_with_their_figures(run):
    lines = run("models").out.splitlines()
    assert lines[0].split()[:2] == ["variant", "architecture"]
    assert [line.split()[:2] for line in lines[1:3]] == [["drawing", "strokes"], ["pixels", "conv"]]


def test_models_say_where_they_come_from(run, project, copied_project):
    lines = run("models").out.splitlines()[1:]
    places = [(re.split("  +", line)[0], re.split("  +", line)[-1]) for line in lines]
    assert places == [
        *((name, f"{project}/results/models/{name}/model.safetensors") for name in VARIANTS),
        *((name, "shipped with inkbridge") for name in SHIPPED),
    ]
    models = copied_project / "results/models"
    (models / "pixels").rename(models / "conv64")
    out = run("models", "--project", copied_project).out
    assert re.search(r"conv64 .* 640 .*/copy/results/models/conv64/model\.safetensors\n", out)
    assert re.search(r"conv64 .* 720000 .* shipped with inkbridge, not used in this project\n", out)


def test_models_show_the_metrics_of_the_reports(run, copied_project):
    reports = copied_project / "results/reports"
    reports.mkdir()
    (reports / "doodles.csv").write_text(
        "variant,latents,mse\ndrawing,fitted,0.25\ndrawing,encoder,9\ndrawing,fitted,0.5\n"
    )
    header, *rows = (line.split() for line in run("models", "--project", copied_project).out.splitlines())
    column = header.index("mse")
    assert [row[column] for row in rows] == ["0.37500", "–", "–", "–", "–"]


# --- demo ----------------------------------------------------------------------------------------------------------


def test_demo_draws_a_shipped_sheet_and_says_what_to_try_next(run, tmp_path):
    said = run("demo")
    assert said.code == 0, said.err
    assert [file.name for file in tmp_path.iterdir()] == ["demo.gif"]
    assert len(play(tmp_path / "demo.gif").begins) == 6 * 3
    assert read_provenance(tmp_path / "demo.gif")["step"] == "inkbridge demo"
    tried = [shlex.split(line) for line in said.err.splitlines() if line.startswith("  inkbridge animate /")]
    assert run(*tried[0][1:], "--frames-per-segment", 2, "-o", "jumpingjack.mp4").code == 0
    assert "inkbridge new cat" in said.err


def test_demo_draws_the_projects_own_sheet():
    assert SHEET.read_bytes() == (SHEETS / "jumpingjack.png").read_bytes()


@pytest.mark.parametrize("words", [["demo"], ["demo", "-o", "mine"], ["demo", "-o", "mine.mp4"]])
def test_demo_never_overwrites_a_file(words, run, tmp_path):
    for name in ("demo.gif", "mine.mp4"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/0.png").write_bytes(b"mine")
    said = run(*words)
    assert said.code == 1
    assert "found a file of that name; delete it, or choose another name with -o" in said.err
    assert {file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == {b"mine"}


def test_provenance_of_an_animation_is_printed(run):
    assert run("animate", TREE, "-o", "a.gif", "--std", "0.3").code == 0
    lines = run("provenance", "a.gif").out.splitlines()
    assert lines[0].endswith(", inkbridge animate")
    assert [line.split() for line in lines if line.startswith(("stds", "variant"))] == [
        ["variant", "drawing"],
        ["stds", "0.3"],
    ]
    assert '"step": "inkbridge animate"' in run("provenance", "a.gif", "--json").out


def test_animations_made_in_other_ways_have_other_records(run, tmp_path):
    base = ["traverse", "--numbers", "1", "--frames", 2, "--size", 64, "-q"]
    around = ["--around", TREE]
    ways = [
        [],
        ["--directions", "single"],
        ["--colors", "red,blue"],
        ["--fps", "20"],
        around,
        [*around, "--ink", "light"],
        [*around, "--keyframe", "2"],
    ]
    names = []
    for number, way in enumerate(ways):
        assert run(*base, "-o", f"{number}.gif", *way).code == 0
        names.append(read_provenance(tmp_path / f"{number}.gif")["names"])
    assert [name for number, name in enumerate(names) if name in names[:number]] == []
    assert names[2]["colours"] == "#ff0000,#0000ff"
    assert names[5]["ink"] == "light"
    assert "/" not in str(names), "no paths"


# --- morph and traverse ------------------------------------------------------------------------------------------


def test_two_drawings_become_one_animation_there_and_back(run, tmp_path):
    for name, size, ink, paper in (("a", (200, 100), 255, 0), ("b", (90, 90), 0, 255)):
        picture = Image.new("L", size, paper)
        ImageDraw.Draw(picture).line((30, 30, 60, 60), fill=ink, width=8)
        picture.save(tmp_path / f"{name}.png")
    assert run("morph", "a.png", "b.png").code == 0
    assert len(play(tmp_path / "a-b.gif").begins) == 2 * 3
    assert run("morph", "a.png", "b.png", "-o", "ab.mp4", "--no-loop").code == 0
    assert len(play(tmp_path / "ab.mp4").begins) == 3 + 1
    assert read_provenance(tmp_path / "ab.mp4")["step"] == "inkbridge morph"
    said = run("morph", "a.png")
    assert said.code == 2
    assert "two or more drawings" in said.err


def test_morph_of_long_names_has_a_name_that_file_systems_allow(run, tmp_path):
    names = [letter * 110 + ".png" for letter in "äö"]
    for name in names:
        write_sheet(tmp_path / name, keyframes=1)
    assert run("morph", *names).code == 0
    assert len(list(tmp_path.glob("ä*.gif"))) == 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_traversal_moves_along_each_direction_and_comes_back(variant, run, tmp_path):
    said = run(
        "traverse", "--variant", variant, "-o", "t.gif", "--numbers", "1,3", "--frames", 8, "--size", 64, "--span", 10
    )
    assert said.code == 0, said.err
    shown = play(tmp_path / "t.gif").pixels
    left, right = shown[:, :64, :64], shown[:, :64, 68:132]
    assert (left[0] == right[0]).mean() > 0.99, "both begin at the mean"
    assert (left[2] != right[2]).any()
    np.testing.assert_array_equal(left[1], left[3])


def test_traversal_can_move_along_single_dimensions_around_a_drawing(run):
    around = ["--around", TREE, "--keyframe", 7]
    assert run("traverse", "-o", "t.gif", "--directions", "single", "--numbers", "8", "--frames", 4, *around).code == 0
    said = run("traverse", "-o", "t.gif", "--directions", "single", "--numbers", "9")
    assert said.code == 1
    assert "from 1 to 8; found 9" in said.err
    said = run("traverse", "-o", "t.gif", "--around", TREE, "--keyframe", 8)
    assert said.code == 1
    assert "expected keyframe 8, found 7" in said.err
