"""The layers of a decoder, in NumPy. ``tests/unit/decoding`` compares each of them with torch's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from inkbridge.decoding.convolution import Convolution
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.scale import MIDDLE, NARROWEST, UNIT, USUAL_WIDTH, WIDEST
from inkbridge.support.types import Array

Layer = dict[str, Any]
"""A layer: its ``kind`` (see :data:`KINDS`), its ``name`` (the prefix of its weights), and the kind's own settings."""

Step = Callable[[Array], Array]
"""A layer that is ready to be applied: features → features, which are a new array or a view of the old one."""


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
        rows = np.ascontiguousarray(features).view(f"V{factor * features.itemsize}")
        rows = rows.reshape(count, height, width, factor)
        moved = np.ascontiguousarray(rows.transpose(0, 1, 3, 2)).view(features.dtype)
    else:
        moved = features.reshape(count, height, width, outputs, factor, factor).transpose(0, 1, 4, 2, 5, 3)
    return moved.reshape(count, height * factor, width * factor, outputs)


@dataclass(frozen=True)
class Linear:
    """A product with ``matrix`` ``[inputs, outputs]``, plus ``bias`` ``[outputs]``."""

    matrix: Array
    bias: Array

    def __call__(self, features: Array) -> Array:
        product = features @ self.matrix
        product += self.bias
        return product


@dataclass(frozen=True)
class Residual:
    """The features, plus what ``steps`` make of them."""

    steps: Sequence[Step]

    def __call__(self, features: Array) -> Array:
        change = features
        for step in self.steps:
            change = step(change)
        return np.add(features, change, out=change)


def _linear(layer: Layer, weights: Mapping[str, Array]) -> Step:
    weight, bias = _weights_of(layer, weights)
    return Linear(np.ascontiguousarray(weight.T), bias)


def _convolution(layer: Layer, weights: Mapping[str, Array]) -> Step:
    return Convolution(*_weights_of(layer, weights), coordinates=layer["coordinates"])


def _weights_of(layer: Layer, weights: Mapping[str, Array]) -> tuple[Array, Array]:
    return weights[layer["name"] + ".weight"], weights[layer["name"] + ".bias"]


KINDS: Mapping[str, Callable[[Layer, Mapping[str, Array]], Step]] = {
    "linear": _linear,
    "silu": lambda layer, weights: silu,
    "unflatten": lambda layer, weights: partial(unflatten, shape=layer["shape"]),
    "pixel_shuffle": lambda layer, weights: partial(pixel_shuffle, factor=layer["factor"]),
    "convolution": _convolution,
    "residual": lambda layer, weights: Residual(prepared(layer["layers"], weights)),
    "strokes": lambda layer, weights: strokes,
}
"""Kind of layer → function of the layer and all weights, which prepares the layer."""
