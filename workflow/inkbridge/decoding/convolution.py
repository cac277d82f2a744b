"""Convolutions in NumPy, as products of a matrix with the neighbourhoods of places."""

import math
from dataclasses import dataclass

import numpy as np

from inkbridge.support.types import Array

_CACHED = 1 << 18
"""Most numbers in the neighbourhoods that are multiplied together: so few that they stay in the cache."""

_UNCOPIED = 10**6
"""Most multiplications of a product for which OpenBLAS takes its factors as they lie in memory (``interface/gemm.c``,
on processors with AVX-512). For larger products it first copies them to another order. With few columns, copying takes
as long as multiplying."""

_FEWEST_ROWS = 64
"""Products of fewer rows than this are slower than one large product."""


class Convolution:
    """A convolution with stride 1 and padding that keeps the size, of features ``[N, H, W, inputs]``.

    ``kernel`` is as torch stores it, ``[outputs, inputs, side, side]``. With ``coordinates``, it has two more inputs: x
    and y of each place, from −1 to 1. What these add to a place is the same in all images, so it becomes a part of
    ``bias`` ``[outputs]``.
    """

    def __init__(self, kernel: Array, bias: Array, coordinates: bool) -> None:
        by_place = np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))  # rows, columns, inputs, outputs
        inputs = by_place.shape[2] - 2 * coordinates
        self._kernel, self._of_coordinates = np.split(by_place, [inputs], axis=2)
        self._bias = bias
        self._products: dict[tuple[int, int], _Product] = {}

    def __call__(self, features: Array) -> Array:
        height, width = features.shape[1:3]
        if (height, width) not in self._products:
            self._products[height, width] = self._product(height, width)
        return self._products[height, width](features)

    def _product(self, height: int, width: int) -> "_Product":
        """Return the product for images of ``height`` and ``width``: of pairs of places, if that is faster."""
        side, _, _, outputs = self._kernel.shape
        bias = np.broadcast_to(self._bias, (height * width, outputs))
        if self._of_coordinates.size:
            x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
            near = _neighbourhoods(np.stack([x, y], axis=-1)[None].astype(np.float32), side, 1)[0]
            bias = bias + near @ self._of_coordinates.reshape(-1, outputs)
        if side > 1 and width % 2 == 0:
            of_pairs = _Product(side, 2, _matrix_of_pairs(self._kernel), bias.reshape(-1, 2 * outputs))
            if of_pairs.most_rows >= _FEWEST_ROWS:
                return of_pairs
        return _Product(side, 1, np.ascontiguousarray(self._kernel.reshape(-1, outputs)), bias)


@dataclass(frozen=True)
class _Product:
    """``matrix`` ``[numbers, columns]`` times the neighbourhoods of ``together`` places beside each other, in ``side``
    rows, plus ``bias`` ``[H · W / together, columns]``."""

    side: int
    together: int
    matrix: Array
    bias: Array

    @property
    def most_rows(self) -> int:
        """The largest power of two of rows that OpenBLAS multiplies as they lie in memory."""
        return 1 << (max(1, _UNCOPIED // self.matrix.size).bit_length() - 1)

    def __call__(self, features: Array) -> Array:
        count, height, width, _ = features.shape
        (numbers, columns), places = self.matrix.shape, len(self.bias)
        products = np.empty((count, places, columns), dtype=np.float32)
        few = max(1, _CACHED // (places * numbers))
        for start in range(0, count, few):
            part = products[start : start + few]
            near = _neighbourhoods(features[start : start + few], self.side, self.together)
            rows = len(part) * places
            if self.most_rows >= _FEWEST_ROWS:
                rows = math.gcd(rows, self.most_rows)
            np.matmul(near.reshape(-1, rows, numbers), self.matrix, out=part.reshape(-1, rows, columns))
            part += self.bias
        return products.reshape(count, height, width, -1)


def _matrix_of_pairs(kernel: Array) -> Array:
    """Return the matrix that convolves two places beside each other at once, ``[side · (side + 1) · inputs, 2 ·
    outputs]``, of ``kernel`` ``[side, side, inputs, outputs]``.

    The two neighbourhoods share most of their numbers, so fewer are gathered. A part of the matrix is zero, but
    OpenBLAS multiplies twice as many columns at a higher speed.
    """
    side, _, inputs, outputs = kernel.shape
    both = np.zeros((side, side + 1, inputs, 2, outputs), dtype=np.float32)
    both[:, :side, :, 0] = kernel
    both[:, 1:, :, 1] = kernel
    return both.reshape(-1, 2 * outputs)


def _neighbourhoods(features: Array, side: int, together: int) -> Array:
    """Return what lies around places of ``features`` ``[N, H, W, C]`` in ``side`` rows, around ``together`` places of a
    row at once: ``[N, H · W / together, side · (side + together − 1) · C]``."""
    count, height, width, channels = features.shape
    if side == 1:
        return features.reshape(count, -1, channels)
    margin = side // 2
    padded = np.zeros((count, height + 2 * margin, width + 2 * margin, channels), dtype=np.float32)
    padded[:, margin : margin + height, margin : margin + width] = features
    # In memory, the places of a row of a neighbourhood lie beside each other.
    shape = (count, height, width // together, side, (side + together - 1) * channels)
    image, row, place, number = padded.strides
    strides = (image, row, together * place, row, number)
    near = np.lib.stride_tricks.as_strided(padded, shape, strides, writeable=False)
    return near.reshape(count, height * width // together, -1)
