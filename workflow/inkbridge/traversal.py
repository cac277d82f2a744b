"""What a network learned: one direction of its latent space moved at a time."""

import numpy as np
import torch
from numpy.typing import NDArray

from inkbridge.decoding import FittedDoodle
from inkbridge.fitting import Fitted, encode
from inkbridge.models.base import Autoencoder
from inkbridge.shards import Images

Array = NDArray[np.float32]


def directions_of(model: Autoencoder, principal: bool) -> Array:
    """Return directions ``[A, D]`` of a model's standardised latents, each as long as one standard deviation along it:
    the principal ones of the training latents, widest first, or the single dimensions."""
    if principal:
        return model.latent_axes.cpu().numpy()
    return np.eye(len(model.latent_mean), dtype=np.float32)


def swings(
    model: Autoencoder, directions: Array, frames: int, span: float, base: Images | None
) -> tuple[FittedDoodle, list[Array]]:
    """Return the model's decoder, and for each of ``directions`` ``[A, D]`` latents ``[frames, D]`` that swing ``span``
    of its lengths to one side, back, to the other side and back, without end.

    They swing around the latent of ``base``, a drawing ``uint8 [64, 64]``, or without one around the mean of all.
    """
    mean = Fitted(torch.zeros(1, len(model.latent_mean)), model)
    doodle = (mean if base is None else encode(model, base[None])).doodle()
    return doodle, _swung(doodle.latents, directions, frames, span)


def _swung(middle: Array, directions: Array, frames: int, span: float) -> list[Array]:
    moments = np.sin(2 * np.pi * np.arange(frames) / frames).astype(np.float32)
    return [middle + span * moments[:, None] * direction for direction in directions]
