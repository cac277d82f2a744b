"""The decoder in NumPy draws what torch's draws; what is stored draws the same; other files are refused."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.decoding.decoder import FittedDoodle, load_doodle, save_doodle
from inkbridge.decoding.export import layers_of
from inkbridge.decoding.layers import KINDS
from inkbridge.fitting.encoding import Fitted
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
            weights.normal_(0, 0.1)
    return module


@pytest.fixture(params=ARCHITECTURES)
def fitted(request, tiny) -> Fitted:
    model = shaken(build(tiny.model_copy(update={"architecture": request.param})))
    assert isinstance(model, Autoencoder)
    model.scaffold = None
    model.latent_mean.normal_()
    model.latent_std.uniform_(0.5, 2)
    return Fitted(torch.randn(4, model.latent_mean.numel()), model)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Linear(5, 3), (5,)),
        (nn.GELU(approximate="tanh"), (500,)),
        (StrokeLayer(0.5), (70,)),
        (nn.Conv2d(3, 4, 1), (3, 6, 5)),
        (nn.Conv2d(3, 4, 3, padding=1), (3, 6, 5)),
        (nn.Conv2d(3, 4, 5, padding=2), (3, 6, 5)),
        (CoordConv2d(3, 4, 3, padding=1), (3, 6, 5)),
        (nn.PixelShuffle(2), (8, 3, 4)),
        (ResidualBlock(6, nn.Conv2d), (6, 4, 4)),
        (ResidualBlock(6, CoordConv2d), (6, 4, 4)),
    ],
)
def test_each_layer_does_what_torchs_does(module, shape):
    inputs = torch.randn(2, *shape)
    expected = shaken(module)(inputs).detach()
    weights = as_arrays({f"m.{name}": tensor for name, tensor in module.state_dict().items()})
    features = inputs.permute(0, 2, 3, 1).numpy() if inputs.ndim == 4 else inputs.numpy()
    for layer in layers_of(module, "m"):
        features = KINDS[layer["kind"]](features, layer, weights)
    if expected.ndim == 4:
        expected = expected.permute(0, 2, 3, 1)
    np.testing.assert_allclose(features, expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("module", [nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.GELU()])
def test_a_layer_without_counterpart_is_named(module):
    with pytest.raises(NotImplementedError, match=r"decoder\.0.*inkbridge\.decoding"):
        layers_of(nn.Sequential(module), "decoder")


@pytest.mark.parametrize("size", [64, 100, 256])
def test_a_whole_decoder_draws_what_torchs_draws(size, fitted):
    expected = fitted.model.draw(fitted.latents, size)
    assert np.ptp(expected) > 100
    np.testing.assert_allclose(fitted.doodle().draw(fitted.latents.numpy(), size).astype(int), expected, atol=1)


def test_large_frames_are_drawn_few_at_a_time(fitted, monkeypatch):
    doodle, decode, batches = fitted.doodle(), FittedDoodle.decode, []

    def note(self: FittedDoodle, latents: np.ndarray) -> np.ndarray:
        batches.append(len(latents))
        return decode(self, latents)

    monkeypatch.setattr(FittedDoodle, "decode", note)
    latents = np.tile(doodle.latents, (10, 1))
    small, large = doodle.draw(latents, 64), doodle.draw(latents[:6], 1024)
    assert batches[:2] == [32, 8], "as many as the cache holds"
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
def test_keyframes_stand_in_the_animation_as_they_are_drawn(size, loop, fitted):
    doodle = fitted.doodle()
    frames = doodle.frames(DoodlePath("doodle", "cubic", 0.8, frames_per_segment=5, loop=loop, seed=1), size)
    assert frames.shape == (20 if loop else 16, size, size)
    assert frames.dtype == np.uint8
    np.testing.assert_allclose(frames[::5].astype(int), doodle.draw(doodle.latents, size), atol=1)


def test_what_is_loaded_draws_the_same_frames(fitted, tmp_path):
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
def test_a_truncated_fit_is_refused(kept, fitted, tmp_path):
    path = tmp_path / "doodle.safetensors"
    save_doodle(path, fitted.doodle(), {})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InkbridgeError, match=r"doodle\.safetensors"):
        load_doodle(path)


@pytest.mark.parametrize("arrays", [{"weights": np.zeros(3)}, {"latents": np.zeros((2, 3))}])
def test_a_file_of_something_else_is_refused(arrays, tmp_path):
    path = tmp_path / "doodle.safetensors"
    write_arrays(path, arrays, {})
    with pytest.raises(InkbridgeError, match=r"doodle\.safetensors"):
        load_doodle(path)


def test_drawing_needs_no_torch():
    modules = "inkbridge.decoding.decoder, inkbridge.latent.paths, inkbridge.pipeline.jobs, inkbridge.export.montage"
    program = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
