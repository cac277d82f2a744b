"""The loss of a training step, for images and for moving pairs."""

import numpy as np
import pytest
import torch

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.data.augmentation import MovingPairs
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.storage import build
from inkbridge.models.trainer import drawing_loss


class Listener(Autoencoder):
    """An autoencoder that records the arguments of its loss; its latent is the place of an image's ink."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Flatten(), torch.nn.Sequential(), 64 * 64)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def loss(self, latents: torch.Tensor, images: torch.Tensor, pairs: int, done: float) -> torch.Tensor:
        self.heard = latents.unflatten(1, (64, 64)), images[:, 0], pairs, done
        return images.sum()


@pytest.mark.parametrize("count", [0, 3])
def test_in_between_is_drawn_from_the_mean_of_both_latents(count, train_shards, drawings, backend):
    pairs, model = MovingPairs(train_shards, 1)(0, count), Listener()
    drawing_loss(model, drawings[:5], pairs, 0.3, backend)
    latents, images, heard, done = model.heard
    assert (heard, done) == (count, 0.3)
    start, halfway, end = (pairs[:, part] / np.float32(255) for part in range(3))
    alone = drawings[:5] / np.float32(255)
    np.testing.assert_allclose(images, np.concatenate([alone, start, end, halfway]))
    np.testing.assert_allclose(latents, np.concatenate([alone, start, end, (start + end) / 2]))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("count", [0, 3])
def test_training_begins_with_the_cross_entropy_of_pixels(count, architecture, tiny, train_shards, drawings, backend):
    model = build(tiny.model_copy(update={"architecture": architecture}))
    pairs = MovingPairs(train_shards, 1)(0, count)
    loss = drawing_loss(model, drawings[:5], pairs, 0.0, backend)
    images = network_input(np.concatenate([drawings[:5], *pairs.swapaxes(0, 1)[[0, 2, 1]]]), torch.device("cpu"))
    latents = model.encoder(images)
    latents = torch.cat([latents[: 5 + 2 * count], (latents[5 : 5 + count] + latents[5 + count : 5 + 2 * count]) / 2])
    logits = (model.scaffold or model.decoder)(latents)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, images)
    torch.testing.assert_close(loss, expected)
