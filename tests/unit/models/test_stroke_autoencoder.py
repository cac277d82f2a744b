"""The stroke autoencoder: its strokes are in their ranges, in torch and in NumPy, and are learned in two phases."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkbridge.config.settings import Variant
from inkbridge.decoding.layers import KINDS
from inkbridge.fitting.encoding import Encoding
from inkbridge.latent.paths import DoodlePath
from inkbridge.models import strokes as module
from inkbridge.models.autoencoder import network_input
from inkbridge.models.storage import build, load_model, save_model
from inkbridge.models.strokes import STROKES, StrokeAutoencoder, StrokeLayer
from inkbridge.strokes.scale import NARROWEST, WIDEST
from inkbridge.strokes.soft_raster_torch import paint_differentiable
from inkbridge.support.errors import InkbridgeError

VARIANT = Variant(architecture="strokes", latent_dim=8, channels=8, strokes=6)

SCAFFOLDED = STROKES.scaffolded
"""Part of a training in which the encoder learns with a decoder of pixels."""

PATH = DoodlePath("doodle", "cubic", 0.5, frames_per_segment=4, loop=True, seed=1)


@pytest.fixture
def model(stroke_network) -> StrokeAutoencoder:
    return stroke_network(6)


@pytest.fixture
def latents() -> Tensor:
    return torch.randn(5, 8, generator=torch.Generator().manual_seed(2))


def random_strokes(*shape: int) -> Tensor:
    rng = np.random.default_rng(0)
    parts = rng.uniform(-20, 84, (*shape, 8)), rng.uniform(0.5, 8, (*shape, 1)), rng.uniform(0.001, 0.999, (*shape, 1))
    return torch.from_numpy(np.concatenate(parts, axis=-1).astype(np.float32))


# --- strokes ---------------------------------------------------------------------------------------------


def test_features_and_strokes_are_converted_into_each_other():
    strokes = random_strokes(4, 5)
    features = StrokeLayer.features_of(strokes)
    assert features.shape == strokes.shape
    torch.testing.assert_close(StrokeLayer(0.5)(features.flatten(1)), strokes, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("opacity", [0.0, 1.0])
def test_features_of_opacity_0_and_1_are_finite(opacity):
    strokes = random_strokes(1, 1)
    strokes[..., 9] = opacity
    features = StrokeLayer.features_of(strokes)
    assert torch.isfinite(features).all()
    assert StrokeLayer(0.5)(features.flatten(1))[0, 0, 9] == pytest.approx(opacity, abs=2e-7)


@pytest.mark.parametrize("number", [1, 6, 40])
def test_decoded_strokes_are_in_their_ranges(number, latents):
    torch.manual_seed(0)
    model = build(VARIANT.model_copy(update={"strokes": number}))
    assert isinstance(model, StrokeAutoencoder)
    with torch.no_grad():
        strokes = model.strokes(100 * latents)
    assert strokes.shape == (5, number, 10)
    assert strokes.dtype == torch.float32
    assert torch.isfinite(strokes).all()
    assert strokes[..., 8].min() >= NARROWEST
    assert strokes[..., 8].max() <= WIDEST
    assert strokes[..., 9].min() >= 0
    assert strokes[..., 9].max() <= 1


def test_untrained_strokes_are_apart_visible_and_in_the_cell(latents):
    torch.manual_seed(0)
    model = build(VARIANT.model_copy(update={"strokes": 40}))
    assert isinstance(model, StrokeAutoencoder)
    with torch.no_grad():
        strokes = model.strokes(latents)
    middles = strokes[..., :8].unflatten(-1, (4, 2)).mean(dim=(0, 2))
    assert ((middles > -4) & (middles < 68)).all()
    assert (middles.std(dim=0) > 8).all()
    assert (strokes[..., 9] > 0.5).all()


def test_picture_is_its_painted_strokes(model, latents):
    with torch.no_grad():
        for softness in (0.2, 1.0):
            model.softness = softness
            expected = paint_differentiable(model.strokes(latents), softness)
            torch.testing.assert_close(model.decode(latents)[:, 0], expected, rtol=0, atol=0)


def test_softness_changes_the_picture_and_not_the_strokes(model, latents):
    with torch.no_grad():
        strokes, picture = model.strokes(latents), model.decode(latents)
        model.softness = 3.0
        assert torch.equal(model.strokes(latents), strokes)
        assert (model.decode(latents) - picture).abs().max() > 0.05


# --- in NumPy and on disk --------------------------------------------------------------------------------


def test_numpy_keeps_strokes_in_the_same_ranges():
    features = 16 * torch.randn(4, 300, generator=torch.Generator().manual_seed(0))
    expected = StrokeLayer(0.5)(features)
    assert ((expected[..., 8] == NARROWEST).any(), (expected[..., 8] == WIDEST).any()) == (True, True)
    np.testing.assert_allclose(KINDS["strokes"]({}, {})(features.numpy()), expected, rtol=1e-5, atol=1e-6)


def test_numpy_decodes_the_same_strokes_and_pictures(model, latents):
    model.softness = 0.3
    doodle = Encoding(latents, model).doodle()
    assert doodle.has_strokes
    with torch.no_grad():
        expected = model.strokes(latents).numpy()
    found = doodle.decoder_output(doodle.latents)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)
    for size in (64, 256):
        pictures = doodle.draw(doodle.latents, size).astype(int)
        ink = paint_differentiable(torch.from_numpy(expected), model.softness, size)
        np.testing.assert_allclose(pictures, 255 * ink, atol=1)
        assert np.ptp(pictures) > 200


def test_strokes_of_an_animation_are_those_of_its_frames(model, latents):
    doodle = Encoding(latents, model).doodle()
    strokes = doodle.strokes(PATH)
    assert strokes.shape == (20, 6, 10)
    np.testing.assert_allclose(strokes[::4], doodle.decoder_output(doodle.latents), atol=1e-3)
    ink = paint_differentiable(torch.from_numpy(strokes), model.softness, 100)
    np.testing.assert_allclose(doodle.frames(PATH, 100), 255 * ink, atol=1)


def test_doodle_of_pixels_has_no_strokes(untrained, latents):
    doodle = Encoding(latents, untrained).doodle()
    assert not doodle.has_strokes
    with pytest.raises(InkbridgeError, match="strokes"):
        doodle.strokes(PATH)


def test_stored_model_has_no_scaffold_and_draws_the_same(model, drawings, tmp_path):
    path: Path = tmp_path / "model.safetensors"
    save_model(path, model, VARIANT, {})
    loaded = load_model(path, VARIANT)
    assert loaded.scaffold is None
    assert isinstance(loaded, StrokeAutoencoder)
    assert loaded.softness == model.softness
    assert not any(name.startswith("scaffold") for name in loaded.state_dict())
    np.testing.assert_array_equal(loaded.reconstruct(drawings[:5]), model.reconstruct(drawings[:5]))


# --- learning --------------------------------------------------------------------------------------------


def parts_that_learn(model: StrokeAutoencoder, images: Tensor, done: float) -> set[str]:
    model.zero_grad()
    model.loss(model.encoder(images), images, 0, done).backward()
    return {name.split(".")[0] for name, weights in model.named_parameters() if weights.grad is not None}


@pytest.mark.parametrize(
    ("done", "parts"),
    [
        (0.0, {"encoder", "scaffold"}),
        (SCAFFOLDED - 1e-6, {"encoder", "scaffold"}),
        (SCAFFOLDED, {"encoder", "decoder"}),
        (1.0, {"encoder", "decoder"}),
    ],
)
def test_encoder_learns_with_its_scaffold_first_and_with_strokes_after_it(done, parts, drawings):
    model = build(VARIANT)
    assert isinstance(model, StrokeAutoencoder)
    images = network_input(drawings[:3], torch.device("cpu"))
    assert parts_that_learn(model, images, done) == parts
    model.scaffold = None
    assert parts_that_learn(model, images, done) == {"encoder", "decoder"}


def test_edges_are_soft_at_first_and_become_sharper(model, drawings, monkeypatch):
    seen = []

    def note(strokes: Tensor, softness: float, tail: float) -> Tensor:
        seen.append((softness, tail))
        return paint_differentiable(strokes, softness, tail=tail)

    monkeypatch.setattr(module, "paint_differentiable", note)
    images = network_input(drawings[:2], torch.device("cpu"))
    moments = np.linspace(SCAFFOLDED, 1, 14)
    for done in moments:
        model.loss(model.encoder(images), images, 0, float(done))
    softness, tails = np.array(seen).T
    assert softness[0] > 1.5
    assert (np.diff(softness)[:5] < 0).all()
    assert (np.diff(softness) <= 0).all()
    assert (tails >= 3).all(), "strokes feel ink from afar to the end"
    assert (tails >= 3 * softness).all()
    assert softness[-1] == softness[-2] == model.softness, "it draws with the softness of its last training step"


@pytest.fixture
def free() -> StrokeAutoencoder:
    """A model whose latents are the features of its strokes."""
    return StrokeAutoencoder(nn.Flatten(), nn.Sequential(StrokeLayer(0.5)), 20)


def test_loss_is_the_cross_entropy_of_the_painted_images(free, drawings):
    strokes, images = random_strokes(3, 2), network_input(drawings[:3], torch.device("cpu"))
    latents = StrokeLayer.features_of(strokes).flatten(1)
    ink = paint_differentiable(strokes, build(VARIANT).softness)[:, None].clamp(1e-5, 1 - 1e-5)
    expected = nn.functional.binary_cross_entropy(ink, images)
    torch.testing.assert_close(free.loss(latents, images, 0, 1.0), expected, rtol=0.02, atol=0)


@pytest.mark.parametrize("pixels", [0.0, 4.0])
def test_uneven_movement_of_a_pair_costs_its_squared_distance(pixels, free, drawings):
    start, end = random_strokes(4, 2).split(2)
    end[..., 8:] = start[..., 8:]
    halfway = (start + end) / 2
    halfway[..., :8] += pixels
    alone = random_strokes(1, 2)
    latents = StrokeLayer.features_of(torch.cat([alone, start, end, halfway])).flatten(1)
    images = network_input(drawings[:7], torch.device("cpu"))
    without, with_pairs = (free.loss(latents, images, pairs, 1.0) for pairs in (0, 2))
    assert float(with_pairs - without) == pytest.approx(STROKES.evenness * pixels**2, abs=1e-5)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_loss_of_a_diverged_network_is_not_finite(value, free, drawings):
    latents = torch.zeros(2, 20)
    latents[0, 3] = value
    assert not torch.isfinite(free.loss(latents, network_input(drawings[:2], torch.device("cpu")), 0, 1.0))


@pytest.mark.parametrize("done", [SCAFFOLDED, 1.0])
def test_strokes_are_computed_in_float32(done, model, drawings):
    images = network_input(drawings[:3], torch.device("cpu"))
    with torch.no_grad():
        latents = model.encoder(images).bfloat16()
        expected = model.loss(latents.float(), images, 0, done)
        with torch.autocast("cpu", torch.bfloat16):
            found = model.loss(latents, images, 0, done)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
