"""Thick polylines on a canvas of bits: the pixels that OpenCV's ``polylines`` inks, found in less time.

A canvas is ``uint64 [WORDS, SIDE]``. Bit b of word w is the pixel in column 64 w + b of its row, so that the processor
inks a word of several rows at once. Coordinates are fixed-point numbers, as in OpenCV: there are 16 bits after the
point, and whole numbers are the centres of pixels.

OpenCV draws a chord of a thick polyline as a rectangle with a disc at each end. It inks the rectangle from its left to
its right side in every row, and then each pixel that the sides pass (``ThickLine``, ``FillConvexPoly``, ``Line2`` and
``Circle`` in its modules/imgproc/src/drawing.cpp). These pixels are next to what is inked between the sides. So here,
each row is inked once, from the leftmost to the rightmost of both. The kernels are compiled by Numba, and only exact
operations and roundings are used: the same pixels are inked on every machine.
"""

from math import sqrt

import numpy as np
from numba import njit

SIDE = 256
"""Pixels of a side of the canvas."""

WORDS = SIDE // 64
"""Words of a row of the canvas."""

POINT = 16
"""Bits after the point of a coordinate."""

_UNIT, _HALF = 1 << POINT, 1 << POINT - 1
_NONE, _ALL = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)

_LEAST_SQUARE = 2.220446049250313e-16
"""Squared length, in pixels, up to which a chord is a point."""

_MARGIN = 2.0**-20
"""Added to quotients of whole numbers below 2²⁵ by ones below 2¹⁷, times a rounded reciprocal, before their whole part
is taken: more than the error, and less than the distance to the next whole number."""


@njit(cache=True, nogil=True)
def room():  # type: ignore[no-untyped-def]
    """Return what :func:`draw_polyline` works in: the first and the last pixel of each row."""
    return np.empty(SIDE, dtype=np.int64), np.empty(SIDE, dtype=np.int64)


@njit(cache=True, nogil=True)
def disc(radius):  # type: ignore[no-untyped-def]
    """Return the pixels on each side of the middle column of a disc, for each of its 2 · ``radius`` + 1 rows."""
    rows = np.empty(2 * radius + 1, dtype=np.int64)
    for row in range(len(rows)):
        rows[row] = int(sqrt(float(radius * radius - (row - radius) ** 2)))
    return rows


@njit(cache=True, nogil=True)
def draw_polyline(canvas, points, radius, tip, bounds):  # type: ignore[no-untyped-def]
    """Ink a polyline of 2 · ``radius`` + 1 pixels' width through ``points`` ``int64 [P, 2]``.

    ``tip`` is the :func:`disc` of that radius, and ``bounds`` the :func:`room` to work in.
    """
    for point in range(len(points)):
        x, y = points[point, 0], points[point, 1]
        if point > 0:
            _ink_chord(canvas, (points[point - 1, 0], points[point - 1, 1]), (x, y), radius, bounds)
        _ink_disc(canvas, _rounded(x), _rounded(y), radius, tip)


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
    from_first = _ALL << np.uint64(max(first, 0) & 63)
    to_last = _ALL >> np.uint64(63 - (min(last, 63) & 63))
    return from_first & to_last if (first < 64) & (last >= 0) & (first <= last) else _NONE


@njit(cache=True, nogil=True)
def _ink_disc(canvas, x, y, radius, tip):  # type: ignore[no-untyped-def]
    top, bottom = max(y - radius, 0), min(y + radius + 1, SIDE)
    if top >= bottom:
        return
    half = tip[top - y + radius : bottom - y + radius]
    for word in range(max((x - radius) >> 6, 0), min((x + radius) >> 6, WORDS - 1) + 1):
        rows, middle = canvas[word, top:bottom], x - (word << 6)
        for row in range(len(rows)):
            rows[row] |= _bits(middle - half[row], middle + half[row])


@njit(cache=True, nogil=True)
def _ink_rows(canvas, bounds, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Ink each row from ``top`` to ``bottom`` between its bounds, which are between ``left`` and ``right``."""
    first, last = bounds[0][top : bottom + 1], bounds[1][top : bottom + 1]
    for word in range(max(left >> 6, 0), min(right >> 6, WORDS - 1) + 1):
        rows, start = canvas[word, top : bottom + 1], word << 6
        for row in range(len(rows)):
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
    if top > bottom:
        return
    bounds[0][top : bottom + 1], bounds[1][top : bottom + 1] = SIDE, -1
    for number in range(4):
        one, other = corners[number], corners[(number + 1) % 4]
        upper, lower = (one, other) if one[1] <= other[1] else (other, one)
        if is_whole:
            _bound_by_side(bounds, upper, lower)
        else:
            _bound_inside(bounds, upper, lower)
            _ink_side(canvas, one, other)
    _ink_rows(canvas, bounds, top, bottom, left, right)


# --- sides of rectangles ---------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _bound_by_side(bounds, top, bottom):  # type: ignore[no-untyped-def]
    """Widen the bounds of each row to a side from ``top`` down to ``bottom``, which is on the canvas as a whole."""
    begin, end = _rounded(top[1]), _rounded(bottom[1])
    rows, last = end - begin, _rounded(bottom[0])
    first_of, last_of = bounds[0][begin : end + 1], bounds[1][begin : end + 1]
    dx, dy = bottom[0] - top[0], bottom[1] - top[1]
    x, slope = top[0] + _HALF, _slope_inside(dx, rows)
    low = high = slope
    if abs(dx) <= dy:  # steep: the side passes one pixel of each row
        outside = _slope(dx << POINT, dy | 1)
        low, high = min(slope, outside), max(slope, outside)
        if dy >> POINT >= rows:
            _widen(first_of, last_of, rows, (x + rows * outside) >> POINT, (x + rows * outside) >> POINT)
    else:
        _bound_by_flat_side(first_of, last_of, top, bottom)
    for row in range(rows):
        first_of[row] = min(first_of[row], (x + row * low) >> POINT)
        last_of[row] = max(last_of[row], (x + row * high) >> POINT)
    _widen(first_of, last_of, rows, last, last)


@njit(cache=True, nogil=True)
def _widen(first_of, last_of, row, first, last):  # type: ignore[no-untyped-def]
    first_of[row], last_of[row] = min(first_of[row], first), max(last_of[row], last)


@njit(cache=True, nogil=True)
def _bound_by_flat_side(first_of, last_of, top, bottom):  # type: ignore[no-untyped-def]
    """Widen the bounds of each row from that of ``top`` on to the pixels of a side that passes one in each column."""
    dx, dy = bottom[0] - top[0], bottom[1] - top[1]
    left = top if dx > 0 else bottom
    x, y, count = _rounded(left[0]), left[1] + _HALF - (_rounded(top[1]) << POINT), abs(dx) >> POINT
    slope = _slope(dy << POINT, abs(dx) | 1)
    inverse, start, stop = 1.0 / max(slope, 1), 0, count
    for row in range(y >> POINT if slope == 0 else 0, len(first_of)):
        # Columns are counted from the left end. Those before the edge of this row and the next one are in this row.
        if dx > 0:
            edge = int(float(((row + 1) << POINT) - 1 - y) * inverse + _MARGIN)
            if start <= min(edge, count):
                _widen(first_of, last_of, row, x + start, x + min(edge, count))
            start = edge + 1
        else:
            edge = max(int(float(y - ((row + 1) << POINT)) * inverse + (1 + _MARGIN)), 0)
            if edge <= stop:
                _widen(first_of, last_of, row, x + edge, x + stop)
            stop = edge - 1
    if dx < 0:
        _widen(first_of, last_of, 0, _rounded(top[0]), _rounded(top[0]))


@njit(cache=True, nogil=True)
def _bound_inside(bounds, upper, lower):  # type: ignore[no-untyped-def]
    """Widen the bounds of each row to a side, for what is inked between two sides of a rectangle that the border of
    the canvas cuts."""
    first, last = _rounded(upper[1]), _rounded(lower[1])
    slope = _slope_inside(lower[0] - upper[0], last - first)
    for row in range(max(first, 0), min(last, SIDE)):
        x = _rounded(upper[0] + (row - first) * slope)
        _widen(bounds[0], bounds[1], row, x, x)


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
