"""A doodle as moving strokes."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Segments:
    """The segments of an animation: number s leads from keyframe ``starts[s]`` to ``ends[s]``, both ``int64 [S]``."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, keyframes: int, loop: bool) -> "Segments":
        """Return the segments between ``keyframes`` keyframes; with ``loop``, one leads from the last to the first."""
        starts = np.arange(keyframes if loop else keyframes - 1)
        return cls(starts, (starts + 1) % keyframes)


@dataclass(frozen=True)
class Motion:
    """A doodle as moving strokes, in pixels of the cell.

    ``points`` ``[K, N, 4, 2]`` and ``widths`` ``[K, N]`` are those of the keyframes' strokes. All strokes of a keyframe
    share its opacity, in ``opacities`` ``[K]``: 1, or 0 if the keyframe is blank. ``bends`` ``[S, N, 4, 2]`` is how far
    the points are from the straight way halfway through a segment.
    """

    points: Tensor
    widths: Tensor
    opacities: Tensor
    bends: Tensor
    segments: Segments

    def at_keyframes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[K, N, 4, 2]``, widths ``[K, N]`` and opacities ``[K]`` of the keyframes."""
        return self.points, self.widths, self.opacities

    def at(self, segments: NDArray[np.int64], moments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[M, N, 4, 2]``, widths ``[M, N]`` and opacities ``[M]`` at ``moments`` ``[M]``, each in
        [0, 1], of ``segments`` ``[M]``."""
        first, last, t = self.segments.starts[segments], self.segments.ends[segments], moments[:, None]
        points = torch.lerp(self.points[first], self.points[last], t[..., None, None])
        points = points + (4 * t * (1 - t))[..., None, None] * self.bends[segments]
        opacities = torch.lerp(self.opacities[first], self.opacities[last], moments)
        return points, torch.lerp(self.widths[first], self.widths[last], t), opacities

    def detached(self) -> "Motion":
        """Return the same motion without gradients."""
        return replace(self, points=self.points.detach(), widths=self.widths.detach(), bends=self.bends.detach())


def strokes_of(points: Tensor, widths: Tensor, opacities: Tensor) -> Tensor:
    """Return strokes ``[B, N, 10]`` of points ``[B, N, 4, 2]``, widths ``[B, N]`` and opacities ``[B]``."""
    opacity = opacities[:, None, None].expand(*widths.shape, 1)
    return torch.cat([points.flatten(2), widths[..., None], opacity], dim=-1)
