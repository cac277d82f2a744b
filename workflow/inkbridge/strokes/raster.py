"""Strokes → ink, fast, for data: polylines at four times the size, shrunken by area means, and blurred.

The images are, to the byte, those of OpenCV's ``polylines``, ``resize`` (by area, to a half and again to a half) and
``GaussianBlur``.
"""

from collections.abc import Iterable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.strokes.bezier import Kind, StrokeSets, bernstein
from inkbridge.strokes.pen import POINT, ROWS, SIDE, WORDS, draw_polyline, room
from inkbridge.support.types import Array

_SUPERSAMPLING = SIDE // CELL
"""Canvas pixels per image pixel, 4: 17 levels of anti-aliasing, and widths in steps of half a pixel."""

_CHORDS = 10
"""Chords of a curved stroke. Even a curve across the whole cell is less than 0.3 px off its chords."""

_FRACTION_BITS = 4
"""Bits after the point of the points of polylines, which are sixteenths of a canvas pixel."""

_CURVE = bernstein(np.linspace(0, 1, _CHORDS + 1))
"""Weights ``[_CHORDS + 1, 4]`` that turn a cubic's control points into points along it."""

_FIRSTS, _TWOS, _ONES, _EVEN = (np.uint64(0x0101010101010101 * bits) for bits in (0x55, 0x33, 0x11, 0x0F))
"""Words with the first bit of each two set, the first two of each four, the first of each four, the first four of each
eight."""


def paint(strokes: StrokeSets, blur: NDArray[np.floating] | float = 0.0) -> NDArray[np.uint8]:
    """Paint each stroke set of ``strokes`` at full opacity, anti-aliased, with round ends.

    ``blur`` is the standard deviation of a Gaussian blur in pixels, one for all images or one each; 0 is none.
    Returns ``uint8 [N, 64, 64]``, 0 = paper, 255 = ink.
    """
    straight = np.isin(strokes.kinds, (Kind.LINE, Kind.DOT))
    sigmas, chosen = np.unique(np.broadcast_to(blur, len(strokes)), return_inverse=True)
    images = np.empty((len(strokes), CELL, CELL), dtype=np.uint8)
    drawn = _CURVE @ strokes.values[:, :8].reshape(-1, 4, 2), straight, _radii(strokes)
    _paint_images(strokes.offsets, *drawn, blur_kernels(sigmas), chosen, images)
    return images


def _radii(strokes: StrokeSets) -> NDArray[np.int64]:
    """Return the radius of the pen on the canvas for each stroke, at least 1: it inks 2 · radius + 1 canvas pixels."""
    wide = strokes.values[:, 8] * _SUPERSAMPLING
    radii = np.where(strokes.kinds == Kind.DOT, (np.rint(wide) + 1) // 2, np.rint((wide - 1) / 2))
    return np.maximum(1, radii).astype(np.int64)


def blur_kernels(sigmas: Iterable[float]) -> Array:
    """Return, for each standard deviation, the weights of its Gaussian in 256ths, ``float32 [K, taps]``.

    They reach three standard deviations far, and are rounded from the ends inwards; each error is carried over to the
    next weight. The number of taps on each side is even.
    """
    kernels: list[list[float]] = []
    for sigma in sigmas:
        reach = round(6 * sigma + 1) // 2
        sides: list[float] = []
        if sigma > 0:
            weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
            exact = 256 * np.cumsum(weights / weights.sum())[:reach]
            sides = [*np.diff(np.rint(exact), prepend=0)]
        kernels.append([*sides, 256 - 2 * sum(sides), *reversed(sides)])
    taps = max((len(kernel) + 2) // 4 * 4 + 1 for kernel in [*kernels, [0.0, 256.0, 0.0]])
    padded = [np.pad(kernel, (taps - len(kernel)) // 2) for kernel in kernels]
    return np.array(padded, dtype=np.float32).reshape(-1, taps)


@njit(cache=True, nogil=True)
def _paint_images(offsets, curves, straight, radii, kernels, chosen, images):  # type: ignore[no-untyped-def]
    """Fill ``images`` ``[N, 64, 64]``. Image i has the strokes from ``offsets[i]`` up to ``offsets[i + 1]``, and the
    blur of ``kernels[chosen[i]]``."""
    canvas, bounds = np.empty((WORDS, ROWS), dtype=np.uint64), room()
    points = np.empty((_CHORDS + 1, 2), dtype=np.int64)
    reach = kernels.shape[1] // 2
    sharp = np.zeros((CELL, CELL + 2 * reach), dtype=np.float32)
    blurred = np.zeros((CELL + 2 * reach, CELL + 2 * reach), dtype=np.float32)
    for image in range(len(images)):
        canvas[:] = 0
        for stroke in range(offsets[image], offsets[image + 1]):
            chords = 1 if straight[stroke] else _CHORDS
            for point in range(chords + 1):
                for axis in range(2):
                    points[point, axis] = _on_canvas(curves[stroke, point * (_CHORDS // chords), axis])
            draw_polyline(canvas, points[: chords + 1], radii[stroke], bounds)
        _shrink(canvas, sharp, reach)
        _blur(sharp, kernels[chosen[image]], blurred, images[image])


@njit(cache=True, nogil=True)
def _on_canvas(coordinate):  # type: ignore[no-untyped-def]
    """Return a coordinate of the cell as :mod:`pen` wants it. In the cell, whole numbers are the corners of pixels; on
    the canvas, they are the centres."""
    canvas = coordinate * np.float32(_SUPERSAMPLING) - np.float32(0.5)
    return np.int64(np.rint(canvas * np.float32(1 << _FRACTION_BITS))) << (POINT - _FRACTION_BITS)


@njit(cache=True, nogil=True)
def _shrink(canvas, sharp, margin):  # type: ignore[no-untyped-def]
    """Fill ``sharp``, which is blank, between its margins with the mean ink of the 4×4 canvas pixels of each pixel, 0
    to 255: the mean of means of 2×2, each rounded.

    If k canvas pixels of 2×2 have ink, their mean is 64 k, less 1 if k is 3 or 4. So the mean of four of those is 16
    times the number of all canvas pixels with ink, less 1 if three or four of the 2×2 have three or four. Here, each
    four bits of a word stand for a pixel, and then each byte of two words.
    """
    words = np.empty(2, dtype=np.uint64)
    levels = words.view(np.uint8)
    for row in range(CELL):
        for word in range(WORDS):
            number, full = np.uint64(0), np.uint64(0)
            for top in (4 * row, 4 * row + 2):
                upper, lower = _pairs(canvas[word, top]), _pairs(canvas[word, top + 1])
                for shift in (np.uint64(0), np.uint64(2)):
                    inked = ((upper >> shift) & _TWOS) + ((lower >> shift) & _TWOS)
                    number += inked
                    full += ((inked + _ONES) >> np.uint64(2)) & _ONES
            if number | full == np.uint64(0):
                continue
            less = ((full + _ONES) >> np.uint64(2)) & _ONES
            number -= less
            words[0] = ((number & _EVEN) << np.uint64(4)) + np.uint64(15) * (less & _EVEN)
            words[1] = (number & ~_EVEN) + np.uint64(15) * ((less >> np.uint64(4)) & _EVEN)
            pixels = sharp[row, margin + 16 * word : margin + 16 * word + 16]
            for pair in range(8):
                pixels[2 * pair], pixels[2 * pair + 1] = np.float32(levels[pair]), np.float32(levels[8 + pair])


@njit(cache=True, nogil=True)
def _pairs(bits):  # type: ignore[no-untyped-def]
    """Return the number of bits that are set in each two bits."""
    return bits - ((bits >> np.uint64(1)) & _FIRSTS)


@njit(cache=True, nogil=True)
def _blur(sharp, kernel, blurred, image):  # type: ignore[no-untyped-def]
    """Fill ``image`` with the blurred ink of ``sharp``, and clear ``sharp``.

    There is paper on the left and right of ``sharp``, and above and below ``blurred``. All sums are whole numbers below
    2²⁴, so they are exact.
    """
    reach, width = len(kernel) // 2, sharp.shape[1]
    count = CELL * width - 2 * reach  # from the first pixel of the image to the last one, with margins
    _add_up(sharp.reshape(-1), 1, kernel, np.float32(0), blurred.reshape(-1)[reach * width :][:count])
    _add_up(blurred.reshape(-1), width, kernel, np.float32(1 << 15), sharp.reshape(-1)[:count])
    for row in range(CELL):
        for column in range(CELL):
            image[row, column] = np.int32(sharp[row, column] * np.float32(1 / (1 << 16)))
    sharp[:] = 0


@njit(cache=True, nogil=True)
def _add_up(ink, step, kernel, first, total):  # type: ignore[no-untyped-def]
    """Fill ``total`` with ``first`` and the sums of ``ink``, ``step`` numbers apart, weighted by a symmetric
    ``kernel`` of 5, 9, 13 … weights."""
    reach, count = len(kernel) // 2, len(total)
    middle, centre = ink[reach * step :][:count], kernel[reach]
    for tap in range(reach - 2, -1, -2):  # two pairs of weights at once
        outer, inner = kernel[tap], kernel[tap + 1]
        a, b = ink[tap * step :][:count], ink[(tap + 1) * step :][:count]
        c, d = ink[(2 * reach - tap - 1) * step :][:count], ink[(2 * reach - tap) * step :][:count]
        if tap == reach - 2:
            for place in range(count):
                pairs = outer * (a[place] + d[place]) + inner * (b[place] + c[place])
                total[place] = first + centre * middle[place] + pairs
        else:
            for place in range(count):
                total[place] += outer * (a[place] + d[place]) + inner * (b[place] + c[place])
