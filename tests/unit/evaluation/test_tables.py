"""Tables hold means of their rows, intervals around them, and paired differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from inkbridge.evaluation.labels import INTERPOLATION_METRICS, RECONSTRUCTION_METRICS
from inkbridge.evaluation.metrics import reconstruction_metrics
from inkbridge.evaluation.tables import (
    animation_metrics,
    comparison_table,
    doodles_table,
    image_metrics,
    keyframe_metrics,
    metrics_by_setting,
    read_tables,
    reconstruction_table,
    training_table,
)
from inkbridge.fitting.encoding import encode
from inkbridge.latent.paths import DoodlePath


def image_rows(better: float = 0.0) -> pd.DataFrame:
    """Return figures of 200 images of two recipes by two variants; the second one's are lower by ``better``."""
    rng = np.random.default_rng(0)
    difficulty, noise = rng.normal(size=(200, 1)), rng.normal(scale=0.01, size=(2, 200, 4))
    parts = [
        pd.DataFrame(
            {
                "variant": variant,
                "image": np.arange(200),
                "recipe": np.where(np.arange(200) % 3 == 0, "sketch", "post"),
                **dict(zip(RECONSTRUCTION_METRICS, (difficulty + noise[number] - number * better).T, strict=True)),
            }
        )
        for number, variant in enumerate(["conv64", "coordconv64"])
    ]
    return pd.concat(parts, ignore_index=True)


def keyframe_rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    labels = [
        (variant, doodle, latents, keyframe)
        for variant in ("conv64", "coordconv64")
        for doodle, count in (("tree", 7), ("brain", 5))
        for latents in ("encoder", "fitted")
        for keyframe in range(count)
    ]
    rows = pd.DataFrame(labels, columns=["variant", "doodle", "latents", "keyframe"])
    return rows.assign(**{figure: rng.random(len(rows)) for figure in RECONSTRUCTION_METRICS})


# --- rows ------------------------------------------------------------------------------------------------


def test_each_image_has_a_row_of_metrics_with_its_labels(drawings):
    truth, other = drawings[:6], drawings[1:7]
    names = np.array(list("abcdef"))
    rows = image_metrics(truth, other, variant="conv64", recipe=names)
    assert list(rows.columns) == ["variant", "recipe", *RECONSTRUCTION_METRICS]
    assert set(rows["variant"]) == {"conv64"}
    assert list(rows["recipe"]) == list(names)
    expected = reconstruction_metrics((truth / 255).astype(np.float32), (other / 255).astype(np.float32))
    for figure, values in expected.items():
        np.testing.assert_allclose(rows[figure], values)
    assert (image_metrics(truth, truth)["mse"] == 0).all()


def test_each_keyframe_has_a_row_for_each_way_to_draw_it(keyframes):
    drawn = {"encoder": np.zeros_like(keyframes), "fitted": keyframes}
    rows = keyframe_metrics(keyframes, drawn, variant="conv64", doodle="tree")
    assert list(rows["keyframe"]) == [0, 1, 2, 3] * 2
    assert list(rows["latents"]) == ["encoder"] * 4 + ["fitted"] * 4
    assert (rows.loc[rows["latents"] == "fitted", "mse"] == 0).all()
    assert (rows.loc[rows["latents"] == "encoder", "mse"] > 0).all()


@pytest.mark.parametrize("loop", [False, True])
def test_each_path_has_a_row_with_its_length(loop, untrained, keyframes):
    fitted = encode(untrained, keyframes).doodle()
    paths = [
        DoodlePath("tree", method, std, frames_per_segment=4, loop=loop, seed=1)
        for method in ("linear", "circular")
        for std in (0, 1.2)
    ]
    rows = animation_metrics(fitted, keyframes, {path: fitted.frames(path, 64) for path in paths}, variant="conv64")
    assert list(rows.columns) == ["variant", "method", "noise_std", *INTERPOLATION_METRICS, "path_length"]
    assert list(rows["method"]) == ["linear", "linear", "circular", "circular"]
    assert list(rows["noise_std"]) == [0, 1.2, 0, 1.2]
    latents = fitted.latents
    closed = np.concatenate([latents, latents[:1]]) if loop else latents
    straight = np.linalg.norm(np.diff(closed, axis=0), axis=1).sum()
    lengths = rows["path_length"].to_numpy()
    assert lengths[0] == pytest.approx(straight, rel=1e-4)
    assert (lengths[1:] > straight).all()
    assert lengths[1] > 1.3 * lengths[0]
    assert np.isfinite(rows[list(INTERPOLATION_METRICS)].to_numpy()).all()


# --- tables ----------------------------------------------------------------------------------------------


def test_reconstruction_table_has_an_interval_for_each_variant_and_recipe():
    rows = image_rows()
    table = reconstruction_table(rows, resamples=200, seed=1)
    assert len(table) == 4
    for _, found in table.iterrows():
        own = rows[(rows["variant"] == found["variant"]) & (rows["recipe"] == found["recipe"])]
        assert found["images"] == len(own)
        for figure in RECONSTRUCTION_METRICS:
            assert found[figure] == pytest.approx(own[figure].mean())
            assert found[f"{figure}_low"] < found[figure] < found[f"{figure}_high"]
            width = 2 * 1.96 * own[figure].std() / np.sqrt(len(own))
            assert found[f"{figure}_high"] - found[f"{figure}_low"] == pytest.approx(width, rel=0.3)


def test_tables_repeat_with_the_seed():
    rows, keyframes = image_rows(), keyframe_rows()
    pd.testing.assert_frame_equal(*(reconstruction_table(rows, 100, seed=1) for _ in range(2)))
    pd.testing.assert_frame_equal(*(comparison_table(rows, keyframes, 100, seed=1) for _ in range(2)))


def test_doodles_table_has_a_row_for_each_variant_doodle_and_latents():
    rows = keyframe_rows()
    table = doodles_table(rows, resamples=100, seed=1)
    assert len(table) == 8
    assert set(table["keyframes"]) == {5, 7}
    for _, found in table.iterrows():
        keys = ["variant", "doodle", "latents"]
        own = rows[(rows[keys] == found[keys]).all(axis=1)]
        assert found["keyframes"] == len(own)
        assert found["psnr"] == pytest.approx(own["psnr"].mean())
        assert found["psnr_low"] < found["psnr"] < found["psnr_high"]


def differences(better: float, **changes: Any) -> pd.DataFrame:
    rows = image_rows(better)
    return comparison_table(rows, keyframe_rows(), resamples=500, seed=1, **changes)


def test_variants_are_compared_in_pairs_of_the_same_images():
    table = differences(better=0.01)
    assert set(zip(table["first"], table["second"], strict=True)) == {("conv64", "coordconv64")}
    assert set(table["data"]) == {"post", "sketch", "doodles, encoder", "doodles, fitted"}
    assert len(table) == 4 * len(RECONSTRUCTION_METRICS)
    recipes = table[table["data"].isin(["post", "sketch"])]
    # Images differ a hundred times more than the variants: only pairs can show it.
    assert recipes["differs"].all()
    assert (recipes["low"] > 0).all()
    np.testing.assert_allclose(recipes["difference"], 0.01, atol=0.004)
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()
    assert dict(zip(table["data"], table["images"], strict=True)) == {
        "post": 133,
        "sketch": 67,
        "doodles, encoder": 12,
        "doodles, fitted": 12,
    }


def test_equal_variants_seldom_differ():
    table = differences(better=0.0)
    assert table[table["data"].isin(["post", "sketch"])]["differs"].mean() < 0.35
    assert (table["differs"] == ((table["low"] > 0) | (table["high"] < 0))).all()


def test_comparison_does_not_depend_on_the_order_of_rows():
    rows, keyframes = image_rows(0.01), keyframe_rows()
    expected = comparison_table(rows, keyframes, 100, seed=1)
    by_variant = [part.sample(frac=1, random_state=3) for _, part in rows.groupby("variant")]
    found = comparison_table(pd.concat(by_variant), keyframes, 100, seed=1)
    keys = ["data", "figure"]
    merged = found.merge(expected, on=keys, suffixes=("", "_expected"))
    assert len(merged) == len(expected)
    np.testing.assert_allclose(merged["difference"], merged["difference_expected"])


def test_every_pair_of_variants_is_compared():
    rows, keyframes = image_rows(), keyframe_rows()
    alone = comparison_table(*(part[part["variant"] == "conv64"] for part in (rows, keyframes)), 100, seed=1)
    assert len(alone) == 0
    assert "difference" in alone.columns
    third = [part[part["variant"] == "conv64"].assign(variant="conv128") for part in (rows, keyframes)]
    three = comparison_table(pd.concat([rows, third[0]]), pd.concat([keyframes, third[1]]), 100, seed=1)
    assert len(three.groupby(["first", "second"])) == 3
    same = three[(three["first"] == "conv64") & (three["second"] == "conv128")]
    assert (same["difference"] == 0).all()
    assert not same["differs"].any()


def test_training_table_excludes_the_settings():
    records = {
        "conv64": {"parameters": 10, "device": "cpu", "settings": {"images": 5}},
        "coordconv64": {"parameters": 12, "device": "cuda", "settings": {"images": 5}},
    }
    table = training_table(records)
    assert list(table.columns) == ["variant", "parameters", "device"]
    assert list(table["variant"]) == ["conv64", "coordconv64"]
    assert list(table["parameters"]) == [10, 12]


def test_tables_are_joined_in_order(tmp_path):
    paths = [str(tmp_path / f"{number}.csv") for number in range(3)]
    for number, path in enumerate(paths):
        pd.DataFrame({"number": [number, number + 10]}).to_csv(path, index=False)
    table = read_tables(paths[::-1])
    assert list(table["number"]) == [2, 12, 1, 11, 0, 10]
    assert list(table.index) == list(range(6))


def test_metrics_of_an_animation_come_from_two_tables() -> None:
    names = {"variant": ["conv64"] * 2, "doodle": ["tree"] * 2}
    between = {"method": "cubic", "noise_std": [0.0, 0.3], "ghosting": [0.1, 0.2], "ink_deviation": 0.3}
    rest = {"fragments": 0.4, "widening": 0.5, "knots": 0.6, "length_error": 0.7}
    interpolation = pd.DataFrame({**names, **between, **rest, "path_length": 9.0})
    doodles = pd.DataFrame({**names, "latents": ["encoder", "fitted"], "mse": [0.02, 0.001]})
    figures = metrics_by_setting(interpolation, doodles)
    assert set(figures) == {("conv64", "tree", "cubic", 0.0), ("conv64", "tree", "cubic", 0.3)}
    expected = {"ghosting": 0.2, "ink_deviation": 0.3, **rest, "mse": 0.001}
    assert figures["conv64", "tree", "cubic", 0.3] == expected
