"""A decoder of pixels, fitted to one doodle: latents and a copy of the decoder are optimised together."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.config.settings import Fitting
from inkbridge.fitting.encoding import Fitted
from inkbridge.latent.paths import cubic
from inkbridge.models.autoencoder import PixelAutoencoder, network_input
from inkbridge.models.device import Backend
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.support.progress import Progress, silent
from inkbridge.support.seeds import torch_seed
from inkbridge.support.types import Images

_WARMUP = 0.1
"""Part of the steps in which the learning rate rises."""


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
:data:`inkbridge.latent.paths.METHODS` has it, with gradients."""


def _ink_error(logits: Tensor, expected: Tensor) -> Tensor:
    ink = torch.sigmoid(logits).sum(dim=(1, 2, 3))
    return ((ink - expected).abs() / expected.clamp_min(1)).mean()
