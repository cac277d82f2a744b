"""Shapes of many random drawings at once, which all recipes share."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.strokes.bezier import VALUES, Kind, StrokeSets, bernstein
from inkbridge.support.types import Array


class Shapes:
    """The shapes of ``count`` drawings. Each call of :meth:`add` adds one shape to those drawings that want it."""

    def __init__(self, count: int) -> None:
        self._values: list[Array] = []
        self._kinds: list[NDArray[np.uint8]] = []
        self._drawn: list[NDArray[np.bool_]] = []
        self._count = count

    def add(
        self, control: Array, kind: Kind | NDArray[np.integer], width: NDArray[np.floating], drawn: NDArray[np.bool_]
    ) -> None:
        """Add one shape to each of the N drawings.

        ``control``: control points ``[N, 4, 2]`` or ``[N, arcs, 4, 2]``; ``kind``: one for all, or ``[N, 1]``;
        ``width``: ``[N]`` in pixels; ``drawn``: whether the drawing has the shape, ``[N, 1]`` or ``[N, arcs]``.
        """
        arcs = control.reshape(self._count, prod(control.shape[1:]) // 8, 8)
        values = np.ones((self._count, arcs.shape[1], VALUES), dtype=np.float32)
        values[..., :8] = arcs
        values[..., 8] = width[:, None]
        self._values.append(values)
        self._kinds.append(np.broadcast_to(np.asarray(kind, dtype=np.uint8), arcs.shape[:2]))
        self._drawn.append(np.broadcast_to(drawn, arcs.shape[:2]))

    def point_on_earlier(self, rng: np.random.Generator) -> Array:
        """Return a random point ``[N, 2]`` on the first arc of a random shape added so far."""
        chosen = rng.integers(0, len(self._values), self._count)
        first_arcs = np.stack([values[:, 0, :8] for values in self._values])
        control = first_arcs[chosen, np.arange(self._count)].reshape(-1, 4, 2)
        return np.einsum("nk,nkd->nd", bernstein(rng.uniform(0, 1, self._count)), control)

    def place_in_cell(
        self, rng: np.random.Generator, margin: float, sizes: tuple[float, float], most_enlarged: float
    ) -> None:
        """Scale each drawing and move it to a random place in the cell.

        ``margin``: pixels kept free along the border. ``sizes``: the drawing's longer side fills a part of the
        remaining side; this is the range of that part. ``most_enlarged``: the greatest factor by which a drawing grows.
        """
        values, drawn = np.concatenate(self._values, axis=1), np.concatenate(self._drawn, axis=1)
        points = values[..., :8].reshape(self._count, values.shape[1], 4, 2)
        unused = ~drawn[..., None, None]
        low = np.where(unused, np.inf, points).min(axis=(1, 2))
        extent = np.where(unused, -np.inf, points).max(axis=(1, 2)) - low
        room = CELL - 2 * margin
        size = room * rng.uniform(*sizes, self._count)
        scale = np.minimum(most_enlarged, size / np.maximum(extent.max(axis=1), 1))
        free = room - extent * scale[:, None]
        corner = margin + free * rng.uniform(0, 1, free.shape)
        for shape in self._values:
            control = shape[..., :8].reshape(self._count, shape.shape[1] * 4, 2)
            placed = (control - low[:, None]) * scale[:, None, None] + corner[:, None]
            shape[..., :8] = placed.reshape(shape[..., :8].shape)

    def stroke_sets(self) -> StrokeSets:
        """Return the strokes of the shapes that are drawn."""
        drawn = np.concatenate(self._drawn, axis=1)
        offsets = np.concatenate([[0], np.cumsum(drawn.sum(axis=1))])
        values = np.concatenate(self._values, axis=1)[drawn]
        return StrokeSets(values, np.concatenate(self._kinds, axis=1)[drawn], offsets.astype(np.int64))


def step(direction: NDArray[np.floating], length: NDArray[np.floating]) -> Array:
    """Return steps ``[N, 2]`` of ``length`` pixels in ``direction`` (radians)."""
    return stack(length * np.cos(direction), length * np.sin(direction))


def stack(x: NDArray[np.floating], y: NDArray[np.floating]) -> Array:
    """Return points ``float32 [..., 2]`` of coordinates ``[...]``."""
    return np.stack([x, y], axis=-1).astype(np.float32)
