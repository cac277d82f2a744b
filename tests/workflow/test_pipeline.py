"""What people type, on the tiny configuration."""

import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence

from inkbridge.decoding.decoder import load_doodle
from inkbridge.evaluation.labels import INTERPOLATION_METRICS
from inkbridge.web.playback import read_playback
from inkbridge.web.sprites import SpriteLayout
from tests.workflow.conftest import run_snakemake, strokes_of

pytestmark = pytest.mark.slow

DRY = ("--dry-run",)


def test_a_run_makes_all_results(finished: Path) -> None:
    results = finished / "results"
    for variant in ("conv64", "strokes64"):
        assert (results / f"models/{variant}/model.safetensors").stat().st_size > 0
        assert (results / f"models/{variant}/training.png").exists()
        assert not list((results / f"models/{variant}").glob("checkpoint*"))
        for doodle in ("tree", "jumpingjack"):
            for name in ("linear_std0", "linear_std0.8", "cubic_std0", "cubic_std0.8"):
                assert (results / f"gifs/{variant}/{doodle}/{name}.gif").exists()
                assert (results / f"gifs/{variant}/{doodle}/{name}.webp").exists()
    assert (results / "gifs/index.html").exists()
    assert (results / "reports/index.html").exists()
    assert (results / "dataset/samples.png").exists()


def test_the_gallery_shows_each_animation_under_its_own_name(finished: Path) -> None:
    results = finished / "results"
    single = {gif.relative_to(results / "animations"): gif.read_bytes() for gif in results.glob("animations/*/*/*.gif")}
    shown = {gif.relative_to(results / "gifs"): gif.read_bytes() for gif in results.glob("gifs/*/*/*.gif")}
    assert shown == single
    assert len(set(single.values())) == len(single) == 16
    for doodle in ("tree", "jumpingjack"):
        strip = results / f"doodles/{doodle}/keyframes.png"
        assert (results / f"gifs/{doodle}/keyframes.png").read_bytes() == strip.read_bytes()


def test_a_fit_that_draws_strokes_and_the_picture_of_the_match_agree(finished: Path) -> None:
    for doodle, last in (("tree", [6, 7]), ("jumpingjack", [6, 1])):
        record = load_doodle(finished / f"results/fits/strokes64/{doodle}.safetensors").record
        assert record is not None
        assert record["segments"][-1]["keyframes"] == last
        assert load_doodle(finished / f"results/fits/conv64/{doodle}.safetensors").record is None
        with Image.open(finished / f"results/gifs/{doodle}/match.png") as picture:
            assert picture.mode == "RGB"
        log = (finished / f"results/logs/match/{doodle}.log").read_text()
        assert f"strands    {record['strands']} lines" in log
        assert f"{last[0]} to {last[1]} " in log


@pytest.mark.parametrize(("doodle", "frames"), [("tree", 6 * 3 + 1), ("jumpingjack", 6 * 3)])
def test_gifs_show_every_frame_of_their_path(finished: Path, doodle: str, frames: int) -> None:
    with Image.open(finished / f"results/animations/conv64/{doodle}/cubic_std0.8.gif") as gif:
        # A barely trained network gives equal frames in a row; a GIF stores them as one longer frame.
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(gif)) == frames * 30
        assert gif.info["loop"] == 0
        assert gif.size == (64, 64)


@pytest.mark.parametrize(("doodle", "frames"), [("tree", 6 * 3 + 1), ("jumpingjack", 6 * 3)])
def test_sprites_show_the_frames_of_their_gifs(finished: Path, doodle: str, frames: int) -> None:
    file = finished / f"results/animations/conv64/{doodle}/cubic_std0.8.webp"
    about = read_playback(file.with_suffix(".json"))
    assert about.sprite == SpriteLayout(frames=frames, columns=5, side=64)
    assert about.keyframe_frames == list(range(0, 6 * 3 + 1 if doodle == "tree" else 6 * 3, 3))
    with Image.open(file) as sprite, Image.open(file.with_suffix(".gif")) as gif:
        first = np.asarray(sprite.convert("RGBA"))[:64, :64, 3]
        assert (first == np.asarray(gif.convert("L"))).all()


@pytest.mark.parametrize(("doodle", "frames"), [("tree", 6 * 3 + 1), ("jumpingjack", 6 * 3)])
def test_a_decoder_of_strokes_gives_vectors_too(finished: Path, doodle: str, frames: int) -> None:
    strokes = strokes_of(finished, doodle)
    assert strokes > 4, "as many as the drawing needs, and more than the network has"
    for folder in ("animations", "gifs"):
        place = finished / f"results/{folder}/strokes64/{doodle}"
        with h5py.File(place / "cubic_std0.8.h5") as table:
            assert table["strokes"].shape == (frames, strokes, 10)
        assert (place / "cubic_std0.8.svg").read_text().count("<path") == strokes
    assert not list(finished.glob("results/*/conv64/*/*.svg"))


def test_shards_hold_images_and_their_strokes(finished: Path) -> None:
    with h5py.File(finished / "results/dataset/train/1.h5") as shard:
        assert shard["images"].shape == (64, 64, 64)
        assert shard["images"].dtype == np.uint8
        assert shard["strokes/values"].shape == (shard["strokes/offsets"][-1], 10)
        assert dict(shard.attrs).items() >= {"split": "train", "index": 1, "size": 64}.items()


@pytest.mark.parametrize(
    ("table", "rows", "columns"),
    [
        ("reconstruction", 2 * 2, {"variant", "recipe", "mse", "mse_low", "mse_high", "psnr", "ssim", "iou"}),
        ("doodles", 2 * 2 * 2, {"variant", "doodle", "latents", "mse", "psnr", "ssim", "iou"}),
        (
            "interpolation",
            2 * 2 * 2 * 2,
            {"variant", "doodle", "method", "noise_std", *INTERPOLATION_METRICS, "path_length"},
        ),
        (
            "training",
            2,
            {"variant", "parameters", "images_per_second", "seconds", "device", "precision"},
        ),
        ("comparison", 4 * 4, {"first", "second", "data", "figure", "difference", "low", "high", "differs"}),
    ],
)
def test_tables_are_read_by_pandas_in_one_line(finished: Path, table: str, rows: int, columns: set[str]) -> None:
    content = pd.read_csv(finished / f"results/reports/{table}.csv")
    assert len(content) == rows
    assert columns <= set(content.columns)
    assert not content.isna().any(axis=None)


def test_a_second_run_has_nothing_to_do(finished: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    result = run_snakemake(copy, "results/gifs")
    assert result.code == 0
    assert "Nothing to be done" in result.text


def test_additional_noise_std_makes_only_its_gifs(finished: Path) -> None:
    more = {"animation": {"noise_std": [0, 0.8, 0.3]}}
    jobs = run_snakemake(finished, "results/gifs", options=DRY, on_top=more).jobs()
    assert jobs["animate"] == 2 * 2
    assert jobs["vectors"] == 2
    assert jobs["table"] == 1
    assert set(jobs) == {"animate", "vectors", "table", "report_page", "gallery", "total"}


def test_additional_doodle_makes_only_its_results(finished: Path) -> None:
    more = {"doodles": {"walker": {"sheet": "resources/doodles/walker.png"}}}
    jobs = run_snakemake(finished, "results/gifs", options=DRY, on_top=more).jobs()
    assert jobs["keyframes"] == 1
    assert jobs["fit"] == 2
    assert jobs["animate"] == 2 * 2
    assert not {"shard", "train", "evaluate_variant"} & set(jobs)


def test_another_setting_of_a_variant_remakes_only_that_variant(finished: Path) -> None:
    result = run_snakemake(finished, "results/gifs", options=DRY, on_top={"variants": {"conv64": {"latent_dim": 32}}})
    assert result.jobs()["train"] == result.jobs()["evaluate_variant"] == 1
    assert result.jobs()["animate"] == 2 * 2
    assert "Training conv64" in result.text
    assert "Training strokes64" not in result.text


def test_more_resamples_remake_only_the_reports(finished: Path) -> None:
    jobs = run_snakemake(finished, options=DRY, on_top={"evaluation": {"resamples": 200}}).jobs()
    assert set(jobs) - {"all"} == {"table", "report_page", "gallery", "total"}
    assert jobs["table"] == 3


def test_a_variant_is_a_target(tmp_path: Path) -> None:
    result = run_snakemake(tmp_path, "strokes64", options=DRY)
    jobs = result.jobs()
    assert jobs["train"] == 1
    assert jobs["animate"] == 2 * 2
    assert jobs["evaluate_variant"] == 1
    assert "conv64" not in result.text


def test_a_variant_is_trained_again_when_forced(finished: Path) -> None:
    result = run_snakemake(finished, "strokes64", options=("--forcerun", "train", *DRY))
    assert result.jobs()["train"] == 1
    assert result.jobs()["animate"] == 2 * 2
    assert "Training conv64" not in result.text


def test_command_line_settings_override_the_files(finished: Path) -> None:
    jobs = run_snakemake(finished, options=("--config", "animation={noise_std: [0, 0.8, 1.2]}", *DRY)).jobs()
    assert jobs["animate"] == 2 * 2
    assert "train" not in jobs


def test_a_dropped_doodle_remakes_only_tables_and_gallery(finished: Path) -> None:
    jobs = run_snakemake(finished, options=DRY, on_top={"doodles": {"jumpingjack": None}}).jobs()
    assert not {"shard", "train", "keyframes", "fit", "animate", "evaluate_variant"} & set(jobs)
    assert jobs["gallery"] == 1


def test_a_doodle_set_to_loop_is_fitted_and_animated_again(finished: Path) -> None:
    jobs = run_snakemake(finished, options=DRY, on_top={"doodles": {"tree": {"loop": True}}}).jobs()
    assert jobs["fit"] == 2
    assert jobs["match"] == 1
    assert jobs["animate"] == 2 * 2
    assert not {"shard", "train", "keyframes", "evaluate_variant"} & set(jobs)


def test_without_fitting_only_the_encoder_is_measured(finished: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    target = "results/evaluation/conv64/tree/keyframes.csv"
    result = run_snakemake(copy, target, on_top={"fitting": {"enabled": False}})
    assert result.code == 0, result.text
    assert set(pd.read_csv(copy / target)["latents"]) == {"encoder"}


def test_forced_trainings_run_again_and_the_longest_starts_first(finished: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    models = [f"results/models/{variant}/model.safetensors" for variant in ("conv64", "strokes64")]
    before = [(copy / model).stat().st_mtime_ns for model in models]
    short = {"training": {"images": 64, "validation_every": 64}}
    result = run_snakemake(copy, *models, options=("--forcerun", "train"), cores=("--cores", "1"), on_top=short)
    assert result.code == 0, result.text
    assert all((copy / model).stat().st_mtime_ns > time for model, time in zip(models, before, strict=True))
    assert result.text.index("Training strokes64") < result.text.index("Training conv64")


def test_shards_and_trainings_start_before_what_can_wait(finished: Path) -> None:
    """The trainings take longest, and wait for the shards; the longest training starts first.

    Snakemake may start a job of less priority if it starts several at once.
    """
    log = min((finished / ".snakemake/log").glob("*.log"))  # their names begin with the time
    begun = re.findall(r"^Job \d+: (.*)$", log.read_text(), flags=re.MULTILINE)
    awaited = [line for line in begun if re.fullmatch(r"Painting shard \d of the (train|validation) split", line)]
    assert len(awaited) == 3
    assert set(awaited) <= set(begun[:4])
    assert [line for line in begun if line.startswith("Training")] == ["Training strokes64", "Training conv64"]


def test_fits_wait_for_their_own_training_alone(tmp_path: Path) -> None:
    jobs = run_snakemake(tmp_path, "results/fits/strokes64/tree.safetensors", options=DRY).jobs()
    assert set(jobs) == {"shard", "train", "keyframes", "fit", "total"}
    assert jobs["train"] == 1


@pytest.mark.parametrize("ending", ["gif", "webp", "json", "svg", "h5"])
def test_each_file_of_an_animation_is_a_target(ending: str, tmp_path: Path) -> None:
    jobs = run_snakemake(tmp_path, f"results/animations/strokes64/tree/linear_std0.8.{ending}", options=DRY).jobs()
    assert set(jobs) - {"animate", "vectors"} == {"shard", "train", "keyframes", "fit", "total"}
    assert jobs.get("animate", 0) + jobs.get("vectors", 0) == 1


def test_a_gif_is_a_target(tmp_path: Path) -> None:
    jobs = run_snakemake(tmp_path, "results/animations/conv64/jumpingjack/cubic_std0.8.gif", options=DRY).jobs()
    assert set(jobs) == {"shard", "train", "keyframes", "fit", "animate", "total"}
    assert jobs["train"] == jobs["keyframes"] == jobs["fit"] == jobs["animate"] == 1


def test_the_report_of_snakemake_has_captions_and_categories(finished: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    report = copy / "report.html"
    result = run_snakemake(copy, options=("--report", str(report)), cores=())
    assert result.code == 0, result.text
    text = report.read_text()
    for category in ("Animations", "Keyframes", "Reports", "Training"):
        assert category in text
    assert "first minus second" in text  # the caption of one of the tables
    assert re.search(r"Brownian bridge(\s|\\n)of standard deviation 0\.8", text)


@pytest.mark.parametrize("option", ["--lint", "--dry-run", "--unlock"])
def test_commands_that_start_no_jobs_need_no_cores(tmp_path: Path, option: str) -> None:
    result = run_snakemake(tmp_path, options=(option,), cores=())
    assert result.code == 0, result.text
