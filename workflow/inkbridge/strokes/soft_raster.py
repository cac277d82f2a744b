"""Strokes → ink, with gradients: for training, fitting, and drawing at any size.

Every stroke is a polyline of :data:`CHORDS` chords with round ends, and pixel p has the ink

    v(p) = 1 − Π_i (1 − opacity_i · σ((width_i / 2 − d_i(p)) / softness)),

where d_i is the distance from the pixel's centre to stroke i and σ the logistic function: the soft union of Mihai &
Hare 2021, "Differentiable Drawing and Sketching", arXiv 2103.16194. The gradient of a distance is that of the distance
to the nearest point, held at its place along the stroke (the envelope theorem). So only one chord of each stroke has a
gradient at a pixel. A stroke is painted only where it leaves ink, in a box around each chord.

The kernels are compiled by Numba. Networks in training and GIFs use the same ones.
"""

from math import ceil, exp, floor, sqrt

import numpy as np
from numba import njit

from inkbridge import CELL
from inkbridge.strokes.bezier import bernstein
from inkbridge.support.types import Array

CHORDS = 12
"""Chords of a stroke. A half circle of 20 px radius is less than 0.2 px off its chords."""

TAIL = 7.0
"""Softnesses beyond a stroke's edge at which its ink is cut off; it is 1/1000 there."""

MOST = np.float32(0.9999)
"""Most ink that one stroke leaves in a pixel, so that strokes under it keep a gradient."""

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)
"""Numbers as float32. Numba treats literals as float64, and the processor computes only half as many of those at
once."""

STEEPEST = np.float32(60)
"""Softnesses beyond an edge at which the exponential is cut off, before it overflows. There is no ink there."""

FAST = {"reassoc", "nsz", "arcp", "contract", "afn"}
"""Optimisations that the compiler may use: all of fast math, except the assumption that numbers are finite."""

CURVE = bernstein(np.linspace(0, 1, CHORDS + 1))
"""Weights ``[CHORDS + 1, 4]`` that turn a cubic's control points into the points of its polyline."""


def paint_soft(strokes: Array, softness: float, size: int) -> Array:
    """Return the ink ``float32 [B, size, size]`` of ``strokes`` ``float32 [B, N, 10]``, in pixels of the unit cell.

    ``softness`` is that of the strokes' edges, in pixels of the image.
    """
    scale = np.float32(size / CELL)
    polylines = CURVE @ strokes[..., :8].reshape(*strokes.shape[:2], 4, 2) * scale
    widths, opacities = strokes[..., 8] * scale, np.ascontiguousarray(strokes[..., 9])
    ink: Array = 1 - paint_forward(polylines, widths, opacities, softness, TAIL * softness, size)
    return ink


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def span(a: float, b: float, reach: float, size: int) -> tuple[int, int]:
    """Return the first pixel, and one past the last, of those whose centres are within ``reach`` of the interval
    a–b."""
    low, high = min(a, b) - reach - 0.5, max(a, b) + reach - 0.5
    # Clamp floats, not integers: numbers that are not finite, or too large for an integer, give an empty range.
    if not (low < size and high >= 0):
        return 0, 0
    return ceil(max(low, 0.0)), floor(min(high, size - 1.0)) + 1


@njit(cache=True, nogil=True)
def _room(size):  # type: ignore[no-untyped-def]
    """Return the arrays that :func:`_distances` fills, for an image of ``size`` pixels: squared distances, chords, and
    places along them."""
    room = np.empty((2, size, size), dtype=np.float32)
    return room[0], np.empty((size, size), dtype=np.int32), room[1]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _distances(polyline, reach, squared, nearest, along):  # type: ignore[no-untyped-def]
    """Fill, around a ``polyline`` ``[P, 2]``, the squared distance to it, the nearest chord and the place along it.

    Returns the box that was filled: first row, one past the last, first column, one past the last.
    """
    size = squared.shape[0]
    left, right = span(polyline[:, 0].min(), polyline[:, 0].max(), reach, size)
    top, bottom = span(polyline[:, 1].min(), polyline[:, 1].max(), reach, size)
    for row in range(top, bottom):
        squared[row, left:right] = np.float32(1e9)
    for chord in range(len(polyline) - 1):
        x0, y0 = polyline[chord, 0], polyline[chord, 1]
        x1, y1 = polyline[chord + 1, 0], polyline[chord + 1, 1]
        dx, dy = x1 - x0, y1 - y0
        inverse = ONE / (dx * dx + dy * dy + np.float32(1e-8))
        first_column, last_column = span(x0, x1, reach, size)
        first_row, last_row = span(y0, y1, reach, size)
        for row in range(first_row, last_row):
            py = np.float32(row) + HALF - y0
            for column in range(first_column, last_column):
                px = np.float32(column) + HALF - x0
                u = (px * dx + py * dy) * inverse
                u = min(max(u, ZERO), ONE)
                ex, ey = px - u * dx, py - u * dy
                distance = ex * ex + ey * ey
                closer = distance < squared[row, column]
                squared[row, column] = distance if closer else squared[row, column]
                nearest[row, column] = chord if closer else nearest[row, column]
                along[row, column] = u if closer else along[row, column]
    return top, bottom, left, right


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def paint_forward(polylines, widths, opacities, softness, tail, size):  # type: ignore[no-untyped-def]
    """Return paper left ``[B, size, size]`` (1 − ink) of ``polylines`` ``[B, N, P, 2]``, all in pixels."""
    paper = np.ones((len(polylines), size, size), dtype=np.float32)
    squared, nearest, along = _room(size)
    steepness = ONE / np.float32(softness)
    for image in range(len(polylines)):
        for stroke in range(polylines.shape[1]):
            radius, opacity = HALF * widths[image, stroke], opacities[image, stroke]
            reach = np.float32(radius + tail)
            if reach <= 0:
                continue
            top, bottom, left, right = _distances(polylines[image, stroke], reach, squared, nearest, along)
            for row in range(top, bottom):
                for column in range(left, right):
                    if squared[row, column] < reach * reach:
                        edge = (np.float32(sqrt(squared[row, column])) - radius) * steepness
                        ink = opacity / (ONE + np.float32(exp(min(edge, STEEPEST))))
                        paper[image, row, column] *= ONE - min(ink, MOST)
    return paper


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def paint_backward(polylines, widths, opacities, softness, tail, paper, wanted):  # type: ignore[no-untyped-def]
    """Return the gradients of polylines, widths and opacities from ``wanted`` ``[B, size, size]``, the gradient of the
    ink."""
    size = paper.shape[-1]
    to_polylines = np.zeros_like(polylines)
    to_widths, to_opacities = np.zeros_like(widths), np.zeros_like(opacities)
    squared, nearest, along = _room(size)
    steepness = ONE / np.float32(softness)
    for image in range(len(polylines)):
        for stroke in range(polylines.shape[1]):
            polyline, gradient = polylines[image, stroke], to_polylines[image, stroke]
            radius, opacity = HALF * widths[image, stroke], opacities[image, stroke]
            reach = np.float32(radius + tail)
            if reach <= 0:
                continue
            top, bottom, left, right = _distances(polyline, reach, squared, nearest, along)
            to_radius, to_opacity = ZERO, ZERO
            for row in range(top, bottom):
                for column in range(left, right):
                    if squared[row, column] >= reach * reach:
                        continue
                    distance = np.float32(sqrt(squared[row, column]))
                    edge = (distance - radius) * steepness
                    inside = ONE / (ONE + np.float32(exp(min(edge, STEEPEST))))
                    ink = opacity * inside
                    if ink > MOST:
                        ink = MOST
                    # The paper that the other strokes leave. This stroke can change only that.
                    change = wanted[image, row, column] * paper[image, row, column] / (ONE - ink)
                    to_opacity += change * inside
                    outward = change * opacity * inside * (ONE - inside) * steepness
                    to_radius += outward
                    pull = outward / max(distance, np.float32(1e-4))
                    chord, u = nearest[row, column], along[row, column]
                    x = polyline[chord, 0] + u * (polyline[chord + 1, 0] - polyline[chord, 0])
                    y = polyline[chord, 1] + u * (polyline[chord + 1, 1] - polyline[chord, 1])
                    pull_x = pull * (np.float32(column) + HALF - x)
                    pull_y = pull * (np.float32(row) + HALF - y)
                    gradient[chord, 0] += (ONE - u) * pull_x
                    gradient[chord, 1] += (ONE - u) * pull_y
                    gradient[chord + 1, 0] += u * pull_x
                    gradient[chord + 1, 1] += u * pull_y
            to_widths[image, stroke] = HALF * to_radius
            to_opacities[image, stroke] = to_opacity
    return to_polylines, to_widths, to_opacities
