"""Decoders in NumPy, which draw the frames of an animation. Importing torch would take longer than drawing them.

A fitted doodle is stored as the layers of its decoder, in the order in which they are applied, with their weights and
the latents of its keyframes. The decoder of a pixel autoencoder ends in logits of ink. That of a stroke autoencoder
ends in strokes, which are then painted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.decoding.layers import KINDS, Layer, Step, prepared, sigmoid
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.memory import keep_freed_memory
from inkbridge.support.progress import Progress, silent
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance
from inkbridge.support.types import Array, Images, Ink

_BATCH = 64
"""Most frames that are decoded together: so few that the features of a batch stay in the cache."""

_PIXELS = 1 << 21
"""Most pixels that are drawn together. Bounds memory for large frames."""

_STEEPEST_LOGIT = 5.0
"""Logits are softly limited to this value before they are enlarged. Those of paper reach −200; the negative lobes of
the cubic filter would carry that across an edge and make the edge wobble with the 64-pixel grid."""


@dataclass(frozen=True)
class FittedDoodle:
    """A doodle as a decoder draws it: the decoder, and the keyframes' standardised ``latents`` ``float32 [K, D]``.

    ``closing`` ``float32 [D]``, if any, is the latent at which a loop ends, instead of that of the first keyframe. The
    decoder draws the first keyframe there, too, but the strokes may have changed places.

    ``ink`` is the ink of its drawing, if it has one. ``provenance`` is the record of the file that it was read from.
    ``record`` says what a stroke fit decided: how many ``strokes``, along how many ``strands``, and for each of the
    ``segments`` what was matched and what was not (:class:`inkbridge.matching.report.Segment`).
    """

    latents: Array
    layers: list[Layer]
    weights: Mapping[str, Array]
    closing: Array | None = None
    ink: Ink | None = None
    provenance: Provenance | None = None
    record: Mapping[str, Any] | None = None

    def keyframes(self) -> Images:
        """Return the keyframes as the decoder draws them, ``uint8 [K, 64, 64]``."""
        return self.draw(self.latents, CELL)

    def frames(self, path: DoodlePath, size: int, progress: Progress = silent) -> Images:
        """Return the frames of the animation along ``path``, ``uint8 [T, size, size]``."""
        return self.draw(self.along(path), size, progress)

    def frames_at_sizes(self, path: DoodlePath, sizes: Sequence[int]) -> list[Images]:
        """Return the same frames at each of ``sizes``, decoded once."""
        return self._draw_at_sizes(self.along(path), sizes)

    def along(self, path: DoodlePath) -> Array:
        """Return the latents ``float32 [T, D]`` along ``path``."""
        return path.through(self.latents, self.closing)

    @property
    def has_strokes(self) -> bool:
        """Whether the decoder draws strokes."""
        return self.layers[-1]["kind"] == "strokes"

    def draw(self, latents: Array, size: int, progress: Progress = silent) -> Images:
        """Return images ``uint8 [N, size, size]``, 0 = paper, 255 = ink, of standardised latents ``[N, D]``."""
        return self._draw_at_sizes(latents, [size], progress)[0]

    def _draw_at_sizes(self, latents: Array, sizes: Sequence[int], progress: Progress = silent) -> list[Images]:
        keep_freed_memory()
        batch = max(1, min(_BATCH, _PIXELS // max(sizes) ** 2))
        decoded = (
            self.decoder_output(latents[start : start + batch]) for start in progress(range(0, len(latents), batch))
        )
        drawn = [[self._ink(batch_of_frames, size) for size in sizes] for batch_of_frames in decoded]
        return [np.concatenate(batches) for batches in zip(*drawn, strict=True)]

    def strokes(self, path: DoodlePath) -> Array:
        """Return the strokes ``float32 [T, N, 10]`` of the animation along ``path``, in pixels of the cell.

        Raises :class:`InkbridgeError` if the decoder makes pixels.
        """
        if not self.has_strokes:
            raise InkbridgeError("expected a doodle whose decoder draws strokes, found one whose decoder makes pixels")
        return self.decoder_output(self.along(path))

    def decoder_output(self, latents: Array) -> Array:
        """Return logits of ink ``[N, 64, 64, 1]``, or strokes ``[N, strokes, 10]``, of latents ``[N, D]``."""
        features = latents * self.weights["latent_std"] + self.weights["latent_mean"]
        for step in self._steps:
            features = step(features)
        return features

    @cached_property
    def _steps(self) -> list[Step]:
        return prepared(self.layers, self.weights)

    def _ink(self, decoded: Array, size: int) -> Images:
        if not self.has_strokes:
            return as_images(ink_of_logits(decoded[..., 0], size))
        from inkbridge.strokes.shape_raster import draw_shape  # numba takes a third of a second to import
        from inkbridge.strokes.soft_raster import paint_soft

        softness = self.layers[-1]["softness"]
        if self.layers[-1].get("merged"):
            return draw_shape(decoded, softness, size)
        return as_images(paint_soft(decoded, softness, size))


def as_images(ink: Array) -> Images:
    """Return ``ink``, in [0, 1], as images ``uint8``, 255 = ink. Changes ``ink``."""
    ink *= 255
    return np.rint(ink, out=ink).astype(np.uint8)


def save_doodle(path: Path, doodle: FittedDoodle, about: Mapping[str, Any]) -> None:
    """Store a fitted doodle. The file appears whole or not at all."""
    fit = {} if doodle.record is None else {"fit": doodle.record}
    closing = {} if doodle.closing is None else {"closing": doodle.closing}
    write_arrays(
        path,
        {**doodle.weights, "latents": doodle.latents, **closing},
        {**about, **fit, "ink": doodle.ink, "layers": doodle.layers},
    )


def load_doodle(path: Path) -> FittedDoodle:
    """Return what :func:`save_doodle` stored.

    Raises :class:`InkbridgeError` if the file is something else, or was written by another version of inkbridge.
    """
    stored = read_arrays(path)
    weights = dict(stored.arrays)
    try:
        latents, layers, ink = weights.pop("latents"), stored.about["layers"], stored.about["ink"]
        closing = weights.pop("closing", None)
        if unknown := _kinds(layers) - KINDS.keys():
            raise InkbridgeError(
                f"{path}: expected a doodle that this version of inkbridge fitted, found one of another version, with "
                f"layers {', '.join(sorted(unknown))}; remove the file and fit the doodle anew"
            )
        made, record = stored.about.get(PROVENANCE_KEY), stored.about.get("fit")
        return FittedDoodle(latents, layers, weights, closing, ink, made, record)
    except KeyError as error:
        raise InkbridgeError(f"{path}: expected a fitted doodle, found something else: no {error}") from error


def _kinds(layers: Sequence[Layer]) -> set[str]:
    """Return the kinds of layers, with those inside of others."""
    return {layer["kind"] for layer in layers}.union(*(_kinds(layer.get("layers", ())) for layer in layers))


def ink_of_logits(logits: Array, size: int) -> Array:
    """Return the ink ``float32 [N, size, size]``, in [0, 1], of logits ``float32 [N, 64, 64]``.

    Above 64 pixels the logits are enlarged, not the ink: near an edge they are close to a distance from it, so they
    stay smooth when enlarged. Made steeper by the same factor, they give edges as sharp as before (after Green 2007,
    "Improved Alpha-Tested Magnification").
    """
    if size == CELL:
        return sigmoid(logits)
    logits = _STEEPEST_LOGIT * np.tanh(logits / _STEEPEST_LOGIT)
    # Pillow's cubic is Keys' (a = −0.5), which keeps a ramp a ramp.
    enlarged = [Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC) for image in logits]
    logits = np.stack([np.asarray(image) for image in enlarged])
    return sigmoid(logits * (size / CELL))
