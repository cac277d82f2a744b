"""Moving pairs on a device: :class:`inkbridge.data.augmentation.MovingPairs` for many drawings at once, in torch."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge import CELL
from inkbridge.data.augmentation import WARP, WarpTuning
from inkbridge.data.recipes import RECIPES
from inkbridge.strokes import raster
from inkbridge.strokes.bezier import Kind, StrokeSets, bernstein
from inkbridge.strokes.soft_raster_torch import has_triton

_CHORDS = 10
"""Chords of a curved stroke, as many as :mod:`inkbridge.strokes.raster` draws."""


@dataclass(frozen=True)
class Drawings:
    """The strokes of N drawings. ``values`` ``float32 [M, 10]``, ``kinds`` ``uint8 [M]``: those of all, one after the
    other. ``counts`` and ``starts`` ``int64 [N]``: how many each drawing has, and where its first is. ``blurs``
    ``float32 [N]``: standard deviations. ``most``: the greatest of ``counts``."""

    values: Tensor
    kinds: Tensor
    counts: Tensor
    starts: Tensor
    blurs: Tensor
    most: int

    def take(self, chosen: Tensor) -> "Strokes":
        """Return the strokes of the drawings ``chosen`` ``[P]``, with as many rows for each as ``most`` says."""
        number = torch.arange(self.most, device=chosen.device)
        drawn = number < self.counts[chosen, None]
        rows = torch.where(drawn, self.starts[chosen, None] + number, 0)
        values = self.values[rows]
        return Strokes(
            values[..., :8].unflatten(-1, (4, 2)), values[..., 8], self.kinds[rows], drawn, self.blurs[chosen]
        )


@dataclass(frozen=True)
class Strokes:
    """The strokes of P drawings: ``points`` ``[P, S, 4, 2]``, ``widths``, ``kinds``, and whether they are ``drawn``
    ``[P, S]``; and the ``blurs`` ``[P]`` of the drawings."""

    points: Tensor
    widths: Tensor
    kinds: Tensor
    drawn: Tensor
    blurs: Tensor


def warped(strokes: Strokes, generator: torch.Generator, tuning: WarpTuning = WARP) -> Tensor:
    """Return the points ``[P, S, 4, 2]`` of ``strokes`` after a random movement of each drawing, as
    :func:`inkbridge.data.augmentation.random_warp` makes them."""
    points, device = strokes.points, generator.device
    count = len(points)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator, device=device)

    def normal(spread: float, *shape: int) -> Tensor:
        return spread * torch.randn(shape, generator=generator, device=device)

    centres = uniform(tuning.bump_margin, CELL - tuning.bump_margin, count, 1, 1, tuning.bumps, 2)
    spreads = uniform(*tuning.bump_spread, count, 1, 1, tuning.bumps)
    pushes = normal(tuning.push, count, 1, 1, tuning.bumps, 2) * uniform(*tuning.push_strength, count, 1, 1, 1, 1)
    squared = (points[..., None, :] - centres).square().sum(dim=-1)
    bent = points + (torch.exp(-squared / (2 * spreads.square()))[..., None] * pushes).sum(dim=-2)
    angle, scale = normal(tuning.rotation, count), normal(tuning.log_scale, count).exp()
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    weights = strokes.drawn[..., None] / strokes.drawn.sum(dim=1).clamp_min(1)[:, None, None]
    middles = (points.mean(dim=2) * weights).sum(dim=1)[:, None, None]
    x, y = (bent - middles).unbind(dim=-1)
    cosine, sine = cosine[:, None, None], sine[:, None, None]
    moved = torch.stack([cosine * x - sine * y, sine * x + cosine * y], dim=-1)
    moved = moved + middles + normal(tuning.shift, count, 1, 1, 2)
    growing = uniform(0, 1, count, 1) < tuning.growing_drawings
    growing = growing & (uniform(0, 1, *points.shape[:2]) < tuning.growing_strokes) & (strokes.kinds != Kind.ELLIPSE)
    shrunken = moved[:, :, :1] + tuning.shrunken * (moved - moved[:, :, :1])
    return torch.where(growing[..., None, None], shrunken, moved)


def paint_pairs(start: Strokes, end: Tensor, rows: slice = slice(None)) -> Tensor:
    """Return ``uint8 [P, 3, 64, 64]``: the ``start``, the in-between halfway, and the ``end`` (points
    ``[P, S, 4, 2]``) of movements, those of the chosen ``rows`` only."""
    first, last = start.points[rows], end[rows]
    moments = torch.stack([first, (first + last) / 2, last], dim=1)
    parts = (part[rows] for part in (start.widths, start.kinds, start.drawn, start.blurs))
    widths, kinds, drawn, blurs = (part.repeat_interleave(3, dim=0) for part in parts)
    strokes = Strokes(moments.flatten(0, 1), widths, kinds, drawn, blurs)
    paint = painted_on_gpu if start.points.device.type != "cpu" and has_triton() else painted_by_cpu
    return paint(strokes).unflatten(0, (-1, 3))


def painted_by_cpu(strokes: Strokes) -> Tensor:
    """Return images ``uint8 [P, 64, 64]`` as :func:`inkbridge.strokes.raster.paint` paints them."""
    drawn = strokes.drawn.cpu().numpy()
    points, widths, kinds = (part.cpu().numpy()[drawn] for part in (strokes.points, strokes.widths, strokes.kinds))
    values = np.concatenate([points.reshape(-1, 8), widths[:, None], np.ones_like(widths[:, None])], axis=1)
    bendable = np.where(kinds == Kind.LINE, np.uint8(Kind.QUADRATIC), kinds)
    offsets = np.concatenate([[0], np.cumsum(drawn.sum(axis=1))])
    sets = StrokeSets(values.astype(np.float32), bendable, offsets.astype(np.int64))
    return torch.from_numpy(raster.paint(sets, strokes.blurs.cpu().numpy())).to(strokes.points.device)


def painted_on_gpu(strokes: Strokes) -> Tensor:
    """Return images ``uint8 [P, 64, 64]``, as :func:`painted_by_cpu` paints them but for the rounding of edges."""
    from inkbridge.strokes.triton_painter import cover  # the CPU does not need Triton

    device = strokes.points.device
    wide = 4 * strokes.widths
    # The pen of the CPU's painter has whole canvas pixels, of which a pixel has four a side.
    radii = torch.where(strokes.kinds == Kind.DOT, ((wide.round() + 1) / 2).floor(), ((wide - 1) / 2).round())
    radii = torch.where(strokes.drawn, (radii.clamp_min(1) + 0.5) / 4, -1.0)
    polylines = torch.einsum("ck,pskd->pscd", _curve(device), strokes.points)
    sharp = cover(polylines, radii, CELL)[:, None]
    sigmas, kernels = _blurs(device)
    reach = kernels.shape[1] // 2
    across = functional.conv2d(sharp, kernels[:, None, None, :], padding=(0, reach))
    both = functional.conv2d(across, kernels[:, None, :, None], padding=(reach, 0), groups=len(kernels))
    chosen = (strokes.blurs[:, None] == sigmas).int().argmax(dim=1)
    return (255 * both[torch.arange(len(chosen), device=device), chosen]).round().byte()


@lru_cache(maxsize=8)
def _curve(device: torch.device) -> Tensor:
    """Return the weights ``[11, 4]`` that turn a cubic's control points into the points of its polyline."""
    return torch.from_numpy(bernstein(np.linspace(0, 1, _CHORDS + 1))).to(device)


@lru_cache(maxsize=8)
def _blurs(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the standard deviations ``[K]`` of all recipes' blurs, and their kernels ``float32 [K, taps]``."""
    sigmas = sorted({recipe.blur for recipe in RECIPES.values()})
    kernels = raster.blur_kernels(sigmas) / 256
    return torch.tensor(sigmas, device=device), torch.from_numpy(kernels.astype(np.float32)).to(device)
