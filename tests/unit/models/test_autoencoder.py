"""Every variant encodes and decodes in standard units."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Variant
from inkbridge.models.autoencoder import AXES, PixelAutoencoder, network_input, principal_axes
from inkbridge.models.storage import build
from inkbridge.models.strokes import StrokeAutoencoder

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def variant(architecture: str = "conv", latent_dim: int = 8, channels: int = 8) -> Variant:
    return Variant(architecture=architecture, latent_dim=latent_dim, channels=channels)


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


@every_architecture
def test_registry_says_which_architectures_draw_strokes(architecture):
    assert isinstance(build(variant(architecture)), StrokeAutoencoder) == ARCHITECTURES[architecture].draws_strokes


@every_architecture
def test_encoding_an_image_does_not_depend_on_its_batch(architecture, standardised_network, drawings):
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
    # Adam moves every weight with a gradient, however small it is.
    optimiser = torch.optim.Adam(model.parameters())
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    images = network_input(drawings[:4], torch.device("cpu"))
    for done in (0.0, 0.0, 0.0, 1.0):  # a layer that starts at zero holds back the gradients of those before it
        optimiser.zero_grad()
        model.loss(model.encoder(images), images, 0, done).backward()
        optimiser.step()
    still = [name for name, weights in model.named_parameters() if torch.equal(weights, before[name])]
    assert still == []


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


def test_largest_part_of_an_axis_is_positive():
    latents = torch.tensor([[-3.0, -1.0], [3.0, 1.0], [1.0, -3.0], [-1.0, 3.0]]) * torch.tensor([2.0, 1.0])
    axes = principal_axes(latents, 1)
    assert axes.shape == (1, 2)
    assert axes[0, axes[0].abs().argmax()] > 0


class Constant(nn.Module):
    """An encoder whose first dimension is the same for every image."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([torch.full((len(images),), 5.0), images.mean(dim=(1, 2, 3))], dim=1)


def test_unused_dimension_gives_finite_latents(drawings):
    model = PixelAutoencoder(Constant(), nn.Identity(), 2)
    model.standardise(drawings)
    latents = model.encode(network_input(drawings, torch.device("cpu")))
    assert torch.isfinite(latents).all()
    assert latents[:, 0].abs().max() < 1e-3


def test_ink_is_the_logistic_function_of_the_logits(untrained):
    latents = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(untrained.decode(latents), torch.sigmoid(untrained.decode_logits(latents)))


def test_pictures_are_bytes_of_ink_and_do_not_depend_on_the_batch(untrained):
    latents = torch.randn(7, 8, generator=torch.Generator().manual_seed(0))
    pictures = untrained.draw(latents)
    assert pictures.shape == (7, 64, 64)
    assert pictures.dtype == np.uint8
    with torch.no_grad():
        ink = untrained.decode(latents)[:, 0].numpy()
    np.testing.assert_allclose(pictures, ink * 255, atol=0.6)
    np.testing.assert_allclose(untrained.draw(latents, batch=3).astype(int), pictures, atol=1)


def test_reconstruction_is_the_drawing_of_the_latents(untrained, drawings):
    found = untrained.reconstruct(drawings[:50], batch=20)
    with torch.no_grad():
        expected = untrained.draw(untrained.encode(network_input(drawings[:50], torch.device("cpu"))))
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found.astype(int), expected, atol=1)
