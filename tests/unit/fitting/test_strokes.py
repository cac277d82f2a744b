"""A whole stroke fit: all strokes draw each keyframe and hold together in between."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkbridge.config.settings import Fitting
from inkbridge.decoding.decoder import load_doodle, save_doodle
from inkbridge.evaluation.metrics import fragments, ink_deviation
from inkbridge.fitting import strokes as stroke_fit
from inkbridge.fitting.encoding import Encoding, encode
from inkbridge.fitting.fit import fit
from inkbridge.fitting.motion import Motion
from inkbridge.fitting.optimise import optimise_strokes
from inkbridge.fitting.tuning import STROKE_FIT
from inkbridge.keyframes.reading import Keyframes
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.types import Images
from tests.unit.fitting.shapes import set_opacities, turning_line

STEPS = 250


def fit_to(network: StrokeAutoencoder, keyframes: Images, backend, loop: bool = False, seed: int = 1, steps=STEPS):
    return fit(encode(network, keyframes), Keyframes.of(keyframes), loop, Fitting(stroke_steps=steps), backend, seed)


def squared_error(fitted: Encoding, keyframes: Images) -> float:
    return float(np.square(fitted.doodle().keyframes() / 255 - keyframes / 255).mean())


def frames_of(fitted: Encoding, method: str, loop: bool = False, noise: float = 0) -> NDArray[np.float64]:
    """Return ten frames for each segment; a loop ends with its first frame again."""
    frames = fitted.doodle().frames(DoodlePath("doodle", method, noise, 10, loop, seed=1), 64) / 255
    return np.concatenate([frames, frames[:1]]) if loop else frames


def state_of(network: StrokeAutoencoder) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


TWO = turning_line(0.2, 1.2)


@pytest.fixture
def fitted(model, backend) -> Encoding:
    """A fit of a few steps to a line that turns by 57°, for properties that every fit has."""
    return fit_to(model, TWO, backend, steps=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_keyframes_are_drawn_and_in_betweens_are_whole(seed, model, backend):
    fitted = fit_to(model, TWO, backend, seed=seed)
    blank = float(np.square(TWO / 255).mean())
    assert blank < squared_error(encode(model, TWO), TWO)
    assert squared_error(fitted, TWO) < 0.15 * blank
    for method in METHODS:
        frames = frames_of(fitted, method)
        assert np.isfinite(frames).all()
        assert fragments(frames, TWO / 255, 10) == 0
        assert ink_deviation(frames, 10) < 0.15


def test_in_betweens_of_a_loop_are_whole_on_the_way_back(model, backend):
    keyframes = turning_line(0.2, 0.9, 0.5)
    fitted = fit_to(model, keyframes, backend, loop=True)
    assert squared_error(fitted, keyframes) < 0.15 * np.square(keyframes / 255).mean()
    closed = np.concatenate([keyframes, keyframes[:1]]) / 255
    for method in METHODS:
        frames = frames_of(fitted, method, loop=True)
        assert fragments(frames, closed, 10) == 0
        assert ink_deviation(frames, 10) < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("loop", [False, True])
def test_equal_keyframes_are_drawn_and_stand_still(loop, model, backend):
    keyframes = turning_line(0.2, 0.2)
    fitted = fit_to(model, keyframes, backend, loop=loop, steps=400)
    assert squared_error(fitted, keyframes) < 0.05 * np.square(keyframes / 255).mean()
    for method, noise in itertools.product(METHODS, (0, 0.3)):
        assert np.isfinite(frames_of(fitted, method, loop, noise)).all()
    frames = frames_of(fitted, "linear", loop)
    np.testing.assert_allclose(frames, np.broadcast_to(frames[0], frames.shape), atol=0.02)


def test_blank_keyframe_stays_blank_and_its_neighbours_fade_towards_it(model, backend):
    keyframes = turning_line(0.2, 0.4, 0.6)
    keyframes[1] = 0
    fitted = fit_to(model, keyframes, backend)
    frames = frames_of(fitted, "linear")
    assert np.isfinite(frames).all()
    assert frames[10].max() < 0.05
    assert squared_error(fitted, keyframes) < 0.15 * np.square(keyframes / 255).mean()
    ink = frames.sum(axis=(1, 2))
    assert 0.2 < ink[5] / ink[0] < 0.8
    assert 0.2 < ink[15] / ink[20] < 0.8


def test_doodle_of_blank_keyframes_is_blank(model, backend):
    keyframes = np.zeros((2, 64, 64), np.uint8)
    frames = frames_of(fit_to(model, keyframes, backend, steps=20), "circular")
    assert frames.max() < 0.05


def test_one_stroke_can_draw_one_line(stroke_network, backend):
    keyframes = turning_line(0.2, 0.7)
    fitted = fit_to(stroke_network(1), keyframes, backend)
    assert fitted.doodle().decoder_output(fitted.latents.numpy()).shape == (2, 1, 10)
    assert squared_error(fitted, keyframes) < 0.1 * np.square(keyframes / 255).mean()
    assert fragments(frames_of(fitted, "linear"), keyframes / 255, 10) == 0


def test_fit_changes_the_first_and_last_layer_of_a_copy_only(model, backend):
    before, softness, latents = state_of(model), model.softness, encode(model, TWO).latents
    fitted = fit_to(model, TWO, backend, steps=20)
    assert fitted.model is not model
    assert state_of(model) == before
    assert model.softness == softness
    assert all(weights.grad is None for weights in model.parameters())
    assert torch.is_grad_enabled()
    assert torch.equal(fitted.latents, latents)
    assert isinstance(fitted.model, StrokeAutoencoder)
    after = state_of(fitted.model)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"decoder.{layer}.{values}" for layer in (0, 4) for values in ("weight", "bias")}


def test_faint_stroke_of_a_keyframe_starts_hidden(model, backend, monkeypatch):
    began = []

    def note(strokes: NDArray[np.float32], *given: Any) -> Motion:
        began.append(strokes)
        return optimise_strokes(strokes, *given)

    monkeypatch.setattr(stroke_fit, "optimise_strokes", note)
    set_opacities(model, *[0.9] * 6)
    with torch.no_grad():
        one, other = model.decoder[:-2](model.raw(encode(model, TWO).latents))
        step, layer = one - other, model.decoder[-2]
        layer.weight[19] = 10 * step / step.square().sum()
        layer.bias[19] = -layer.weight[19] @ (one + other) / 2
        opacities = model.strokes(encode(model, TWO).latents)[:, 1, 9]
    assert opacities[0] > 0.9 > 0.1 > opacities[1]
    fit_to(model, TWO, backend, steps=1)
    extents = np.ptp(began[0][..., :8].reshape(2, 6, 4, 2), axis=2).max(axis=-1)
    assert extents[1, 1] < 0.2 * extents[0, 1]
    assert (np.delete(extents, 1, axis=1) > 0.7 * extents[::-1, [0, 2, 3, 4, 5]]).all()


def test_fitted_edges_are_as_sharp_as_drawn_ones(fitted):
    assert isinstance(fitted.model, StrokeAutoencoder)
    assert fitted.model.softness == STROKE_FIT.last_softness
    assert fitted.doodle().layers[-1]["softness"] == STROKE_FIT.last_softness
    assert fitted.doodle().decoder_output(fitted.latents.numpy())[..., 9].min() > 0.999


def test_fit_depends_only_on_the_seed(model, backend, fitted):
    torch.manual_seed(99)
    again, other = fit_to(model, TWO, backend, steps=20), fit_to(model, TWO, backend, seed=2, steps=20)
    assert state_of(again.model) == state_of(fitted.model)
    assert state_of(other.model) != state_of(fitted.model)


def test_stored_doodle_draws_what_torch_draws(fitted, tmp_path):
    save_doodle(tmp_path / "doodle.safetensors", fitted.doodle(), {})
    loaded = load_doodle(tmp_path / "doodle.safetensors")
    with torch.no_grad():
        np.testing.assert_allclose(
            loaded.decoder_output(loaded.latents), fitted.model.strokes(fitted.latents), atol=1e-3
        )
    np.testing.assert_allclose(loaded.keyframes().astype(int), fitted.model.draw(fitted.latents), atol=1)
