"""Mistakes: each ends in one clear sentence and an exit code, and nothing is written."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from inkbridge.cli.main import main
from tests.command_line.conftest import SHEETS
from tests.needs import ON_LINUX, needs_linux

TREE = SHEETS / "tree.png"

READ_ONLY = "/proc" if ON_LINUX else "/"
"""A folder that nobody can write to, not even the superuser. On macOS, the system's volume is read-only."""

MANY = ",".join(str(number / 10) for number in range(17))
"""Values of --std whose grid is too wide for some formats."""


def _empty(path: Path) -> None:
    Image.new("L", (256, 64), 255).save(path)


def _one_keyframe(path: Path) -> None:
    sheet = Image.new("L", (256, 64))
    ImageDraw.Draw(sheet).line((10, 10, 50, 50), fill=255, width=4)
    sheet.save(path)


def _huge(path: Path) -> None:
    Image.new("1", (8000, 8000), 1).save(path)


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
def test_bad_sheet_is_one_clear_sentence(draw_sheet, words, run, tmp_path):
    draw_sheet(tmp_path / "mine.png")
    said = run("animate", "mine.png", "-o", "a.gif")
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("inkbridge: mine.png: ")
    assert said.err.count("\n") == 1
    assert words in said.err
    assert {entry.name for entry in tmp_path.iterdir()} <= {"mine.png"}


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            ["--variant", "pixel"],
            1,
            "strokes64, conv64, coordconv64; found no such variant",
        ),
        (["-o", "a.avi"], 1, "expected a name that ends in .gif"),
        (["-o", f"{READ_ONLY}/a.gif"], 1, "expected a folder that can be written to"),
        (["-o", "none/a.gif"], 1, "no folder none"),
        (["-o", "a.svg", "--variant", "pixels"], 1, "an SVG is made of strokes, but pixels makes pixels"),
        (["-o", "a.mp4", "--colors", "black,transparent"], 1, "no transparency"),
        (["-o", "a.gif", "--fps", "60"], 1, "at most 50 frames a second"),
        (["-o", "a.webp", "--fps", "100"], 1, "at most 90 frames a second"),
        (["-o", "a.png", "--fps", "100"], 1, "at most 90 frames a second"),
        (["--project", "nowhere"], 1, "expected the folder of a project"),
        (["--method", "wavy"], 2, "expected one or more of linear, circular, cubic; found 'wavy'"),
        (["--std", "-1"], 2, "expected a number from 0 to 10; found '-1'"),
        (["--colors", "blak,white"], 2, "expected INK,PAPER"),
        (["--size", "5000"], 2, "64<=x<=1024"),
        (["--cell", "128", "--keyframes", "900"], 1, "expected 900 cells, the number of keyframes asked for"),
        (["--frames", "6000", "--size", "1024"], 1, "lower --size or --frames"),
        (["--fps", "nan"], 2, "expected a number; found 'nan'"),
        (["-o", "a.webp", "--size", "1024", "--std", MANY], 1, ".webp holds at most 16383 pixels a side"),
        (["-o", "a.mp4", "--size", "1024", "--std", MANY], 1, ".mp4 holds at most 16384 pixels a side"),
        (["-o", "x" * 300 + ".gif"], 1, "File name too long"),
    ],
)
def test_mistake_is_reported_before_a_model_is_loaded(options, code, words, run, tmp_path, monkeypatch):
    monkeypatch.setattr("inkbridge.models.storage.load_model", lambda *_: pytest.fail("loaded"))
    said = run("animate", TREE, *options)
    assert said.code == code
    assert words in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["new", "x" * 300], 1, "File name too long"),
        (["check", "loop.png"], 1, "loop.png: "),
        (["animate", "loop.png"], 1, "loop.png: "),
        (["traverse", "--span", "nan"], 2, "expected a number; found 'nan'"),
        (["morph", TREE, TREE, "--frames", 2000, "--size", 1024], 1, "lower --size or --frames"),
        (["traverse", "--frames", 1000, "--size", 1024], 1, "lower --size or --frames"),
        (
            ["traverse", "-o", "a.webp", "--size", 1024, "--numbers", ",".join(map(str, range(1, 80)))],
            1,
            ".webp holds at most 16383 pixels a side",
        ),
    ],
)
def test_mistake_with_another_command_is_one_sentence_too(words, code, message, run, tmp_path, monkeypatch):
    monkeypatch.setattr("inkbridge.models.storage.load_model", lambda *_: pytest.fail("loaded"))
    (tmp_path / "loop.png").symlink_to("loop.png")
    said = run(*words)
    assert said.code == code
    assert message in said.err
    assert code == 2 or said.err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["loop.png"]


def test_variant_that_is_neither_trained_nor_shipped_is_refused(run, tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/config.yaml").write_text(
        "doodles: {a: {sheet: a.png}}\nvariants: {small: {architecture: conv, channels: 8}}\n"
    )
    said = run("animate", TREE, "--variant", "small", "--project", "bare")
    assert said.code == 1
    assert "bare/results/models: expected a trained model of small, found none; train one with: snakemake" in said.err
    assert said.err.count("\n") == 2, "what was read, and the mistake"


def test_damaged_model_is_named(run, tmp_path, copied_project):
    model = copied_project / "results/models/drawing/model.safetensors"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    said = run("animate", TREE, "--project", copied_project, "-o", "a.gif")
    assert said.code == 1
    assert str(model) in said.err
    assert not (tmp_path / "a.gif").exists()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_lack_of_memory_is_reported_with_what_to_lower(error, run, monkeypatch):
    def draw_plan(*_: object) -> None:
        raise error

    monkeypatch.setattr("inkbridge.cli.drawing.draw_plan", draw_plan)
    said = run("animate", TREE, "-o", "a.gif", "-q")
    assert said.code == 1
    assert "lower --size or --frames" in said.err
    assert said.err.count("\n") == 1


def test_internal_error_asks_for_a_report_and_shows_its_traceback(monkeypatch, capsys):
    def describe(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("inkbridge.cli.provenance.read_provenance", describe)
    monkeypatch.setattr("sys.argv", ["inkbridge", "provenance", "a.gif"])
    with pytest.raises(ZeroDivisionError):
        main()
    assert "internal error, please report it" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interruption_is_recognised_when_a_library_has_wrapped_it(number, code, run, monkeypatch):
    def draw_plan(*_: object) -> None:
        try:
            os.kill(os.getpid(), number)
        except BaseException as error:  # as Numba does
            raise SystemError("a function returned a result with an exception set") from error

    monkeypatch.setattr("inkbridge.cli.drawing.draw_plan", draw_plan)
    said = run("animate", TREE, "-o", "a.gif", "-q")
    assert (said.code, said.err) == (code, "inkbridge: interrupted\n")


@needs_linux  # the file systems of macOS refuse such names
def test_file_name_that_is_not_text_is_escaped(run, tmp_path):
    shutil.copy(TREE, os.fsencode(tmp_path) + b"/\xff.png")
    said = run("check", os.fsdecode(b"\xff.png"))
    assert said.code == 0, said.err
    assert "\\udcff_check.png" in said.out
