"""The pixel fit draws a doodle's keyframes better and does not change the trained model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from inkbridge.config.settings import Fitting
from inkbridge.evaluation.metrics import ghosting_per_image, ink_deviation
from inkbridge.fitting.encoding import Encoding, encode
from inkbridge.fitting.fit import fit
from inkbridge.fitting.pixels import TorchArithmetic, fit_pixels, half_tones
from inkbridge.fitting.tuning import PIXEL_FIT
from inkbridge.keyframes.reading import Keyframes
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.models.autoencoder import Autoencoder, PixelAutoencoder

SETTINGS = Fitting(steps=8)

ENOUGH = 80
"""Steps after which the keyframes are drawn much better."""


def state_of(model: torch.nn.Module) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}


def squared_error(fitted: Encoding, keyframes: np.ndarray) -> float:
    return float(np.square((fitted.doodle().keyframes().astype(float) - keyframes) / 255).mean())


@pytest.fixture
def encoded(untrained: Autoencoder, keyframes: np.ndarray) -> Encoding:
    return encode(untrained, keyframes)


@pytest.fixture
def run(encoded: Encoding, keyframes: np.ndarray, backend: Any) -> Any:
    """A function that fits with some settings changed."""

    def fit_with(loop: bool = False, seed: int = 1, **changes: Any) -> Encoding:
        return fit(encoded, Keyframes.of(keyframes), loop, SETTINGS.model_copy(update=changes), backend, seed)

    return fit_with


@pytest.mark.slow
@pytest.mark.parametrize("loop", [False, True])
def test_fit_draws_the_keyframes_better(loop, run, encoded, keyframes):
    fitted = run(loop, steps=ENOUGH)
    assert fitted.latents.shape == encoded.latents.shape
    assert not fitted.latents.requires_grad
    assert squared_error(fitted, keyframes) < 0.5 * squared_error(encoded, keyframes)


@pytest.mark.slow
def test_two_keyframes_are_enough(untrained, keyframes, backend):
    encoded = encode(untrained, keyframes[:2])
    fitted = fit(encoded, Keyframes.of(keyframes[:2]), False, Fitting(steps=ENOUGH), backend, seed=1)
    assert squared_error(fitted, keyframes[:2]) < 0.5 * squared_error(encoded, keyframes[:2])


def test_fit_does_not_change_the_trained_model_and_its_latents(run, untrained, encoded):
    before, latents = state_of(untrained), encoded.latents.clone()
    fitted = run()
    assert fitted.model is not untrained
    assert state_of(untrained) == before
    assert torch.equal(encoded.latents, latents)
    assert all(weights.grad is None for weights in untrained.parameters())
    assert not torch.equal(fitted.latents, latents)


def test_fit_changes_only_the_decoder(run, untrained):
    before, after = state_of(untrained), state_of(run().model)
    changed = {name.split(".")[0] for name in before if before[name] != after[name]}
    assert changed == {"decoder"}


def test_decoder_stays_as_trained_with_learning_rate_0(run, untrained, encoded):
    fitted = run(decoder_learning_rate=0.0)
    assert state_of(fitted.model) == state_of(untrained)
    assert not torch.equal(fitted.latents, encoded.latents)


def test_latents_stay_as_encoded_with_learning_rate_0(run, encoded):
    assert torch.equal(run(latent_learning_rate=0.0).latents, encoded.latents)


def test_fit_depends_only_on_the_seed(run):
    one, again, other = run(seed=1), run(seed=1), run(seed=2)
    assert state_of(one.model) == state_of(again.model)
    assert torch.equal(one.latents, again.latents)
    assert not torch.equal(one.latents, other.latents)


@pytest.mark.parametrize("term", ["ink", "half-tones"])
def test_loop_is_fitted_on_the_way_back_too(term, encoded, keyframes, backend):
    ink_weight, half_tone_weight = (0.02, 0.0) if term == "ink" else (0.0, 0.02)

    def latents(loop: bool, part: float) -> torch.Tensor:
        settings = SETTINGS.model_copy(update={"ink_weight": part * ink_weight})
        tuning = replace(PIXEL_FIT, half_tone_weight=part * half_tone_weight)
        return fit_pixels(encoded, keyframes, loop, settings, backend, seed=1, tuning=tuning).latents

    assert not torch.allclose(latents(True, 1.0), latents(False, 1.0), rtol=1e-3)
    # Without the terms on the way between keyframes there is nothing to tell the two apart.
    torch.testing.assert_close(latents(True, 0.0), latents(False, 0.0))


def test_half_tones_are_the_metric_that_reports_call_ghosting():
    images = np.random.default_rng(0).random((3, 64, 64)) ** 3
    images[1] = 0
    found = half_tones(torch.from_numpy(images), least=1.0)
    assert float(found) == pytest.approx(ghosting_per_image(images).mean())
    assert float(half_tones(torch.ones(2, 1, 8, 8), least=1.0)) == 0


class Vanishing(torch.nn.Module):
    """A decoder of gray pictures whose ink is half at latents −1 and 1, and next to nothing between them."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = torch.nn.Parameter(torch.tensor(4.0))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return (self.depth * (latents**2 - 1))[:, :, None, None].expand(-1, 1, 64, 64)


def test_ink_term_keeps_ink_between_keyframes(backend):
    keyframes = np.full((2, 64, 64), 128, np.uint8)
    model = PixelAutoencoder(torch.nn.Identity(), Vanishing(), 1)
    encoded = Encoding(torch.tensor([[-1.0], [1.0]]), model)
    path = DoodlePath("doodle", "linear", 0, frames_per_segment=10, loop=False, seed=1)

    def deviation(weight: float) -> float:
        settings = Fitting(steps=100, ink_weight=weight, decoder_learning_rate=0.1, latent_learning_rate=0.0)
        tuning = replace(PIXEL_FIT, half_tone_weight=0.0)  # these pictures are half-tones
        fitted = fit_pixels(encoded, keyframes, False, settings, backend, seed=1, tuning=tuning)
        frames = fitted.model.draw(torch.from_numpy(path.through(fitted.latents.numpy())))
        return ink_deviation(frames / 255, 10)

    assert deviation(0.0) > 0.5
    assert deviation(1.0) < 0.1


@pytest.mark.slow
def test_half_tone_term_makes_strokes_crisp_between_keyframes(encoded, keyframes, backend):
    path = DoodlePath("doodle", "linear", 0, frames_per_segment=10, loop=False, seed=1)

    def ghosting(weight: float) -> float:
        tuning = replace(PIXEL_FIT, half_tone_weight=weight)
        fitted = fit_pixels(encoded, keyframes, False, Fitting(steps=ENOUGH), backend, seed=1, tuning=tuning)
        return float(ghosting_per_image(fitted.doodle().frames(path, 64) / 255).mean())

    assert ghosting(0.2) < 0.7 * ghosting(0.0)


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_paths_in_torch_are_those_in_numpy_and_have_gradients(method, loop):
    keyframes = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    closed = torch.cat([keyframes, keyframes[:1]]) if loop else keyframes
    moments = np.arange(len(closed) - 1) + np.linspace(0, 0.9, len(closed) - 1)
    found = METHODS[method](closed, moments, loop, TorchArithmetic())
    expected = METHODS[method](closed.detach().numpy().astype(np.float64), moments, loop)
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-5)
    found.sum().backward()
    assert keyframes.grad is not None
    assert torch.isfinite(keyframes.grad).all()
    assert (keyframes.grad != 0).all()


def test_circular_path_in_torch_is_finite_at_zero():
    keyframes = torch.tensor([[1.0, 2.0], [-1.0, -2.0]], requires_grad=True)
    point = METHODS["circular"](keyframes, np.array([0.5]), False, TorchArithmetic())
    point.sum().backward()
    assert torch.isfinite(point).all()
    assert keyframes.grad is not None
    assert torch.isfinite(keyframes.grad).all()
