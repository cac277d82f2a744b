"""What runs on a GPU where there is one: the same training twice, a fit, and its doodle drawn without torch."""

import numpy as np
import pytest
import torch

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Compute, Fitting, Training
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit
from inkbridge.keyframes.reading import Keyframes
from inkbridge.models.device import choose_backend
from inkbridge.models.training import Data, train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_and_fitting_on_a_gpu(
    precision, architecture, tiny, train_shards, validation_shards, keyframes, tmp_path
):
    backend = choose_backend(Compute(device="cuda", precision=precision), threads=1)
    settings = Training(images=320, batch_size=32, validation_every=160)
    variant = tiny.model_copy(update={"architecture": architecture})
    data = Data(train_shards, validation_shards, seed=3)
    first, second = (
        train(variant, settings, data, backend, tmp_path / f"{run}.safetensors", checkpoint_seconds=0)
        for run in range(2)
    )
    assert first.record["device"] == "cuda"
    assert first.record["precision"] == precision
    for one, other in zip(first.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    encoded = encode(first.model, keyframes)
    fitted = fit(encoded, Keyframes.of(keyframes), True, Fitting(steps=60, stroke_steps=60), backend, seed=1)
    drawn = fitted.doodle().keyframes().astype(int)
    np.testing.assert_allclose(drawn, fitted.model.draw(fitted.latents.to(fitted.model.latent_mean.device)), atol=1)
    assert np.abs(drawn - keyframes).mean() < np.abs(encoded.doodle().keyframes().astype(int) - keyframes).mean()
