"""Thick polylines on a canvas of bits: the pixels that OpenCV's ``polylines`` inks, found in less time.

A canvas is ``uint64 [WORDS, ROWS]``. Bit b of word w is the pixel in column 64 w + b of its row, so that the processor
inks a word of several rows at once. Loops over rows go on to whole blocks, so that no single rows are left over; rows
beyond :data:`SIDE` only make room for that. Coordinates are fixed-point numbers, as in OpenCV: there are 16 bits after
the point, and whole numbers are the centres of pixels.

OpenCV draws a chord of a thick polyline as a rectangle with a disc at each end. It inks the rectangle from its left to
its right side in every row, and then each pixel that the sides pass (``ThickLine``, ``FillConvexPoly``, ``Line2`` and
``Circle`` in its modules/imgproc/src/drawing.cpp). These pixels are next to what is inked between the sides. So here,
each row is inked once, from the leftmost to the rightmost of both. The kernels are compiled by Numba, and only exact
operations and roundings are used: the same pixels are inked on every machine.
"""

from math import sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIDE = 256
"""Pixels of a side of the canvas."""

WORDS = SIDE // 64
"""Words of a row of the canvas."""

_BLOCK = 8
"""Rows of a block."""

ROWS = SIDE + 2 * _BLOCK
"""Rows of a canvas in memory."""

POINT = 16
"""Bits after the point of a coordinate."""

_UNIT, _HALF = 1 << POINT, 1 << POINT - 1

_LEAST_SQUARE = 2.220446049250313e-16
"""Squared length, in pixels, up to which a chord is a point."""

_MARGIN = 2.0**-20
"""Added to quotients of whole numbers below 2²⁵ by ones below 2¹⁷, times a rounded reciprocal, before their whole part
is taken: more than the error, and less than the distance to the next whole number."""

_WIDEST_TIP = 31
"""Radius of the widest disc whose rows are words."""


def _tips() -> NDArray[np.uint64]:
    """Return discs of all radii up to the widest: for each row from the top, a word in which bit :data:`_WIDEST_TIP` is
    the middle column. A block of blank rows follows."""
    radii = np.arange(_WIDEST_TIP + 1)[:, None]
    rows = np.arange(2 * _WIDEST_TIP + 1 + _BLOCK) - radii
    halves = np.sqrt(np.maximum(radii**2 - rows**2, 0)).astype(np.uint64)
    bits = ((np.uint64(1) << (2 * halves + np.uint64(1))) - np.uint64(1)) << (np.uint64(_WIDEST_TIP) - halves)
    return np.where(rows <= radii, bits, np.uint64(0))


_TIPS = _tips()


@njit(cache=True, nogil=True)
def room():  # type: ignore[no-untyped-def]
    """Return what :func:`draw_polyline` works in: for each row, the first and the last pixel."""
    return np.empty((2, ROWS), dtype=np.int32)


@njit(cache=True, nogil=True)
def draw_polyline(canvas, points, radius, bounds):  # type: ignore[no-untyped-def]
    """Ink a polyline of 2 · ``radius`` + 1 pixels' width through ``points`` ``int64 [P, 2]``. ``bounds`` is the
    :func:`room` to work in."""
    for point in range(len(points)):
        x, y = points[point, 0], points[point, 1]
        if point > 0:
            _ink_chord(canvas, (points[point - 1, 0], points[point - 1, 1]), (x, y), radius, bounds)
        if radius <= _WIDEST_TIP:
            _ink_tip(canvas, _rounded(x), _rounded(y), radius)
        else:
            _ink_disc(canvas, _rounded(x), _rounded(y), radius)


@njit(cache=True, nogil=True)
def _whole_blocks(rows):  # type: ignore[no-untyped-def]
    return (rows + _BLOCK - 1) & -_BLOCK


@njit(cache=True, nogil=True)
def _rounded(coordinate):  # type: ignore[no-untyped-def]
    return (coordinate + _HALF) >> POINT


@njit(cache=True, nogil=True)
def _slope(change, length):  # type: ignore[no-untyped-def]
    """Return ``change`` / ``length``, rounded towards zero. Doubles are exact for the numbers of a canvas."""
    return int(float(change) / float(length))


@njit(cache=True, nogil=True)
def _slope_inside(change, rows):  # type: ignore[no-untyped-def]
    """Return how far a side moves from row to row, for the pixels that are inked between two sides."""
    return _slope(2 * change + rows, 2 * rows) if rows > 0 else 0


@njit(cache=True, nogil=True)
def _bits(first, last):  # type: ignore[no-untyped-def]
    """Return a word with the bits from ``first`` to ``last``, as far as they are in the word."""
    begin, end = max(first, 0), min(last, 63)
    bits = (np.uint64(2) << np.uint64(end & 63)) - (np.uint64(1) << np.uint64(begin & 63))
    return bits if begin <= end else np.uint64(0)


@njit(cache=True, nogil=True)
def _ink_tip(canvas, x, y, radius):  # type: ignore[no-untyped-def]
    """Ink a disc whose rows are words."""
    top, bottom = max(y - radius, 0), min(y + radius + 1, SIDE)
    if top >= bottom:
        return
    count = _whole_blocks(bottom - top)
    tip = _TIPS[radius, top - y + radius : top - y + radius + count]
    for word in range(max((x - radius) >> 6, 0), min((x + radius) >> 6, WORDS - 1) + 1):
        rows, moved = canvas[word, top : top + count], x - _WIDEST_TIP - (word << 6)
        if moved >= 0:
            for row in range(count):
                rows[row] |= tip[row] << np.uint64(moved)
        else:
            for row in range(count):
                rows[row] |= tip[row] >> np.uint64(-moved)


@njit(cache=True, nogil=True)
def _ink_disc(canvas, x, y, radius):  # type: ignore[no-untyped-def]
    for row in range(max(y - radius, 0), min(y + radius + 1, SIDE)):
        half = int(sqrt(float(radius * radius - (row - y) ** 2)))
        for word in range(WORDS):
            canvas[word, row] |= _bits(x - half - (word << 6), x + half - (word << 6))


@njit(cache=True, nogil=True)
def _ink_rows(canvas, first, last, top, left, right):  # type: ignore[no-untyped-def]
    """Ink rows from ``top`` on from their ``first`` to their ``last`` pixel, which are between ``left`` and
    ``right``."""
    count = len(first)
    for word in range(max(left >> 6, 0), min(right >> 6, WORDS - 1) + 1):
        rows, start = canvas[word, top : top + count], word << 6
        for row in range(count):
            rows[row] |= _bits(first[row] - start, last[row] - start)


@njit(cache=True, nogil=True)
def _ink_chord(canvas, start, end, radius, bounds):  # type: ignore[no-untyped-def]
    """Ink the rectangle of a chord."""
    dx, dy = float(start[0] - end[0]) / _UNIT, float(end[1] - start[1]) / _UNIT
    square = dx * dx + dy * dy
    if square <= _LEAST_SQUARE:
        return
    scale = float(radius << POINT) / sqrt(square)
    x, y = int(np.rint(dy * scale)), int(np.rint(dx * scale))
    corners = (
        (start[0] + x, start[1] + y),
        (start[0] - x, start[1] - y),
        (end[0] - x, end[1] - y),
        (end[0] + x, end[1] + y),
    )
    left, top = _rounded(min(start[0], end[0]) - abs(x)), _rounded(min(start[1], end[1]) - abs(y))
    right, bottom = _rounded(max(start[0], end[0]) + abs(x)), _rounded(max(start[1], end[1]) + abs(y))
    is_whole = left > 0 and top > 0 and right < SIDE and bottom < SIDE
    top, bottom = max(top, 0), min(bottom, SIDE - 1)
    if top > bottom or right < 0 or left >= SIDE:
        return
    count = _whole_blocks(bottom + 1 - top)
    first, last = bounds[0, :count], bounds[1, :count]
    for row in range(count):
        first[row], last[row] = SIDE, -1
    for number in range(4):
        one, other = corners[number], corners[(number + 1) % 4]
        upper, lower = (one, other) if one[1] <= other[1] else (other, one)
        if not is_whole:
            _bound_inside(first, last, top, upper, lower)
            _ink_side(canvas, one, other)
        elif abs(lower[0] - upper[0]) <= lower[1] - upper[1]:
            _bound_by_steep_side(first, last, top, upper, lower)
        else:
            _bound_by_flat_side(first, last, top, upper, lower)
    _ink_rows(canvas, first, last, top, left, right)


# --- sides of rectangles ---------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _moved(x, row, slope):  # type: ignore[no-untyped-def]
    """Return the pixel of a side that is at ``x`` in row 0."""
    return np.int32(np.int32(x + row * slope) >> POINT)


@njit(cache=True, nogil=True)
def _first(pixel, is_inked, so_far):  # type: ignore[no-untyped-def]
    return min(so_far, np.int32(pixel)) if is_inked else so_far


@njit(cache=True, nogil=True)
def _last(pixel, is_inked, so_far):  # type: ignore[no-untyped-def]
    return max(so_far, np.int32(pixel)) if is_inked else so_far


@njit(cache=True, nogil=True)
def _bound_by_steep_side(first, last, offset, top, bottom):  # type: ignore[no-untyped-def]
    """Widen the bounds of the rows from ``offset`` on to a side from ``top`` down to ``bottom`` that passes one pixel
    in each row and is on the canvas as a whole."""
    begin, end = _rounded(top[1]) - offset, _rounded(bottom[1]) - offset
    x, dx, dy, rows = top[0] + _HALF, bottom[0] - top[0], bottom[1] - top[1], end - begin
    inside, outside = _slope_inside(dx, rows), _slope(dx << POINT, dy | 1)
    passes_last, tip = dy >> POINT >= rows, _rounded(bottom[0])
    for row in range(len(first)):
        of_side = np.int32(row - begin)
        crossed, passed = _moved(x, of_side, inside), _moved(x, of_side, outside)
        is_crossed, is_last = (row >= begin) & (row < end), row == end
        is_passed = is_crossed | (is_last & passes_last)
        low, high = _first(crossed, is_crossed, first[row]), _last(crossed, is_crossed, last[row])
        low, high = _first(passed, is_passed, low), _last(passed, is_passed, high)
        first[row], last[row] = _first(tip, is_last, low), _last(tip, is_last, high)


@njit(cache=True, nogil=True)
def _edge(row, start, step, inverse, margin):  # type: ignore[no-untyped-def]
    return max(np.int32(float(np.int32(start + row * step)) * inverse + margin), np.int32(0))


@njit(cache=True, nogil=True)
def _bound_by_flat_side(first, last, offset, top, bottom):  # type: ignore[no-untyped-def]
    """Widen the bounds of the rows from ``offset`` on to a side from ``top`` down to ``bottom`` that passes one pixel
    in each column and is on the canvas as a whole."""
    begin, end = _rounded(top[1]) - offset, _rounded(bottom[1]) - offset
    dx, dy, falls = bottom[0] - top[0], bottom[1] - top[1], bottom[0] > top[0]
    inside, outside = _slope_inside(dx, end - begin), _slope(dy << POINT, abs(dx) | 1)
    left = top if falls else bottom
    x, y, most = _rounded(left[0]), left[1] + _HALF - ((begin + offset) << POINT), abs(dx) >> POINT
    inverse, upper = 1.0 / max(outside, 1), begin + (y >> POINT if outside == 0 else 0)
    # Columns are counted from the left end. A row has those between the edge of the row above and its own.
    start, step, margin = (-1 - y, _UNIT, _MARGIN) if falls else (y, -_UNIT, 1 + _MARGIN)
    before, base, tip = np.int32(-1 if falls else most + 1), _rounded(top[0]), _rounded(bottom[0])
    for row in range(len(first)):
        of_side = np.int32(row - begin)
        above = _edge(of_side, start, step, inverse, margin) if row != upper else before
        own = _edge(of_side + 1, start, step, inverse, margin)
        one, other = (above + 1, min(own, most)) if falls else (own, above - 1)
        is_passed = (one <= other) & (row >= upper) & (row <= end)
        crossed, is_crossed = _moved(top[0] + _HALF, of_side, inside), (row >= begin) & (row < end)
        low, high = _first(crossed, is_crossed, first[row]), _last(crossed, is_crossed, last[row])
        low, high = _first(x + one, is_passed, low), _last(x + other, is_passed, high)
        low, high = _first(base, row == begin, low), _last(base, row == begin, high)
        first[row], last[row] = _first(tip, row == end, low), _last(tip, row == end, high)


@njit(cache=True, nogil=True)
def _bound_inside(first, last, offset, top, bottom):  # type: ignore[no-untyped-def]
    """Widen the bounds of the rows from ``offset`` on to a side, for what is inked between two sides of a rectangle
    that the border of the canvas cuts."""
    begin, end = _rounded(top[1]), _rounded(bottom[1])
    slope = _slope_inside(bottom[0] - top[0], end - begin)
    for row in range(max(begin, 0), min(end, SIDE)):
        x = _rounded(top[0] + (row - begin) * slope)
        first[row - offset], last[row - offset] = min(first[row - offset], x), max(last[row - offset], x)


@njit(cache=True, nogil=True)
def _ink_side(canvas, start, end):  # type: ignore[no-untyped-def]
    """Ink the pixels that a side passes: one in each column of a flat side, one in each row of a steep one.

    OpenCV cuts off what is beyond the canvas first. So these pixels may be apart from those between two sides.
    """
    start, end, is_seen = _cut(start, end)
    if not is_seen:
        return
    flat = abs(end[0] - start[0]) > abs(end[1] - start[1])
    along = 0 if flat else 1
    if end[along] < start[along]:
        start, end = end, start
    dx, dy = end[0] - start[0], end[1] - start[1]
    _ink_pixel(canvas, _rounded(end[0]), _rounded(end[1]))
    x, y = start[0] + _HALF, start[1] + _HALF
    if flat:
        slope = _slope(dy << POINT, dx | 1)
        for column in range((dx >> POINT) + 1):
            _ink_pixel(canvas, (x >> POINT) + column, (y + column * slope) >> POINT)
    else:
        slope = _slope(dx << POINT, dy | 1)
        for row in range((dy >> POINT) + 1):
            _ink_pixel(canvas, (x + row * slope) >> POINT, (y >> POINT) + row)


@njit(cache=True, nogil=True)
def _ink_pixel(canvas, x, y):  # type: ignore[no-untyped-def]
    if 0 <= x < SIDE and 0 <= y < SIDE:
        canvas[x >> 6, y] |= np.uint64(1) << np.uint64(x & 63)


@njit(cache=True, nogil=True)
def _cut(start, end):  # type: ignore[no-untyped-def]
    """Return the ends of what is on the canvas of a line, and whether there is anything: first the rows above and below
    the canvas are cut off, then the columns beside it."""
    (x0, y0), (x1, y1) = start, end
    most = (SIDE << POINT) - 1
    if max(y0, y1) < 0 or min(y0, y1) > most or max(x0, x1) < 0 or min(x0, x1) > most:
        return start, end, False
    if y0 < 0 or y0 > most:
        x0, y0 = _cut_end(y0, x0, y1, x1, most)
    if y1 < 0 or y1 > most:
        x1, y1 = _cut_end(y1, x1, y0, x0, most)
    if max(x0, x1) < 0 or min(x0, x1) > most:
        return start, end, False
    if x0 < 0 or x0 > most:
        y0, x0 = _cut_end(x0, y0, x1, y1, most)
    if x1 < 0 or x1 > most:
        y1, x1 = _cut_end(x1, y1, x0, y0, most)
    return (x0, y0), (x1, y1), True


@njit(cache=True, nogil=True)
def _cut_end(place, beside, other_place, other_beside, most):  # type: ignore[no-untyped-def]
    """Return the coordinate ``beside`` where a line leaves the canvas, and the place of its border."""
    border = 0 if place < 0 else most
    moved = float(border - place) * float(other_beside - beside) / float(other_place - place)
    return beside + int(moved), border
