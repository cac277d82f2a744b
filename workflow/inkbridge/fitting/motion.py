"""A doodle as moving strokes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkbridge.fitting.layout import Layout
from inkbridge.fitting.tuning import LAYOUT
from inkbridge.matching.arcs import Arcs
from inkbridge.strokes.bezier import VALUES
from inkbridge.support.types import Array, Floats


@dataclass(frozen=True)
class Motion:
    """A doodle as N moving strokes, in pixels of the cell; segment s leads from keyframe s to keyframe s + 1.

    ``handles`` ``float32 [K, V, 2]`` and ``widths`` ``float32 [K, N]`` are those of the keyframes, ``corrections``
    ``[K, V, 2]`` what the arcs lack of the handles there. ``shown`` ``bool [K, N]``: whether a keyframe has a stroke at
    all; a part that vanishes is a dot then. ``under`` ``bool [K, N]``: whether a stroke lies under others there.
    ``opacities`` ``float32 [K]`` are those of all strokes that a keyframe has (see :func:`opacities_of`). ``arcs``
    ``[K − 1]`` move the strands.
    """

    layout: Layout
    handles: Array
    widths: Array
    corrections: Array
    shown: NDArray[np.bool_]
    under: NDArray[np.bool_]
    opacities: Array
    arcs: Sequence[Arcs]

    def strokes_of(self, handles: Array, widths: Array, opacities: Array) -> Array:
        """Return strokes ``float32 [B, N, 10]`` of ``handles`` ``[B, V, 2]``, ``widths`` and ``opacities`` ``[B,
        N]``."""
        points = (self.layout.basis @ handles).reshape(len(handles), self.layout.strokes, VALUES - 2)
        return np.concatenate([points, widths[..., None], opacities[..., None]], axis=-1).astype(np.float32)

    def at_keyframes(self) -> Array:
        """Return the strokes of the keyframes, ``float32 [K, N, 10]``."""
        return self.strokes_of(self.handles, self.widths, self.shown * self.opacities[:, None])

    def at(self, segment: int, moments: Floats) -> tuple[Array, Array, Array]:
        """Return handles ``[M, V, 2]``, widths ``[M, N]`` and opacities ``[M, N]`` at ``moments`` ``[M]``, in [0, 1],
        of a segment."""
        moved = self.layout.fitted @ self.arcs[segment].at(moments)
        ends = slice(segment, segment + 2)
        return (
            (moved + _between(self.corrections[ends], moments)).astype(np.float32),
            (self._thinner(segment, moments) * _between(self.widths[ends], moments)).astype(np.float32),
            (self.shown[ends].any(axis=0) * _between(self.opacities[ends], moments)[:, None]).astype(np.float32),
        )

    def _thinner(self, segment: int, moments: Floats) -> Floats:
        """Return the factors ``[M, N]`` of the strokes' widths. A line that leaves another one, or comes near, is
        thinner while both are nearly at the same place, most of all a third of the way: together, they are less of a
        blob. Keyframes stay as they are."""
        out = 6.75 * np.stack([moments * (1 - moments) ** 2, moments**2 * (1 - moments)], axis=1)
        return 1 - LAYOUT.thinner * (out @ self.under[segment : segment + 2])


def opacities_of(drawn: NDArray[np.bool_], faintest: float) -> Array:
    """Return the opacity of each keyframe, ``float32 [K]``: 1, but if some are not ``drawn``, ``faintest`` for those,
    and as much less than 1 for the others."""
    return np.where(drawn, 1 - faintest * (not drawn.all()), faintest).astype(np.float32)


def arcs_of(layout: Layout, handles: Array) -> list[Arcs]:
    """Return the movement of all strands in each segment, given the ``handles`` ``[K, V, 2]`` of the keyframes."""
    starts = layout.points[np.flatnonzero(np.diff(layout.strands, prepend=-1)), 0]
    points = [np.split(keyframe, starts[1:]) for keyframe in (layout.sampled @ handles).astype(np.float64)]
    return [Arcs(one, other) for one, other in pairwise(points)]


def _between(values: Array, moments: Floats) -> Floats:
    """Return the values ``[M, ...]`` between two, ``[2, ...]``, at ``moments`` ``[M]``."""
    shares = moments.reshape(-1, *[1] * (values.ndim - 1))
    return (1 - shares) * values[0] + shares * values[1]
