"""When the points of a path are passed and which of its frames are shown: easing, holds, and the way back.

The path itself stays the same: these functions only choose moments and frames of it.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Easing = Literal["steady", "ease"]
"""How the path runs from one keyframe to the next: at one speed, or slowly in and out."""

EASINGS: tuple[str, ...] = get_args(Easing)

Play = Literal["loop", "there-and-back", "once"]
"""How an animation goes on after the last keyframe: on to the first one, back the way that it came, or not at all."""

PLAYS: tuple[str, ...] = get_args(Play)


def eased(moments: NDArray[np.float64], easing: Easing) -> NDArray[np.float64]:
    """Return ``moments`` ``float64 [T]``, in segments from the start, as they are passed with this ``easing``.

    Whole numbers, the keyframes, stay. Between them, "ease" is the cubic step t²(3 − 2t), whose speed is 0 at both
    ends.
    """
    if easing == "steady":
        return moments
    segment = np.floor(moments)
    part = moments - segment
    return segment + part**2 * (3 - 2 * part)


def shown_frames(frames: int, frames_per_segment: int, hold: int = 0, there_and_back: bool = False) -> NDArray[np.intp]:
    """Return which of the ``frames`` of a path are shown, in order: ``[S]``.

    Every ``frames_per_segment``-th frame is a keyframe, which is shown ``hold`` times more. An animation that goes
    ``there_and_back`` shows its first and last frame once in each round.
    """
    order = np.arange(frames)
    if there_and_back:
        order = np.concatenate([order, order[-2:0:-1]])
    is_keyframe = order % frames_per_segment == 0
    return np.repeat(order, np.where(is_keyframe, 1 + hold, 1))
