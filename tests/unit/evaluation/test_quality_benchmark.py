"""The benchmark of quality finds sheets, computes means and worst values, and reports mistakes in one line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from benchmarks import quality
from inkbridge.keyframes.reading import Keyframes
from inkbridge.models.storage import save_model


@pytest.fixture
def workplace(tmp_path, monkeypatch, keyframes, tiny, untrained) -> Path:
    """A working directory with a configuration, two sheets and other files, and the model of one of two variants."""
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "README.md").write_text("no picture")
    (sheets / "draw.py").write_text("no picture")
    for name in ("first.png", "second.bmp"):
        Image.fromarray(keyframes[:3].reshape(-1, 64)).save(sheets / name)
    settings = {
        "doodles": {"first": {"sheet": "sheets/first.png", "loop": True}},
        "variants": {"conv64": tiny.model_dump()},
        "animation": {"frames_per_segment": 4},
        "fitting": {"steps": 3},
        "compute": {"device": "cpu", "precision": "float32"},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings))
    save_model(tmp_path / "results/models/conv64/model.safetensors", untrained, tiny, {})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*options: str) -> None:
    quality.main(["--config", "tiny.yaml", "--sheets", "sheets", *options])


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split("|")]


def made_up_metrics(sheets: Sequence[str]) -> pd.DataFrame:
    """Return made-up metrics: a column's number plus a tenth per sheet and a half per method."""
    return pd.DataFrame(
        {"sheet": sheet, "method": method, **{c: i + s / 10 + m / 2 for i, c in enumerate(quality.COLUMNS, start=1)}}
        for s, sheet in enumerate(sheets)
        for m, method in enumerate(("linear", "cubic"))
    )


def test_table_holds_means_worst_sheets_and_ratios():
    lines = list(quality.markdown(made_up_metrics(["cat", "dog", "owl"])))
    rows = {cells(line)[0]: cells(line)[1:] for line in lines}
    assert {len(row) for row in rows.values()} == {len(quality.COLUMNS)}
    assert list(rows)[2:7] == ["cat", "dog", "owl", "**mean**", "worst"]
    assert rows["**mean**"][:4] == ["1.1000", "2.1000", "3.10", "4.100"]
    assert rows["worst"][:4] == ["1.2000 (owl)", "2.2000 (owl)", "3.20 (owl)", "4.200 (owl)"]
    # A higher IoU is better.
    assert rows["worst"][8:11] == ["9.0000 (cat)", "10.0000 (cat)", "11"]
    assert rows["must reach"] == [
        "0.0020",
        "0.0240",
        "0.60",
        "0.030",
        "0.25",
        "0.40",
        "0.20",
        "0.055",
        "0.9700",
        "–",
        "64",
        "–",
    ]
    assert rows["cubic, mean"] == ["–", "–", "3.60", "4.600", "5.60", "6.60", "7.60", "8.600", "–", "–", "–", "–"]
    assert rows["cubic / linear"][2:6] == ["1.16", "1.12", "1.10", "1.08"]


def test_figures_at_256_pixels_are_left_out_for_smaller_drawings():
    metrics = made_up_metrics(["cat", "dog"])
    metrics.loc[metrics["sheet"] == "cat", "iou_256"] = float("nan")
    rows = {cells(line)[0]: cells(line)[9] for line in quality.markdown(metrics)}
    assert (rows["cat"], rows["dog"], rows["**mean**"], rows["worst"]) == ("–", "9.1000", "9.1000", "9.1000 (dog)")
    metrics["iou_256"] = float("nan")
    rows = {cells(line)[0]: cells(line)[9] for line in quality.markdown(metrics)}
    assert (rows["dog"], rows["**mean**"], rows["worst"]) == ("–", "–", "–")


def test_iou_is_measured_on_the_keyframes_as_drawn():
    originals = np.zeros((2, 512, 512), np.uint8)
    originals[:, 100:200, 100:300] = 255

    class Drawing:
        latents = None

        def draw(self, latents, size):
            assert size == 256
            drawn = np.zeros((2, 256, 256), np.uint8)
            drawn[:, 50:100, 50:100] = 255
            return drawn

    assert quality.iou_at(256, Keyframes.of(originals), Drawing()) == pytest.approx(0.5)
    assert np.isnan(quality.iou_at(256, Keyframes.of(originals[:, :255, :255]), Drawing()))


def test_ratio_to_zero_is_left_out():
    rows = made_up_metrics(["cat"])
    rows.loc[rows["method"] == "linear", "fragments"] = 0
    assert cells(list(quality.markdown(rows))[-1])[5] == "–"


def test_sheets_are_found_and_read_as_configured(workplace):
    settings = quality.read_configuration(Path("tiny.yaml"))
    doodles = quality.doodles_in(Path("sheets"), settings)
    assert list(doodles) == ["first", "second"]
    assert [doodle.loop for doodle in doodles.values()] == [True, False]
    assert doodles["second"].sheet == "sheets/second.bmp"


@pytest.mark.slow
def test_trained_variant_is_measured_on_every_sheet(workplace, capsys):
    run("--variant", "conv64", "--output", "figures.csv")
    printed = capsys.readouterr()
    assert "`conv64` on the sheets of `sheets`" in printed.out
    assert "second, 2 of 2" in printed.err
    table = pd.read_csv("figures.csv")
    assert list(zip(table["sheet"], table["method"], strict=True)) == [
        (sheet, method) for sheet in ("first", "second") for method in ("linear", "circular", "cubic")
    ]
    assert table[list(quality.COLUMNS)].drop(columns=["iou_256", "iou_512"]).notna().all(axis=None)
    assert table[["iou_256", "iou_512"]].isna().all(axis=None)
    assert (table["latent_size"] == 8).all()
    row = next(cells(line) for line in printed.out.splitlines() if line.startswith("| second"))
    assert float(row[1]) == pytest.approx(table["keyframe_mse"].iloc[-1], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--variant", "coordconv64"], "snakemake --cores all results/models/coordconv64/model.safetensors"),
        (["--variant", "other"], "conv64, coordconv64"),
        (["--sheets", "nowhere"], "nowhere: expected a folder of sheets, found no such folder"),
        (["--sheets", "results"], "no pictures"),
        (["--config", "gone.yaml"], "gone.yaml"),
    ],
)
def test_mistakes_are_reported_in_one_line(workplace, options, expected):
    with pytest.raises(SystemExit) as stopped:
        run(*options)
    assert expected in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_two_sheets_of_the_same_name_are_refused(workplace):
    (workplace / "sheets/first.bmp").write_bytes((workplace / "sheets/second.bmp").read_bytes())
    with pytest.raises(SystemExit, match=r"first\.png: expected one sheet of this name, found a second one"):
        run()
