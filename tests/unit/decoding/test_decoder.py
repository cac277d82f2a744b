"""The decoder in NumPy draws what torch draws, at any size and after it was stored; other files are refused."""

import math
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.decoding.decoder import FittedDoodle, ink_of_logits, load_doodle, save_doodle
from inkbridge.decoding.from_torch import layers_of
from inkbridge.decoding.layers import KINDS, prepared
from inkbridge.fitting.encoding import Encoding
from inkbridge.latent.paths import DoodlePath
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.blocks import CoordConv2d, ResidualBlock
from inkbridge.models.storage import as_arrays, build
from inkbridge.models.strokes import StrokeLayer
from inkbridge.support.arrays import write_arrays
from inkbridge.support.errors import InkbridgeError


def shaken(module: nn.Module) -> nn.Module:
    """Return ``module`` with all weights drawn anew, so that none is zero, and large enough to matter."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weights in module.parameters():
            weights.normal_(0, 0.2)
    return module


@pytest.fixture(params=ARCHITECTURES)
def fitted(request, tiny) -> Encoding:
    model = shaken(build(tiny.model_copy(update={"architecture": request.param})))
    assert isinstance(model, Autoencoder)
    model.scaffold = None
    model.latent_mean.normal_()
    model.latent_std.uniform_(0.5, 2)
    return Encoding(torch.randn(4, model.latent_mean.numel()), model)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Linear(5, 3), (5,)),
        (nn.SiLU(), (500,)),
        (StrokeLayer(0.5), (70,)),
        (nn.Conv2d(3, 4, 1), (3, 6, 5)),
        (nn.Conv2d(3, 4, 3, padding=1), (3, 6, 5)),
        (nn.Conv2d(3, 4, 5, padding=2), (3, 6, 5)),
        (CoordConv2d(3, 4, 3, padding=1), (3, 6, 5)),
        # Of an even width, pairs of places are convolved at once, if that is faster.
        (nn.Conv2d(3, 4, 3, padding=1), (3, 5, 6)),
        (nn.Conv2d(3, 4, 5, padding=2), (3, 5, 6)),
        (CoordConv2d(3, 4, 3, padding=1), (3, 5, 6)),
        (nn.Conv2d(60, 70, 3, padding=1), (60, 5, 6)),
        (CoordConv2d(130, 140, 1), (130, 5, 6)),
        (nn.PixelShuffle(2), (8, 3, 4)),
        (nn.PixelShuffle(4), (16, 3, 2)),
        (ResidualBlock(6, nn.Conv2d), (6, 4, 4)),
        (ResidualBlock(6, CoordConv2d), (6, 4, 4)),
    ],
)
def test_each_layer_does_what_torch_does(module, shape):
    inputs = torch.randn(2, *shape)
    expected = shaken(module)(inputs).detach()
    weights = as_arrays({f"m.{name}": tensor for name, tensor in module.state_dict().items()})
    features = inputs.permute(0, 2, 3, 1).numpy() if inputs.ndim == 4 else inputs.numpy()
    for layer in layers_of(module, "m"):
        features = KINDS[layer["kind"]](layer, weights)(features)
    if expected.ndim == 4:
        expected = expected.permute(0, 2, 3, 1)
    np.testing.assert_allclose(features, expected.numpy(), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("module", [nn.Conv2d(3, 16, 3, padding=1), CoordConv2d(3, 16, 3, padding=1)])
def test_one_convolution_takes_images_of_any_number_and_size(module):
    weights = as_arrays({f"m.{name}": tensor for name, tensor in shaken(module).state_dict().items()})
    (convolution,) = prepared(layers_of(module, "m"), weights)
    for shape in [(1, 3, 8, 8), (7, 3, 8, 8), (1, 3, 5, 6), (300, 3, 16, 16), (2, 3, 6, 5), (3, 3, 8, 8)]:
        inputs = torch.randn(shape)
        expected = module(inputs).detach().permute(0, 2, 3, 1)
        found = convolution(inputs.permute(0, 2, 3, 1).numpy())
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=2e-5)


def test_doodle_that_has_drawn_can_be_copied_to_another_process(fitted):
    doodle = fitted.doodle()
    drawn = doodle.keyframes()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(doodle)).keyframes(), drawn)


@pytest.mark.parametrize("module", [nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.GELU()])
def test_error_names_a_layer_without_counterpart(module):
    with pytest.raises(NotImplementedError, match=r"decoder\.0.*inkbridge\.decoding"):
        layers_of(nn.Sequential(module), "decoder")


def test_whole_decoder_draws_what_torch_draws(fitted):
    expected = fitted.model.draw(fitted.latents)
    assert np.ptp(expected) > 100
    np.testing.assert_allclose(fitted.doodle().keyframes().astype(int), expected, atol=1)


# --- enlarging -------------------------------------------------------------------------------------------


def edge(slope: float, angle: float = 0.0) -> NDArray[np.float32]:
    """Return logits ``[1, 64, 64]`` that rise across the image: a straight edge through the middle, at any angle."""
    centres = np.arange(64) + 0.5 - 32
    return np.float32(slope * (math.cos(angle) * centres + math.sin(angle) * centres[:, None]))[None]


def rise(profile: NDArray[np.floating]) -> float:
    """Return the pixels that a profile takes from 0.1 to 0.9."""
    places = np.interp([0.1, 0.9], profile, np.arange(len(profile)))
    return float(places[1] - places[0])


def test_logits_become_ink_by_the_logistic_function_at_native_size():
    logits = np.random.default_rng(0).normal(0, 4, (2, 64, 64)).astype(np.float32)
    expected = torch.sigmoid(torch.from_numpy(logits)).numpy()
    np.testing.assert_allclose(ink_of_logits(logits, 64), expected, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 0.5])
@pytest.mark.parametrize("size", [128, 256, 512])
def test_edges_are_as_sharp_in_pixels_at_any_size(size, angle):
    native, large = (ink_of_logits(edge(1.5, angle), at)[0] for at in (64, size))
    assert rise(native[32]) == pytest.approx(2 * math.log(9) / 1.5 / math.cos(angle), rel=0.2)
    # Cubic enlargement bends the logits a little; enlarged ink would have edges of 2, 4 or 8 times the width.
    assert rise(large[size // 2]) == pytest.approx(rise(native[32]), rel=0.1)


@pytest.mark.parametrize("size", [100, 128, 256])
def test_edges_stay_in_place_at_any_size(size):
    ink = ink_of_logits(edge(1.5), size)[0]
    half = np.interp(0.5, ink[size // 2], np.arange(size) + 0.5)
    assert half == pytest.approx(size / 2, abs=0.05)


def test_very_low_logits_of_paper_do_not_move_an_enlarged_edge():
    logits = edge(1.5, 0.3)
    steep_paper = np.where(logits < -1.5, 40 * (logits + 1.5) - 1.5, logits).astype(np.float32)
    rows = np.arange(64, 192)
    found = [np.interp(0.5, row, np.arange(256) + 0.5) for row in ink_of_logits(steep_paper, 256)[0][rows]]
    expected = 128 - math.tan(0.3) * (rows + 0.5 - 128)
    np.testing.assert_allclose((found - expected) / 4, 0, atol=0.25)


def test_blob_has_the_same_share_of_ink_at_any_size():
    places = np.arange(64) + 0.5
    logits = np.float32(2 * (9 - np.hypot(places - 28, places[:, None] - 36)))[None]
    shares = [float(ink_of_logits(logits, size).mean()) for size in (64, 128, 256)]
    assert shares == pytest.approx([math.pi * 81 / 64**2] * 3, rel=0.02)


# --- frames and files ------------------------------------------------------------------------------------


def test_large_frames_are_drawn_few_at_a_time(fitted, monkeypatch):
    doodle, decode, batches = fitted.doodle(), FittedDoodle.decoder_output, []

    def note(self: FittedDoodle, latents: np.ndarray) -> np.ndarray:
        batches.append(len(latents))
        return decode(self, latents)

    monkeypatch.setattr(FittedDoodle, "decoder_output", note)
    latents = np.tile(doodle.latents, (20, 1))
    small, large = doodle.draw(latents, 64), doodle.draw(latents[:6], 1024)
    assert batches[:2] == [64, 16], "as many as the cache holds"
    assert max(batches[2:]) * 1024**2 * 4 <= 16 * 2**20, "bytes of ink"
    # BLAS may sum in another order where a latent stands elsewhere in its batch.
    np.testing.assert_allclose(small[:4].astype(int), small[4:8], atol=1)
    np.testing.assert_allclose(large[4:].astype(int), large[:2], atol=1)


def test_logits_beyond_the_range_of_exp_are_paper_and_ink():
    weights = {"latent_mean": np.float32([0]), "latent_std": np.float32([1])}
    doodle = FittedDoodle(np.float32([[-1e4], [1e4]]), [{"kind": "unflatten", "shape": [1, 1, 1]}], weights)
    assert doodle.keyframes().ravel().tolist() == [0, 255]


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("loop", [False, True])
def test_animation_shows_the_keyframes_as_they_are_drawn(size, loop, fitted):
    doodle = fitted.doodle()
    frames = doodle.frames(DoodlePath("doodle", "cubic", 0.8, frames_per_segment=5, loop=loop, seed=1), size)
    assert frames.shape == (20 if loop else 16, size, size)
    assert frames.dtype == np.uint8
    np.testing.assert_allclose(frames[::5].astype(int), doodle.draw(doodle.latents, size), atol=1)


def test_frames_at_several_sizes_are_decoded_once(fitted, monkeypatch):
    doodle, path = fitted.doodle(), DoodlePath("doodle", "linear", 0.3, frames_per_segment=5, loop=False, seed=1)
    expected = [doodle.frames(path, size) for size in (64, 128)]
    decode, decoded = FittedDoodle.decoder_output, []

    def note(self: FittedDoodle, latents: np.ndarray) -> np.ndarray:
        decoded.append(len(latents))
        return decode(self, latents)

    monkeypatch.setattr(FittedDoodle, "decoder_output", note)
    for frames, alone in zip(doodle.frames_at_sizes(path, (64, 128)), expected, strict=True):
        np.testing.assert_array_equal(frames, alone)
    assert sum(decoded) == len(expected[0])


def test_loaded_doodle_draws_the_same_frames(fitted, tmp_path):
    path = tmp_path / "fits" / "doodle.safetensors"
    doodle = replace(fitted.doodle(), ink="dark")
    save_doodle(path, doodle, {})
    loaded = load_doodle(path)
    assert loaded.ink == "dark"
    way = DoodlePath("doodle", "circular", 0.8, frames_per_segment=4, loop=True, seed=1)
    for size in (64, 128):
        np.testing.assert_array_equal(loaded.frames(way, size), doodle.frames(way, size))
    assert not any(name.startswith("encoder.") for name in loaded.weights)


@pytest.mark.parametrize("kept", [0, 50, -1])
def test_truncated_file_is_refused(kept, fitted, tmp_path):
    path = tmp_path / "doodle.safetensors"
    save_doodle(path, fitted.doodle(), {})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InkbridgeError, match=r"doodle\.safetensors"):
        load_doodle(path)


@pytest.mark.parametrize("arrays", [{"weights": np.zeros(3)}, {"latents": np.zeros((2, 3))}])
def test_file_of_something_else_is_refused(arrays, tmp_path):
    path = tmp_path / "doodle.safetensors"
    write_arrays(path, arrays, {})
    with pytest.raises(InkbridgeError, match=r"doodle\.safetensors"):
        load_doodle(path)


def test_doodle_of_another_version_is_refused(fitted, tmp_path):
    path, doodle = tmp_path / "doodle.safetensors", fitted.doodle()
    residual = {"kind": "residual", "layers": [{"kind": "gelu"}]}
    save_doodle(path, replace(doodle, layers=[*doodle.layers, residual]), {})
    with pytest.raises(InkbridgeError, match=r"doodle\.safetensors: .* layers gelu; remove"):
        load_doodle(path)


def test_drawing_needs_no_torch():
    modules = "inkbridge.decoding.decoder, inkbridge.latent.paths, inkbridge.pipeline.jobs, inkbridge.export.montage"
    program = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
