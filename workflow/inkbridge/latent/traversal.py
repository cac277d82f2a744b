"""One direction of a latent space moved at a time, which shows what a network learned."""

import numpy as np

from inkbridge.support.types import Array


def swings(middle: Array, directions: Array, frames: int, span: float) -> list[Array]:
    """Return latents ``[frames, D]`` for each of ``directions`` ``[A, D]``.

    They swing around ``middle`` ``[1, D]`` by ``span`` of a direction's lengths: to one side, back, to the other side
    and back, without end.
    """
    moments = np.sin(2 * np.pi * np.arange(frames) / frames).astype(np.float32)
    return [middle + span * moments[:, None] * direction for direction in directions]
