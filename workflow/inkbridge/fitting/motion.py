"""A doodle as moving strokes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inkbridge.fitting.layout import Layout
from inkbridge.matching.arcs import Arcs
from inkbridge.strokes.bezier import VALUES
from inkbridge.support.types import Array, Floats


@dataclass(frozen=True)
class Motion:
    """A doodle as N moving strokes, in pixels of the cell; segment s leads from keyframe s to keyframe s + 1.

    ``handles`` ``float32 [K, V, 2]`` and ``widths`` ``float32 [K, N]`` are those of the keyframes, ``corrections``
    ``[K, V, 2]`` what the painter's finish added to the handles. All strokes of a keyframe share its opacity, in
    ``opacities`` ``[K]``: 1, or 0 if the keyframe is blank. ``arcs`` ``[K − 1]`` move the strands.
    """

    layout: Layout
    handles: Array
    widths: Array
    corrections: Array
    opacities: Array
    arcs: Sequence[Arcs]

    def strokes_of(self, handles: Array, widths: Array, opacities: Array) -> Array:
        """Return strokes ``float32 [B, N, 10]`` of ``handles`` ``[B, V, 2]``, ``widths`` ``[B, N]``, ``opacities``
        ``[B]``."""
        points = (self.layout.basis @ handles).reshape(len(handles), self.layout.strokes, VALUES - 2)
        opacity = np.broadcast_to(opacities[:, None, None], (*widths.shape, 1))
        return np.concatenate([points, widths[..., None], opacity], axis=-1).astype(np.float32)

    def at_keyframes(self) -> Array:
        """Return the strokes of the keyframes, ``float32 [K, N, 10]``."""
        return self.strokes_of(self.handles, self.widths, self.opacities)

    def at(self, segment: int, moments: Floats) -> tuple[Array, Array, Array]:
        """Return handles ``[M, V, 2]``, widths ``[M, N]`` and opacities ``[M]`` at ``moments`` ``[M]``, in [0, 1], of a
        segment."""
        moved = self.layout.fitted @ self.arcs[segment].at(moments)
        ends = slice(segment, segment + 2)
        return (
            (moved + _between(self.corrections[ends], moments)).astype(np.float32),
            _between(self.widths[ends], moments).astype(np.float32),
            _between(self.opacities[ends], moments).astype(np.float32),
        )


def arcs_of(layout: Layout, handles: Array) -> list[Arcs]:
    """Return the movement of all strands in each segment, given the ``handles`` ``[K, V, 2]`` of the keyframes."""
    starts = layout.points[np.flatnonzero(np.diff(layout.strands, prepend=-1)), 0]
    points = [np.split(keyframe, starts[1:]) for keyframe in (layout.sampled @ handles).astype(np.float64)]
    return [Arcs(one, other) for one, other in pairwise(points)]


def _between(values: Array, moments: Floats) -> Floats:
    """Return the values ``[M, ...]`` between two, ``[2, ...]``, at ``moments`` ``[M]``."""
    shares = moments.reshape(-1, *[1] * (values.ndim - 1))
    return (1 - shares) * values[0] + shares * values[1]
