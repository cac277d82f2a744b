"""A doodle as moving strokes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Motion:
    """A doodle as moving strokes. Segment s leads from keyframe ``starts[s]`` to ``ends[s]``.

    All strokes of a keyframe have its opacity, of ``opacities`` ``[K]``: 1, or 0 where it is blank.
    ``points`` ``[K, N, 4, 2]`` and ``widths`` ``[K, N]`` are those of the keyframes' strokes; by ``bends``
    ``[S, N, 4, 2]`` the points of each segment leave the straight way halfway. All are in pixels of the cell.
    """

    points: Tensor
    widths: Tensor
    opacities: Tensor
    bends: Tensor
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def at_keyframes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[K, N, 4, 2]``, widths ``[K, N]`` and opacities ``[K]`` of the keyframes."""
        return self.points, self.widths, self.opacities

    def at(self, segments: NDArray[np.int64], moments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[M, N, 4, 2]``, widths ``[M, N]`` and opacities ``[M]`` at ``moments`` ``[M]`` in [0, 1] of
        some segments."""
        first, last, t = self.starts[segments], self.ends[segments], moments[:, None]
        points = torch.lerp(self.points[first], self.points[last], t[..., None, None])
        points = points + (4 * t * (1 - t))[..., None, None] * self.bends[segments]
        opacities = torch.lerp(self.opacities[first], self.opacities[last], moments)
        return points, torch.lerp(self.widths[first], self.widths[last], t), opacities


def strokes_of(points: Tensor, widths: Tensor, opacities: Tensor) -> Tensor:
    """Return strokes ``[B, N, 10]`` of points ``[B, N, 4, 2]``, widths ``[B, N]`` and opacities ``[B]``."""
    opacity = opacities[:, None, None].expand(*widths.shape, 1)
    return torch.cat([points.flatten(2), widths[..., None], opacity], dim=-1)
