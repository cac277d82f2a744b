"""``strokes``: a decoder that draws. Latents become cubic Béziers with width and opacity, which a painter paints."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge import CELL
from inkbridge.config.settings import Variant
from inkbridge.models import blocks
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster_torch import falling_softness, paint_differentiable

_HIDDEN = 1024
"""Width of the decoder's two hidden layers."""

_SCAFFOLDED = 0.35
"""Part of the training in which the encoder learns with a decoder of pixels: it teaches faster than strokes do."""

_SOFTNESS = (2.5, 0.5)
"""Softness of the strokes' edges in pixels at first, when they are to feel ink from afar, and at last."""

_SOFTENED = 0.5
"""Part of the painting part of the training in which the softness falls from the first to the last."""

_REACH = (4.0, 4.0)
"""Strokes feel ink within so many softnesses, and so many pixels, of their edges while they are trained."""

_EVENNESS = 0.002
"""Weight of the squared distance, in pixels, of a mixture's control points from the mixture of the control points."""

_LEAST_INK = 1e-5
"""Ink is kept this far from 0 and 1 in the loss: a logarithm of nothing has no gradient."""


class StrokeLayer(nn.Module):
    """The last layer: features ``[B, N · 10]`` → strokes ``[B, N, 10]``, in pixels of the cell.

    ``softness`` is that of the strokes' edges, in pixels of the picture that they are painted in.
    """

    def __init__(self, softness: float) -> None:
        super().__init__()
        self.softness = softness

    def forward(self, features: Tensor) -> Tensor:
        values = features.unflatten(-1, (-1, VALUES))
        points = CELL / 2 + CELL / 4 * values[..., :8]
        width = (3 + values[..., 8:9]).clamp(0.5, 8)
        return torch.cat([points, width, torch.sigmoid(values[..., 9:])], dim=-1)

    @staticmethod
    def features_of(strokes: Tensor) -> Tensor:
        """Return the features ``[B, N, 10]`` of ``strokes`` ``[B, N, 10]``, for which opacity 1 is one part in ten
        million less."""
        points = (strokes[..., :8] - CELL / 2) / (CELL / 4)
        opacity = torch.logit(strokes[..., 9:].double(), eps=1e-7).float()
        return torch.cat([points, strokes[..., 8:9] - 3, opacity], dim=-1)


class StrokeAutoencoder(Autoencoder):
    """An autoencoder whose decoder puts out strokes ``[B, N, 10]``."""

    @property
    def softness(self) -> float:
        """Softness of the strokes' edges, in pixels of the picture."""
        return cast(StrokeLayer, self.decoder[-1]).softness

    @softness.setter
    def softness(self, softness: float) -> None:
        cast(StrokeLayer, self.decoder[-1]).softness = softness

    def strokes(self, latents: Tensor) -> Tensor:
        """Return the strokes ``float32 [B, N, 10]`` of standardised latents ``[B, D]``."""
        return cast(Tensor, self.decoder(self.raw(latents)))

    def decode(self, latents: Tensor, size: int = CELL) -> Tensor:
        """Return ink ``[B, 1, size, size]`` in [0, 1] of standardised latents ``[B, D]``, painted at that size."""
        return paint_differentiable(self.strokes(latents), self.softness, size)[:, None]

    def loss(self, latents: Tensor, images: Tensor, pairs: int, progress: float) -> Tensor:
        if self.scaffold is not None and progress < _SCAFFOLDED:
            return functional.binary_cross_entropy_with_logits(self.scaffold(latents).float(), images)
        painted = (progress - _SCAFFOLDED) / (1 - _SCAFFOLDED)
        softness = falling_softness(*_SOFTNESS, painted / _SOFTENED)
        # A bfloat16 has no room for a tenth of a pixel.
        with torch.autocast(latents.device.type, enabled=False):
            strokes = self.decoder(latents.float())
            ink = paint_differentiable(strokes, softness, tail=max(_REACH[0] * softness, _REACH[1]))[:, None]
            loss = functional.binary_cross_entropy(ink.clamp(_LEAST_INK, 1 - _LEAST_INK), images)
            if pairs:
                start, end, halfway = strokes[-3 * pairs :, :, :8].split(pairs)
                loss = loss + _EVENNESS * ((start + end) / 2 - halfway).square().mean()
            # A stroke that is nowhere leaves no ink: without this, a network that has diverged would not be noticed.
            return loss + 0 * strokes.sum()


def build(settings: Variant) -> Autoencoder:
    """Return the untrained autoencoder that ``settings`` describe, on a scaffold: a decoder of pixels."""
    parts = (settings.latent_dim, settings.channels, nn.Conv2d)
    last = nn.Linear(_HIDDEN, settings.strokes * VALUES)
    _scatter(last, settings.strokes)
    decoder = nn.Sequential(
        nn.Linear(settings.latent_dim, _HIDDEN),
        blocks.GELU(),
        nn.Linear(_HIDDEN, _HIDDEN),
        blocks.GELU(),
        last,
        StrokeLayer(_SOFTNESS[1]),
    )
    return StrokeAutoencoder(blocks.encoder(*parts), decoder, settings.latent_dim, blocks.decoder(*parts))


@torch.no_grad()
def _scatter(last: nn.Linear, strokes: int) -> None:
    """Let each stroke begin somewhere else in the cell: strokes that begin as one would learn as one."""
    middles = (torch.rand(strokes, 1, 2) - 0.5) * 2.25
    points = middles + 0.375 * torch.randn(strokes, 4, 2)
    opacity = torch.ones(strokes, 1)
    last.bias.copy_(torch.cat([points.flatten(1), torch.zeros(strokes, 1), opacity], dim=1).flatten())
    last.weight.mul_(0.5)
