"""Strokes and doodles that the tests of fitting share."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkbridge.fitting.tuning import STROKE_FIT
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.strokes.soft_raster import paint_soft
from inkbridge.strokes.soft_raster_torch import paint_differentiable
from inkbridge.support.types import Images


def line(start: Sequence[float], end: Sequence[float]) -> Tensor:
    """Return the control points ``[4, 2]`` of a straight stroke."""
    ends = torch.from_numpy(np.float32([start, end]))
    return torch.lerp(ends[0], ends[1], torch.linspace(0, 1, 4)[:, None])


def lines(*angles: float) -> NDArray[np.float32]:
    """Return strokes ``[K, 1, 10]``: a line of 40 px through the middle of the cell, at some angles (radians)."""
    steps = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    points = [line(start, end).flatten() for start, end in zip(32 - steps, 32 + steps, strict=True)]
    return np.stack([np.float32([*values, 3, 1]) for values in points])[:, None]


def turning_line(*angles: float) -> Images:
    """Return keyframes of a line of 40 px through the middle of the cell, at some angles (radians)."""
    return np.rint(255 * paint_soft(lines(*angles), STROKE_FIT.last_softness, 64)).astype(np.uint8)


def ink_of(points: Tensor, widths: Tensor, opacities: Tensor) -> Tensor:
    """Return the amount of ink ``[B]`` of points ``[B, N, 4, 2]``, widths ``[B, N]`` and opacities ``[B]``."""
    opacity = opacities[:, None].expand_as(widths)
    strokes = torch.cat([points.flatten(2), widths[..., None], opacity[..., None]], dim=-1)
    return paint_differentiable(strokes, STROKE_FIT.last_softness).sum(dim=(1, 2))


def set_opacities(model: StrokeAutoencoder, *opacities: float) -> None:
    """Give the strokes these opacities, for every latent."""
    layer = model.decoder[-2]
    with torch.no_grad():
        layer.weight.unflatten(0, (-1, 10))[:, 9] = 0
        layer.bias.unflatten(0, (-1, 10))[:, 9] = torch.logit(torch.tensor(opacities))
