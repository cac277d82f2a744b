"""Metrics of arrays: how close a reconstruction is, and how well an animation moves between its keyframes.

Images and frames are floats in [0, 1], 0 = paper and 1 = ink. Bytes are refused: their metrics would be wrong, and
nobody would notice. Each metric of an animation is easy to satisfy on its own: a cross-fade keeps its ink, a threshold
is crisp, a blob is crisp and keeps its ink. Only together do they show that a drawing moves.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.metrics import structural_similarity
from skimage.morphology import skeletonize

from inkbridge.evaluation.animations import (
    FloatImages,
    check_animation,
    check_frames,
    check_images,
    cropped,
    mean,
    moments_at,
)
from inkbridge.evaluation.motion_metrics import skeleton_metrics
from inkbridge.strokes.pieces import INK_LEVEL, Floats, Mask, count_pieces

HIGHEST_PSNR = 100.0
"""PSNR of identical images, in dB. A 64×64 image with one byte one step off has 16 dB less."""

LEAST_INK = 1.0
"""Metrics divide by at least this many pixels of ink, so that nearly blank frames do not get large values."""

WIDTH_PERCENTILE = 95.0
"""Percentile of the widths along a skeleton that counts as the width of an image's strokes."""


def reconstruction_metrics(truth: FloatImages, reconstruction: FloatImages) -> dict[str, Floats]:
    """Compare images with their reconstructions, float [N, S, S] in [0, 1] each, S ≥ 7.

    Returns, per image, float64 [N]:
    mse: mean squared error;
    psnr: −10 log₁₀ mse in dB, at most 100 (identical images);
    ssim: structural similarity (Wang et al. 2004) as scikit-image computes it by default: a uniform 7×7
    window, sample covariance, data range 1;
    iou: shared over united ink above 0.5; 1 if neither image holds any.

    Raises TypeError for arrays that are not floats, ValueError for shapes that differ or values out of range.
    """
    check_images("truth", truth)
    check_images("reconstruction", reconstruction)
    if truth.shape != reconstruction.shape:
        raise ValueError(f"truth is {truth.shape}, reconstruction {reconstruction.shape}; they must agree")
    mse = np.square(truth.astype(np.float64) - reconstruction).mean(axis=(1, 2))
    pairs = zip(truth, reconstruction, strict=True)
    ssim = [
        structural_similarity(one, other, data_range=1.0)  # type: ignore[no-untyped-call]
        for one, other in pairs
    ]
    return {
        "mse": mse,
        "psnr": -10.0 * np.log10(np.maximum(mse, 10.0 ** (-HIGHEST_PSNR / 10.0))),
        "ssim": np.asarray(ssim, np.float64),
        "iou": intersection_over_union(truth, reconstruction),
    }


def intersection_over_union(truth: FloatImages, reconstruction: FloatImages) -> Floats:
    """Return shared over united ink above 0.5 of images float [N, S, S] in [0, 1]: float64 [N]; 1 if neither image
    holds any.

    Raises as `reconstruction_metrics`.
    """
    check_images("truth", truth)
    check_images("reconstruction", reconstruction)
    one, other = truth > INK_LEVEL, reconstruction > INK_LEVEL
    shared = (one & other).sum(axis=(1, 2))
    united = (one | other).sum(axis=(1, 2))
    return np.where(united == 0, 1.0, shared / np.maximum(united, 1))


def interpolation_metrics(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> dict[str, float]:
    """Return the six metrics of an animation: ghosting, ink_deviation, fragments, widening, knots, length_error.

    frames: float [T, S, S] in [0, 1], T = (K − 1)·n + 1 for n frames per segment; keyframe k is frame k·n.
    keyframes: float [K, S, S] in [0, 1], as drawn. For a closed loop, append the first frame and the first keyframe at
    the end. Each metric is defined by the function of the same name, here or in `motion_metrics`. All are 0 if no
    frames lie between keyframes (n = 1).

    Raises TypeError for arrays that are not floats, ValueError for shapes that do not fit or values out of
    range.
    """
    return {
        "ghosting": ghosting(frames, frames_per_segment),
        "ink_deviation": ink_deviation(frames, frames_per_segment),
        "fragments": fragments(frames, keyframes, frames_per_segment),
        "widening": widening(frames, keyframes, frames_per_segment),
        **skeleton_metrics(frames, keyframes, frames_per_segment),
    }


def ghosting(frames: FloatImages, frames_per_segment: int) -> float:
    """Return the mean ghosting of the frames at 0.25 ≤ t ≤ 0.75 of every segment, in [0, 4].

    Low values are crisp; high values are blurred or doubled strokes. frames: float [T, S, S] in [0, 1]. Raises as
    `interpolation_metrics`.
    """
    check_frames(frames, frames_per_segment)
    middle = moments_at(_middle_half(frames_per_segment), frames, frames_per_segment)
    return mean(ghosting_per_image(frames[middle.index]))


def ghosting_per_image(images: FloatImages) -> Floats:
    """Return Σ 4v(1 − v) / Σ v of images float [N, S, S] in [0, 1]: float64 [N].

    Σ v counts as at least one pixel: a blank image has ghosting 0, a nearly blank one almost 0.
    """
    values = images.astype(np.float64)
    half_tones = (4.0 * values * (1.0 - values)).sum(axis=(1, 2))
    return np.asarray(half_tones / np.maximum(_amount_of_ink(values), LEAST_INK), np.float64)


def ink_deviation(frames: FloatImages, frames_per_segment: int) -> float:
    """Return how far the amount of ink is from a steady change: the mean over 0.2 < t < 0.8 of every segment.

    ``|ink(t) − ((1 − t)·ink(0) + t·ink(1))| / max(ink(0), ink(1), 1 pixel)``, ink = Σ v, 0 and 1 being the
    segment's first and last frame. High values mean that strokes vanish or flood between the keyframes.
    frames: float [T, S, S] in [0, 1]. Raises as `interpolation_metrics`.
    """
    check_frames(frames, frames_per_segment)
    inner = moments_at(_inner_part(frames_per_segment), frames, frames_per_segment)
    ink = _amount_of_ink(frames.astype(np.float64))
    at_keyframes = ink[::frames_per_segment]
    scale = np.maximum(inner.larger(at_keyframes), LEAST_INK)
    return mean(np.abs(ink[inner.index] - inner.steady(at_keyframes)) / scale)


def fragments(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> float:
    """Return how many more pieces of ink there are than in the keyframes: the mean over 0.2 < t < 0.8.

    Pieces are connected ink (v > 0.5, 8 neighbours, at least 3 pixels). The value of a frame is how far its number of
    pieces exceeds the larger number of the segment's two drawn keyframes. It is one if the frame has fewer pieces than
    both. High values mean that strokes break. frames: float [T, S, S]; keyframes: float [K, S, S], as drawn; both in
    [0, 1].
    Raises as `interpolation_metrics`.
    """
    check_animation(frames, keyframes, frames_per_segment)
    inner = moments_at(_inner_part(frames_per_segment), frames, frames_per_segment)
    drawn = count_pieces(keyframes > INK_LEVEL)
    pieces = count_pieces(frames[inner.index] > INK_LEVEL)
    return mean(np.maximum(pieces - inner.larger(drawn), 0.0) + (pieces < inner.smaller(drawn)))


def widening(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> float:
    """Return by how many pixels strokes are wider than in the keyframes: the mean over 0.2 < t < 0.8.

    The width of an image is the 95th percentile of (2 · distance to paper − 1) along the skeleton of its ink (v > 0.5),
    and 0 without ink. The value of a frame is how far its width exceeds the larger width of the segment's two drawn
    keyframes, and at least 0. High values mean blobs in place of strokes. frames: float [T, S, S];
    keyframes: float [K, S, S], as drawn; both in [0, 1]. Raises as `interpolation_metrics`.
    """
    check_animation(frames, keyframes, frames_per_segment)
    inner = moments_at(_inner_part(frames_per_segment), frames, frames_per_segment)
    drawn = _stroke_widths(keyframes > INK_LEVEL)
    widths = _stroke_widths(frames[inner.index] > INK_LEVEL)
    return mean(np.maximum(widths - inner.larger(drawn), 0.0))


def _middle_half(frames_per_segment: int) -> NDArray[np.int64]:
    """Return the steps j between keyframes with 0.25 ≤ j/n ≤ 0.75."""
    step = np.arange(1, frames_per_segment)
    return step[(4 * step >= frames_per_segment) & (4 * step <= 3 * frames_per_segment)]


def _inner_part(frames_per_segment: int) -> NDArray[np.int64]:
    """Return the steps j between keyframes with 0.2 < j/n < 0.8."""
    step = np.arange(1, frames_per_segment)
    return step[(5 * step > frames_per_segment) & (5 * step < 4 * frames_per_segment)]


def _amount_of_ink(images: Floats) -> Floats:
    total: Floats = images.sum(axis=(1, 2))
    return total


def _stroke_widths(masks: Mask) -> Floats:
    """Return the width in pixels of the strokes in each of the masks [N, S, S]: float64 [N]."""
    return np.array([_stroke_width(mask) for mask in masks], np.float64)


def _stroke_width(mask: Mask) -> float:
    if not mask.any():
        return 0.0
    # Beyond the image there is paper, so a stroke along the edge has a width too.
    shape = cropped(mask)
    distances = ndimage.distance_transform_edt(shape)
    skeleton = skeletonize(shape)  # type: ignore[no-untyped-call]
    along = distances[skeleton]
    return float(np.percentile(2.0 * along - 1.0, WIDTH_PERCENTILE))
