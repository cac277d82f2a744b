"""Keyframes → latents, and a copy of the decoder fitted to one doodle, in seconds."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.compute import Backend
from inkbridge.config import Fitting
from inkbridge.decoding import FittedDoodle
from inkbridge.models.base import Autoencoder, network_input
from inkbridge.models.export import layers_of
from inkbridge.models.storage import as_arrays
from inkbridge.seeds import torch_seed
from inkbridge.shards import Images
from inkbridge.training import learning_rate_factor

_WARMUP = 0.1
"""Part of the steps in which the learning rate rises."""


@dataclass(frozen=True)
class Fitted:
    """A doodle in the terms of a model: ``latents`` ``float32 [K, D]`` of its keyframes, standardised, and the model
    whose decoder draws them, which is the trained one or a copy fitted to the keyframes."""

    latents: Tensor
    model: Autoencoder

    def doodle(self) -> FittedDoodle:
        """Return all that drawing the doodle needs, torch left behind."""
        weights = as_arrays({k: v for k, v in self.model.state_dict().items() if not k.startswith("encoder.")})
        return FittedDoodle(self.latents.cpu().numpy(), layers_of(self.model.decoder, "decoder"), weights)


@torch.no_grad()
def encode(model: Autoencoder, keyframes: Images) -> Fitted:
    """Return the encoder's latents of ``keyframes`` ``uint8 [K, 64, 64]`` with the model as it is."""
    return Fitted(model.encode(network_input(keyframes, model.latent_mean.device)), model)


def fit(encoded: Fitted, keyframes: Images, loop: bool, settings: Fitting, backend: Backend, seed: int) -> Fitted:
    """Optimise latents and a copy of the decoder together until they draw ``keyframes`` ``uint8 [K, 64, 64]``.

    The loss is the binary cross-entropy of the keyframes plus ``settings.ink_weight`` times the relative error of
    the amount of ink at a random point of each segment, so that strokes neither vanish nor flood between keyframes.
    ``loop``: whether there is a segment from the last keyframe to the first.
    """
    generator = torch.Generator(backend.device).manual_seed(torch_seed(seed, "fitting"))
    drawn = network_input(keyframes, backend.device)
    ink = drawn.sum(dim=(1, 2, 3))
    model = copy.deepcopy(encoded.model)
    latents = encoded.latents.clone().requires_grad_()
    groups: list[dict[str, Any]] = [
        {"params": [latents], "lr": settings.latent_learning_rate},
        {"params": list(model.decoder.parameters()), "lr": settings.decoder_learning_rate},
    ]
    optimiser = torch.optim.Adam(groups, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: learning_rate_factor(step, settings.steps, _WARMUP)
    )
    for _ in range(settings.steps):
        points, expected_ink = _random_points(latents, ink, loop, generator)
        with backend.autocast():
            logits = model.decode_logits(torch.cat([latents, points])).float()
        at_keyframes, between = logits.split([len(drawn), len(points)])
        loss = functional.binary_cross_entropy_with_logits(at_keyframes, drawn)
        loss = loss + settings.ink_weight * _ink_error(between, expected_ink)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return Fitted(latents.detach(), model)


def _random_points(latents: Tensor, ink: Tensor, loop: bool, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a random point of each segment ``[S, D]``, and the ink ``[S]`` that a steady change has there."""
    start = latents if loop else latents[:-1]
    end = latents.roll(-1, dims=0) if loop else latents[1:]
    ink_start = ink if loop else ink[:-1]
    ink_end = ink.roll(-1) if loop else ink[1:]
    t = torch.rand(len(start), generator=generator, device=latents.device)
    return torch.lerp(start, end, t[:, None]), torch.lerp(ink_start, ink_end, t)


def _ink_error(logits: Tensor, expected: Tensor) -> Tensor:
    ink = torch.sigmoid(logits).sum(dim=(1, 2, 3))
    return ((ink - expected).abs() / expected.clamp_min(1)).mean()
