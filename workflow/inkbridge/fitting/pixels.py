"""The pixel fit: latents and a copy of the decoder are optimised together for one doodle."""

import copy
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inkbridge.config.settings import Fitting
from inkbridge.fitting.descent import Descent
from inkbridge.fitting.encoding import Encoding
from inkbridge.fitting.tuning import PIXEL_FIT, PixelFitTuning
from inkbridge.latent.paths import METHODS, linear
from inkbridge.models.autoencoder import PixelAutoencoder, network_input
from inkbridge.models.device import Backend
from inkbridge.support.progress import Progress, silent
from inkbridge.support.seeds import torch_seed
from inkbridge.support.types import Images

_LEAST_NORM = 1e-6
"""Norms are divided by at least this, so that a point at zero does not become infinite. Latents have norms of several
units, so there is nothing to tune."""


def fit_pixels(
    encoded: Encoding,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    backend: Backend,
    seed: int,
    progress: Progress = silent,
    tuning: PixelFitTuning = PIXEL_FIT,
) -> Encoding:
    """Optimise latents and a copy of the decoder together until they draw ``keyframes`` ``uint8 [K, 64, 64]``.

    The loss has three terms: the binary cross-entropy of the keyframes; ``settings.ink_weight`` times the relative
    error of the amount of ink between them, so that strokes neither vanish nor flood there; and the half-tones between
    them (:func:`half_tones`), so that strokes are crisp there. At each step, what lies between is measured at a random
    point of each segment of one method's path; the methods take turns.
    """
    generator = torch.Generator(backend.device).manual_seed(torch_seed(seed, "fitting"))
    drawn = network_input(keyframes, backend.device)
    ink = drawn.sum(dim=(1, 2, 3))
    model = cast(PixelAutoencoder, copy.deepcopy(encoded.model))
    latents = encoded.latents.clone().requires_grad_()
    rates = [
        ([latents], settings.latent_learning_rate),
        (model.decoder.parameters(), settings.decoder_learning_rate),
    ]
    descent = Descent(rates, settings.steps, tuning.warmup, tuning.betas)
    methods = list(METHODS.values())
    for step in progress(range(settings.steps)):
        points, expected_ink = _random_points(latents, ink, loop, methods[step % len(methods)], generator)
        with backend.autocast():
            logits = model.decode_logits(torch.cat([latents, points])).float()
        at_keyframes, between = logits.split([len(drawn), len(points)])
        loss = functional.binary_cross_entropy_with_logits(at_keyframes, drawn)
        frames = torch.sigmoid(between)
        error = ink_error(frames, expected_ink, tuning.least_amount)
        blurred = half_tones(frames, tuning.least_amount)
        descent.step(loss + settings.ink_weight * error + tuning.half_tone_weight * blurred)
    return Encoding(latents.detach(), model)


def _random_points(
    latents: Tensor, ink: Tensor, loop: bool, method: Callable[..., Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return a random point of each segment of the method's path, ``[S, D]``, and the ink ``[S]`` there if it changed
    steadily."""
    closed = torch.cat([latents, latents[:1]]) if loop else latents
    closed_ink = torch.cat([ink, ink[:1]]) if loop else ink
    parts = torch.rand(len(closed) - 1, generator=generator, device=latents.device)
    moments = np.arange(len(parts), dtype=np.float64) + parts.cpu().numpy()
    arithmetic = TorchArithmetic()
    expected_ink: Tensor = linear(closed_ink[:, None], moments, loop, arithmetic)[:, 0]
    return method(closed, moments, loop, arithmetic), expected_ink


class TorchArithmetic:
    """The operations that :mod:`inkbridge.latent.paths` needs, with gradients, on any device."""

    def lerp(self, start: Tensor, end: Tensor, parts: NDArray[np.float64]) -> Tensor:
        return torch.lerp(start, end, self._tensor(parts, start.device)[:, None])

    def norm(self, points: Tensor) -> Tensor:
        return points.norm(dim=1, keepdim=True)

    def with_norm(self, points: Tensor, norms: Tensor, start: Tensor) -> Tensor:
        return points * norms / points.norm(dim=1, keepdim=True).clamp_min(_LEAST_NORM)

    def transform(self, function: Callable[[NDArray[Any]], NDArray[Any]], keyframes: Tensor) -> Tensor:
        # The function is linear, so applied to the unit vectors, it gives the weights of the keyframes.
        return self._tensor(function(np.eye(len(keyframes))), keyframes.device) @ keyframes

    @staticmethod
    def _tensor(values: NDArray[Any], device: torch.device) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(device)


def ink_error(ink: Tensor, wanted: Tensor, least: float) -> Tensor:
    """Return the mean error of the amounts of ink in images ``ink`` ``[B, ..., H, W]``, which should be ``wanted``
    ``[B]`` (sums over pixels): relative to ``wanted``, or to ``least`` if that is more."""
    amounts = ink.sum(dim=tuple(range(1, ink.ndim)))
    return ((amounts - wanted).abs() / wanted.clamp_min(least)).mean()


def half_tones(ink: Tensor, least: float) -> Tensor:
    """Return the mean ghosting of images ``ink`` ``[B, ..., H, W]`` in [0, 1]: Σ 4v(1 − v) / Σ v, over pixels; Σ v
    counts as at least ``least``. It is the metric of :mod:`inkbridge.evaluation.metrics`, with gradients."""
    pixels = tuple(range(1, ink.ndim))
    return ((4 * ink * (1 - ink)).sum(dim=pixels) / ink.sum(dim=pixels).clamp_min(least)).mean()
