"""Doodles with settings of their own, drawings that change, and drawings that cannot be read."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps, ImageSequence

from inkbridge.support.provenance.carriers import read_provenance
from qa.paths import ROOT
from tests.workflow.conftest import DARK, run_snakemake, strokes_of

pytestmark = pytest.mark.slow

DRY = ("--dry-run",)


# --- settings of its own ---------------------------------------------------------------------------------


def test_doodle_is_animated_with_its_own_settings(extended: Path) -> None:
    for variant in ("conv64", "strokes64"):
        for folder in ("animations", "gifs"):
            assert {gif.name for gif in extended.glob(f"results/{folder}/{variant}/dark/*.gif")} == {"cubic_std0.3.gif"}
            assert len(list(extended.glob(f"results/{folder}/{variant}/tree/*.gif"))) == 4
    with Image.open(extended / "results/gifs/conv64/dark/cubic_std0.3.gif") as gif:
        frames = 6 * 5 + 1
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(gif)) == frames * 50
    with h5py.File(extended / "results/gifs/strokes64/dark/cubic_std0.3.h5") as table:
        assert table["strokes"].shape == (frames, strokes_of(extended, "dark"), 10)
        assert np.diff(table["time_ms"][:]).tolist() == [50] * (frames - 1)


def test_reports_measure_animations_with_the_doodle_settings(extended: Path) -> None:
    table = pd.read_csv(extended / "results/reports/interpolation.csv")
    own = table[table["doodle"] == "dark"]
    assert own[["variant", "method", "noise_std"]].to_numpy().tolist() == [
        ["conv64", "cubic", 0.3],
        ["strokes64", "cubic", 0.3],
    ]
    assert len(table) == 2 + 2 * 2 * 2 * 2
    record = read_provenance(extended / "results/animations/conv64/dark/cubic_std0.3.gif")
    assert record["names"] == {"variant": "conv64", "doodle": "dark", "method": "cubic", "std": "0.3"}


def test_dark_ink_is_black_on_white_and_light_ink_white_on_black(extended: Path) -> None:
    for doodle, name, paper in (("dark", "cubic_std0.3", 255), ("tree", "cubic_std0", 0)):
        with Image.open(extended / f"results/animations/strokes64/{doodle}/{name}.gif") as gif:
            assert np.median(np.asarray(gif.convert("L"))) == paper
        svg = (extended / f"results/animations/strokes64/{doodle}/{name}.svg").read_text()
        assert f'fill="#{paper:02x}{paper:02x}{paper:02x}"' in svg


def test_changing_colours_remakes_no_fit(extended: Path) -> None:
    jobs = run_snakemake(
        extended, options=DRY, on_top={"doodles": DARK, "animation": {"colours": "red,transparent"}}
    ).jobs()
    assert jobs["animate"] == 2 * 2 * 2
    assert jobs["vectors"] == 2 * 2
    assert jobs["animate_cubic"] == 2
    assert jobs["vectors_cubic"] == 1
    drawn = {"animate", "vectors", "animate_cubic", "vectors_cubic"}
    assert set(jobs) == drawn | {"table", "report_page", "gallery", "all", "total"}


def test_changing_frames_of_one_doodle_remakes_only_its_results(extended: Path) -> None:
    on_top = {"doodles": {**DARK, "tree": {"frames_per_segment": 4}}}
    jobs = run_snakemake(extended, options=DRY, on_top=on_top).jobs()
    assert jobs["animate"] == 2 * 2
    assert "animate_cubic" not in jobs
    assert not {"keyframes", "fit", "train"} & set(jobs)


# --- drawings that change --------------------------------------------------------------------------------


def draw_another(sheet: Path) -> None:
    with Image.open(sheet) as picture:
        other = ImageOps.mirror(picture)
    other.save(sheet)


def copy_an_older_one(sheet: Path) -> None:
    draw_another(sheet)
    os.utime(sheet, (0, 0))


def replace_at_the_same_time(sheet: Path) -> None:
    before = sheet.stat()
    draw_another(sheet)
    os.utime(sheet, ns=(before.st_atime_ns, before.st_mtime_ns))


def touch(sheet: Path) -> None:
    sheet.touch()


@pytest.mark.parametrize(
    ("change", "rerun"),
    [(copy_an_older_one, True), (replace_at_the_same_time, True), (touch, False)],
)
def test_the_content_of_a_drawing_decides_whether_it_is_read_again(
    extended: Path, tmp_path: Path, change: Callable[[Path], None], rerun: bool
) -> None:
    copy = Path(shutil.copytree(extended, tmp_path / "copy"))
    change(copy / "c{1}.png")
    result = run_snakemake(copy, "results/gifs", options=DRY, on_top={"doodles": DARK})
    assert result.code == 0, result.text
    assert ("Nothing to be done" in result.text) != rerun
    if rerun:
        assert result.jobs()["keyframes"] == 1
        assert result.jobs()["animate_cubic"] == 2


# --- drawings that cannot be read ------------------------------------------------------------------------

BAD: dict[str, dict[str, object]] = {"doodles": {"gone": {"sheet": "gone.png"}, "text": {"sheet": "text.png"}}}


@pytest.fixture(scope="module")
def with_bad(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, to whose configuration two doodles with bad drawings are added. Tests do not change it."""
    copy = Path(shutil.copytree(finished, tmp_path_factory.mktemp("bad") / "copy"))
    (copy / "text.png").write_text("no picture")
    return copy


@pytest.mark.parametrize(
    "target",
    ["results/gifs", "results/animations/conv64/gone/linear_std0.gif"],
)
def test_targets_that_need_a_bad_drawing_are_refused_with_all_bad_drawings(with_bad: Path, target: str) -> None:
    result = run_snakemake(with_bad, target, on_top=BAD)
    assert result.code == 1
    for words in ("doodles.gone: gone.png: ", "doodles.text: text.png: "):
        assert words in result.text
    assert "Traceback" not in result.text
    assert "Select jobs" not in result.text
    assert not list(with_bad.glob("results/*/*/gone"))


def test_keep_going_stops_only_the_jobs_of_bad_drawings(with_bad: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(with_bad, tmp_path / "copy"))
    good = {"good": {"sheet": "good.png"}}
    shutil.copy(ROOT / "resources/doodles/tree.png", copy / "good.png")
    on_top = {"doodles": {**BAD["doodles"], **good}}
    result = run_snakemake(copy, "results/gifs", options=("--keep-going",), on_top=on_top)
    assert result.code == 1
    for name, words in (("gone", "gone.png: expected a drawing"), ("text", "text.png: ")):
        assert words in (copy / f"results/logs/keyframes/{name}.log").read_text()
        assert words in result.text
        assert not list(copy.glob(f"results/*/*/{name}"))
    assert "Traceback" not in result.text
    for variant in ("conv64", "strokes64"):
        assert len(list(copy.glob(f"results/animations/{variant}/good/*.gif"))) == 4


def test_keep_going_refuses_settings_over_a_limit(finished: Path) -> None:
    on_top = {"animation": {"frames_per_segment": 1000, "size": 1024}}
    result = run_snakemake(finished, "results/gifs", options=("--keep-going", *DRY), on_top=on_top)
    assert result.code == 1
    assert "6001 frames of 1024×1024" in result.text


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("results/models/conv64/model.safetensors", ()),
        ("results/animations/conv64/tree/linear_std0.gif", ()),
        ("results/gifs", ("--unlock",)),
    ],
)
def test_bad_drawings_do_not_stop_targets_that_do_not_need_them(
    with_bad: Path, target: str, options: tuple[str, ...]
) -> None:
    result = run_snakemake(with_bad, target, options=options, on_top=BAD)
    assert result.code == 0, result.text
