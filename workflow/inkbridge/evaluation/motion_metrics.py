"""Metrics of movement: how far frames are from the true in-betweens, and how well their skeletons hold together.

`chamfer` and `astray` compare a frame with the frame that belongs there, so they need scenes whose truth is known.
`knots` and `length_error` need none: they compare the skeleton of a frame with those of the keyframes. Frames are
floats in [0, 1], 0 = paper and 1 = ink; ink is v > 0.5. Distances are in pixels of the frames.

All are measured at five moments of every segment, `MOMENTS`, as near as the frames come to them.
"""

import numpy as np
from scipy import ndimage

from inkbridge.evaluation.animations import FloatImages, Moments, check_animation, cropped, mean, moments_at
from inkbridge.strokes.pieces import INK_LEVEL, Floats, Mask
from inkbridge.tracing.knots import knots_of

MOMENTS = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Times in a segment at which movement is measured: frames 4, 7, 10, 13 and 16 of 20."""

ASTRAY = 2.0
"""Pixels beyond which ink counts as astray: more than half a stroke's width, so the strokes no longer overlap."""


def motion_metrics(
    frames: FloatImages, truth: FloatImages, keyframes: FloatImages, frames_per_segment: int
) -> dict[str, float]:
    """Return chamfer, astray, knots and length_error of an animation, means over `MOMENTS` of every segment.

    frames, truth: float [T, S, S] in [0, 1], T = (K − 1)·n + 1 for n frames per segment; keyframe k is frame k·n.
    keyframes: float [K, S, S] in [0, 1], as drawn. For a closed loop, append the first frame and the first keyframe
    at the end. All are 0 if no frames lie between keyframes (n = 1).

    Raises TypeError for arrays that are not floats, ValueError for shapes that do not fit or values out of range.
    """
    check_animation(frames, keyframes, frames_per_segment)
    check_animation(truth, keyframes, frames_per_segment)
    index = _moments(frames, frames_per_segment).index
    pairs = [(frame > INK_LEVEL, true > INK_LEVEL) for frame, true in zip(frames[index], truth[index], strict=True)]
    distances = [_distances(frame, true) for frame, true in pairs]
    return {
        "chamfer": mean([_chamfer(*both) for both in distances]),
        "astray": mean([_astray(*both) for both in distances]),
        **skeleton_metrics(frames, keyframes, frames_per_segment),
    }


def skeleton_metrics(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> dict[str, float]:
    """Return knots and length_error of an animation, which need no truth. Arrays and errors as `motion_metrics`."""
    check_animation(frames, keyframes, frames_per_segment)
    moments = _moments(frames, frames_per_segment)
    (drawn_knots, drawn_lengths), (knots_there, lengths) = map(_skeletons, (keyframes, frames[moments.index]))
    beyond = np.maximum(knots_there - moments.larger(drawn_knots), 0.0)
    off = np.abs(lengths - moments.steady(drawn_lengths)) / np.maximum(moments.larger(drawn_lengths), 1.0)
    return {"knots": mean(beyond), "length_error": mean(off)}


def knots(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> float:
    """Return how many ends and branchings a skeleton has beyond the keyframes': the mean over `MOMENTS`.

    An end is a pixel of the skeleton with one neighbour. A branching is a connected group (8 neighbours) of pixels with
    three or more neighbours. The value of a frame is how far their number exceeds the larger number of the segment's
    two drawn keyframes, and at least 0. High values mean tangles and spurs. Arrays and errors as `motion_metrics`.
    """
    return skeleton_metrics(frames, keyframes, frames_per_segment)["knots"]


def length_error(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> float:
    """Return how far the length of a skeleton is from a steady change: the mean over `MOMENTS`.

    ``|length(t) − ((1 − t)·length(0) + t·length(1))| / max(length(0), length(1), 1)``, a length being the number of the
    skeleton's pixels, 0 and 1 the segment's two drawn keyframes. High values mean that strokes shrink, grow or cover
    one another on their way. Arrays and errors as `motion_metrics`.
    """
    return skeleton_metrics(frames, keyframes, frames_per_segment)["length_error"]


def chamfer(frame: FloatImages, truth: FloatImages) -> float:
    """Return ½ (mean over the frame's ink of the distance to the truth's ink + the other way round), in pixels.

    frame, truth: float [S, S] in [0, 1]. It is 0 if neither holds ink, and S if one of them holds none.
    """
    return _chamfer(*_distances(frame > INK_LEVEL, truth > INK_LEVEL))


def astray(frame: FloatImages, truth: FloatImages) -> float:
    """Return ½ (share of the frame's ink more than 2 pixels from the truth's ink + the other way round), in [0, 1].

    frame, truth: float [S, S] in [0, 1]. It is 0 if neither holds ink, and 1 if one of them holds none.
    """
    return _astray(*_distances(frame > INK_LEVEL, truth > INK_LEVEL))


def _chamfer(from_frame: Floats, from_truth: Floats) -> float:
    return 0.5 * (mean(from_frame) + mean(from_truth))


def _astray(from_frame: Floats, from_truth: Floats) -> float:
    return 0.5 * (mean(from_frame > ASTRAY) + mean(from_truth > ASTRAY))


def _distances(frame: Mask, truth: Mask) -> tuple[Floats, Floats]:
    """Return the distance of each of the frame's pixels of ink to the truth's ink, and the other way round.

    If only one of them holds ink, two distances as long as the image stand for them.
    """
    if frame.any() and truth.any():
        return ndimage.distance_transform_edt(~truth)[frame], ndimage.distance_transform_edt(~frame)[truth]
    if frame.any() or truth.any():
        far = np.full(1, float(max(frame.shape)))
        return far, far
    return np.zeros(0), np.zeros(0)


def _moments(frames: FloatImages, frames_per_segment: int) -> Moments:
    steps = np.unique(np.rint(np.asarray(MOMENTS) * frames_per_segment).astype(np.int64))
    return moments_at(steps[(steps > 0) & (steps < frames_per_segment)], frames, frames_per_segment)


def _skeletons(images: FloatImages) -> tuple[Floats, Floats]:
    """Return the knots and the length in pixels of the skeleton of each image: float64 [N] each."""
    both = [knots_of(cropped(image > INK_LEVEL)) for image in images]
    return np.array([one[0] for one in both], np.float64), np.array([one[1] for one in both], np.float64)
