"""What every variant is: an encoder, a decoder, and latents in units that mean the same in every variant."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inkbridge import CELL
from inkbridge.models.logits import STEEPEST_LOGIT
from inkbridge.support.types import Array

AXES = 16
"""Principal directions of the training latents that a model keeps, or as many as it has dimensions."""


def network_input(images: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Return ``uint8 [N, 64, 64]`` as a network takes it: ``float32 [N, 1, 64, 64]`` in [0, 1], on ``device``."""
    return torch.from_numpy(np.ascontiguousarray(images)).to(device)[:, None].float() / 255


def principal_axes(latents: Tensor, count: int) -> Tensor:
    """Return the first ``count`` principal directions ``[count, D]`` of ``latents`` ``[N, D]`` around zero, widest
    first, each as long as the standard deviation along it and with its largest part positive."""
    spread, directions = torch.linalg.eigh(latents.T.double() @ latents.double() / len(latents))
    axes = (directions * spread.clamp_min(0).sqrt()).T.flip(0)[:count]
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return axes * torch.where(largest < 0, -1, 1)


class Autoencoder(nn.Module, ABC):
    """Images ``float32 [B, 1, 64, 64]`` in [0, 1] → latents ``[B, D]`` → ink.

    ``encoder`` and ``decoder`` work on raw latents; :meth:`encode` and :meth:`decode` on latents in units of the
    training set's standard deviation per dimension, mean removed. The model keeps both, and in ``latent_axes``
    ``[A, D]`` the principal directions of its standardised latents, widest first, each as long as their standard
    deviation along it. ``scaffold`` is what a training needs beside them and is gone after it.
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
    def decode(self, latents: Tensor, size: int = CELL) -> Tensor:
        """Return ink ``[B, 1, size, size]`` in [0, 1] of standardised latents ``[B, D]``."""

    @abstractmethod
    def loss(self, latents: Tensor, images: Tensor, pairs: int, progress: float) -> Tensor:
        """Return the mean binary cross-entropy, in nats per pixel, of ``images`` ``[B, 1, 64, 64]`` drawn from raw
        ``latents`` ``[B, D]``, and whatever else the architecture learns by.

        The last 3 · ``pairs`` are moving pairs: their starts, their ends, and what stands halfway with the mean of both
        latents. ``progress`` is the part of the training that is done, in [0, 1].
        """

    def directions(self, principal: bool) -> Array:
        """Return directions ``float32 [A, D]`` of the standardised latents, each as long as one standard deviation
        along it: the principal ones of the training latents, widest first, or the single dimensions."""
        if principal:
            return self.latent_axes.cpu().numpy()
        return np.eye(len(self.latent_mean), dtype=np.float32)

    def encode(self, images: Tensor) -> Tensor:
        """Return standardised latents ``[B, D]``."""
        return (cast(Tensor, self.encoder(images)) - self.latent_mean) / self.latent_std

    def raw(self, latents: Tensor) -> Tensor:
        """Return standardised latents ``[B, D]`` as the decoder takes them."""
        return latents * self.latent_std + self.latent_mean

    @torch.no_grad()
    def draw(self, latents: Tensor, size: int = CELL, batch: int = 64) -> NDArray[np.uint8]:
        """Return pictures ``uint8 [N, size, size]``, 0 = paper, 255 = ink, of standardised latents ``[N, D]``."""
        ink = [self.decode(part, size)[:, 0].mul(255).round().byte().cpu() for part in latents.split(batch)]
        return torch.cat(ink).numpy()

    @torch.no_grad()
    def reconstruct(self, images: NDArray[np.uint8], batch: int = 256) -> NDArray[np.uint8]:
        """Return images ``uint8 [N, 64, 64]`` encoded and decoded."""
        return np.concatenate([self.draw(self.encode(part)) for part in self._inputs(images, batch)])

    @torch.no_grad()
    def standardise(self, images: NDArray[np.uint8], batch: int = 256) -> None:
        """Set the latents' units and axes from ``images`` ``uint8 [N, 64, 64]``, a sample of the training set."""
        latents = torch.cat([self.encoder(part) for part in self._inputs(images, batch)])
        self.latent_mean.copy_(latents.mean(dim=0))
        # A dimension that the network does not use has no spread to divide by.
        self.latent_std.copy_(latents.std(dim=0).clamp_min(1e-4))
        self.latent_axes.copy_(principal_axes((latents - self.latent_mean) / self.latent_std, len(self.latent_axes)))

    def _inputs(self, images: NDArray[np.uint8], batch: int) -> Iterator[Tensor]:
        """Yield ``images`` as inputs of the network, a batch at a time."""
        for start in range(0, len(images), batch):
            yield network_input(images[start : start + batch], self.latent_mean.device)


class PixelAutoencoder(Autoencoder):
    """An autoencoder whose decoder makes logits of ink ``[B, 1, 64, 64]``."""

    def decode_logits(self, latents: Tensor) -> Tensor:
        """Return logits of ink ``[B, 1, 64, 64]`` of standardised latents ``[B, D]``."""
        return cast(Tensor, self.decoder(self.raw(latents)))

    def decode(self, latents: Tensor, size: int = CELL) -> Tensor:
        """Return ink ``[B, 1, size, size]`` in [0, 1] of standardised latents ``[B, D]``.

        Above 64 pixels the logits are enlarged, not the ink: near an edge they are close to a distance from it, so
        that they stay smooth when enlarged and, made steeper by the same factor, give edges as sharp as before
        (after Green 2007, "Improved Alpha-Tested Magnification").
        """
        logits = self.decode_logits(latents).float()
        if size != CELL:
            logits = STEEPEST_LOGIT * torch.tanh(logits / STEEPEST_LOGIT)
            # With antialias=True the cubic is Keys' (a = −0.5), which keeps a ramp a ramp; torch's other one does not.
            logits = functional.interpolate(logits, size=(size, size), mode="bicubic", antialias=True)
        return torch.sigmoid(logits * (size / CELL))

    def loss(self, latents: Tensor, images: Tensor, pairs: int, progress: float) -> Tensor:
        logits = cast(Tensor, self.decoder(latents)).float()
        return functional.binary_cross_entropy_with_logits(logits, images)
