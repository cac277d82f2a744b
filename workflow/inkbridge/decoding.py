"""Decoders in NumPy: what draws the frames of an animation, in processes too short-lived to import torch.

A fitted doodle is stored as the layers of its decoder, in the order in which they are applied, with their weights
and with the latents of its keyframes. A decoder of pixels ends in logits of ink, one that draws in strokes, which are
then painted. ``tests/unit/test_decoding.py`` holds each layer to torch's.
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
from inkbridge.progress import Progress, silent
from inkbridge.provenance import Provenance
from inkbridge.strokes import VALUES

Array = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Layer = dict[str, Any]
"""``kind``, ``name`` (the prefix of its weights) and what else the kind needs; see :data:`KINDS`."""

STEEPEST_LOGIT = 5.0
"""Logits are softly limited to this before they are enlarged: those of paper reach −200, and the negative lobes of the
cubic would carry that across an edge and make it wobble with the 64-pixel grid."""

_BATCH = 32
"""Frames that are decoded together: few enough that a batch's features stay in the cache."""

_PIXELS = 1 << 21
"""Pixels that are drawn together at most: large frames are few."""


@dataclass(frozen=True)
class FittedDoodle:
    """A doodle in the terms of a decoder: ``latents`` ``float32 [K, D]`` of its keyframes, standardised.

    ``provenance`` is the record of the file that it was read from.
    """

    latents: Array
    layers: list[Layer]
    weights: Mapping[str, Array]
    provenance: Provenance | None = None

    def keyframes(self) -> Pictures:
        """Return the keyframes as the decoder draws them, ``uint8 [K, 64, 64]``."""
        return self.draw(self.latents, CELL)

    def frames(self, path: DoodlePath, size: int, progress: Progress = silent) -> Pictures:
        """Return the frames of the animation along ``path``, ``uint8 [T, size, size]``."""
        return self.draw(path.through(self.latents), size, progress)

    @property
    def has_strokes(self) -> bool:
        """Whether the decoder draws strokes."""
        return self.layers[-1]["kind"] == "strokes"

    def draw(self, latents: Array, size: int, progress: Progress = silent) -> Pictures:
        """Return pictures ``uint8 [N, size, size]``, 0 = paper, 255 = ink, of standardised latents ``[N, D]``."""
        batch = max(1, min(_BATCH, _PIXELS // size**2))
        starts = progress(range(0, len(latents), batch))
        return np.concatenate([self._ink(self.decode(latents[start : start + batch]), size) for start in starts])

    def strokes(self, path: DoodlePath) -> Array:
        """Return the strokes ``float32 [T, N, 10]`` of the animation along ``path``, in pixels of the cell.

        Raises :class:`InkbridgeError` where the decoder makes pixels.
        """
        if not self.has_strokes:
            raise InkbridgeError("expected a doodle of a decoder that draws strokes, found one that makes pixels")
        return self.decode(path.through(self.latents))

    def decode(self, latents: Array) -> Array:
        """Return logits of ink ``[N, 64, 64, 1]``, or strokes ``[N, strokes, 10]``, of latents ``[N, D]``."""
        features = latents * self.weights["latent_std"] + self.weights["latent_mean"]
        for layer in self.layers:
            features = KINDS[layer["kind"]](features, layer, self.weights)
        return features

    def _ink(self, decoded: Array, size: int) -> Pictures:
        if self.has_strokes:
            from inkbridge.soft_painting import paint_strokes  # numba takes a third of a second to import

            ink = paint_strokes(decoded, self.layers[-1]["softness"], size)
        else:
            ink = _ink_of_logits(decoded[..., 0], size)
        return np.rint(255 * ink).astype(np.uint8)


def save_doodle(path: Path, doodle: FittedDoodle, about: Mapping[str, Any]) -> None:
    """Store a fitted doodle. The file appears whole or not at all."""
    write_arrays(path, {**doodle.weights, "latents": doodle.latents}, {**about, "layers": doodle.layers})


def load_doodle(path: Path) -> FittedDoodle:
    """Return what :func:`save_doodle` stored. Raises :class:`InkbridgeError` where the file is not that."""
    stored = read_arrays(path)
    weights = dict(stored.arrays)
    try:
        return FittedDoodle(weights.pop("latents"), stored.about["layers"], weights, stored.about.get("provenance"))
    except KeyError as error:
        raise InkbridgeError(f"{path}: expected a fitted doodle, found something else: no {error}") from error


def _ink_of_logits(logits: Array, size: int) -> Array:
    """Return logits ``[N, 64, 64]`` enlarged and as ink; :meth:`PixelAutoencoder.decode` says why in this order."""
    if size != CELL:
        logits = STEEPEST_LOGIT * np.tanh(logits / STEEPEST_LOGIT)
        enlarged = [Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC) for picture in logits]
        logits = np.stack([np.asarray(picture) for picture in enlarged])
    # exp overflows beyond 88; ink is 0 or 1 long before.
    ink: Array = 1 / (1 + np.exp(np.clip(-logits * (size / CELL), -80, 80)))
    return ink


def _linear(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    return features @ weights[layer["name"] + ".weight"].T + weights[layer["name"] + ".bias"]


def _gelu(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", arXiv 1606.08415, in its approximation by tanh."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (features + np.float32(0.044715) * features * features * features)
    return np.float32(0.5) * features * (1 + np.tanh(inner))


def _strokes(features: Array, layer: Layer, weights: Mapping[str, Array]) -> Array:
    """Features ``[N, strokes · 10]`` → strokes ``[N, strokes, 10]``; :class:`StrokeLayer` is the same in torch."""
    values = features.reshape(len(features), -1, VALUES)
    points = np.float32(CELL / 2) + np.float32(CELL / 4) * values[..., :8]
    width = np.clip(3 + values[..., 8:9], 0.5, 8)
    opacity = 1 / (1 + np.exp(-np.clip(values[..., 9:], -80, 80)))
    return np.concatenate([points, width, opacity], axis=-1)


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
    "gelu": _gelu,
    "unflatten": _unflatten,
    "pixel_shuffle": _pixel_shuffle,
    "convolution": _convolution,
    "residual": _residual,
    "strokes": _strokes,
}
"""Kind of layer → function of features, the layer and all weights."""
