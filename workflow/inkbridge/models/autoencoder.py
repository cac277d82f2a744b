"""What all variants share: an encoder, a decoder, and latents in the same units."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge.support.types import Array, Images

AXES = 16
"""Number of principal directions of the training latents that a model keeps, if it has that many dimensions."""

_LEAST_STD = 1e-4
"""Standard deviations of raw latents are divided by at least this: a dimension that the network does not use has none.
Those in use have about 1, so there is nothing to tune."""


def network_input(images: Images | Tensor, device: torch.device) -> Tensor:
    """Return ``images`` ``uint8 [N, 64, 64]`` as a network's input, ``float32 [N, 1, 64, 64]`` in [0, 1], on
    ``device``."""
    if not isinstance(images, Tensor):
        images = torch.from_numpy(np.ascontiguousarray(images))
    return images.to(device)[:, None].float() / 255


def principal_axes(latents: Tensor, count: int) -> Tensor:
    """Return the first ``count`` principal directions ``[count, D]`` of ``latents`` ``[N, D]`` around zero, widest
    first, each as long as the standard deviation along it and with its largest part positive."""
    spread, directions = torch.linalg.eigh(latents.T.double() @ latents.double() / len(latents))
    axes = (directions * spread.clamp_min(0).sqrt()).T.flip(0)[:count]
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return axes * torch.where(largest < 0, -1, 1)


class Autoencoder(nn.Module, ABC):
    """Images ``float32 [B, 1, 64, 64]`` in [0, 1] → latents ``[B, D]`` → ink.

    ``encoder`` and ``decoder`` work on raw latents, :meth:`encode` and :meth:`decode` on standardised ones: the mean of
    the training set is removed, and each dimension is divided by its standard deviation. The model stores both, and in
    ``latent_axes`` ``[A, D]`` the principal directions of its standardised latents, widest first, each as long as the
    standard deviation along it. ``scaffold`` is a part that only the training needs; a trained model has none.
    """

    latent_mean: Tensor
    latent_std: Tensor
    latent_axes: Tensor

    def __init__(
        self, encoder: nn.Module, decoder: nn.Sequential, latent_dim: int, scaffold: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.scaffold = scaffold
        self.register_buffer("latent_mean", torch.zeros(latent_dim))
        self.register_buffer("latent_std", torch.ones(latent_dim))
        self.register_buffer("latent_axes", torch.eye(min(latent_dim, AXES), latent_dim))

    @abstractmethod
    def decode(self, latents: Tensor) -> Tensor:
        """Return ink ``[B, 1, 64, 64]`` in [0, 1] of standardised latents ``[B, D]``."""

    @abstractmethod
    def loss(self, latents: Tensor, images: Tensor, pairs: int, done: float) -> Tensor:
        """Return the mean binary cross-entropy, in nats per pixel, of ``images`` ``[B, 1, 64, 64]`` drawn from raw
        ``latents`` ``[B, D]``, plus the architecture's own terms.

        The last 3 · ``pairs`` images are moving pairs: their starts, their ends, and the in-betweens halfway. The
        latent of an in-between is the mean of those of its start and end. ``done`` is the part of the training that is
        done, in [0, 1].
        """

    def directions(self, principal: bool) -> Array:
        """Return directions ``float32 [A, D]`` of the standardised latents: the principal ones of the training latents,
        widest first, or the single dimensions. Each is as long as one standard deviation along it."""
        if principal:
            return self.latent_axes.cpu().numpy()
        return np.eye(len(self.latent_mean), dtype=np.float32)

    def encode(self, images: Tensor) -> Tensor:
        """Return the standardised latents ``[B, D]`` of ``images`` ``float32 [B, 1, 64, 64]``."""
        return (cast(Tensor, self.encoder(images)) - self.latent_mean) / self.latent_std

    def raw(self, latents: Tensor) -> Tensor:
        """Return the raw latents, which the decoder takes, of standardised ``latents`` ``[B, D]``."""
        return latents * self.latent_std + self.latent_mean

    @torch.no_grad()
    def draw(self, latents: Tensor, batch: int = 64) -> Images:
        """Return images ``uint8 [N, 64, 64]``, 0 = paper, 255 = ink, of standardised latents ``[N, D]``."""
        ink = [self.decode(part)[:, 0].mul(255).round().byte().cpu() for part in latents.split(batch)]
        return torch.cat(ink).numpy()

    @torch.no_grad()
    def reconstruct(self, images: Images, batch: int = 256) -> Images:
        """Encode and decode ``images`` ``uint8 [N, 64, 64]``."""
        return np.concatenate([self.draw(self.encode(part)) for part in self._inputs(images, batch)])

    @torch.no_grad()
    def standardise(self, images: Images, batch: int = 256) -> None:
        """Set the latents' units and axes from ``images`` ``uint8 [N, 64, 64]``, a sample of the training set."""
        latents = torch.cat([self.encoder(part) for part in self._inputs(images, batch)])
        self.latent_mean.copy_(latents.mean(dim=0))
        self.latent_std.copy_(latents.std(dim=0).clamp_min(_LEAST_STD))
        self.latent_axes.copy_(principal_axes((latents - self.latent_mean) / self.latent_std, len(self.latent_axes)))

    def _inputs(self, images: Images, batch: int) -> Iterator[Tensor]:
        """Yield ``images`` as inputs of the network, a batch at a time."""
        for start in range(0, len(images), batch):
            yield network_input(images[start : start + batch], self.latent_mean.device)


class PixelAutoencoder(Autoencoder):
    """An autoencoder whose decoder makes logits of ink ``[B, 1, 64, 64]``."""

    def decode_logits(self, latents: Tensor) -> Tensor:
        """Return logits of ink ``[B, 1, 64, 64]`` of standardised latents ``[B, D]``."""
        return cast(Tensor, self.decoder(self.raw(latents)))

    def decode(self, latents: Tensor) -> Tensor:
        return torch.sigmoid(self.decode_logits(latents).float())

    def loss(self, latents: Tensor, images: Tensor, pairs: int, done: float) -> Tensor:
        logits = cast(Tensor, self.decoder(latents)).float()
        return functional.binary_cross_entropy_with_logits(logits, images)
