""":mod:`inkbridge.strokes.soft_raster` as a function of torch with gradients, on any device, and
:mod:`inkbridge.strokes.shape_raster` on the CPU."""

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from inkbridge import CELL
from inkbridge.strokes.shape_raster import cross_entropy, shape_backward, shape_forward
from inkbridge.strokes.soft_raster import CHORDS, CURVE, MOST, TAIL, paint_backward, paint_forward


def paint_differentiable(strokes: Tensor, softness: float, size: int = CELL, tail: float | None = None) -> Tensor:
    """Return the ink ``float32 [B, size, size]`` of ``strokes`` ``float32 [B, N, 10]``, in pixels of the unit cell.

    ``softness`` is that of the strokes' edges, in pixels of the image. A stroke leaves ink and has a gradient up to
    ``tail`` pixels beyond its edge, by default seven softnesses.
    """
    tail = TAIL * softness if tail is None else tail
    polylines, widths, opacities = _in_pixels(strokes, size)
    if strokes.device.type == "cpu":
        ink: Tensor = _Painting.apply(  # type: ignore[no-untyped-call]
            polylines, widths, opacities, softness, tail, size
        )
        return ink
    if has_triton():
        return _painted_by_triton(polylines, widths, opacities, softness, tail, size)
    return paint_polylines(polylines, widths, opacities, softness, tail, size)


@lru_cache(maxsize=1)
def has_triton() -> bool:
    """Return whether Triton is installed, which compiles the painters for a GPU."""
    return find_spec("triton") is not None


def _painted_by_triton(
    polylines: Tensor, widths: Tensor, opacities: Tensor, softness: float, tail: float, size: int
) -> Tensor:
    from inkbridge.strokes.triton_painter import SoftPainting  # the CPU does not need Triton

    # Filled on the device: copies from the host would wait for all that was asked of the GPU before.
    edges = torch.stack([torch.full((), value, device=widths.device) for value in (softness, tail)])
    ink: Tensor = SoftPainting.apply(polylines, widths, opacities, edges, size)  # type: ignore[no-untyped-call]
    return ink


def paint_shape_differentiable(strokes: Tensor, softness: float, size: int = CELL, tail: float | None = None) -> Tensor:
    """Return the ink of ``strokes`` as one shape (:mod:`inkbridge.strokes.shape_raster`). Everything else is as in
    :func:`paint_differentiable`, but only the CPU can do it."""
    tail = TAIL * softness if tail is None else tail
    ink: Tensor = _ShapePainting.apply(*_in_pixels(strokes, size), softness, tail, size)  # type: ignore[no-untyped-call]
    return ink


def shape_cross_entropy(strokes: Tensor, drawn: Tensor, softness: float, tail: float, least: float) -> Tensor:
    """Return the mean cross-entropy, a scalar, of ``drawn`` ``float32 [B, size, size]`` and the ink of ``strokes``, as
    :func:`paint_shape_differentiable` paints it. Ink counts as at least ``least``, and at most 1 − ``least``."""
    polylines = _in_pixels(strokes, drawn.shape[-1])
    loss: Tensor = _ShapeLoss.apply(*polylines, drawn, softness, tail, least)  # type: ignore[no-untyped-call]
    return loss


def _in_pixels(strokes: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return polylines ``[B, N, P, 2]`` and widths ``[B, N]`` in pixels of the image, and opacities ``[B, N]``."""
    scale = size / CELL
    curves = strokes[..., :8].unflatten(-1, (4, 2))
    polylines = torch.matmul(_curve(strokes.device), curves) * scale
    return polylines, strokes[..., 8] * scale, strokes[..., 9]


@lru_cache(maxsize=8)
def _curve(device: torch.device) -> Tensor:
    """Return :data:`CURVE` on ``device``, copied there once."""
    return torch.from_numpy(CURVE).to(device)


def falling_softness(first: float, last: float, done: float) -> float:
    """Return the softness at the part ``done`` of a geometric decay from ``first`` to ``last``. It stays ``last`` after
    that."""
    return float(first * (last / first) ** min(1.0, done))


class _Painting(torch.autograd.Function):
    """The compiled kernels, for the CPU."""

    @staticmethod
    def forward(
        ctx: Any, polylines: Tensor, widths: Tensor, opacities: Tensor, softness: float, tail: float, size: int
    ) -> Tensor:
        arrays = tuple(values.detach().contiguous().numpy() for values in (polylines, widths, opacities))
        paper = paint_forward(*arrays, softness, tail, size)  # type: ignore[call-arg]
        ctx.painted = arrays, softness, tail, paper
        return torch.from_numpy(1 - paper)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        arrays, softness, tail, paper = ctx.painted
        wanted = gradients[0].contiguous().numpy()
        found = paint_backward(*arrays, softness, tail, paper, wanted)  # type: ignore[call-arg]
        return *map(torch.from_numpy, found), None, None, None


class _ShapePainting(torch.autograd.Function):
    """The compiled kernels of shapes."""

    @staticmethod
    def forward(
        ctx: Any, polylines: Tensor, widths: Tensor, opacities: Tensor, softness: float, tail: float, size: int
    ) -> Tensor:
        arrays = tuple(values.detach().contiguous().numpy() for values in (polylines, widths, opacities))
        ink, *nearest = shape_forward(*arrays, softness, tail, size)  # type: ignore[call-arg]
        ctx.painted = arrays, softness, nearest
        return torch.from_numpy(ink)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        arrays, softness, nearest = ctx.painted
        wanted = gradients[0].contiguous().numpy()
        found = shape_backward(*arrays, softness, *nearest, wanted)  # type: ignore[call-arg]
        return *map(torch.from_numpy, found), None, None, None


class _ShapeLoss(torch.autograd.Function):
    """The cross-entropy of shapes. Together, the kernels take a fifth of the time of torch's operations."""

    @staticmethod
    def forward(
        ctx: Any,
        polylines: Tensor,
        widths: Tensor,
        opacities: Tensor,
        drawn: Tensor,
        softness: float,
        tail: float,
        least: float,
    ) -> Tensor:
        arrays = tuple(values.detach().contiguous().numpy() for values in (polylines, widths, opacities))
        ink, *nearest = shape_forward(*arrays, softness, tail, drawn.shape[-1])  # type: ignore[call-arg]
        loss, wanted = cross_entropy(ink, drawn.numpy(), least)
        ctx.painted = arrays, softness, nearest, wanted
        return torch.tensor(loss)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        arrays, softness, nearest, wanted = ctx.painted
        found = shape_backward(*arrays, softness, *nearest, wanted)  # type: ignore[call-arg]
        return *(gradients[0] * torch.from_numpy(values) for values in found), None, None, None, None


def paint_polylines(
    polylines: Tensor, widths: Tensor, opacities: Tensor, softness: float, tail: float, size: int
) -> Tensor:
    """Return the ink ``[B, size, size]`` of ``polylines`` ``[B, N, P, 2]`` by torch's own operations, for a GPU
    without Triton.

    The nearest chord is found without gradients; only the distance to that chord is differentiated.
    """
    centres = torch.arange(size, device=polylines.device, dtype=polylines.dtype) + 0.5
    pixels = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1).reshape(-1, 2)
    chords = [(polylines[:, :, None, chord], polylines[:, :, None, chord + 1]) for chord in range(CHORDS)]
    with torch.no_grad():
        least = torch.full((*widths.shape, size * size), torch.inf, device=widths.device)
        nearest, along = torch.zeros_like(least, dtype=torch.uint8), torch.zeros_like(least)
        for number, (start, end) in enumerate(chords):
            place = _nearest_place(pixels, start, end)
            squared = (pixels - torch.lerp(start, end, place[..., None])).square().sum(dim=-1)
            closer = squared < least
            nearest, along = torch.where(closer, number, nearest), torch.where(closer, place, along)
            least = torch.minimum(squared, least)
    points = torch.zeros((*least.shape, 2), device=widths.device)
    for number, (start, end) in enumerate(chords):
        # Gathering would be shorter, but on a GPU its gradient is summed in another order each time.
        points = torch.where((nearest == number)[..., None], torch.lerp(start, end, along[..., None]), points)
    distances = ((pixels - points).square().sum(dim=-1) + 1e-8).sqrt()
    edges = (0.5 * widths[..., None] - distances) / softness
    ink = (opacities[..., None] * torch.sigmoid(edges)).clamp_max(float(MOST))
    ink = torch.where(distances < 0.5 * widths[..., None] + tail, ink, 0)
    return (1 - (1 - ink).prod(dim=1)).unflatten(-1, (size, size))


def _nearest_place(pixels: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the places ``[B, N, P]``, in [0, 1], along the chords from ``start`` to ``end``, each ``[B, N, 1, 2]``,
    that are nearest to ``pixels`` ``[P, 2]``."""
    chord = end - start
    return (((pixels - start) * chord).sum(dim=-1) / (chord.square().sum(dim=-1) + 1e-8)).clamp(0, 1)
