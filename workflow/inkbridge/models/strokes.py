"""``strokes``: a decoder that draws. Latents become cubic Béziers with width and opacity, which are then painted."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge.config.settings import Variant
from inkbridge.models import blocks
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.scale import MIDDLE, NARROWEST, UNIT, USUAL_WIDTH, WIDEST
from inkbridge.strokes.soft_raster_torch import falling_softness, paint_differentiable, paint_shape_differentiable


@dataclass(frozen=True)
class StrokeTuning:
    """The numbers that tune the decoder that draws, and its training. Pixels are those of the cell."""

    hidden: int = 256
    """Width of the decoder's first hidden layer."""
    features: int = 1024
    """Width of its second one. A fit solves the layer after it anew (fitting/solve.py): with 256, in-betweens did not
    keep their ink (docs/experiments.md)."""
    scaffolded: float = 0.35
    """Part of the training in which the encoder learns with a decoder of pixels, which teaches it faster than strokes
    do."""
    first_softness: float = 2.5
    """Softness of the edges when strokes begin to learn, in pixels. It lets them feel ink from afar."""
    last_softness: float = 0.5
    """Softness of the edges at the end, in pixels."""
    softening: float = 0.5
    """Part of the training with strokes over which the softness falls."""
    reach_softnesses: float = 4.0
    """Strokes feel ink within this many softnesses of their edges."""
    reach_pixels: float = 4.0
    """Strokes feel ink within at least this many pixels of their edges, however sharp they are."""
    evenness: float = 0.002
    """Weight, per squared pixel, of the distance of an in-between's control points from the mean of both ends."""
    least_ink: float = 1e-5
    """Ink stays this far from 0 and 1 in the loss, because the logarithm of 0 has no gradient."""
    initial_spread: float = 2.25
    """Side of the square that strokes are scattered over at first, in units of the decoder (the cell has 4)."""
    initial_length: float = 0.375
    """Standard deviation of their control points around their middles, in units of the decoder."""
    initial_opacity: float = 1.0
    """Logit of their opacity: visible, but not saturated."""
    initial_weights: float = 0.5
    """Factor on the last layer's random weights: at first, strokes hardly depend on the latent."""


STROKES = StrokeTuning()
"""The default tuning of stroke autoencoders."""


class StrokeLayer(nn.Module):
    """The last layer: features ``[B, N · 10]`` → strokes ``[B, N, 10]``, in pixels of the cell.

    ``softness`` is that of the strokes' edges, in pixels of the image that they are painted in. Strokes that are
    ``merged`` are painted as one shape (:mod:`inkbridge.strokes.shape_raster`): those of a fitted doodle are.
    """

    def __init__(self, softness: float) -> None:
        super().__init__()
        self.softness = softness
        self.merged = False

    def forward(self, features: Tensor) -> Tensor:
        values = features.unflatten(-1, (-1, VALUES))
        points = MIDDLE + UNIT * values[..., :8]
        width = (USUAL_WIDTH + values[..., 8:9]).clamp(NARROWEST, WIDEST)
        return torch.cat([points, width, torch.sigmoid(values[..., 9:])], dim=-1)

    @staticmethod
    def features_of(strokes: Tensor) -> Tensor:
        """Return the features ``[B, N, 10]`` of ``strokes`` ``[B, N, 10]``. Opacities are kept 10⁻⁷ away from 0 and 1,
        whose logits are infinite."""
        points = (strokes[..., :8] - MIDDLE) / UNIT
        opacity = torch.logit(strokes[..., 9:].double(), eps=1e-7).float()
        return torch.cat([points, strokes[..., 8:9] - USUAL_WIDTH, opacity], dim=-1)


class StrokeAutoencoder(Autoencoder):
    """An autoencoder whose decoder outputs strokes ``[B, N, 10]``."""

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Sequential,
        latent_dim: int,
        scaffold: nn.Module | None = None,
        tuning: StrokeTuning = STROKES,
    ) -> None:
        super().__init__(encoder, decoder, latent_dim, scaffold)
        self.tuning = tuning

    @property
    def softness(self) -> float:
        """Softness of the strokes' edges, in pixels of the image."""
        return cast(StrokeLayer, self.decoder[-1]).softness

    @softness.setter
    def softness(self, softness: float) -> None:
        cast(StrokeLayer, self.decoder[-1]).softness = softness

    def draw_as_shapes(self, softness: float) -> None:
        """From now on, paint strokes as shapes with edges of this ``softness``, in pixels of the image."""
        layer = cast(StrokeLayer, self.decoder[-1])
        layer.softness, layer.merged = softness, True

    def strokes(self, latents: Tensor) -> Tensor:
        """Return the strokes ``float32 [B, N, 10]`` of standardised latents ``[B, D]``."""
        return cast(Tensor, self.decoder(self.raw(latents)))

    def decode(self, latents: Tensor) -> Tensor:
        merged = cast(StrokeLayer, self.decoder[-1]).merged
        painter = paint_shape_differentiable if merged else paint_differentiable
        return painter(self.strokes(latents), self.softness)[:, None]

    def loss(self, latents: Tensor, images: Tensor, pairs: int, done: float) -> Tensor:
        if self.scaffold is not None and done < self.tuning.scaffolded:
            return functional.binary_cross_entropy_with_logits(self.scaffold(latents).float(), images)
        # bfloat16 is too coarse for tenths of a pixel.
        with torch.autocast(latents.device.type, enabled=False):
            strokes = self.decoder(latents.float())
            loss = self._painting_loss(strokes, images, done)
            if pairs:
                loss = loss + self.tuning.evenness * unevenness(strokes, pairs)
            # A stroke without finite coordinates leaves no ink. The second term makes such a divergence visible.
            return loss + 0 * strokes.sum()

    def _painting_loss(self, strokes: Tensor, images: Tensor, done: float) -> Tensor:
        """Return the cross-entropy of ``images`` ``[B, 1, 64, 64]`` painted from ``strokes`` ``[B, N, 10]``, with the
        softness of this part of the training."""
        tuning = self.tuning
        painted = (done - tuning.scaffolded) / (1 - tuning.scaffolded)
        softness = falling_softness(tuning.first_softness, tuning.last_softness, painted / tuning.softening)
        reach = max(tuning.reach_softnesses * softness, tuning.reach_pixels)
        ink = paint_differentiable(strokes, softness, tail=reach)[:, None]
        return functional.binary_cross_entropy(ink.clamp(tuning.least_ink, 1 - tuning.least_ink), images)


def unevenness(strokes: Tensor, pairs: int) -> Tensor:
    """Return the mean squared distance, in pixels, of in-betweens' control points from the mean of both ends.

    The last 3 · ``pairs`` of ``strokes`` ``[B, N, 10]`` are the starts, the ends and the in-betweens of moving pairs.
    """
    start, end, halfway = strokes[-3 * pairs :, :, :8].split(pairs)
    return ((start + end) / 2 - halfway).square().mean()


def build(settings: Variant, tuning: StrokeTuning = STROKES) -> Autoencoder:
    """Return the untrained autoencoder that ``settings`` describe, with a decoder of pixels as its scaffold."""
    parts = (settings.latent_dim, settings.channels, nn.Conv2d)
    last = nn.Linear(tuning.features, settings.strokes * VALUES)
    _scatter(last, settings.strokes, tuning)
    decoder = nn.Sequential(
        nn.Linear(settings.latent_dim, tuning.hidden),
        blocks.Activation(),
        nn.Linear(tuning.hidden, tuning.features),
        blocks.Activation(),
        last,
        StrokeLayer(tuning.last_softness),
    )
    return StrokeAutoencoder(blocks.encoder(*parts), decoder, settings.latent_dim, blocks.decoder(*parts), tuning)


@torch.no_grad()
def _scatter(last: nn.Linear, strokes: int, tuning: StrokeTuning) -> None:
    """Let each stroke start in a different place of the cell: strokes that start together would learn the same."""
    middles = (torch.rand(strokes, 1, 2) - 0.5) * tuning.initial_spread
    points = middles + tuning.initial_length * torch.randn(strokes, 4, 2)
    opacity = torch.full((strokes, 1), tuning.initial_opacity)
    last.bias.copy_(torch.cat([points.flatten(1), torch.zeros(strokes, 1), opacity], dim=1).flatten())
    last.weight.mul_(tuning.initial_weights)
