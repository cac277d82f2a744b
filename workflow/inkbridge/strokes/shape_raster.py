"""Strokes → ink as one shape, with gradients: for fitted doodles.

A pixel p has the most ink that any stroke leaves there,

    v(p) = max_i opacity_i · σ(depth_i(p) / softness),  depth_i(p) = width_i / 2 − d_i(p),

with d and σ as in :mod:`inkbridge.strokes.soft_raster`. In the soft union there, the edges of strokes that overlap add
up, and a line made of many strokes bulges at each joint by a fifth of a pixel. Here it does not, so a pen whose width
changes can be drawn by short strokes, each of its own width. A stroke has no gradient where another one leaves more
ink, so networks do not learn with this.

If all strokes that can be seen have the same opacity, as they usually do, the deepest one leaves the most ink. The
kernels are compiled by Numba. Frames are drawn by one that keeps depths alone, and computes several pixels of a row at
once; fits use one that also notes, for the gradient, which chord is the deepest and where.
"""

from math import exp, log, sqrt

import numpy as np
from numba import njit

from inkbridge import CELL
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster import BLOCK, FAST, HALF, ONE, STEEPEST, TAIL, ZERO, as_polylines, span
from inkbridge.support.types import Array, Images

FLAT = np.float32(0.02)
"""Pixels of the image that a stroke's polyline may be off if chords are left out: a straight stroke needs only one."""

FAINTEST = np.float32(1e-3)
"""Opacity below which a stroke is not painted."""

LEAST_SLOPE = np.float32(1e-5)
"""Change of the ink with the edge, in softnesses, below which a pixel has no gradient."""


def paint_shape(strokes: Array, softness: float, size: int) -> Array:
    """Return the ink ``float32 [B, size, size]`` of ``strokes`` ``float32 [B, N, 10]``, in pixels of the unit cell.

    ``softness`` is that of the shape's edges, in pixels of the image.
    """
    ink: Array = shape_forward(*as_polylines(strokes, size), softness, TAIL * softness, size)[0]
    return ink


def draw_shape(strokes: Array, softness: float, size: int) -> Images:
    """Return what :func:`paint_shape` returns as images ``uint8 [B, size, size]``, 0 = paper, 255 = ink. It takes a
    quarter of the time at 64 pixels, and less at larger sizes (docs/experiments.md)."""
    images: Images = shape_images(*as_polylines(strokes, size), softness, TAIL * softness, size)
    return images


def load_kernels() -> None:
    """Load the kernels that draw frames, and Numba itself, which takes half a second; compile them if need be."""
    draw_shape(np.zeros((1, 1, VALUES), dtype=np.float32), 1.0, CELL)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _stride(polyline):  # type: ignore[no-untyped-def]
    """Return how many chords of ``polyline`` ``[P, 2]`` can be drawn as one."""
    chords = len(polyline) - 1
    for stride in (12, 6, 4, 3, 2):
        if chords % stride:
            continue
        worst = ZERO
        for start in range(0, chords, stride):
            x0, y0 = polyline[start, 0], polyline[start, 1]
            for step in range(1, stride):
                # Compare with the place at the same share of the chord: speeds along it must agree, too.
                share = np.float32(step) / np.float32(stride)
                dx = polyline[start + step, 0] - x0 - share * (polyline[start + stride, 0] - x0)
                dy = polyline[start + step, 1] - y0 - share * (polyline[start + stride, 1] - y0)
                worst = max(worst, dx * dx + dy * dy)
        if worst <= FLAT * FLAT:
            return stride
    return 1


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _opacities_differ(opacities):  # type: ignore[no-untyped-def]
    """Return whether strokes that can be seen differ in their opacities ``[N]``."""
    least, most = ONE, ZERO
    for opacity in opacities:
        if opacity >= FAINTEST:
            least, most = min(least, opacity), max(most, opacity)
    return most - least > FAINTEST


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _inside(depth, steepness):  # type: ignore[no-untyped-def]
    return ONE / (ONE + np.float32(exp(min(-depth * steepness, STEEPEST))))


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _depth(row, column, start, dx, dy, inverse, radius):  # type: ignore[no-untyped-def]
    """Return the depth of a pixel in a chord, and the place along it."""
    px, py = np.float32(column) + HALF - start[0], np.float32(row) + HALF - start[1]
    u = min(max((px * dx + py * dy) * inverse, ZERO), ONE)
    ex, ey = px - u * dx, py - u * dy
    return radius - np.float32(sqrt(ex * ex + ey * ey)), u


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _deepest(start, end, radius, tail, number, found):  # type: ignore[no-untyped-def]
    """Note the depth in a chord, its ``number`` and the place along it, at pixels where it is the deepest so far."""
    depths, chords, along = found
    reach = radius + tail
    left, right = span(start[0], end[0], reach, len(depths))
    top, bottom = span(start[1], end[1], reach, len(depths))
    dx, dy = end[0] - start[0], end[1] - start[1]
    inverse = ONE / (dx * dx + dy * dy + np.float32(1e-8))
    for row in range(top, bottom):
        for column in range(left, right):
            depth, u = _depth(row, column, start, dx, dy, inverse, radius)
            deeper = depth > depths[row, column]
            depths[row, column] = depth if deeper else depths[row, column]
            chords[row, column] = number if deeper else chords[row, column]
            along[row, column] = u if deeper else along[row, column]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _ink_of(opacities, points, steepness, found, ink):  # type: ignore[no-untyped-def]
    """Fill the ``ink`` of the chords that were found."""
    depths, chords, _ = found
    for row in range(len(ink)):
        for column in range(len(ink)):
            if chords[row, column] >= 0:
                opacity = opacities[chords[row, column] // points]
                ink[row, column] = opacity * _inside(depths[row, column], steepness)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _most_ink(ends, radius, opacity, steepness, tail, number, found, ink):  # type: ignore[no-untyped-def]
    """Note what :func:`_deepest` notes, and the ``ink``, at pixels where a chord leaves the most ink so far."""
    depths, chords, along = found
    start, end = ends
    reach = radius + tail
    left, right = span(start[0], end[0], reach, len(depths))
    top, bottom = span(start[1], end[1], reach, len(depths))
    dx, dy = end[0] - start[0], end[1] - start[1]
    inverse = ONE / (dx * dx + dy * dy + np.float32(1e-8))
    for row in range(top, bottom):
        for column in range(left, right):
            depth, u = _depth(row, column, start, dx, dy, inverse, radius)
            if depth <= -tail:
                continue
            left_ink = opacity * _inside(depth, steepness)
            if left_ink > ink[row, column]:
                ink[row, column] = left_ink
                depths[row, column], chords[row, column], along[row, column] = depth, number, u


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def shape_forward(polylines, widths, opacities, softness, tail, size):  # type: ignore[no-untyped-def]
    """Return the ink ``[B, size, size]`` of ``polylines`` ``[B, N, P, 2]``, all in pixels, and of the stroke that
    leaves it: the depth, the chord (−1: none; else counted over all strokes), and the place along it."""
    count, strokes, points = polylines.shape[:3]
    shape = (count, size, size)
    ink, along = np.zeros(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    depths, chords = np.full(shape, -np.float32(tail), dtype=np.float32), np.full(shape, -1, dtype=np.int32)
    steepness = ONE / np.float32(softness)
    for image in range(count):
        found = depths[image], chords[image], along[image]
        differ = _opacities_differ(opacities[image])
        for stroke in range(strokes):
            polyline, opacity = polylines[image, stroke], opacities[image, stroke]
            radius = HALF * widths[image, stroke]
            if not (radius + tail > 0 and opacity >= FAINTEST):
                continue
            stride = _stride(polyline)
            for start in range(0, points - 1, stride):
                number = np.int32(stroke * points + start)
                end = start + stride
                if differ:
                    ends = polyline[start], polyline[end]
                    _most_ink(ends, radius, opacity, steepness, tail, number, found, ink[image])
                else:
                    _deepest(polyline[start], polyline[end], radius, tail, number, found)
        if not differ:
            _ink_of(opacities[image], points, steepness, found, ink[image])
    return ink, depths, chords, along


# --- frames ----------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def shape_images(polylines, widths, opacities, softness, tail, size):  # type: ignore[no-untyped-def]
    """Return the ink that :func:`shape_forward` returns as images ``uint8 [B, size, size]``."""
    images = np.zeros((len(polylines), size, size), dtype=np.uint8)
    depths, ink = np.empty((size, size + BLOCK), dtype=np.float32), np.empty((size, size), dtype=np.float32)
    centres = np.arange(size + BLOCK).astype(np.float32) + HALF
    steepness, nothing = ONE / np.float32(softness), -np.float32(tail)
    for image in range(len(images)):
        differ = _opacities_differ(opacities[image])
        depths[:], ink[:] = nothing, ZERO
        top, bottom, most = size, 0, ZERO
        for stroke in range(polylines.shape[1]):
            radius, opacity = HALF * widths[image, stroke], opacities[image, stroke]
            if not (radius > nothing and opacity >= FAINTEST):
                continue
            if differ:
                top, bottom, most = size, 0, ZERO
            first, last = _deepen(polylines[image, stroke], radius, radius - nothing, centres, depths)
            top, bottom, most = min(top, first), max(bottom, last), max(most, opacity)
            if differ:
                _lay(depths[top:bottom], most, steepness, nothing, ink[top:bottom])
        if not differ:
            _lay(depths[top:bottom], most, steepness, nothing, ink[top:bottom])
        for row in range(size):
            for column in range(size):
                images[image, row, column] = np.uint8(np.rint(np.float32(255) * ink[row, column]))
    return images


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _deepen(polyline, radius, reach, centres, depths):  # type: ignore[no-untyped-def]
    """Raise ``depths`` to those in the chords of a ``polyline`` ``[P, 2]``. Return the first row within ``reach`` of
    it, and one past the last."""
    size, first, last, stride = len(depths), len(depths), 0, _stride(polyline)
    for start in range(0, len(polyline) - 1, stride):
        x0, y0 = polyline[start, 0], polyline[start, 1]
        dx, dy = polyline[start + stride, 0] - x0, polyline[start + stride, 1] - y0
        inverse = ONE / (dx * dx + dy * dy + np.float32(1e-8))
        left, right = span(x0, x0 + dx, reach, size)
        top, bottom = span(y0, y0 + dy, reach, size)
        first, last = min(first, top), max(last, bottom)
        # Whole blocks need no loop for what is left over, and pixels out of reach do no harm.
        width = (right - left + BLOCK - 1) // BLOCK * BLOCK
        middles = centres[left : left + width]
        for row in range(top, bottom):
            py = np.float32(row) + HALF - y0
            line = depths[row, left : left + width]
            for pixel in range(width):
                px = middles[pixel] - x0
                u = min(max((px * dx + py * dy) * inverse, ZERO), ONE)
                ex, ey = px - u * dx, py - u * dy
                line[pixel] = max(line[pixel], radius - np.float32(sqrt(ex * ex + ey * ey)))
    return first, last


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _lay(depths, opacity, steepness, nothing, ink):  # type: ignore[no-untyped-def]
    """Raise ``ink`` to that of ``depths``, and set these to ``nothing``, the depth without ink."""
    for row in range(len(ink)):
        line, laid = depths[row, : ink.shape[1]], ink[row]
        for pixel in range(len(laid)):
            edge = min(max(-line[pixel] * steepness, -STEEPEST), STEEPEST)
            inside = opacity / (ONE + _exponential(edge))
            laid[pixel] = max(laid[pixel], inside if line[pixel] > nothing else ZERO)
        depths[row] = nothing


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _exponential(x):  # type: ignore[no-untyped-def]
    """Return the exponential of ``x``, from −87 to 88, to within a float32's rounding, as Cephes' ``expf`` computes it:
    a power of two, times a polynomial of the rest. It has no branches, so it is computed for several numbers at
    once."""
    power = np.float32(np.rint(x * np.float32(1.44269504)))
    rest = x - power * np.float32(0.693359375) - power * np.float32(-2.12194440e-4)
    series = np.float32(1.3981999507e-3) + rest * np.float32(1.9875691500e-4)
    series = np.float32(4.1665795894e-2) + rest * (np.float32(8.3334519073e-3) + rest * series)
    series = np.float32(5.0000001201e-1) + rest * (np.float32(1.6666665459e-1) + rest * series)
    exponent = np.int32((np.int32(power) + 127) << 23)  # the bits of a float32 that is a power of two
    return (ONE + rest + rest * rest * series) * exponent.view(np.float32)


# --- gradients -------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def shape_backward(polylines, widths, opacities, softness, depths, chords, along, wanted):  # type: ignore[no-untyped-def]
    """Return the gradients of polylines, widths and opacities from ``wanted`` ``[B, size, size]``, the gradient of the
    ink, and what :func:`shape_forward` returned."""
    count, size, points = len(polylines), wanted.shape[-1], polylines.shape[2]
    to_polylines = np.zeros_like(polylines)
    to_widths, to_opacities = np.zeros_like(widths), np.zeros_like(opacities)
    steepness = ONE / np.float32(softness)
    strides = np.empty(polylines.shape[1], dtype=np.int32)
    for image in range(count):
        for stroke in range(polylines.shape[1]):
            strides[stroke] = _stride(polylines[image, stroke])
        for row in range(size):
            for column in range(size):
                number, change = chords[image, row, column], wanted[image, row, column]
                if number < 0 or change == ZERO:
                    continue
                depth, u = depths[image, row, column], along[image, row, column]
                stroke, chord = number // points, number % points
                polyline, gradient = polylines[image, stroke], to_polylines[image, stroke]
                inside = _inside(depth, steepness)
                to_opacities[image, stroke] += change * inside
                slope = inside * (ONE - inside)
                if slope < LEAST_SLOPE:
                    continue
                outward = change * opacities[image, stroke] * slope * steepness
                to_widths[image, stroke] += HALF * outward
                end = chord + strides[stroke]
                x = polyline[chord, 0] + u * (polyline[end, 0] - polyline[chord, 0])
                y = polyline[chord, 1] + u * (polyline[end, 1] - polyline[chord, 1])
                distance = HALF * widths[image, stroke] - depth
                pull = outward / max(distance, np.float32(1e-4))
                pull_x = pull * (np.float32(column) + HALF - x)
                pull_y = pull * (np.float32(row) + HALF - y)
                gradient[chord, 0] += (ONE - u) * pull_x
                gradient[chord, 1] += (ONE - u) * pull_y
                gradient[end, 0] += u * pull_x
                gradient[end, 1] += u * pull_y
    return to_polylines, to_widths, to_opacities


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def cross_entropy(ink, drawn, least):  # type: ignore[no-untyped-def]
    """Return the mean cross-entropy of ``ink`` and ``drawn``, both ``[B, size, size]`` in [0, 1], and its gradient at
    ``ink``. Ink counts as at least ``least``, and at most 1 − ``least``; there, it has no gradient."""
    low, high = np.float32(least), ONE - np.float32(least)
    total, share = 0.0, ONE / np.float32(ink.size)
    gradient = np.zeros_like(ink)
    blank = -log(high)
    for image in range(len(ink)):
        for row in range(ink.shape[1]):
            for column in range(ink.shape[2]):
                value, truth = ink[image, row, column], drawn[image, row, column]
                if value <= low and truth == ZERO:
                    total += blank
                    continue
                inner = min(max(value, low), high)
                total -= truth * np.float32(log(inner)) + (ONE - truth) * np.float32(log(ONE - inner))
                if inner == value:
                    gradient[image, row, column] = share * (value - truth) / (value * (ONE - value))
    return np.float32(total / ink.size), gradient
