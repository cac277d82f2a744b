"""The layers of a decoder, in NumPy. ``tests/unit/decoding`` compares each of them with torch's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.scale import MIDDLE, NARROWEST, UNIT, USUAL_WIDTH, WIDEST
from inkbridge.support.types import Array

Layer = dict[str, Any]
"""A layer: its ``kind`` (see :data:`KINDS`), its ``name`` (the prefix of its weights), and the kind's own settings."""

Step = Callable[[Array], Array]
"""A layer that is ready to be applied: features → features, which are a new array or a view of the old one."""

_CACHED = 1 << 18
"""Most numbers in the neighbourhoods that are multiplied together: so few that they stay in the cache."""

_ROWS = 64

_SMALL = 1 << 14
"""Most numbers of a matrix that each image is multiplied with by itself. OpenBLAS multiplies small matrices as they lie
in memory. It copies larger ones to another order first, which takes as long as multiplying them with few columns."""


def prepared(layers: Sequence[Layer], weights: Mapping[str, Array]) -> list[Step]:
    """Return ``layers`` with their ``weights`` in the order in which they are multiplied.

    Ordering them takes a fifth of the time of drawing a batch, so it is done once.
    """
    return [KINDS[layer["kind"]](layer, weights) for layer in layers]


def sigmoid(logits: Array) -> Array:
    """Return 1 / (1 + exp(−x))."""
    below = one_and_exp(np.negative(logits))
    return np.reciprocal(below, out=below)


def one_and_exp(values: Array) -> Array:
    """Return 1 + exp(x) in the place of x: a second array would cost as much as the exponential."""
    with np.errstate(over="ignore"):  # then the sigmoid is 0
        np.exp(values, out=values)
    values += 1
    return values


def silu(features: Array) -> Array:
    """Return x · σ(x): Elfwing et al. 2017, arXiv 1702.03118."""
    below = one_and_exp(np.negative(features))
    return np.divide(features, below, out=below)


def strokes(features: Array) -> Array:
    """Features ``[N, strokes · 10]`` → strokes ``[N, strokes, 10]``; :class:`StrokeLayer` does the same in torch."""
    values = features.reshape(len(features), -1, VALUES)
    points = np.float32(MIDDLE) + np.float32(UNIT) * values[..., :8]
    width = np.clip(np.float32(USUAL_WIDTH) + values[..., 8:9], NARROWEST, WIDEST)
    return np.concatenate([points, width, sigmoid(values[..., 9:])], axis=-1)


def unflatten(features: Array, shape: Sequence[int]) -> Array:
    """Features ``[N, C·H·W]`` → ``[N, H, W, C]``. Here, channels come last."""
    return np.ascontiguousarray(features.reshape(-1, *shape).transpose(0, 2, 3, 1))


def pixel_shuffle(features: Array, factor: int) -> Array:
    """Features ``[N, H, W, C · factor²]`` → ``[N, H · factor, W · factor, C]``."""
    count, height, width, channels = features.shape
    outputs = channels // factor**2
    if outputs == 1:  # a row of a place's pixels lies together in memory, and is moved as one element
        rows = features.view(f"V{factor * features.itemsize}").reshape(count, height, width, factor)
        moved = np.ascontiguousarray(rows.transpose(0, 1, 3, 2)).view(features.dtype)
    else:
        moved = features.reshape(count, height, width, outputs, factor, factor).transpose(0, 1, 4, 2, 5, 3)
    return moved.reshape(count, height * factor, width * factor, outputs)


@dataclass(frozen=True)
class Linear:
    """A product with ``matrix`` ``[inputs, outputs]``, plus ``bias`` ``[outputs]``."""

    matrix: Array
    bias: Array

    @classmethod
    def of(cls, layer: Layer, weights: Mapping[str, Array]) -> "Linear":
        return cls(np.ascontiguousarray(weights[layer["name"] + ".weight"].T), weights[layer["name"] + ".bias"])

    def __call__(self, features: Array) -> Array:
        product = features @ self.matrix
        product += self.bias
        return product


class Convolution:
    """A convolution with stride 1 and padding that keeps the size, as matrix products of a few images at once."""

    def __init__(self, layer: Layer, weights: Mapping[str, Array]) -> None:
        kernel, self._bias = weights[layer["name"] + ".weight"], weights[layer["name"] + ".bias"]
        by_place = np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))  # rows, columns, inputs, outputs
        channels = by_place.shape[2] - 2 if layer["coordinates"] else by_place.shape[2]
        self._kernel, self._coordinates = np.split(by_place, [channels], axis=2)
        self._products: dict[tuple[int, int], _Product] = {}

    def __call__(self, features: Array) -> Array:
        size = features.shape[1:3]
        if size not in self._products:
            self._products[size] = self._product(*size)
        return self._products[size](features)

    def _product(self, height: int, width: int) -> "_Product":
        """Return the product for images of ``height`` and ``width``.

        What the coordinates add to a place is the same in all images, so it becomes part of the bias.
        """
        side, _, _, outputs = self._kernel.shape
        pairs = width % 2 == 0 and side > 1
        matrix, bias = self._kernel.reshape(-1, outputs), self._bias
        if self._coordinates.size:
            x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
            near = _neighbourhoods(np.stack([x, y], axis=-1)[None].astype(np.float32), side, 1)[0]
            bias = bias + near @ self._coordinates.reshape(-1, outputs)
        if pairs and (of_pairs := _of_pairs(self._kernel)).size <= _SMALL:
            return _Product(side, 2, of_pairs, bias.reshape(-1, 2 * outputs) if bias.ndim == 2 else np.tile(bias, 2))
        return _Product(side, 1, np.ascontiguousarray(matrix), bias)


def _of_pairs(kernel: Array) -> Array:
    """Return the matrix that convolves two places beside each other at once, ``[side · (side + 1) · inputs, 2 ·
    outputs]``, of ``kernel`` ``[side, side, inputs, outputs]``.

    A third of its numbers is zero, but it multiplies two thirds of the numbers of two neighbourhoods.
    """
    side, _, inputs, outputs = kernel.shape
    both = np.zeros((side, side + 1, inputs, 2, outputs), dtype=np.float32)
    both[:, :side, :, 0] = kernel
    both[:, 1:, :, 1] = kernel
    return both.reshape(-1, 2 * outputs)


@dataclass(frozen=True)
class _Product:
    """``matrix`` times the neighbourhoods of ``together`` places beside each other, in ``side`` rows, plus ``bias``
    ``[columns]`` or ``[H · W / together, columns]``."""

    side: int
    together: int
    matrix: Array
    bias: Array

    def __call__(self, features: Array) -> Array:
        count, height, width, _ = features.shape
        (numbers, columns), rows = self.matrix.shape, height * width // self.together
        products = np.empty((count, rows, columns), dtype=np.float32)
        few = max(1, _CACHED // (rows * numbers))
        for start in range(0, count, few):
            part = products[start : start + few]
            near = _neighbourhoods(features[start : start + few], self.side, self.together)
            at_once = max(rows, _ROWS) if self.matrix.size <= _SMALL else near[..., 0].size
            if near[..., 0].size % at_once:
                at_once = near[..., 0].size
            np.matmul(near.reshape(-1, at_once, numbers), self.matrix, out=part.reshape(-1, at_once, columns))
            part += self.bias
        return products.reshape(count, height, width, -1)


def _neighbourhoods(features: Array, side: int, together: int) -> Array:
    """Return what lies around places of ``features`` ``[N, H, W, C]``, for so many places of a row ``together``: ``[N,
    H · W / together, side · (side + together − 1) · C]``."""
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


@dataclass(frozen=True)
class Residual:
    """The features, plus what ``steps`` make of them."""

    steps: Sequence[Step]

    def __call__(self, features: Array) -> Array:
        change = features
        for step in self.steps:
            change = step(change)
        return np.add(features, change, out=change)


KINDS: Mapping[str, Callable[[Layer, Mapping[str, Array]], Step]] = {
    "linear": Linear.of,
    "silu": lambda layer, weights: silu,
    "unflatten": lambda layer, weights: partial(unflatten, shape=layer["shape"]),
    "pixel_shuffle": lambda layer, weights: partial(pixel_shuffle, factor=layer["factor"]),
    "convolution": Convolution,
    "residual": lambda layer, weights: Residual(prepared(layer["layers"], weights)),
    "strokes": lambda layer, weights: strokes,
}
"""Kind of layer → function of the layer and all weights, which prepares the layer."""
