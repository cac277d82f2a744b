"""Traversals: one direction of a latent space changes at a time, which shows what a network learned."""

import numpy as np

from inkbridge.support.types import Array

LARGEST_SPAN = 10
"""Distance of a swing to each side, in standard deviations of the latents."""

FEWEST_FRAMES, MOST_FRAMES = 2, 1000
"""Frames of a swing there and back."""


def swings(middle: Array, directions: Array, frames: int, span: float) -> list[Array]:
    """Return latents ``[frames, D]`` for each of ``directions`` ``[A, D]``.

    They swing around ``middle`` ``[1, D]`` by ``span`` times the direction: to one side, to the other side, and back,
    so that the animation can loop.
    """
    moments = np.sin(2 * np.pi * np.arange(frames) / frames).astype(np.float32)
    return [middle + span * moments[:, None] * direction for direction in directions]
