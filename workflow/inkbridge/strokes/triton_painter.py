"""The painters of strokes for a GPU, in Triton: what :mod:`soft_raster` and :mod:`raster` are for the CPU.

Every program owns what it writes: a tile of pixels in :func:`_paint` and :func:`_cover`, a stroke in :func:`_pull`,
which adds up the gradient of that stroke. So no two programs add to one number, and the same strokes always give the
same bits. A tile passes over the strokes whose boxes do not touch it, a stroke over the tiles that it does not touch.
Only the image is written to memory; torch's own operations would write the distance of every pixel from every stroke.

Triton is installed with those builds of torch for Linux that support CUDA. Without it, this module cannot be imported.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from inkbridge.strokes.soft_raster import MOST

_ROWS, _COLUMNS = 8, 16
"""Pixels of a tile: one for each of the 128 threads of a program."""

_PADDED = 16
"""Least power of two that is not below the number of points of a polyline. Triton's vectors have such lengths."""


class SoftPainting(torch.autograd.Function):
    """:func:`inkbridge.strokes.soft_raster.paint_forward` and ``paint_backward``. Returns the ink ``[B, size, size]``.

    ``polylines`` ``[B, N, P, 2]``, ``widths`` and ``opacities`` ``[B, N]``, all ``float32`` and in pixels; ``edges``
    ``float32 [2]``: the softness, and the tail, on the same device. They are no numbers of the host, so that a CUDA
    graph of the painter can be replayed with others.
    """

    @staticmethod
    def forward(ctx: Any, polylines: Tensor, widths: Tensor, opacities: Tensor, edges: Tensor, size: int) -> Tensor:
        """Return the ink, and keep what the gradients need."""
        polylines, widths, opacities = (values.contiguous() for values in (polylines, widths, opacities))
        boxes = _boxes(polylines)
        images, strokes, points, _ = polylines.shape
        paper = polylines.new_empty(images, size, size)
        _paint[images, _tiles(size)](
            polylines, boxes, widths, opacities, edges, paper, strokes, size, points - 1, float(MOST), _ROWS, _COLUMNS
        )
        ctx.save_for_backward(polylines, boxes, widths, opacities, edges, paper)
        return 1 - paper

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the polylines, widths and opacities."""
        polylines, boxes, widths, opacities, edges, paper = ctx.saved_tensors
        images, strokes, points, _ = polylines.shape
        found = tuple(map(torch.empty_like, (polylines, widths, opacities)))
        _pull[(images * strokes,)](
            polylines, boxes, widths, opacities, edges, paper, gradients[0].contiguous(), *found,
            strokes, paper.shape[-1], points, float(MOST), _PADDED, _ROWS, _COLUMNS,
        )  # fmt: skip
        return *found, None, None


def cover(polylines: Tensor, radii: Tensor, size: int) -> Tensor:
    """Return the part of each pixel that opaque ``polylines`` ``[B, N, P, 2]`` cover, ``float32 [B, size, size]``.

    ``radii`` ``[B, N]``: half of their widths, all in pixels; strokes with a negative radius are left out. A pixel is
    covered as a half plane would cover it whose edge is as near: this is the limit of the supersampling of
    :mod:`inkbridge.strokes.raster`.
    """
    polylines, radii = polylines.contiguous(), radii.contiguous()
    images, strokes, points, _ = polylines.shape
    covered = polylines.new_empty(images, size, size)
    _cover[images, _tiles(size)](
        polylines, _boxes(polylines), radii, covered, strokes, size, points - 1, _ROWS, _COLUMNS
    )
    return covered


def _boxes(polylines: Tensor) -> Tensor:
    """Return the least and the greatest x and y ``[B, N, 2 × 2]`` of polylines."""
    return torch.cat([polylines.amin(dim=2), polylines.amax(dim=2)], dim=-1)


def _tiles(size: int) -> int:
    return triton.cdiv(size, _ROWS) * triton.cdiv(size, _COLUMNS)


@triton.jit
def _tile(tile, size, ROWS: tl.constexpr, COLUMNS: tl.constexpr):  # type: ignore[no-untyped-def]
    """Return the first row and column of a tile, and the rows and columns of its pixels."""
    across = tl.cdiv(size, COLUMNS)
    top, left = (tile // across) * ROWS, (tile % across) * COLUMNS
    pixels = tl.arange(0, ROWS * COLUMNS)
    return top, left, top + pixels // COLUMNS, left + pixels % COLUMNS


@triton.jit
def _touches(boxes, stroke, reach, top, left, rows, columns):  # type: ignore[no-untyped-def]
    """Return whether a ``stroke`` leaves ink in the rectangle of ``rows`` and ``columns``. Comparisons with what is not
    a number are false."""
    low_x, low_y = tl.load(boxes + 4 * stroke), tl.load(boxes + 4 * stroke + 1)
    high_x, high_y = tl.load(boxes + 4 * stroke + 2), tl.load(boxes + 4 * stroke + 3)
    across = (low_x - reach < left + columns) & (high_x + reach > left)
    return (reach > 0) & across & (low_y - reach < top + rows) & (high_y + reach > top)


@triton.jit
def _nearest(points, x, y, chords):  # type: ignore[no-untyped-def]
    """Return the squared distances of pixels at ``x`` and ``y`` from a polyline, the numbers of the nearest of its
    ``chords``, and the places along them, in [0, 1]. ``points`` is the address of its first point."""
    squared = x * 0 + 1e18
    chosen, places = tl.zeros_like(x).to(tl.int32), tl.zeros_like(x)
    for chord in range(chords):
        x0, y0 = tl.load(points + 2 * chord), tl.load(points + 2 * chord + 1)
        dx, dy = tl.load(points + 2 * chord + 2) - x0, tl.load(points + 2 * chord + 3) - y0
        inverse = 1.0 / (dx * dx + dy * dy + 1e-8)
        px, py = x - x0, y - y0
        u = tl.minimum(tl.maximum((px * dx + py * dy) * inverse, 0.0), 1.0)
        ex, ey = px - u * dx, py - u * dy
        square = ex * ex + ey * ey
        closer = square < squared
        squared = tl.where(closer, square, squared)
        places = tl.where(closer, u, places)
        chosen = tl.where(closer, chord, chosen)
    return squared, chosen, places


@triton.jit
def _paint(  # type: ignore[no-untyped-def]
    polylines, boxes, widths, opacities, edges, paper, strokes, size, chords,
    MOST: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Fill a tile of an image of the ``paper`` that its strokes leave."""
    image = tl.program_id(0)
    top, left, row, column = _tile(tl.program_id(1), size, ROWS, COLUMNS)
    x, y = column + 0.5, row + 0.5
    steepness, tail = 1.0 / tl.load(edges), tl.load(edges + 1)
    stays = x * 0 + 1.0
    for number in range(strokes):
        stroke = image * strokes + number
        radius = 0.5 * tl.load(widths + stroke)
        reach = radius + tail
        if _touches(boxes, stroke, reach, top, left, ROWS, COLUMNS):
            squared, _chosen, _places = _nearest(polylines + stroke * (chords + 1) * 2, x, y, chords)
            inside = tl.sigmoid((radius - tl.sqrt(squared)) * steepness)
            ink = tl.minimum(tl.load(opacities + stroke) * inside, MOST)
            stays *= tl.where(squared < reach * reach, 1.0 - ink, 1.0)
    tl.store(paper + (image * size + row) * size + column, stays, mask=(row < size) & (column < size))


@triton.jit
def _pull(  # type: ignore[no-untyped-def]
    polylines, boxes, widths, opacities, edges, paper, wanted, to_polylines, to_widths, to_opacities,
    strokes, size, points, MOST: tl.constexpr, PADDED: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """Write the gradients of one stroke from ``wanted``, that of the ink. A pixel pulls at the two ends of the chord
    that is nearest to it."""
    stroke = tl.program_id(0)
    image, number = stroke // strokes, tl.arange(0, PADDED)
    steepness, tail = 1.0 / tl.load(edges), tl.load(edges + 1)
    radius, opacity = 0.5 * tl.load(widths + stroke), tl.load(opacities + stroke)
    reach = radius + tail
    start = polylines + stroke * points * 2
    pixels = tl.arange(0, ROWS * COLUMNS)
    pulled_x = tl.zeros((ROWS * COLUMNS, PADDED), dtype=tl.float32)
    pulled_y = tl.zeros((ROWS * COLUMNS, PADDED), dtype=tl.float32)
    widened, darkened = tl.zeros((ROWS * COLUMNS,), dtype=tl.float32), tl.zeros((ROWS * COLUMNS,), dtype=tl.float32)
    if _touches(boxes, stroke, reach, 0, 0, size, size):
        # Cut off before they become integers: a stroke that has diverged may be too far away for one.
        low_x = tl.maximum(tl.load(boxes + 4 * stroke) - reach, 0.0)
        low_y = tl.maximum(tl.load(boxes + 4 * stroke + 1) - reach, 0.0)
        high_x = tl.minimum(tl.load(boxes + 4 * stroke + 2) + reach, size - 1.0)
        high_y = tl.minimum(tl.load(boxes + 4 * stroke + 3) + reach, size - 1.0)
        for tile_row in range(low_y.to(tl.int32) // ROWS, high_y.to(tl.int32) // ROWS + 1):
            for tile_column in range(low_x.to(tl.int32) // COLUMNS, high_x.to(tl.int32) // COLUMNS + 1):
                row, column = tile_row * ROWS + pixels // COLUMNS, tile_column * COLUMNS + pixels % COLUMNS
                x, y, within = column + 0.5, row + 0.5, (row < size) & (column < size)
                squared, chosen, places = _nearest(start, x, y, points - 1)
                distance = tl.sqrt(squared)
                inside = tl.sigmoid((radius - distance) * steepness)
                place = (image * size + row) * size + column
                asked = tl.load(wanted + place, mask=within, other=0.0) * tl.load(paper + place, mask=within, other=0.0)
                # The paper that the other strokes leave. This stroke can change only that.
                change = asked / (1.0 - tl.minimum(opacity * inside, MOST))
                change = tl.where(within & (squared < reach * reach), change, 0.0)
                outward = change * opacity * inside * (1.0 - inside) * steepness
                darkened += change * inside
                widened += outward
                pull = outward / tl.maximum(distance, 1e-4)
                x0, y0 = tl.load(start + 2 * chosen), tl.load(start + 2 * chosen + 1)
                dx, dy = tl.load(start + 2 * chosen + 2) - x0, tl.load(start + 2 * chosen + 3) - y0
                pull_x, pull_y = pull * (x - x0 - places * dx), pull * (y - y0 - places * dy)
                share = tl.where(chosen[:, None] == number[None, :], 1.0 - places[:, None], 0.0)
                share += tl.where(chosen[:, None] + 1 == number[None, :], places[:, None], 0.0)
                pulled_x += share * pull_x[:, None]
                pulled_y += share * pull_y[:, None]
    gradient, real = to_polylines + stroke * points * 2 + 2 * number, number < points
    tl.store(gradient, tl.sum(pulled_x, axis=0), mask=real)
    tl.store(gradient + 1, tl.sum(pulled_y, axis=0), mask=real)
    tl.store(to_widths + stroke, 0.5 * tl.sum(widened, axis=0))
    tl.store(to_opacities + stroke, tl.sum(darkened, axis=0))


@triton.jit
def _cover(  # type: ignore[no-untyped-def]
    polylines, boxes, radii, covered, strokes, size, chords, ROWS: tl.constexpr, COLUMNS: tl.constexpr
):
    """Fill a tile of an image of what is ``covered`` by strokes."""
    image = tl.program_id(0)
    top, left, row, column = _tile(tl.program_id(1), size, ROWS, COLUMNS)
    x, y = column + 0.5, row + 0.5
    ink = x * 0
    for number in range(strokes):
        stroke = image * strokes + number
        radius = tl.load(radii + stroke)
        if (radius >= 0) & _touches(boxes, stroke, radius + 0.5, top, left, ROWS, COLUMNS):
            squared, _chosen, _places = _nearest(polylines + stroke * (chords + 1) * 2, x, y, chords)
            ink = tl.maximum(ink, tl.minimum(tl.maximum(radius + 0.5 - tl.sqrt(squared), 0.0), 1.0))
    tl.store(covered + (image * size + row) * size + column, ink, mask=(row < size) & (column < size))
