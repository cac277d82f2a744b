"""The loss of the stroke fit, term by term."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.fitting.connectivity import loose_pieces
from inkbridge.fitting.motion import Motion, Segments, strokes_of
from inkbridge.fitting.tuning import STROKE_FIT, LossWeights, StrokeFitTuning
from inkbridge.models.autoencoder import network_input
from inkbridge.strokes.pieces import INK_LEVEL, count_pieces
from inkbridge.strokes.soft_raster_torch import paint_differentiable
from inkbridge.support.types import Images


@dataclass(frozen=True)
class LossTerms:
    """The terms of the loss, each a scalar without its weight."""

    keyframes: Tensor
    """Binary cross-entropy of the painted keyframes, in nats per pixel."""
    ink: Tensor
    """Relative error of the amount of ink at a moment of each segment."""
    pieces: Tensor
    """Gaps, in pixels, that split the strokes into more pieces than the keyframes have."""
    curl: Tensor
    """Bending energy of the strokes, in keyframes and between them, in squared pixels."""
    bends: Tensor
    """Mean squared deviation of movements from the straight way, in squared pixels."""
    widths: Tensor
    """Mean squared difference of widths from their median, in squared pixels."""
    similarity: Tensor
    """Mean squared distance between strokes of keyframes with similar latents, in squared pixels."""

    def total(self, weights: LossWeights, ink_weight: float, pieces_onset: float) -> Tensor:
        """Return the weighted sum. ``pieces_onset``, in [0, 1], is the part of its weight that the term of the pieces
        has at this step."""
        return (
            self.keyframes
            + ink_weight * self.ink
            + weights.pieces * pieces_onset * self.pieces
            + weights.curl * self.curl
            + weights.bends * self.bends
            + weights.widths * self.widths
            + weights.similarity * self.similarity
        )

    def __str__(self) -> str:
        return ", ".join(f"{term.name} {getattr(self, term.name).item():.4g}" for term in fields(self))


class StrokeLoss:
    """What the strokes of one doodle are compared with: its keyframes, their ink, pieces and latents."""

    def __init__(
        self, keyframes: Images, latents: Tensor, segments: Segments, tuning: StrokeFitTuning = STROKE_FIT
    ) -> None:
        self.drawn = network_input(keyframes, torch.device("cpu"))[:, 0]
        self.ink = self.drawn.sum(dim=(1, 2))
        self.segments, self.tuning = segments, tuning
        pieces = count_pieces(keyframes > 255 * INK_LEVEL)
        self.allowed_pieces = np.maximum(pieces[segments.starts], pieces[segments.ends])
        self.similarity = similarity(latents, tuning.similar_distance)

    def terms(self, motion: Motion, moments: Tensor, softness: float) -> LossTerms:
        """Return the terms for ``motion``, painted at its keyframes and at ``moments`` ``[S]``, one of each segment,
        with edges of ``softness`` pixels."""
        tuning, starts, ends = self.tuning, self.segments.starts, self.segments.ends
        between, widths_between, opacities = motion.at(np.arange(len(starts)), moments)
        strokes = torch.cat([strokes_of(*motion.at_keyframes()), strokes_of(between, widths_between, opacities)])
        reach = max(tuning.reach_softnesses * softness, tuning.reach_pixels)
        painted = paint_differentiable(strokes, softness, tail=reach)
        at_keyframes, halfway = painted.split([len(self.drawn), len(starts)])
        wanted_ink = torch.lerp(self.ink[starts], self.ink[ends], moments)
        return LossTerms(
            keyframes=cross_entropy(at_keyframes, self.drawn, tuning.least_ink),
            ink=ink_error(halfway, wanted_ink, tuning.least_amount),
            pieces=loose_pieces(between, widths_between, self.allowed_pieces, tuning),
            curl=bending_energy(motion.points) + bending_energy(between),
            bends=motion.bends.square().sum(dim=-1).mean(),
            widths=(motion.widths - motion.widths.detach().median()).square().mean(),
            similarity=weighted_distance(motion.points, self.similarity),
        )


def cross_entropy(ink: Tensor, drawn: Tensor, least: float) -> Tensor:
    """Return the mean binary cross-entropy of ``drawn`` given ``ink``, kept ``least`` away from 0 and 1."""
    return functional.binary_cross_entropy(ink.clamp(least, 1 - least), drawn)


def ink_error(ink: Tensor, wanted: Tensor, least: float) -> Tensor:
    """Return the mean error of the amounts of ink in images ``ink`` ``[B, ..., H, W]``, which should be ``wanted``
    ``[B]`` (sums over pixels): relative to ``wanted``, or to ``least`` if that is more."""
    amounts = ink.sum(dim=tuple(range(1, ink.ndim)))
    return ((amounts - wanted).abs() / wanted.clamp_min(least)).mean()


def bending_energy(points: Tensor) -> Tensor:
    """Return the mean squared second difference of control points ``[..., 4, 2]``: how much strokes curl."""
    return points.diff(n=2, dim=-2).square().sum(dim=-1).mean()


def similarity(latents: Tensor, distance: float) -> Tensor:
    """Return ``[K, K]``: near 1 for keyframes with similar latents ``[K, D]``, near 0 for others, 0 on the diagonal.

    At ``distance``, in units of the latents, it is one half.
    """
    squared = (torch.cdist(latents, latents) / distance).square()
    return (1 / (1 + squared)).fill_diagonal_(0)


def weighted_distance(points: Tensor, weights: Tensor) -> Tensor:
    """Return the mean squared distance, in pixels, between the strokes ``[K, N, 4, 2]`` of keyframes, weighted by
    ``weights`` ``[K, K]``: two latents that hardly differ cannot be decoded to strokes that do."""
    flat = points.flatten(2)
    squared = (flat[:, None] - flat[None]).square().mean(dim=(2, 3))
    return (weights * squared).sum() / len(points)
