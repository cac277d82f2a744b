"""Keyframes → latents, together with the model. Every fit takes such a pair and returns one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.decoding.from_torch import layers_of
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.storage import as_arrays
from inkbridge.support.types import Images


@dataclass(frozen=True)
class Encoding:
    """A doodle as a model draws it: the standardised ``latents`` ``float32 [K, D]`` of its keyframes, and the model.
    The model is the trained one, or a copy fitted to the keyframes. ``closing`` ``[D]``, if any, is the latent at which
    a loop ends, instead of that of the first keyframe; the model draws the first keyframe there.
    ``record`` is what a stroke fit decided, if there was one (:class:`FittedDoodle`)."""

    latents: Tensor
    model: Autoencoder
    closing: Tensor | None = None
    record: Mapping[str, Any] | None = None

    def doodle(self) -> FittedDoodle:
        """Return all that is needed to draw the doodle without torch."""
        needed = ("decoder.", "latent_mean", "latent_std")
        weights = as_arrays({k: v for k, v in self.model.state_dict().items() if k.startswith(needed)})
        closing = None if self.closing is None else self.closing.cpu().numpy()
        layers = layers_of(self.model.decoder, "decoder")
        return FittedDoodle(self.latents.cpu().numpy(), layers, weights, closing, record=self.record)


@torch.no_grad()
def encode(model: Autoencoder, keyframes: Images) -> Encoding:
    """Return the model and its encoder's latents of ``keyframes`` ``uint8 [K, 64, 64]``, without a fit."""
    return Encoding(model.encode(network_input(keyframes, model.latent_mean.device)), model)


def at_mean(model: Autoencoder) -> Encoding:
    """Return the model, with the mean of all latents, which is zero, in place of a keyframe's latent."""
    return Encoding(torch.zeros(1, len(model.latent_mean)), model)
