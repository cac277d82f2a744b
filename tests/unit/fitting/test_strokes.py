"""A whole stroke fit: as many strokes as needed draw each keyframe and hold together in between."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkbridge.config.settings import Fitting
from inkbridge.decoding.decoder import load_doodle, save_doodle
from inkbridge.evaluation.metrics import fragments, ink_deviation
from inkbridge.fitting.encoding import Encoding, encode
from inkbridge.fitting.fit import fit
from inkbridge.fitting.tuning import FINISH
from inkbridge.keyframes.reading import Keyframes
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.types import Images
from tests.unit.fitting.shapes import line, painted, turning_line

STEPS = 60
TWO = turning_line(0.2, 1.2)


def fit_to(network: StrokeAutoencoder, keyframes: Images, backend, loop: bool = False, seed: int = 1, **changes):
    settings = Fitting(stroke_steps=STEPS).model_copy(update=changes)
    return fit(encode(network, keyframes[:, :64, :64]), Keyframes.of(keyframes), loop, settings, backend, seed)


def squared_error(fitted: Encoding, keyframes: Images) -> float:
    return float(np.square(fitted.doodle().keyframes() / 255 - keyframes / 255).mean())


def path(method: str, loop: bool = False, noise: float = 0) -> DoodlePath:
    return DoodlePath("doodle", method, noise, 10, loop, seed=1)


def frames_of(fitted: Encoding, method: str, loop: bool = False, noise: float = 0) -> NDArray[np.float64]:
    """Return ten frames for each segment; a loop ends with its first frame again."""
    frames = fitted.doodle().frames(path(method, loop, noise), 64) / 255
    return np.concatenate([frames, frames[:1]]) if loop else frames


def state_of(network: StrokeAutoencoder) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


@pytest.fixture
def fitted(model, backend) -> Encoding:
    """A fit of a few steps to a line that turns by 57°, for properties that every fit has."""
    return fit_to(model, TWO, backend, stroke_steps=10)


@pytest.mark.parametrize("seed", [1, 2])
def test_keyframes_are_drawn_and_in_betweens_are_whole(seed, model, backend):
    fitted = fit_to(model, TWO, backend, seed=seed)
    assert squared_error(encode(model, TWO), TWO) > 0.02
    assert squared_error(fitted, TWO) < 0.0007
    for method in METHODS:
        frames = frames_of(fitted, method)
        assert np.isfinite(frames).all()
        assert fragments(frames, TWO / 255, 10) == 0
        assert ink_deviation(frames, 10) < 0.05


def test_halfway_a_line_that_turns_is_a_line_at_the_angle_between(model, backend):
    frames = frames_of(fit_to(model, TWO, backend), "linear")
    assert np.square(frames[5] - turning_line(0.7)[0] / 255).mean() < 0.002


def test_in_betweens_of_a_loop_are_whole_on_the_way_back(model, backend):
    keyframes = turning_line(0.2, 0.9, 0.5)
    fitted = fit_to(model, keyframes, backend, loop=True)
    assert squared_error(fitted, keyframes) < 0.0007
    closed = np.concatenate([keyframes, keyframes[:1]]) / 255
    for method in METHODS:
        frames = frames_of(fitted, method, loop=True)
        assert fragments(frames, closed, 10) == 0
        assert ink_deviation(frames, 10) < 0.05


def test_a_loop_ends_at_a_latent_at_which_the_first_keyframe_is_drawn(model, backend):
    keyframes = turning_line(0.2, 0.9, 0.5)
    doodle = fit_to(model, keyframes, backend, loop=True).doodle()
    assert doodle.closing is not None
    assert np.square(doodle.draw(doodle.closing[None], 64)[0] / 255 - keyframes[0] / 255).mean() < 0.0007
    assert fit_to(model, keyframes, backend, stroke_steps=1).closing is None


def test_strokes_may_come_back_to_other_places_when_a_loop_closes(model, backend):
    """A line that turns by 60°, by 60° and by 60° again has turned by 180°: its ends have changed places."""
    doodle = fit_to(model, turning_line(0, np.pi / 3, 2 * np.pi / 3), backend, loop=True).doodle()
    first, last = (doodle.decoder_output(latent[None])[0] for latent in (doodle.latents[0], doodle.closing))
    assert np.abs(first[0, :2] - last[-1, 6:8]).max() < 1
    assert np.abs(first[0, :2] - last[0, :2]).max() > 30
    amount = doodle.frames(path("linear", True), 64).sum(axis=(1, 2), dtype=np.float64)
    np.testing.assert_allclose(amount, amount[0], rtol=0.08)


@pytest.mark.parametrize("loop", [False, True])
def test_equal_keyframes_are_drawn_and_stand_still(loop, model, backend):
    keyframes = turning_line(0.2, 0.2)
    fitted = fit_to(model, keyframes, backend, loop=loop)
    assert squared_error(fitted, keyframes) < 0.0007
    for method, noise in itertools.product(METHODS, (0, 0.3)):
        assert np.isfinite(frames_of(fitted, method, loop, noise)).all()
    frames = frames_of(fitted, "linear", loop)
    np.testing.assert_allclose(frames, np.broadcast_to(frames[0], frames.shape), atol=0.04)


def test_blank_keyframe_stays_blank_and_its_neighbours_fade_towards_it(model, backend):
    keyframes = turning_line(0.2, 0.4, 0.6)
    keyframes[1] = 0
    fitted = fit_to(model, keyframes, backend)
    frames = frames_of(fitted, "linear")
    assert np.isfinite(frames).all()
    assert frames[10].max() < 0.05
    assert squared_error(fitted, keyframes) < 0.0007
    ink = frames.sum(axis=(1, 2))
    fading = np.abs(np.linspace(-1, 1, 21))
    np.testing.assert_allclose(ink / ink[0], fading, atol=0.2)
    assert (np.diff(ink) * np.diff(fading) > 0).all(), "strokes flicker"


def test_doodle_of_blank_keyframes_is_blank(model, backend):
    keyframes = np.zeros((2, 64, 64), np.uint8)
    frames = frames_of(fit_to(model, keyframes, backend), "circular")
    assert frames.max() < 0.05


@pytest.mark.parametrize("lines", [1, 12])
def test_there_are_as_many_strokes_as_the_drawing_needs(lines, model, backend):
    drawing = [line((10, y), (54, y)) for y in np.linspace(6, 58, lines)]
    keyframes = painted(drawing, [points + np.float32([2, 1]) for points in drawing], width=2)
    fitted = fit_to(model, keyframes, backend)
    strokes = fitted.doodle().decoder_output(fitted.latents.numpy())
    assert lines <= strokes.shape[1] <= 3 * lines
    assert squared_error(fitted, keyframes) < 0.001


def test_fit_solves_the_last_layer_of_a_copy_and_adds_features_to_those_of_the_network(model, backend):
    before, softness = state_of(model), model.softness
    fitted = fit_to(model, TWO, backend, stroke_steps=5)
    assert fitted.model is not model
    assert state_of(model) == before
    assert model.softness == softness
    assert all(weights.grad is None for weights in model.parameters())
    assert torch.is_grad_enabled()
    assert isinstance(fitted.model, StrokeAutoencoder)
    after = state_of(fitted.model)
    changed = {"decoder.0", "decoder.2", "decoder.4"}
    assert {name.rpartition(".")[0] for name in before if before[name] != after[name]} == changed
    latents = fitted.latents
    own, found = (each.decoder[:-2](each.raw(latents)).detach() for each in (model, fitted.model))
    torch.testing.assert_close(found[:, : own.shape[1]], own, rtol=1e-4, atol=1e-5)


def test_latents_are_those_of_the_encoder_if_they_differ_enough(model, backend):
    encoded = encode(model, TWO)
    apart = Encoding(8 * encoded.latents, model)
    assert (apart.latents[0] - apart.latents[1]).norm() > 3
    found = fit(apart, Keyframes.of(TWO), False, Fitting(stroke_steps=2), backend, 1)
    assert torch.equal(found.latents, apart.latents)


def test_fitted_edges_are_as_sharp_as_drawn_ones(fitted):
    assert isinstance(fitted.model, StrokeAutoencoder)
    assert fitted.model.softness == FINISH.last_softness
    assert fitted.doodle().layers[-1]["softness"] == FINISH.last_softness
    assert fitted.doodle().decoder_output(fitted.latents.numpy())[..., 9].min() > 0.999


def test_fit_depends_only_on_the_seed(model, backend, fitted):
    torch.manual_seed(99)
    again, other = (fit_to(model, TWO, backend, seed=seed, stroke_steps=10) for seed in (1, 2))
    assert state_of(again.model) == state_of(fitted.model)
    assert state_of(other.model) != state_of(fitted.model)


def test_stored_doodle_draws_what_torch_draws(fitted, tmp_path):
    save_doodle(tmp_path / "doodle.safetensors", fitted.doodle(), {})
    loaded = load_doodle(tmp_path / "doodle.safetensors")
    assert loaded.closing is None
    with torch.no_grad():
        np.testing.assert_allclose(
            loaded.decoder_output(loaded.latents), fitted.model.strokes(fitted.latents), atol=1e-3
        )
    np.testing.assert_allclose(loaded.keyframes().astype(int), fitted.model.draw(fitted.latents), atol=1)


def test_stored_loop_closes_where_it_did(model, backend, tmp_path):
    doodle = fit_to(model, turning_line(0.2, 0.9), backend, loop=True, stroke_steps=5).doodle()
    save_doodle(tmp_path / "doodle.safetensors", doodle, {})
    loaded = load_doodle(tmp_path / "doodle.safetensors")
    np.testing.assert_array_equal(loaded.closing, doodle.closing)
    assert "closing" not in loaded.weights
    np.testing.assert_array_equal(loaded.along(path("linear", True)), doodle.along(path("linear", True)))
