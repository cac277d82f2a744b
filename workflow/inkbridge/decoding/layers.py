"""The layers of a decoder, in NumPy. ``tests/unit/decoding`` compares each of them with torch's."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.scale import MIDDLE, NARROWEST, UNIT, USUAL_WIDTH, WIDEST
from inkbridge.support.types import Array

Layer = dict[str, Any]
"""A layer: its ``kind`` (see :data:`KINDS`), its ``name`` (the prefix of its weights), and the kind's own settings."""


_CACHED = 1 << 18
"""Most numbers in the neighbourhoods that are multiplied together: so few that they stay in the cache."""


def sigmoid(logits: Array) -> Array:
    """Return 1 / (1 + exp(−x))."""
    below = _below(logits)
    return np.reciprocal(below, out=below)


def _below(features: Array) -> Array:
    """Return 1 + exp(−x), in one new array: a second one would cost as much as the exponential."""
    below = np.negative(features)
    with np.errstate(over="ignore"):  # then the sigmoid is 0
        np.exp(below, out=below)
    below += 1
    return below


def _linear(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    return features @ weights[layer["name"] + ".weight"].T + weights[layer["name"] + ".bias"]


def _silu(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """x · σ(x): Elfwing et al. 2017, arXiv 1702.03118."""
    below = _below(features)
    return np.divide(features, below, out=below)


def _strokes(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Features ``[N, strokes · 10]`` → strokes ``[N, strokes, 10]``; :class:`StrokeLayer` does the same in torch."""
    values = features.reshape(len(features), -1, VALUES)
    points = np.float32(MIDDLE) + np.float32(UNIT) * values[..., :8]
    width = np.clip(np.float32(USUAL_WIDTH) + values[..., 8:9], NARROWEST, WIDEST)
    return np.concatenate([points, width, sigmoid(values[..., 9:])], axis=-1)


def _unflatten(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Features ``[N, C·H·W]`` → ``[N, H, W, C]``. Here, channels come last."""
    channels, height, width = layer["shape"]
    return np.ascontiguousarray(features.reshape(-1, channels, height, width).transpose(0, 2, 3, 1))


def _pixel_shuffle(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    factor: int = layer["factor"]
    count, height, width, channels = features.shape
    split = features.reshape(count, height, width, channels // factor**2, factor, factor)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(count, height * factor, width * factor, -1)


def _convolution(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Convolve with stride 1 and padding that keeps the size, as matrix products of all places of a few images."""
    kernel, bias = weights[layer["name"] + ".weight"], weights[layer["name"] + ".bias"]
    outputs, _, side, _ = kernel.shape
    count, height, width, channels = features.shape
    by_place = kernel.transpose(2, 3, 1, 0)  # rows, columns, inputs, outputs
    matrix = by_place[:, :, :channels].reshape(-1, outputs)
    if layer["coordinates"]:
        seen = _coordinates(height, width, side) @ by_place[:, :, channels:].reshape(-1, outputs)
        bias = bias + seen.reshape(height, width, outputs)
    convolved = np.empty((count, height, width, outputs), dtype=np.float32)
    few = max(1, _CACHED // (height * width * len(matrix)))
    for start in range(0, count, few):
        part = slice(start, start + few)
        np.matmul(_neighbourhoods(features[part], side), matrix, out=convolved[part].reshape(-1, outputs))
        convolved[part] += bias
    return convolved


def _neighbourhoods(features: Array, side: int) -> Array:
    """Return, for each place of ``features`` ``[N, H, W, C]``, those around it in a square of ``side``: ``[N · H · W,
    side · side · C]``."""
    count, height, width, channels = features.shape
    if side == 1:
        return features.reshape(-1, channels)
    margin = side // 2
    padded = np.zeros((count, height + 2 * margin, width + 2 * margin, channels), dtype=np.float32)
    padded[:, margin : margin + height, margin : margin + width] = features
    # In memory, the places of a row of a neighbourhood lie beside each other.
    shape = (count, height, width, side, side * channels)
    image, row, place, number = padded.strides
    near = np.lib.stride_tricks.as_strided(padded, shape, (image, row, place, row, number), writeable=False)
    return near.reshape(count * height * width, -1)


@cache
def _coordinates(height: int, width: int, side: int) -> Array:
    """Return the neighbourhoods of x and y, from −1 to 1: ``[H · W, side · side · 2]``."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return _neighbourhoods(np.stack([x, y], axis=-1)[None].astype(np.float32), side)


def _residual(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    inner = features
    for part in layer["layers"]:
        inner = KINDS[part["kind"]](inner, part, weights)
    return np.add(features, inner, out=inner)


KINDS: Mapping[str, Callable[[Array, Layer, Mapping[str, Array]], Array]] = {
    "linear": _linear,
    "silu": _silu,
    "unflatten": _unflatten,
    "pixel_shuffle": _pixel_shuffle,
    "convolution": _convolution,
    "residual": _residual,
    "strokes": _strokes,
}
"""Kind of layer → function of features, the layer and all weights; it returns features."""
