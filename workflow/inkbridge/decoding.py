"""Decoders in NumPy: what draws the frames of an animation, in processes too short-lived to import torch.

A fitted doodle is stored as the layers of its decoder, in the order in which they are applied, with their weights
and with the latents of its keyframes. ``tests/unit/test_decoding.py`` holds each layer to torch's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge import CELL
from inkbridge.arrays import read_arrays, write_arrays
from inkbridge.errors import InkbridgeError
from inkbridge.interpolation import DoodlePath

Array = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Layer = dict[str, Any]
"""``kind``, ``name`` (the prefix of its weights) and what else the kind needs; see :data:`KINDS`."""

_BATCH = 32
"""Frames that are decoded together: few enough that a batch's features stay in the cache."""


@dataclass(frozen=True)
class FittedDoodle:
    """A doodle in the terms of a decoder: ``latents`` ``float32 [K, D]`` of its keyframes, standardised."""

    latents: Array
    layers: list[Layer]
    weights: Mapping[str, Array]

    def keyframes(self) -> Pictures:
        """Return the keyframes as the decoder draws them, ``uint8 [K, 64, 64]``."""
        return self.draw(self.latents, CELL)

    def frames(self, path: DoodlePath, size: int) -> Pictures:
        """Return the frames of the animation along ``path``, ``uint8 [T, size, size]``."""
        return self.draw(path.through(self.latents), size)

    def draw(self, latents: Array, size: int) -> Pictures:
        """Return pictures ``uint8 [N, size, size]``, 0 = paper, 255 = ink, of standardised latents ``[N, D]``."""
        parts = np.split(latents, range(_BATCH, len(latents), _BATCH))
        return np.concatenate([_ink(self.logits(part), size) for part in parts])

    def logits(self, latents: Array) -> Array:
        """Return logits of ink ``[N, 64, 64]`` of standardised latents ``[N, D]``."""
        features = latents * self.weights["latent_std"] + self.weights["latent_mean"]
        for layer in self.layers:
            features = KINDS[layer["kind"]](features, layer, self.weights)
        return features[..., 0]


def save_doodle(path: Path, doodle: FittedDoodle, about: Mapping[str, Any]) -> None:
    """Store a fitted doodle. The file appears whole or not at all."""
    write_arrays(path, {**doodle.weights, "latents": doodle.latents}, {**about, "layers": doodle.layers})


def load_doodle(path: Path) -> FittedDoodle:
    """Return what :func:`save_doodle` stored. Raises :class:`InkbridgeError` where the file is not that."""
    stored = read_arrays(path)
    weights = dict(stored.arrays)
    try:
        return FittedDoodle(weights.pop("latents"), stored.about["layers"], weights)
    except KeyError as error:
        raise InkbridgeError(f"{path}: expected a fitted doodle, found something else: no {error}") from error


def _ink(logits: Array, size: int) -> Pictures:
    """Return logits ``[N, 64, 64]`` enlarged and as ink; :meth:`Autoencoder.decode` says why in this order."""
    if size != CELL:
        enlarged = [Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC) for picture in logits]
        logits = np.stack([np.asarray(picture) for picture in enlarged])
    # exp overflows beyond 88; ink is 0 or 255 long before.
    ink = 255 / (1 + np.exp(np.clip(-logits * (size / CELL), -80, 80)))
    return np.rint(ink).astype(np.uint8)


def _linear(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    return features @ weights[layer["name"] + ".weight"].T + weights[layer["name"] + ".bias"]


def _relu(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    return np.maximum(features, 0)


def _unflatten(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Features ``[N, C·H·W]`` → ``[N, H, W, C]``: here, channels are last."""
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
    """Join x and y of each place, from −1 to 1, to the channels."""
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
    "relu": _relu,
    "unflatten": _unflatten,
    "pixel_shuffle": _pixel_shuffle,
    "convolution": _convolution,
    "residual": _residual,
}
"""Kind of layer → function of features, the layer and all weights."""
