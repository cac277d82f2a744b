"""Strokes → ink, with gradients: for training, fitting, and drawing at any size.

Every stroke is a polyline of :data:`CHORDS` chords with round ends, and pixel p has the ink

    v(p) = 1 − Π_i (1 − opacity_i · σ((width_i / 2 − d_i(p)) / softness)),

where d_i is the distance from the pixel's centre to stroke i and σ the logistic function: the soft union of Mihai &
Hare 2021, "Differentiable Drawing and Sketching", arXiv 2103.16194. The gradient of a distance is that of the distance
to the nearest point, held at its place along the stroke (the envelope theorem). So only one chord of each stroke has a
gradient at a pixel. A stroke is painted only where it leaves ink, in a box around each chord.

The kernels are compiled by Numba. Networks in training and GIFs use the same ones. They go through the rows of an image
in blocks of :data:`BLOCK` pixels, without branches, so that the processor computes several pixels at once.
"""

from math import ceil, floor, sqrt

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

BLOCK = 16
"""Pixels of a row that are computed together. Loops of 8 or 32 were slower."""

NOWHERE = np.float32(1e9)
"""Squared distance of a pixel that no chord is near."""

CURVE = bernstein(np.linspace(0, 1, CHORDS + 1))
"""Weights ``[CHORDS + 1, 4]`` that turn a cubic's control points into the points of its polyline."""


def paint_soft(strokes: Array, softness: float, size: int) -> Array:
    """Return the ink ``float32 [B, size, size]`` of ``strokes`` ``float32 [B, N, 10]``, in pixels of the unit cell.

    ``softness`` is that of the strokes' edges, in pixels of the image.
    """
    ink: Array = 1 - paint_forward(*as_polylines(strokes, size), softness, TAIL * softness, size)
    return ink


def as_polylines(strokes: Array, size: int) -> tuple[Array, Array, Array]:
    """Return the polylines ``float32 [B, N, CHORDS + 1, 2]`` of ``strokes`` ``float32 [B, N, 10]``, their widths and
    their opacities ``[B, N]``, in pixels of an image of ``size`` pixels a side."""
    scale = np.float32(size / CELL)
    polylines = CURVE @ strokes[..., :8].reshape(*strokes.shape[:2], 4, 2) * scale
    return polylines, strokes[..., 8] * scale, np.ascontiguousarray(strokes[..., 9])


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def span(a: float, b: float, reach: float, size: int) -> tuple[int, int]:
    """Return the first pixel, and one past the last, of those whose centres are within ``reach`` of the interval
    a–b."""
    low, high = min(a, b) - reach - 0.5, max(a, b) + reach - 0.5
    # Clamp floats, not integers: numbers that are not finite, or too large for an integer, give an empty range.
    if not (low < size and high >= 0):
        return 0, 0
    return ceil(max(low, 0.0)), floor(min(high, size - 1.0)) + 1


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _sigmoid(x):  # type: ignore[no-untyped-def]
    """Return the logistic function of ``x``, to within 2 · 10⁻⁶.

    The exponential is the 64th power of that of a 64th, by its Taylor series. Numba calls the C library's exponential
    for one number at a time; this one is computed for several.
    """
    x = min(max(-x, -STEEPEST), STEEPEST) * np.float32(1 / 64)
    power = np.float32(1 / 120) + x * np.float32(1 / 720)
    power = np.float32(1 / 6) + x * (np.float32(1 / 24) + x * power)
    power = ONE + x * (ONE + x * (HALF + x * power))
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return ONE / (ONE + power)


@njit(cache=True, nogil=True)
def _room(points, size):  # type: ignore[no-untyped-def]
    """Return what :func:`_measure` fills for polylines of ``points`` points, and numbers of the pixels of a row, of
    which there are whole blocks: their centres, and their squared distances from a polyline.

    Chords ``[P − 1, 5]``: x and y of the start, x and y of the step to the end, 1 / its squared length. Boxes
    ``[P − 1, 4]``: first row, one past the last, first block of columns, one past the last.
    """
    chords, boxes = np.empty((points - 1, 5), dtype=np.float32), np.empty((points - 1, 4), dtype=np.int64)
    centres = np.arange((size + BLOCK - 1) // BLOCK * BLOCK).astype(np.float32) + HALF
    return chords, boxes, centres, np.empty_like(centres)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _measure(polyline, reach, size, chords, boxes):  # type: ignore[no-untyped-def]
    """Fill the ``chords`` of a ``polyline`` ``[P, 2]`` and the ``boxes`` within ``reach`` of them. Returns the box
    around all."""
    top, bottom, left, right = size, 0, size, 0
    for chord in range(len(polyline) - 1):
        x0, y0 = polyline[chord, 0], polyline[chord, 1]
        x1, y1 = polyline[chord + 1, 0], polyline[chord + 1, 1]
        dx, dy = x1 - x0, y1 - y0
        chords[chord, 0], chords[chord, 1], chords[chord, 2], chords[chord, 3] = x0, y0, dx, dy
        chords[chord, 4] = ONE / (dx * dx + dy * dy + np.float32(1e-8))
        first_column, last_column = span(x0, x1, reach, size)
        first_row, last_row = span(y0, y1, reach, size)
        first_block, last_block = first_column // BLOCK, (last_column - 1) // BLOCK + 1
        if first_column < last_column and first_row < last_row:
            top, bottom = min(top, first_row), max(bottom, last_row)
            left, right = min(left, first_block), max(right, last_block)
        else:
            first_row, last_row = 0, 0
        boxes[chord, 0], boxes[chord, 1], boxes[chord, 2], boxes[chord, 3] = (
            first_row,
            last_row,
            first_block,
            last_block,
        )
    return top, bottom, left, right


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _distances(row, chords, boxes, centres, squared):  # type: ignore[no-untyped-def]
    """Lower the ``squared`` distances of the pixels of a ``row`` to those from the chords that have it in their
    boxes."""
    for chord in range(len(chords)):
        if row < boxes[chord, 0] or row >= boxes[chord, 1]:
            continue
        x0, dx, dy, inverse = chords[chord, 0], chords[chord, 2], chords[chord, 3], chords[chord, 4]
        py = np.float32(row) + HALF - chords[chord, 1]
        slope, start = dx * inverse, py * dy * inverse
        first, last = boxes[chord, 2] * BLOCK, boxes[chord, 3] * BLOCK
        near, middles = squared[first:last], centres[first:last]
        for block in range(0, last - first, BLOCK):
            for pixel in range(BLOCK):
                px = middles[block + pixel] - x0
                u = min(max(px * slope + start, ZERO), ONE)
                ex, ey = px - u * dx, py - u * dy
                near[block + pixel] = min(ex * ex + ey * ey, near[block + pixel])


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _nearest(row, chords, boxes, centres, squared, places):  # type: ignore[no-untyped-def]
    """Do what :func:`_distances` does, and note the ``places`` of the nearest points: the number of the chord, plus the
    place along it."""
    for chord in range(len(chords)):
        if row < boxes[chord, 0] or row >= boxes[chord, 1]:
            continue
        x0, dx, dy, inverse = chords[chord, 0], chords[chord, 2], chords[chord, 3], chords[chord, 4]
        py, number = np.float32(row) + HALF - chords[chord, 1], np.float32(chord)
        slope, start = dx * inverse, py * dy * inverse
        first, last = boxes[chord, 2] * BLOCK, boxes[chord, 3] * BLOCK
        near, where, middles = squared[first:last], places[first:last], centres[first:last]
        for block in range(0, last - first, BLOCK):
            for pixel in range(BLOCK):
                px = middles[block + pixel] - x0
                u = min(max(px * slope + start, ZERO), ONE)
                ex, ey = px - u * dx, py - u * dy
                square = ex * ex + ey * ey
                closer = square < near[block + pixel]
                near[block + pixel] = square if closer else near[block + pixel]
                where[block + pixel] = number + u if closer else where[block + pixel]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def paint_forward(polylines, widths, opacities, softness, tail, size):  # type: ignore[no-untyped-def]
    """Return paper left ``[B, size, size]`` (1 − ink) of ``polylines`` ``[B, N, P, 2]``, all in pixels."""
    paper = np.empty((len(polylines), size, size), dtype=np.float32)
    chords, boxes, centres, squared = _room(polylines.shape[2], size)
    sheet = np.empty((size, len(squared)), dtype=np.float32)
    steepness = ONE / np.float32(softness)
    for image in range(len(polylines)):
        sheet[:] = ONE
        for stroke in range(polylines.shape[1]):
            radius, opacity = HALF * widths[image, stroke], opacities[image, stroke]
            reach = np.float32(radius + tail)
            if reach <= 0:
                continue
            top, bottom, left, right = _measure(polylines[image, stroke], reach, size, chords, boxes)
            near, farthest = squared[left * BLOCK : right * BLOCK], reach * reach
            for row in range(top, bottom):
                near[:] = NOWHERE
                _distances(row, chords, boxes, centres, squared)
                line = sheet[row, left * BLOCK : right * BLOCK]
                for pixel in range(len(near)):
                    inside = _sigmoid((radius - np.float32(sqrt(near[pixel]))) * steepness)
                    stays = ONE - min(opacity * inside, MOST)
                    line[pixel] *= stays if near[pixel] < farthest else ONE
        paper[image] = sheet[:, :size]
    return paper


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def paint_backward(polylines, widths, opacities, softness, tail, paper, wanted):  # type: ignore[no-untyped-def]
    """Return the gradients of polylines, widths and opacities from ``wanted`` ``[B, size, size]``, the gradient of the
    ink."""
    size = paper.shape[-1]
    to_polylines = np.zeros_like(polylines)
    to_widths, to_opacities = np.zeros_like(widths), np.zeros_like(opacities)
    chords, boxes, centres, squared = _room(polylines.shape[2], size)
    places, pulls = np.zeros_like(squared), np.empty_like(squared)
    sheet = np.zeros((size, len(squared)), dtype=np.float32)
    steepness = ONE / np.float32(softness)
    for image in range(len(polylines)):
        sheet[:, :size] = wanted[image] * paper[image]
        for stroke in range(polylines.shape[1]):
            radius, opacity = HALF * widths[image, stroke], opacities[image, stroke]
            reach = np.float32(radius + tail)
            if reach <= 0:
                continue
            top, bottom, left, right = _measure(polylines[image, stroke], reach, size, chords, boxes)
            columns = slice(left * BLOCK, right * BLOCK)
            near, pull, farthest = squared[columns], pulls[columns], reach * reach
            to_radius, to_opacity = ZERO, ZERO
            for row in range(top, bottom):
                near[:] = NOWHERE
                _nearest(row, chords, boxes, centres, squared, places)
                line = sheet[row, columns]
                for pixel in range(len(near)):
                    distance = np.float32(sqrt(near[pixel]))
                    inside = _sigmoid((radius - distance) * steepness)
                    # The paper that the other strokes leave. This stroke can change only that.
                    change = line[pixel] / (ONE - min(opacity * inside, MOST))
                    change = change if near[pixel] < farthest else ZERO
                    to_opacity += change * inside
                    outward = change * opacity * inside * (ONE - inside) * steepness
                    to_radius += outward
                    pull[pixel] = outward / max(distance, np.float32(1e-4))
                _add_pulls(row, pull, places[columns], centres[columns], chords, to_polylines[image, stroke])
            to_widths[image, stroke] = HALF * to_radius
            to_opacities[image, stroke] = to_opacity
    return to_polylines, to_widths, to_opacities


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _add_pulls(row, pulls, places, centres, chords, gradient):  # type: ignore[no-untyped-def]
    """Add to the ``gradient`` of a polyline's points how the pixels of a ``row`` pull at the places nearest to them.

    Neighbours mostly pull at the same chord, so their sums are added when the chord changes.
    """
    chord, y = -1, np.float32(row) + HALF
    start_x, start_y, end_x, end_y = ZERO, ZERO, ZERO, ZERO
    for pixel in range(len(pulls)):
        pull = pulls[pixel]
        if pull != ZERO:
            nearest = min(int(places[pixel]), len(chords) - 1)
            if nearest != chord:
                if chord >= 0:
                    _add(gradient, chord, start_x, start_y, end_x, end_y)
                chord = nearest
                start_x, start_y, end_x, end_y = ZERO, ZERO, ZERO, ZERO
            u = places[pixel] - np.float32(chord)
            pull_x = pull * (centres[pixel] - chords[chord, 0] - u * chords[chord, 2])
            pull_y = pull * (y - chords[chord, 1] - u * chords[chord, 3])
            start_x, start_y = start_x + (ONE - u) * pull_x, start_y + (ONE - u) * pull_y
            end_x, end_y = end_x + u * pull_x, end_y + u * pull_y
    if chord >= 0:
        _add(gradient, chord, start_x, start_y, end_x, end_y)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _add(gradient, chord, start_x, start_y, end_x, end_y):  # type: ignore[no-untyped-def]
    gradient[chord, 0] += start_x
    gradient[chord, 1] += start_y
    gradient[chord + 1, 0] += end_x
    gradient[chord + 1, 1] += end_y
