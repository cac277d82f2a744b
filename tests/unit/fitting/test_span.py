"""Features of the place of a latent among the keyframes'."""

import copy

import numpy as np
import pytest
import torch

from inkbridge.fitting.span import widened
from inkbridge.fitting.tuning import SOLVE
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.types import Array


@pytest.fixture
def wider(model) -> StrokeAutoencoder:
    found: StrokeAutoencoder = copy.deepcopy(model)
    with torch.no_grad():
        widened(found, latents_of(model), seed=1)
    return found


def latents_of(model: StrokeAutoencoder) -> torch.Tensor:
    size = model.decoder[0].in_features
    return torch.from_numpy(np.random.default_rng(1).normal(size=(3, size)).astype(np.float32))


@torch.no_grad()
def new_features(model: StrokeAutoencoder, latents: torch.Tensor) -> Array:
    features: Array = model.decoder[:-2](model.raw(latents))[:, -SOLVE.span_features :].numpy()
    return features


@torch.no_grad()
def test_the_drawing_stays_the_same(model, wider):
    latents = latents_of(model)
    torch.testing.assert_close(wider.strokes(latents), model.strokes(latents), rtol=1e-4, atol=1e-4)


def test_features_change_along_the_path_and_not_across_the_span(model, wider):
    latents = latents_of(model)
    directions = torch.linalg.svd(latents - latents.mean(dim=0), full_matrices=True)[2]
    across = latents + 3 * directions[2:].sum(dim=0)
    along = (latents[:-1] + latents[1:]) / 2
    known = new_features(wider, latents)
    np.testing.assert_allclose(new_features(wider, across), known, atol=1e-3)
    assert np.abs(new_features(wider, along) - known[:-1]).mean() > 0.1


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_equal_keyframes_have_features_that_noise_does_not_change(count, model):
    """The mean of an odd number of equal latents is off by a rounding, which is no direction of their span."""
    latents = latents_of(model)[:1].repeat(count, 1)
    widened(model, latents, seed=1)
    known = new_features(model, latents)
    assert np.isfinite(known).all()
    np.testing.assert_allclose(new_features(model, latents + torch.randn(latents.shape)), known, atol=1e-3)


def test_features_depend_on_the_seed_alone(model):
    latents, again = latents_of(model), copy.deepcopy(model)
    with torch.no_grad():
        widened(model, latents, seed=1)
        widened(again, latents, seed=1)
    np.testing.assert_array_equal(new_features(model, latents), new_features(again, latents))
