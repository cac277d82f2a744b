"""Every kind of file that inkbridge makes carries how it was made, and tells it again."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from inkbridge import __version__
from inkbridge.config.settings import Training, Variant
from inkbridge.data.shards import ShardKey, check_shard, shard_attributes, write_shard
from inkbridge.evaluation.plots import write_plot
from inkbridge.evaluation.tables import write_table
from inkbridge.export.colours import WHITE_ON_BLACK
from inkbridge.export.formats import WRITERS
from inkbridge.export.vectors import write_stroke_table, write_svg
from inkbridge.keyframes.storage import write_keyframes
from inkbridge.models.device import Backend
from inkbridge.models.training import Data, train
from inkbridge.pipeline.records import PROVENANCE_VARIABLE, for_jobs, of_job
from inkbridge.support.arrays import write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import distinct_records, find_provenance, read_provenance
from inkbridge.support.provenance.git import LIBRARIES, SOURCE_VARIABLE, library_versions, source_of
from inkbridge.support.provenance.record import Provenance, as_text, result_record, run_record
from inkbridge.support.provenance.text import as_lines
from inkbridge.web.pages import render
from inkbridge.web.sprites import SpriteLayout, write_sprite

ROOT = Path(__file__).parents[3]
FRAMES = np.random.default_rng(0).integers(0, 256, (4, 16, 16), dtype=np.uint8)
STROKES = np.full((4, 2, 10), 0.5, np.float32)
AWKWARD = "ü </script> & \"quoted\" = ; # \\ 'x'\n"
"""What HTML, XML, JSON and ffmpeg's lists of metadata each have a way of their own to write."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Provenance:
    monkeypatch.setenv(SOURCE_VARIABLE, "0123abcd-dirty")
    return run_record("cafe", seed=7)


@pytest.fixture
def made(run: Provenance) -> Provenance:
    """A record with letters in it that are special somewhere."""
    return result_record(run, "rule animate", {"doodle": AWKWARD, "std": 0.8})


def page(path: Path, made: Provenance) -> None:
    path.write_text(
        render("page.html.jinja", provenance=made) + '<script type="application/json" id="other">{}</script>'
    )


def plot(path: Path, made: Provenance) -> None:
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    write_plot(path, figure, made)


PLACES: dict[str, Callable[[Path, Provenance], None]] = {
    "a.gif": lambda path, made: WRITERS[".gif"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.webp": lambda path, made: WRITERS[".webp"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.png": lambda path, made: WRITERS[".png"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.apng": lambda path, made: WRITERS[".apng"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.mp4": lambda path, made: WRITERS[".mp4"](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "frames": lambda path, made: WRITERS[""](path, FRAMES, 30, WHITE_ON_BLACK, made),
    "a.svg": lambda path, made: write_svg(path, STROKES, 30, provenance=made),
    "strokes.h5": lambda path, made: write_stroke_table(path, STROKES, 30, {"variant": "x"}, made),
    "shard.h5": lambda path, made: write_shard(path, ShardKey(1, {"sketch": 1.0}, 16, "train", 0), made),
    "model.safetensors": lambda path, made: write_arrays(path, {"a": np.zeros(3)}, {"provenance": made}),
    "keyframes.npy": lambda path, made: write_keyframes(path, FRAMES, made),
    "table.csv": lambda path, made: write_table(str(path), pd.DataFrame({"a": [1.5]}), made),
    "strip.png": lambda path, made: write_png(path, FRAMES[0], made),
    "sprite.webp": lambda path, made: write_sprite(path, FRAMES, SpriteLayout(4, 2, 16), made),
    "plot.png": plot,
    "page.html": page,
}


@pytest.mark.parametrize("name", PLACES)
def test_a_file_carries_how_it_was_made(name: str, made: Provenance, tmp_path: Path) -> None:
    PLACES[name](tmp_path / name, made)
    assert read_provenance(tmp_path / name) == made


@pytest.mark.parametrize("name", PLACES)
def test_the_same_record_gives_the_same_bytes(name: str, made: Provenance, tmp_path: Path) -> None:
    contents = []
    for place in (tmp_path / "one", tmp_path / "other"):
        place.mkdir()
        PLACES[name](place / name, made)
        contents.append({file.relative_to(place): file.read_bytes() for file in place.rglob("*") if file.is_file()})
    assert contents[0] == contents[1] != {}


@pytest.mark.parametrize("name", sorted({*PLACES} - {"page.html", "sprite.webp", "plot.png"}))
def test_a_file_without_a_record_is_refused_by_name(name: str, tmp_path: Path) -> None:
    PLACES[name](tmp_path / name, None)  # type: ignore[arg-type]
    with pytest.raises(InkbridgeError, match=rf"{name}: carries no record"):
        read_provenance(tmp_path / name)


def test_a_record_does_not_change_what_a_file_is_for(made: Provenance, tmp_path: Path) -> None:
    for name, write in PLACES.items():
        write(tmp_path / name, made)
    assert np.array_equal(np.load(tmp_path / "keyframes.npy"), FRAMES)
    assert np.array_equal(np.load(tmp_path / "keyframes.npy", mmap_mode="r"), FRAMES)
    assert pd.read_csv(tmp_path / "table.csv").to_dict("list") == {"a": [1.5]}
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
    with h5py.File(tmp_path / "strokes.h5") as table:
        assert np.array_equal(table["strokes"], STROKES)


def test_a_shard_with_a_record_is_still_the_one_of_its_key(made: Provenance, tmp_path: Path) -> None:
    key = ShardKey(1, {"sketch": 1.0}, 16, "train", 0)
    path = tmp_path / "train/0.h5"
    write_shard(path, key, made)
    check_shard(path, {"seed": 1, "recipes": {"sketch": 1.0}, "size": 16})
    assert shard_attributes(path) == {**key.attributes(), "version": __version__}


def test_a_checkpoint_carries_it_and_another_commit_goes_on_from_it(
    made: Provenance, tiny: Variant, backend: Backend, train_shards: list[Path], tmp_path: Path
) -> None:
    settings = Training(images=64, batch_size=32, validation_every=64)
    checkpoint = tmp_path / "checkpoint.safetensors"
    data = Data(train_shards, train_shards[:1], seed=0)
    train(tiny, settings, data, backend, checkpoint, provenance=made)
    assert read_provenance(checkpoint) == made
    before = checkpoint.read_bytes()
    train(tiny, settings, data, backend, checkpoint, provenance={**made, "commit": "newer"})
    assert checkpoint.read_bytes() == before  # nothing was left to do


def test_a_transparent_gif_carries_it_too(made: Provenance, tmp_path: Path) -> None:
    from inkbridge.export.colours import Colours
    from inkbridge.export.formats import write_gif

    write_gif(tmp_path / "a.gif", FRAMES, 30, Colours.parse("red,transparent"), made)
    assert read_provenance(tmp_path / "a.gif") == made


def test_a_record_says_what_is_asked_of_it(made: Provenance) -> None:
    assert made["version"] == __version__
    assert (made["commit"], made["dirty"]) == ("0123abcd", True)
    assert (made["configuration"], made["seed"]) == ("cafe", 7)
    assert (made["step"], made["names"]["std"]) == ("rule animate", 0.8)
    assert made["device"] == "cpu"
    assert made["precision"] == "float32"
    assert made["threads"] >= 1
    assert set(made["versions"]) == {"python", *LIBRARIES}
    assert "sources" not in made


def test_versions_are_those_of_the_libraries_and_torch_is_not_imported() -> None:
    import torch

    assert library_versions()["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert library_versions()["numpy"] == np.__version__
    module = "inkbridge.support.provenance.git"
    code = f"import sys, {module} as git; git.library_versions(); print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


BACKEND = {"device": "cuda", "device_name": "GPU", "precision": "bfloat16", "threads": 2, "torch": "2"}


def test_of_a_source_is_told_what_differs(run: Provenance) -> None:
    model = result_record({**run, "commit": "older"}, "rule train", {"variant": "a"}, BACKEND)
    fit = result_record(run, "rule fit", {"variant": "a", "doodle": "b"}, {**BACKEND, "threads": 1}, {"model": model})
    assert fit["sources"] == {"model": {"commit": "older", "dirty": model["dirty"], "threads": 2}}
    gif = result_record(run, "rule animate", {"variant": "a"}, None, {"fit": fit})
    assert gif["sources"]["fit"].items() >= {"device": "cuda", "precision": "bfloat16", "device_name": "GPU"}.items()
    assert gif["sources"]["model"].items() >= {"commit": "older", "device": "cuda", "precision": "bfloat16"}.items()
    assert "commit" not in gif["sources"]["fit"]


def test_of_the_versions_of_a_source_those_are_told_that_differ(run: Provenance) -> None:
    older = {**run, "versions": {**run["versions"], "torch": "1.0"}}
    made = result_record(run, "rule fit", {}, sources={"model": result_record(older, "rule train", {}), "other": None})
    assert made["sources"] == {"model": {"versions": {"torch": "1.0"}}}


def test_of_many_files_the_different_records_are_told_once(run: Provenance, tmp_path: Path) -> None:
    for index, commit in enumerate(["old", "new", "new", "new"]):
        made = result_record({**run, "commit": commit}, "rule shard", {"index": str(index)})
        write_shard(tmp_path / f"{index}.h5", ShardKey(1, {"sketch": 1.0}, 16, "train", 0), made)
    found = distinct_records("shards", sorted(tmp_path.iterdir()))
    assert {name: record["commit"] for name, record in found.items()} == {"shards 1": "old", "shards 2": "new"}
    assert list(distinct_records("shards", [tmp_path / "1.h5", tmp_path / "2.h5"])) == ["shards"]


JOB = SimpleNamespace(rule="animate", wildcards={"doodle": "tree", "std": "0.8"})
"""Snakemake's object of a job, as far as records need it."""


def test_a_job_takes_what_its_run_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOURCE_VARIABLE, "0123abcd")
    monkeypatch.setenv(PROVENANCE_VARIABLE, for_jobs("cafe", 7))
    monkeypatch.setenv(SOURCE_VARIABLE, "changed since")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    made = of_job(JOB)
    assert made["step"] == "rule animate"
    assert made["names"] == {"doodle": "tree", "std": "0.8"}
    assert (made["commit"], made["dirty"]) == ("0123abcd", False)
    assert made["threads"] == 3
    assert "prefix" not in made


def test_a_job_in_another_environment_tells_the_versions_there(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {**json.loads(for_jobs("cafe", 7)), "prefix": "/elsewhere", "versions": {"numpy": "0"}}
    monkeypatch.setenv(PROVENANCE_VARIABLE, json.dumps(elsewhere))
    assert of_job(JOB)["versions"] == library_versions()


# --- git ----------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    answer = subprocess.run(["git", *who, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a project with the package in it."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    module = tmp_path / "clone/workflow/inkbridge/support/provenance/git.py"
    module.parent.mkdir(parents=True)
    module.write_text("1\n")
    git(tmp_path / "clone", "init", "--quiet")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "--quiet", "-m", "first")
    return tmp_path / "clone"


def test_a_clean_clone_is_told_by_its_commit(clone: Path) -> None:
    (clone / "untracked").write_text("a note")
    assert source_of(clone) == {"commit": git(clone, "rev-parse", "HEAD"), "dirty": False}


def test_a_change_of_a_tracked_file_makes_it_dirty(clone: Path) -> None:
    (clone / "workflow/inkbridge/support/provenance/git.py").write_text("2\n")
    assert source_of(clone) == {"commit": git(clone, "rev-parse", "HEAD"), "dirty": True}


def test_a_clone_in_another_clone_is_not_asked_for_the_outer_one(clone: Path) -> None:
    outside = clone / "build"
    shutil.copytree(clone / "workflow", outside / "workflow")
    assert source_of(outside) == {"commit": "unknown", "dirty": None}


def test_gits_own_variables_do_not_lead_elsewhere(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(clone / "nowhere"))
    assert source_of(clone)["dirty"] is False


def test_without_git_the_commit_is_unknown_or_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert source_of(tmp_path / "somewhere") == {"commit": "unknown", "dirty": None}
    monkeypatch.setenv(SOURCE_VARIABLE, "feed")
    assert source_of(tmp_path / "somewhere") == {"commit": "feed", "dirty": False}


# --- bad files ------------------------------------------------------------------------------------------------


def damaged(path: Path) -> Path:
    path.write_bytes(b"\x00\x01 no such file \xff" * 40)
    return path


@pytest.mark.parametrize(
    "suffix", [".h5", ".safetensors", ".npy", ".gif", ".webp", ".png", ".mp4", ".svg", ".html", ".json"]
)
def test_a_damaged_file_is_named(suffix: str, tmp_path: Path) -> None:
    path = damaged(tmp_path / f"odd{suffix}")
    with pytest.raises(InkbridgeError, match=rf"odd\{suffix}: expected"):
        read_provenance(path)


def test_other_kinds_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InkbridgeError, match=r"a\.docx: expected a result of inkbridge"):
        read_provenance(damaged(tmp_path / "a.docx"))
    with pytest.raises(InkbridgeError, match=r"none\.gif: expected a file"):
        read_provenance(tmp_path / "none.gif")
    with pytest.raises(InkbridgeError, match="expected a file"):
        read_provenance(tmp_path)


def test_what_another_program_says_of_itself_is_no_record(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.gif", comment=b'{"software": "another"}')
    with pytest.raises(InkbridgeError, match="carries no record"):
        read_provenance(tmp_path / "a.gif")
    Image.new("L", (8, 8)).save(tmp_path / "a.gif", comment=b"made with love")
    with pytest.raises(InkbridgeError, match="carries no record"):
        read_provenance(tmp_path / "a.gif")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ENOMEM])
def test_what_the_system_cannot_read_is_not_taken_for_a_file_without_a_record(
    number: int, made: Provenance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_png(tmp_path / "a.png", FRAMES[0], made)

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), "a.png")

    monkeypatch.setattr(Image, "open", refuse)
    for read in (find_provenance, read_provenance):
        with pytest.raises(OSError, match=re.escape(os.strerror(number))):
            read(tmp_path / "a.png")


def test_a_file_carries_no_record_where_it_has_none_or_is_of_another_kind(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", FRAMES[0])
    (tmp_path / "a.txt").write_text("a note")
    assert find_provenance(tmp_path / "a.png") is None
    assert find_provenance(tmp_path / "a.txt") is None
    with pytest.raises(InkbridgeError, match=r"odd\.png: expected a \.png file"):
        find_provenance(damaged(tmp_path / "odd.png"))


# --- for people ------------------------------------------------------------------------------------------------


def inkbridge(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("inkbridge")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ)


def test_the_command_prints_it(made: Provenance, tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", FRAMES[0], made)
    answer = inkbridge("provenance", "a.png", folder=tmp_path)
    assert answer.returncode == 0
    assert f"inkbridge {__version__}, rule animate" in answer.stdout
    assert "0123abcd, with changes" in answer.stdout
    assert f"numpy {np.__version__}" in answer.stdout
    as_json = inkbridge("provenance", "--json", "a.png", folder=tmp_path)
    assert json.loads(as_json.stdout) == made


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    answer = inkbridge("provenance", "none.gif", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == "inkbridge: none.gif: expected a file or folder that inkbridge made; found none\n"


ODD: list[Provenance] = [
    {"dirty": "x"},
    {"dirty": [1]},
    {"names": {"doodle": "\ud800", "\x1b[31m": "\x1b]0;title\x07\nmade by"}},
    {"commit": "\ud800\x1b[2J", "step": "\x9b31m"},
    {"sources": {"model": {"version": 3, "seed": [], "dirty": {}, "versions": {"numpy": None}}}},
    {"threads": {"a": []}, "seed": {}, "device": 3, "versions": {"numpy": ["\r"]}},
    {"names": 3},
    {"versions": None},
    {"sources": ["model"]},
    {"sources": {"model": {"versions": 3}}},
    {"sources": {"model": None}},
    {"version": 1},
]


@pytest.mark.parametrize("odd", ODD)
def test_a_hostile_record_is_told_or_taken_for_none(odd: Provenance, made: Provenance, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"provenance": {**made, **odd}}))
    answer = inkbridge("provenance", "a.json", folder=tmp_path)
    assert answer.returncode in (0, 1)
    assert "Traceback" not in answer.stderr
    assert answer.returncode == 0 or "carries no record" in answer.stderr
    assert all(line.isprintable() for line in answer.stdout.splitlines())
    assert answer.stdout.count("made by ") <= 1
    result_record(made, "rule fit", {}, sources={"model": find_provenance(tmp_path / "a.json")})


def test_a_record_that_is_nested_without_end_is_told(made: Provenance, tmp_path: Path) -> None:
    for depth in (300, 900, 100_000):
        text = as_text(made)[:-1] + ',"device":' + "[" * depth + "]" * depth + "}"
        (tmp_path / "a.json").write_text(f'{{"provenance": {text}}}')
        for options in ([], ["--json"]):
            answer = inkbridge("provenance", "a.json", *options, folder=tmp_path)
            assert answer.returncode in (0, 1)
            assert "Traceback" not in answer.stderr


def test_a_name_that_no_file_can_have_is_told_in_one_line(tmp_path: Path) -> None:
    answer = inkbridge("provenance", "x" * 300 + ".gif", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith("inkbridge: xxx")
    assert answer.stderr.count("\n") == 1


def test_words_tell_of_sources(run: Provenance) -> None:
    run = {**run, "dirty": False}
    model = result_record({**run, "commit": "older"}, "rule train", {}, BACKEND)
    lines = as_lines(result_record(run, "rule fit", {"doodle": "tree"}, BACKEND, {"model": model, "same": model}))
    assert "doodle         tree" in lines
    assert "from model     source older, without changes" in lines
    assert "computed on    GPU, cuda, bfloat16, threads: 2" in lines
