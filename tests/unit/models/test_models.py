"""Every variant encodes and decodes in standard units; a model file is read whole or refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Variant
from inkbridge.models.autoencoder import AXES, PixelAutoencoder, network_input, principal_axes
from inkbridge.models.blocks import CoordConv2d
from inkbridge.models.storage import build, load_model, read_record, read_tensors, save_model, write_tensors
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.errors import InkbridgeError

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def variant(architecture: str = "conv", latent_dim: int = 8, channels: int = 8) -> Variant:
    return Variant(architecture=architecture, latent_dim=latent_dim, channels=channels)


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]


# --- the variants ----------------------------------------------------------------------------------------


@every_architecture
@pytest.mark.parametrize("latent_dim", [64, 128, 256])
def test_every_latent_dim_works(architecture, latent_dim, backend):
    model = build(variant(architecture, latent_dim)).eval()
    images = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        latents = model.encode(images)
        assert latents.shape == (3, latent_dim)
        ink = model.decode(latents)
        assert ink.shape == (3, 1, 64, 64)
        assert ink.min() >= 0
        assert ink.max() <= 1


@pytest.mark.parametrize("architecture", ["conv", "coordconv"])
def test_there_are_about_twenty_convolutions_each_way(architecture):
    model = build(variant(architecture))
    assert 17 <= len(convolutions(model.encoder)) <= 23
    assert 17 <= len(convolutions(model.decoder)) <= 23


@every_architecture
def test_an_architecture_is_known_to_draw_strokes_or_not(architecture):
    assert isinstance(build(variant(architecture)), StrokeAutoencoder) == ARCHITECTURES[architecture].draws_strokes


def test_every_convolution_of_coordconv_sees_coordinates_and_none_of_conv():
    coord, plain = (convolutions(build(variant(name))) for name in ("coordconv", "conv"))
    assert all(isinstance(layer, CoordConv2d) for layer in coord)
    assert not any(isinstance(layer, CoordConv2d) for layer in plain)
    assert len(coord) == len(plain)
    for one, other in zip(coord, plain, strict=True):
        assert one.in_channels == other.in_channels + 2
        assert one.out_channels == other.out_channels


@every_architecture
def test_an_image_is_coded_alone_whatever_its_batch(architecture, standardised_network, drawings):
    model = standardised_network(variant(architecture))
    images = network_input(drawings[:5], torch.device("cpu"))
    with torch.no_grad():
        together = model.encode(images)
        apart = torch.cat([model.encode(image[None]) for image in images])
        torch.testing.assert_close(together, apart, rtol=1e-3, atol=1e-4)
        assert (together[0] - together[1]).abs().max() > 0.01
        torch.testing.assert_close(
            model.decode(together), torch.cat([model.decode(one[None]) for one in together]), rtol=1e-3, atol=1e-4
        )


@every_architecture
def test_every_weight_can_learn(architecture, drawings):
    torch.manual_seed(0)
    model = build(variant(architecture)).train()
    # Adam moves whatever has a gradient, however small.
    optimiser = torch.optim.Adam(model.parameters())
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    images = network_input(drawings[:4], torch.device("cpu"))
    for done in (0.0, 0.0, 0.0, 1.0):  # a layer that starts at zero holds back the gradients of those before it
        optimiser.zero_grad()
        model.loss(model.encoder(images), images, 0, done).backward()
        optimiser.step()
    still = [name for name, weights in model.named_parameters() if torch.equal(weights, before[name])]
    assert still == []


# --- CoordConv -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_coordconv_is_a_convolution_of_images_and_two_coordinate_channels(kernel, stride, padding):
    torch.manual_seed(kernel)
    layer = CoordConv2d(3, 5, kernel, stride=stride, padding=padding)
    plain = nn.Conv2d(5, 5, kernel, stride=stride, padding=padding)
    plain.load_state_dict(layer.state_dict())
    images = torch.randn(4, 3, 6, 9)
    x = torch.tensor(np.linspace(-1, 1, 9), dtype=torch.float32).expand(4, 1, 6, 9)
    y = torch.tensor(np.linspace(-1, 1, 6), dtype=torch.float32)[:, None].expand(4, 1, 6, 9)
    torch.testing.assert_close(layer(images), plain(torch.cat([images, x, y], dim=1)), rtol=1e-5, atol=1e-5)


def test_coordconv_can_tell_left_from_right_and_top_from_bottom():
    torch.manual_seed(0)
    seen = CoordConv2d(1, 1, 1)(torch.zeros(1, 1, 8, 8))
    assert (seen.diff(dim=2).abs() > 1e-3).all()
    assert (seen.diff(dim=3).abs() > 1e-3).all()


# --- images, latents and ink -----------------------------------------------------------------------------


def test_bytes_become_floats_from_0_to_1():
    images = np.zeros((2, 64, 64), np.uint8)
    images[1, 3, 5] = 255
    images[1, 4, 5] = 51
    found = network_input(images[:, ::-1][:, ::-1], torch.device("cpu"))
    assert found.shape == (2, 1, 64, 64)
    assert found.dtype == torch.float32
    assert (found[0].max(), found[1].max(), found[1, 0, 3, 5]) == (0, 1, 1)
    assert found[1, 0, 4, 5] == pytest.approx(0.2)


@every_architecture
def test_latents_of_the_sample_have_mean_0_and_std_1(architecture, standardised_network, drawings):
    model = standardised_network(variant(architecture))
    with torch.no_grad():
        latents = model.encode(network_input(drawings, torch.device("cpu")))
    torch.testing.assert_close(latents.mean(dim=0), torch.zeros(8), rtol=0, atol=1e-3)
    torch.testing.assert_close(latents.std(dim=0), torch.ones(8), rtol=1e-3, atol=0)


def test_standardising_changes_the_units_and_not_the_reconstruction(drawings):
    torch.manual_seed(0)
    model = build(variant()).eval()
    images = network_input(drawings[:8], torch.device("cpu"))
    with torch.no_grad():
        before = model.decode(model.encode(images))
        latents = model.encode(images)
        model.standardise(drawings)
        assert (model.encode(images) - latents).abs().max() > 0.1
        torch.testing.assert_close(model.decode(model.encode(images)), before, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_axes_are_the_principal_directions_of_the_latents(architecture, standardised_network, drawings):
    model = standardised_network(Variant(architecture=architecture, latent_dim=20, channels=8))
    with torch.no_grad():
        latents = model.encode(network_input(drawings, model.latent_mean.device))
    assert model.latent_axes.shape == (AXES, 20)
    lengths = model.latent_axes.norm(dim=1)
    assert (lengths.diff() <= 1e-5).all(), "widest first"
    directions = model.latent_axes / lengths[:, None]
    torch.testing.assert_close(directions @ directions.T, torch.eye(AXES), atol=1e-3, rtol=0)
    torch.testing.assert_close((latents @ directions.T).square().mean(dim=0).sqrt(), lengths, atol=1e-3, rtol=1e-3)
    values = torch.linalg.svdvals(latents - latents.mean(dim=0))[:AXES]
    torch.testing.assert_close(lengths, values / len(latents) ** 0.5, atol=1e-3, rtol=1e-3)


def test_axes_point_where_their_largest_part_is_positive():
    latents = torch.tensor([[-3.0, -1.0], [3.0, 1.0], [1.0, -3.0], [-1.0, 3.0]]) * torch.tensor([2.0, 1.0])
    axes = principal_axes(latents, 1)
    assert axes.shape == (1, 2)
    assert axes[0, axes[0].abs().argmax()] > 0


class Constant(nn.Module):
    """An encoder that says the same of every image in its first dimension."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([torch.full((len(images),), 5.0), images.mean(dim=(1, 2, 3))], dim=1)


def test_a_dimension_that_is_not_used_gives_no_infinity(drawings):
    model = PixelAutoencoder(Constant(), nn.Identity(), 2)
    model.standardise(drawings)
    latents = model.encode(network_input(drawings, torch.device("cpu")))
    assert torch.isfinite(latents).all()
    assert latents[:, 0].abs().max() < 1e-3


def test_the_native_size_is_the_network_s_own(untrained):
    latents = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(untrained.decode(latents), torch.sigmoid(untrained.decode_logits(latents)))


def test_pictures_are_bytes_of_ink_whatever_the_batch(untrained):
    latents = torch.randn(7, 8, generator=torch.Generator().manual_seed(0))
    pictures = untrained.draw(latents)
    assert pictures.shape == (7, 64, 64)
    assert pictures.dtype == np.uint8
    with torch.no_grad():
        ink = untrained.decode(latents)[:, 0].numpy()
    np.testing.assert_allclose(pictures, ink * 255, atol=0.6)
    np.testing.assert_allclose(untrained.draw(latents, batch=3).astype(int), pictures, atol=1)


def test_a_reconstruction_is_the_drawing_of_the_latents(untrained, drawings):
    found = untrained.reconstruct(drawings[:50], batch=20)
    with torch.no_grad():
        expected = untrained.draw(untrained.encode(network_input(drawings[:50], torch.device("cpu"))))
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found.astype(int), expected, atol=1)


# --- on disk ---------------------------------------------------------------------------------------------

RECORD = {"device": "cpu", "precision": "float32", "settings": {"images": 12}}


@pytest.fixture
def stored(untrained, tiny, tmp_path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, untrained, tiny, RECORD)
    return path


@every_architecture
def test_what_is_loaded_is_what_was_saved(architecture, standardised_network, drawings, tmp_path):
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
    [{"architecture": "coordconv"}, {"latent_dim": 9}, {"channels": 16}, {"strokes": 7}, {"budget": 2.0}],
)
def test_a_model_of_another_variant_is_refused(change, tiny, stored):
    message = refusal(stored, tiny.model_copy(update=change))
    assert "another variant" in message
    (name, value), *_ = change.items()
    assert f"'{name}': {value!r}" in message.partition("found")[0]
    assert f"'{name}': {getattr(tiny, name)!r}" in message.partition("found")[2]


@pytest.mark.parametrize("revision", [None, 1, 2, 4])
def test_a_model_of_other_networks_is_refused_though_its_weights_fit(revision, tiny, stored):
    content = read_tensors(stored)
    write_tensors(stored, content.tensors, content.about | {"revision": revision})
    assert "older networks" in refusal(stored, tiny)


def test_a_model_may_say_nothing_of_settings_that_have_their_defaults(tiny, stored):
    content = read_tensors(stored)
    settings = {name: content.about["variant"][name] for name in ("architecture", "latent_dim", "channels")}
    write_tensors(stored, content.tensors, content.about | {"variant": settings})
    assert load_model(stored, tiny).latent_mean.shape == (8,)


@pytest.mark.parametrize("kept", [0.0, 1e-5, 0.2, 0.9, 0.99999])
def test_a_truncated_model_is_refused(kept, tiny, stored):
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


def test_a_pickle_is_refused_and_not_executed(tiny, stored, tmp_path):
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


def test_a_missing_file_and_a_folder_are_refused(tiny, tmp_path):
    refusal(tmp_path / "none.safetensors", tiny)
    refusal(tmp_path, tiny)


@pytest.mark.parametrize("about", [{}, {"variant": None}, {"variant": "conv"}, {"training": {}}])
def test_tensors_of_something_else_are_refused(about, tiny, tmp_path):
    path = tmp_path / "other.safetensors"
    write_tensors(path, {"weights": torch.zeros(3)}, about)
    refusal(path, tiny)
