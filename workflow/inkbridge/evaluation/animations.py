"""What all metrics of animations share: checks of their arrays, and the moments at which they look."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkbridge.strokes.pieces import Floats, Mask
from inkbridge.support.types import Images

FloatImages = NDArray[np.floating[Any]]

Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Moments:
    """Frames between keyframes: each one's index, segment (int64 [M]) and time in [0, 1] (float64 [M])."""

    index: Steps
    segment: Steps
    time: Floats

    def steady(self, per_keyframe: Floats) -> Floats:
        """Return what a steady change from keyframe to keyframe would be at every moment: float64 [M]."""
        return (1.0 - self.time) * per_keyframe[self.segment] + self.time * per_keyframe[self.segment + 1]

    def larger(self, per_keyframe: Floats) -> Floats:
        """Return the larger value of the two keyframes around every moment: float64 [M]."""
        return np.maximum(per_keyframe[self.segment], per_keyframe[self.segment + 1])

    def smaller(self, per_keyframe: Floats) -> Floats:
        """Return the smaller value of the two keyframes around every moment: float64 [M]."""
        return np.minimum(per_keyframe[self.segment], per_keyframe[self.segment + 1])


def moments_at(steps: Steps, frames: FloatImages, frames_per_segment: int) -> Moments:
    """Return the moments of these steps in every segment of ``frames`` ``[(K − 1)·n + 1, S, S]``."""
    segments = (len(frames) - 1) // frames_per_segment
    segment = np.repeat(np.arange(segments), len(steps))
    step = np.tile(steps, segments)
    return Moments(segment * frames_per_segment + step, segment, step / frames_per_segment)


def fractions(images: Images) -> NDArray[np.float32]:
    """Return images ``uint8 [N, S, S]`` as floats in [0, 1], as metrics take them."""
    return (images / 255).astype(np.float32)


def mean(values: ArrayLike) -> float:
    """Return the mean of ``values``, and 0 if there are none."""
    array = np.asarray(values)
    return float(array.mean()) if array.size else 0.0


def cropped(mask: Mask) -> Mask:
    """Return the part of a mask [S, S] that holds ink, with one pixel of paper around it. The rest only costs time."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), bool)
    return np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)


def check_animation(frames: FloatImages, keyframes: FloatImages, frames_per_segment: int) -> None:
    """Raise TypeError or ValueError unless the frames are those of these keyframes, both floats in [0, 1]."""
    check_frames(frames, frames_per_segment)
    check_images("keyframes", keyframes)
    expected = (len(keyframes) - 1) * frames_per_segment + 1
    if len(frames) != expected or frames.shape[1:] != keyframes.shape[1:]:
        raise ValueError(
            f"{len(keyframes)} keyframes {keyframes.shape[1:]} and {frames_per_segment} frames per segment "
            f"make {expected} frames, not {len(frames)} {frames.shape[1:]}"
        )


def check_frames(frames: FloatImages, frames_per_segment: int) -> None:
    """Raise TypeError or ValueError unless the frames are floats in [0, 1] and fill whole segments."""
    check_images("frames", frames)
    if frames_per_segment < 1 or len(frames) == 0 or len(frames) % frames_per_segment != 1 % frames_per_segment:
        raise ValueError(f"{len(frames)} frames are not (K − 1)·{frames_per_segment} + 1")


def check_images(name: str, images: FloatImages) -> None:
    """Raise TypeError unless the images are floats, ValueError unless they are [N, S, S] in [0, 1]."""
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"{name} must be floats in [0, 1], not {images.dtype}; divide bytes by 255")
    if images.ndim != 3:
        raise ValueError(f"{name} must be [N, S, S], not {images.shape}")
    if images.size and not (images.min() >= 0.0 and images.max() <= 1.0):
        raise ValueError(f"{name} must be in [0, 1], not from {images.min()} to {images.max()}")
