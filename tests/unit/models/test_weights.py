"""The weights that come with the package load, belong to this code and to the committed configuration, and are as good
as they were. If one of these tests fails after a change of networks, training or data: ``make weights``."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from inkbridge.config.shipped import SHIPPED, shipped_model
from inkbridge.models.storage import REVISION, load_model
from inkbridge.support.errors import InkbridgeError
from qa.weights import (
    LARGEST_FILE,
    committed_configuration,
    comparison,
    pack,
    read_weights,
    release,
    validation_images,
    validation_mse,
)

HIGHEST_MSE = {"strokes64": 0.0145, "conv64": 0.0109, "coordconv64": 0.0103}
"""Variant → highest mean squared error of validation images that it may reach, encoder alone."""

every_variant = pytest.mark.parametrize("name", SHIPPED)

SETTINGS = committed_configuration()


def test_each_variant_of_the_committed_configuration_is_shipped_in_its_order() -> None:
    assert list(SHIPPED) == list(SETTINGS.variants)
    assert {file.name for file in SHIPPED["conv64"].parent.iterdir()} == {file.name for file in SHIPPED.values()}
    assert SETTINGS.pretrained_variants() == [], "the main job is training from nothing"


@every_variant
def test_shipped_weights_were_trained_with_this_code_and_the_committed_configuration(name: str) -> None:
    about = read_weights(SHIPPED[name]).about
    assert about["revision"] == REVISION
    assert about["variant"] == SETTINGS.variants[name].model_dump()
    assert about["dataset"] == SETTINGS.dataset.model_dump()
    training = about["training"]
    assert training["settings"] == SETTINGS.training.model_dump()
    assert training["seed"] == SETTINGS.seed
    assert training["images_seen"] == SETTINGS.training.images * SETTINGS.variants[name].budget
    assert about["history"][-1]["validation_loss"] == training["validation_loss"]
    assert about["provenance"]["step"] == "rule train"
    assert about["provenance"]["dirty"] is False


@every_variant
def test_shipped_weights_are_small_and_load_as_float32(name: str) -> None:
    assert SHIPPED[name].stat().st_size <= LARGEST_FILE
    assert {array.dtype for array in read_weights(SHIPPED[name]).arrays.values()} == {np.dtype(np.float16)}
    model = load_model(SHIPPED[name], SETTINGS.variants[name])
    assert {weights.dtype for weights in model.state_dict().values()} == {torch.float32}


@every_variant
def test_shipped_weights_reach_their_figure(name: str) -> None:
    """Other code would give other weights or paint other drawings, and with them another figure."""
    images = validation_images(SETTINGS.seed, SETTINGS.dataset.recipes)
    mse = validation_mse(SHIPPED[name], SETTINGS.variants[name], images)
    assert mse == pytest.approx(read_weights(SHIPPED[name]).mse, rel=0.005)
    assert mse <= HIGHEST_MSE[name]


def test_a_changed_byte_is_found(tmp_path) -> None:
    content = bytearray(SHIPPED["conv64"].read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "damaged.safetensors").write_bytes(content)
    with pytest.raises(InkbridgeError, match="checksum"):
        load_model(tmp_path / "damaged.safetensors", SETTINGS.variants["conv64"])


def test_damaged_weights_are_to_be_installed_again_not_trained(monkeypatch) -> None:
    monkeypatch.setattr("inkbridge.models.storage.REVISION", REVISION + 1)
    with pytest.raises(
        InkbridgeError, match=f"revision {REVISION + 1}, found .* and {REVISION}; install inkbridge again"
    ):
        load_model(SHIPPED["conv64"], SETTINGS.variants["conv64"])


def test_label_is_read_without_the_weights() -> None:
    shipped = shipped_model("conv64")
    assert shipped.variant == SETTINGS.variants["conv64"]
    assert shipped.recipes == SETTINGS.dataset.recipes
    assert len(shipped.digest) == 64


# --- make weights ----------------------------------------------------------------------------------------------------


@pytest.fixture
def retrained(tmp_path):
    """A folder of models as ``make weights`` trains them: one that gives the shipped weights."""
    from inkbridge.models.storage import save_model

    folder = tmp_path / "models/conv64"
    weights = read_weights(SHIPPED["conv64"])
    variant = SETTINGS.variants["conv64"]
    model = load_model(SHIPPED["conv64"], variant)
    save_model(folder / "model.safetensors", model, variant, weights.about["training"], weights.about["provenance"])
    rows = weights.about["history"]
    lines = [",".join(rows[0]), *(",".join(map(repr, row.values())) for row in rows)]
    (folder / "training.csv").write_text("\n".join(lines) + "\n")
    return folder.parent


@pytest.fixture
def one_variant():
    return SETTINGS.model_copy(update={"variants": {"conv64": SETTINGS.variants["conv64"]}})


def test_the_same_training_gives_the_same_weights_and_changes_no_file(
    retrained, one_variant, tmp_path, monkeypatch, capsys
) -> None:
    place = tmp_path / "conv64.safetensors"
    shutil.copy(SHIPPED["conv64"], place)
    monkeypatch.setitem(SHIPPED, "conv64", place)
    place.chmod(0o444)
    release(retrained, one_variant)
    assert capsys.readouterr().out.startswith("conv64: the same, validation MSE 0.0")
    assert {file.name for file in (retrained / "conv64").iterdir()} == {"model.safetensors", "training.csv"}


def test_other_weights_are_reported_and_written(retrained, one_variant, tmp_path, monkeypatch, capsys) -> None:
    place = tmp_path / "conv64.safetensors"
    old = pack("conv64", retrained, one_variant, place)
    changed = replace(old, arrays={**old.arrays, "decoder.0.weight": old.arrays["decoder.0.weight"] + np.float16(0.5)})
    assert comparison(None, old).startswith("new: validation MSE 0.0")
    assert "DIFFER: by 0.5 at most in a weight; validation MSE 0.0" in comparison(changed, old)
    assert "DIFFER: another network" in comparison(replace(old, arrays={}), old)
    place.unlink()
    monkeypatch.setitem(SHIPPED, "conv64", place)
    release(retrained, one_variant)
    assert "conv64: new" in capsys.readouterr().out
    assert read_weights(place).mse == pytest.approx(old.mse)


def test_model_of_other_settings_is_not_released(retrained, one_variant, tmp_path) -> None:
    longer = one_variant.model_copy(update={"training": SETTINGS.training.model_copy(update={"images": 5})})
    with pytest.raises(InkbridgeError, match=r"expected a model trained with .*'images': 5.* found .*120000"):
        pack("conv64", retrained, longer, tmp_path / "a.safetensors")
