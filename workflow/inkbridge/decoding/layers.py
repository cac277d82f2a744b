"""The layers of a decoder, in NumPy. ``tests/unit/decoding`` compares each of them with torch's."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.scale import MIDDLE, NARROWEST, UNIT, USUAL_WIDTH, WIDEST
from inkbridge.support.types import Array

Layer = dict[str, Any]
"""A layer: its ``kind`` (see :data:`KINDS`), its ``name`` (the prefix of its weights), and the kind's own settings."""


def sigmoid(logits: Array) -> Array:
    """Return 1 / (1 + exp(−x)). exp overflows beyond 88; the sigmoid is 0 or 1 long before."""
    one = np.float32(1)
    values: Array = one / (one + np.exp(-np.clip(logits, -80, 80)))
    return values


def _linear(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    return features @ weights[layer["name"] + ".weight"].T + weights[layer["name"] + ".bias"]


def _silu(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """x · σ(x): Elfwing et al. 2017, arXiv 1702.03118."""
    return features * sigmoid(features)


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
    """Convolve with stride 1 and padding that keeps the size, as a sum of shifted matrix products."""
    kernel, bias = weights[layer["name"] + ".weight"], weights[layer["name"] + ".bias"]
    if layer["coordinates"]:
        features = _with_coordinates(features)
    side = kernel.shape[-1]
    margin = side // 2
    height, width = features.shape[1:3]
    padded = np.pad(features, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    total = np.zeros((*features.shape[:3], len(kernel)), dtype=np.float32)
    for row in range(side):
        for column in range(side):
            total += padded[:, row : row + height, column : column + width] @ kernel[:, :, row, column].T
    return total + bias


def _with_coordinates(features: Array) -> Array:
    """Append x and y of each place, from −1 to 1, to the channels."""
    count, height, width, _ = features.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    grid = np.broadcast_to(np.stack([x, y], axis=-1).astype(np.float32), (count, height, width, 2))
    return np.concatenate([features, grid], axis=-1)


def _residual(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    inner = features
    for part in layer["layers"]:
        inner = KINDS[part["kind"]](inner, part, weights)
    return features + inner


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
