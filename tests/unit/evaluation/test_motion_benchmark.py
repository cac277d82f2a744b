"""The benchmark of movement measures variants and baselines on scenes, and reports mistakes in one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from benchmarks import motion
from benchmarks.scenes import SCENES, scenes_of
from inkbridge.evaluation.animations import fractions
from inkbridge.models.storage import save_model

REFERENCES = ("true match, straight lines", "truth by another hand")


@pytest.fixture(scope="module")
def sheet() -> motion.Sheet:
    return motion.own_sheet(SCENES["walk"], 64)


@pytest.fixture
def workplace(tmp_path, monkeypatch, tiny, untrained) -> Path:
    """A working directory with a configuration, the model of its variant, and a folder of one shared scene."""
    settings = {
        "variants": {"conv64": tiny.model_dump()},
        "fitting": {"steps": 3},
        "compute": {"device": "cpu", "precision": "float32"},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings))
    save_model(tmp_path / "results/models/conv64/model.safetensors", untrained, tiny, {})
    scene = SCENES["A to I"]
    (tmp_path / "scenes").mkdir()
    np.savez(tmp_path / "scenes/truth.npz", **{"other/keys": scene.keyframes(), "other/truth": scene.truth(4)})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*options: str) -> None:
    motion.main(["--config", "tiny.yaml", "--variant", "conv64", "--shared", "scenes", *options])


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split("|")]


def test_baselines_show_the_keyframes_at_their_moments(sheet):
    keyframes = fractions(sheet.keyframes.images)
    for make in motion.BASELINES.values():
        frames = make(keyframes, 20)
        assert len(frames) == len(sheet.truth)
        np.testing.assert_allclose(frames[::20], keyframes)


def test_truth_is_better_than_every_baseline(sheet):
    truth = motion.figures(fractions(sheet.truth), sheet)
    assert truth["chamfer"] == truth["astray"] == 0.0
    for make in motion.BASELINES.values():
        baseline = motion.figures(make(fractions(sheet.keyframes.images), 20), sheet)
        assert baseline["chamfer"] > 0.2
        assert baseline["keyframe_mse"] == 0.0
        assert baseline["cross_fade"] == truth["cross_fade"]


def test_those_who_know_the_truth_are_much_better_than_a_cross_fade(sheet):
    ways = {way: motion.figures(frames, sheet) for way, frames in motion.without_models(sheet).items()}
    assert {*ways} == {*motion.BASELINES, *REFERENCES}
    for way in sheet.references:
        assert 0 < ways[way]["chamfer"] < 0.5 * ways["cross-fade"]["chamfer"]
        assert ways[way]["keyframe_mse"] == 0.0


def test_cross_fades_of_both_halves_are_similarly_far_from_the_truth():
    means = [
        np.mean([motion.figures(fractions(sheet.truth), sheet)["cross_fade"] for sheet in sheets])
        for sheets in (
            [motion.own_sheet(scene, 64) for scene in scenes_of(part).values()]
            for part in ("development", "acceptance")
        )
    ]
    assert all(0.45 < mean < 0.85 for mean in means)


def test_large_cells_are_measured_at_64_pixels(sheet):
    large = motion.own_sheet(SCENES["walk"], 256)
    assert large.keyframes.originals.shape[1:] == (256, 256)
    np.testing.assert_array_equal(large.truth, sheet.truth)


def test_contact_sheet_has_a_row_for_keyframes_truth_and_each_animation(sheet):
    assert motion.contact_sheet(sheet, []).shape[0] < motion.contact_sheet(sheet, [sheet.truth]).shape[0]


def test_table_holds_means_and_worst_scenes():
    columns = {column: [number, number + 0.5] for number, column in enumerate(motion.COLUMNS)}
    table = pd.DataFrame({"scene": ["one", "two"], "way": "strokes64", **columns})
    lines = list(motion.markdown(table, {"cross-fade": table}, "shared"))
    rows = {cells(line)[0]: cells(line)[1:] for line in lines}
    assert {len(row) for row in rows.values()} == {len(motion.COLUMNS)}
    assert list(rows) == [
        *["scene", "---", "one", "two", "**mean**", "worst", "must reach", "aim for", "cross-fade, mean"]
    ]
    assert rows["**mean**"][:2] == rows["cross-fade, mean"][:2] == ["0.25", "1.250"]
    assert rows["worst"][0] == "0.50 (two)"
    assert rows["aim for"][:5] == ["0.15", "0.002", "0.05", "0.040", "–"]


@pytest.mark.slow
def test_variant_is_measured_on_own_and_shared_scenes(workplace, capsys):
    scenes = ("walk", "umbrella", "other")
    run("--scene", *scenes, "--output", "figures.csv", "--sheets-out", "pictures")
    printed = capsys.readouterr().out
    for part, scene in (("development", "walk"), ("acceptance", "umbrella"), ("shared", "other")):
        assert f"`conv64`, {part} scenes" in printed
        with Image.open(f"pictures/{part}/{scene}.png") as picture:
            assert picture.width > 64
    table = pd.read_csv("figures.csv")
    assert sorted(zip(table["scene"], table["way"], strict=True)) == sorted(
        (scene, way)
        for scene in scenes
        for way in ("conv64", *motion.BASELINES, *(() if scene == "other" else REFERENCES))
    )
    assert table[table["way"] == "conv64"][list(motion.COLUMNS)].notna().all(axis=None)


@pytest.mark.slow
def test_shared_scenes_are_left_out_if_they_are_missing(workplace, capsys):
    run("--part", "shared", "--shared", "nowhere")
    assert "shared: no scenes to measure" in capsys.readouterr().err


def test_missing_model_is_reported_in_one_line(workplace):
    (workplace / "results/models/conv64/model.safetensors").unlink()
    with pytest.raises(SystemExit, match="snakemake --cores all results/models/conv64"):
        run()
