"""A model file is read whole or refused, and nothing in it is executed."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Variant
from inkbridge.models.storage import load_model, read_record, read_tensors, save_model, write_tensors
from inkbridge.support.errors import InkbridgeError

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def variant(architecture: str = "conv", latent_dim: int = 8, channels: int = 8) -> Variant:
    return Variant(architecture=architecture, latent_dim=latent_dim, channels=channels)


RECORD = {"device": "cpu", "precision": "float32", "settings": {"images": 12}}


@pytest.fixture
def stored(untrained, tiny, tmp_path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, untrained, tiny, RECORD)
    return path


@every_architecture
def test_loaded_model_is_the_saved_one(architecture, standardised_network, drawings, tmp_path):
    settings, path = variant(architecture), tmp_path / "model.safetensors"
    model = standardised_network(settings)
    save_model(path, model, settings, RECORD)
    loaded, record = load_model(path, settings), read_record(path)
    assert record == RECORD == read_record(path)
    assert not loaded.training
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(loaded.state_dict()[name], weights) for name, weights in model.state_dict().items())
    np.testing.assert_array_equal(loaded.reconstruct(drawings[:9]), model.reconstruct(drawings[:9]))


def refusal(path: Path, settings: Variant) -> str:
    with pytest.raises(InkbridgeError) as caught:
        load_model(path, settings)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "change",
    [{"architecture": "coordconv"}, {"latent_dim": 9}, {"channels": 16}, {"strokes": 7}],
)
def test_model_of_another_variant_is_refused(change, tiny, stored):
    message = refusal(stored, tiny.model_copy(update=change))
    assert "another variant" in message
    (name, value), *_ = change.items()
    assert f"'{name}': {value!r}" in message.partition("found")[0]
    assert f"'{name}': {getattr(tiny, name)!r}" in message.partition("found")[2]


def test_network_that_was_trained_for_another_time_is_the_same_variant(tiny, stored):
    assert load_model(stored, tiny.model_copy(update={"budget": 7.0})).latent_mean.shape == (8,)


@pytest.mark.parametrize("revision", [None, 1, 3, 5])
def test_model_of_other_networks_is_refused_even_if_its_weights_fit(revision, tiny, stored):
    content = read_tensors(stored)
    write_tensors(stored, content.tensors, content.about | {"revision": revision})
    assert "older networks" in refusal(stored, tiny)


def test_model_may_lack_settings_that_have_their_defaults(tiny, stored):
    content = read_tensors(stored)
    settings = {name: content.about["variant"][name] for name in ("architecture", "latent_dim", "channels")}
    write_tensors(stored, content.tensors, content.about | {"variant": settings})
    assert load_model(stored, tiny).latent_mean.shape == (8,)


@pytest.mark.parametrize("kept", [0.0, 1e-5, 0.2, 0.9, 0.99999])
def test_truncated_model_is_refused(kept, tiny, stored):
    whole = stored.read_bytes()
    stored.write_bytes(whole[: int(len(whole) * kept)])
    assert "run again" in refusal(stored, tiny)
    with pytest.raises(InkbridgeError, match="model"):
        read_record(stored)


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return Path.touch, (self.path,)


def test_pickle_is_refused_and_not_executed(tiny, stored, tmp_path):
    sprung = tmp_path / "sprung"
    stored.write_bytes(pickle.dumps({"weights": Trap(sprung)}))
    pickle.loads(stored.read_bytes())
    assert sprung.exists(), "the trap works"
    sprung.unlink()
    refusal(stored, tiny)
    assert not sprung.exists()
    torch.save({"weights": torch.zeros(3)}, stored)
    refusal(stored, tiny)


def test_weights_that_do_not_fit_are_refused(tiny, stored):
    content = read_tensors(stored)
    name = next(iter(content.tensors))
    write_tensors(stored, {**content.tensors, name: torch.zeros(1)}, content.about)
    assert "do not fit" in refusal(stored, tiny)
    missing = {key: value for key, value in content.tensors.items() if key != name}
    write_tensors(stored, missing, content.about)
    assert "do not fit" in refusal(stored, tiny)


def test_missing_file_and_folder_are_refused(tiny, tmp_path):
    refusal(tmp_path / "none.safetensors", tiny)
    refusal(tmp_path, tiny)


@pytest.mark.parametrize("about", [{}, {"variant": None}, {"variant": "conv"}, {"training": {}}])
def test_tensors_of_something_else_are_refused(about, tiny, tmp_path):
    path = tmp_path / "other.safetensors"
    write_tensors(path, {"weights": torch.zeros(3)}, about)
    refusal(path, tiny)
