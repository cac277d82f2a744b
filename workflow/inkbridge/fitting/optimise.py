"""Strokes, optimised until they draw the keyframes and move well."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.config.settings import Fitting
from inkbridge.fitting.connectivity import loose_pieces
from inkbridge.fitting.motion import Motion, strokes_of
from inkbridge.models.autoencoder import network_input
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.strokes.pieces import INK_LEVEL, count_pieces
from inkbridge.strokes.soft_raster_torch import falling_softness, paint_differentiable
from inkbridge.support.progress import Progress, silent
from inkbridge.support.seeds import torch_seed
from inkbridge.support.types import Array, Images

SOFTNESS = 0.17
"""Softness of a fitted doodle's edges, in pixels of the picture: a ramp of about one pixel, as in a drawn sheet."""

_FIRST_SOFTNESS = 1.5
"""Softness at the first step, so that strokes feel ink that they do not touch."""

_SOFTENED = 0.7
"""Part of the steps over which the softness falls."""

_LEARNING_RATES = {"points": 0.4, "widths": 0.06, "bends": 0.4}
"""Peak learning rates of Adam, in pixels."""

WIDTHS = (1.2, 6.0)
"""Narrowest and widest stroke in pixels."""

# Weights of the terms of the loss beside the keyframes' cross-entropy, in its units for each pixel.
_PIECES_WEIGHT = 0.01

_CURL_WEIGHT = 1e-4

_BEND_WEIGHT = 1e-3

_WIDTH_WEIGHT = 1e-3

_SIMILARITY_WEIGHT = 2e-3


@torch.enable_grad()
def optimise_strokes(
    strokes: Array,
    latents: Tensor,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    seed: int,
    progress: Progress = silent,
) -> Motion:
    """Optimise ``strokes`` ``[K, N, 10]`` until they paint ``keyframes`` ``uint8 [K, 64, 64]`` and move well.

    The loss is the binary cross-entropy of the keyframes, and at a random moment of each segment: the relative error
    of the amount of ink; the gaps that keep strokes from making as few pieces as the keyframes have
    (:func:`loose_pieces`); bending energy. Small terms keep widths alike, movements straight, and strokes of
    keyframes with like latents alike.
    """
    drawn = network_input(keyframes, torch.device("cpu"))[:, 0]
    ink, pieces = drawn.sum(dim=(1, 2)), count_pieces(keyframes > 255 * INK_LEVEL)
    count, number = strokes.shape[:2]
    starts = np.arange(count if loop else count - 1)
    ends = (starts + 1) % count
    allowed = np.maximum(pieces[starts], pieces[ends])
    kinship = _similarity(latents)
    points = torch.from_numpy(strokes[..., :8].reshape(count, number, 4, 2).copy()).requires_grad_()
    widths = torch.from_numpy(strokes[..., 8].copy()).clamp(*WIDTHS).requires_grad_()
    bends = torch.zeros(len(starts), number, 4, 2, requires_grad=True)
    motion = Motion(points, widths, (ink > 0).float(), bends, starts, ends)
    groups = zip((points, widths, bends), _LEARNING_RATES.values(), strict=True)
    optimiser = torch.optim.Adam([{"params": [values], "lr": rate} for values, rate in groups], betas=(0.9, 0.99))
    steps = settings.stroke_steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate_factor(step, steps, 0.05))
    generator = torch.Generator().manual_seed(torch_seed(seed, "fitting"))
    for step in progress(range(steps)):
        done = step / steps
        softness = falling_softness(_FIRST_SOFTNESS, SOFTNESS, done / _SOFTENED)
        moments = torch.rand(len(starts), generator=generator)
        between, widths_between, opacities = motion.at(np.arange(len(starts)), moments)
        strokes_now = torch.cat([strokes_of(*motion.at_keyframes()), strokes_of(between, widths_between, opacities)])
        painted = paint_differentiable(strokes_now, softness, tail=max(5 * softness, 2.5))
        at_keyframes, halfway = painted.split([count, len(starts)])
        wanted = torch.lerp(ink[starts], ink[ends], moments)
        holding = min(1.0, 2 * done)
        loss = (
            functional.binary_cross_entropy(at_keyframes.clamp(1e-4, 1 - 1e-4), drawn)
            + settings.ink_weight * ((halfway.sum(dim=(1, 2)) - wanted).abs() / wanted.clamp_min(1)).mean()
            + _PIECES_WEIGHT * holding * loose_pieces(between, widths_between, allowed)
            + _CURL_WEIGHT * (_bending(points) + _bending(between))
            + _BEND_WEIGHT * bends.square().sum(dim=-1).mean()
            + _WIDTH_WEIGHT * (widths - widths.detach().median()).square().mean()
            + _SIMILARITY_WEIGHT * _difference(points, kinship)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            widths.clamp_(*WIDTHS)
    return Motion(points.detach(), widths.detach(), motion.opacities, bends.detach(), starts, ends)


def _bending(points: Tensor) -> Tensor:
    """Return the mean squared second difference of control points ``[..., 4, 2]``: how much strokes curl."""
    return points.diff(n=2, dim=-2).square().sum(dim=-1).mean()


def _similarity(latents: Tensor) -> Tensor:
    """Return ``[K, K]``: near 1 for keyframes of like latents ``[K, D]``, near 0 for others, 0 for each with itself."""
    squared = torch.cdist(latents, latents).square()
    return (1 / (1 + squared)).fill_diagonal_(0)


def _difference(points: Tensor, kinship: Tensor) -> Tensor:
    """Return the mean squared distance in pixels between strokes ``[K, N, 4, 2]`` of keyframes, weighted by kinship:
    two latents that hardly differ cannot be decoded to strokes that do."""
    flat = points.flatten(2)
    squared = (flat[:, None] - flat[None]).square().mean(dim=(2, 3))
    return (kinship * squared).sum() / len(points)
