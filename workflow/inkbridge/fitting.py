"""Keyframes → latents, and a copy of the decoder fitted to one doodle, in seconds."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.compute import Backend
from inkbridge.config import Fitting
from inkbridge.decoding import FittedDoodle
from inkbridge.interpolation import cubic
from inkbridge.models.base import Autoencoder, PixelAutoencoder, network_input
from inkbridge.models.export import layers_of
from inkbridge.models.storage import as_arrays
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.progress import Progress, silent
from inkbridge.seeds import torch_seed
from inkbridge.shards import Images
from inkbridge.stroke_fitting import fit_strokes
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
        needed = ("decoder.", "latent_mean", "latent_std")
        weights = as_arrays({k: v for k, v in self.model.state_dict().items() if k.startswith(needed)})
        return FittedDoodle(self.latents.cpu().numpy(), layers_of(self.model.decoder, "decoder"), weights)


@torch.no_grad()
def encode(model: Autoencoder, keyframes: Images) -> Fitted:
    """Return the encoder's latents of ``keyframes`` ``uint8 [K, 64, 64]`` with the model as it is."""
    return Fitted(model.encode(network_input(keyframes, model.latent_mean.device)), model)


def fit(
    encoded: Fitted,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    backend: Backend,
    seed: int,
    progress: Progress = silent,
) -> Fitted:
    """Return a copy of the model fitted until it draws ``keyframes`` ``uint8 [K, 64, 64]``.

    ``loop``: whether there is a segment from the last keyframe to the first. A decoder that draws strokes is fitted by
    :func:`inkbridge.stroke_fitting.fit_strokes`, one of pixels by :func:`fit_pixels`.
    """
    model = encoded.model
    if isinstance(model, StrokeAutoencoder):
        return Fitted(
            encoded.latents.cpu(), fit_strokes(model, encoded.latents, keyframes, loop, settings, seed, progress)
        )
    return fit_pixels(encoded, keyframes, loop, settings, backend, seed, progress)


def fit_pixels(
    encoded: Fitted,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    backend: Backend,
    seed: int,
    progress: Progress = silent,
) -> Fitted:
    """Optimise latents and a copy of the decoder together until they draw ``keyframes`` ``uint8 [K, 64, 64]``.

    The loss is the binary cross-entropy of the keyframes plus ``settings.ink_weight`` times the relative error of
    the amount of ink at a random point of each segment of a path of each method in turn, so that strokes neither vanish
    nor flood between keyframes.
    """
    generator = torch.Generator(backend.device).manual_seed(torch_seed(seed, "fitting"))
    drawn = network_input(keyframes, backend.device)
    ink = drawn.sum(dim=(1, 2, 3))
    model = cast(PixelAutoencoder, copy.deepcopy(encoded.model))
    latents = encoded.latents.clone().requires_grad_()
    groups: list[dict[str, Any]] = [
        {"params": [latents], "lr": settings.latent_learning_rate},
        {"params": list(model.decoder.parameters()), "lr": settings.decoder_learning_rate},
    ]
    optimiser = torch.optim.Adam(groups, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: learning_rate_factor(step, settings.steps, _WARMUP)
    )
    for step in progress(range(settings.steps)):
        method = list(_PATHS.values())[step % len(_PATHS)]
        points, expected_ink = _random_points(latents, ink, loop, method, generator)
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


def _random_points(
    latents: Tensor, ink: Tensor, loop: bool, path: Callable[..., Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return a random point of each segment of ``path`` ``[S, D]``, and the ink ``[S]`` of a steady change there."""
    closed = torch.cat([latents, latents[:1]]) if loop else latents
    closed_ink = torch.cat([ink, ink[:1]]) if loop else ink
    t = torch.rand(len(closed) - 1, generator=generator, device=latents.device)
    return path(closed, t, loop), torch.lerp(closed_ink[:-1], closed_ink[1:], t)


def _linear(closed: Tensor, t: Tensor, loop: bool) -> Tensor:
    return torch.lerp(closed[:-1], closed[1:], t[:, None])


def _circular(closed: Tensor, t: Tensor, loop: bool) -> Tensor:
    straight = _linear(closed, t, loop)
    norms = closed.norm(dim=1, keepdim=True)
    return straight * _linear(norms, t, loop) / straight.norm(dim=1, keepdim=True).clamp_min(1e-6)


def _cubic(closed: Tensor, t: Tensor, loop: bool) -> Tensor:
    """A spline is linear in its keyframes: SciPy gives the weights."""
    moments = np.arange(len(t), dtype=np.float64) + t.cpu().numpy()
    if loop:
        weights = cubic(np.concatenate([np.eye(len(t)), np.eye(len(t))[:1]]), moments, loop)
        closed = closed[:-1]
    else:
        weights = cubic(np.eye(len(closed)), moments, loop)
    return torch.from_numpy(weights.astype(np.float32)).to(closed.device) @ closed


_PATHS: Mapping[str, Callable[[Tensor, Tensor, bool], Tensor]] = {
    "linear": _linear,
    "circular": _circular,
    "cubic": _cubic,
}
"""Method → a point of each segment of the path through keyframes ``[K, D]`` at ``[K − 1]`` moments, as
:data:`inkbridge.interpolation.METHODS` has it, with gradients."""


def _ink_error(logits: Tensor, expected: Tensor) -> Tensor:
    ink = torch.sigmoid(logits).sum(dim=(1, 2, 3))
    return ((ink - expected).abs() / expected.clamp_min(1)).mean()
