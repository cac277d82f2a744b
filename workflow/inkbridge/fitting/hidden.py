"""Strokes that lie under others in a keyframe: lines that split off later, or have come together."""

import numpy as np
from numpy.typing import NDArray

from inkbridge.strokes.bezier import bernstein
from inkbridge.support.types import Array, Floats

_PLACES = bernstein(np.linspace(0, 1, 9))
"""Bernstein polynomials at the points of a stroke that are looked at."""


def hidden(strokes: Array, widths: Array, near: float) -> NDArray[np.bool_]:
    """Return which of ``strokes`` ``[N, 4, 2]`` of one keyframe are within ``near`` pixels of other, longer ones:
    ``bool [N]``. Strokes of width 0 are not drawn."""
    points = np.einsum("pb,nbd->npd", _PLACES, strokes)
    lengths = np.linalg.norm(np.diff(points, axis=1), axis=2).sum(axis=1)
    under = np.zeros(len(strokes), bool)
    seen: list[int] = []
    for stroke in np.argsort(-lengths, kind="stable"):
        if not widths[stroke]:
            continue
        under[stroke] = bool(seen) and _distances(points[stroke], points[seen]).max() < near
        if not under[stroke]:
            seen.append(int(stroke))
    return under


def _distances(points: Floats, lines: Floats) -> Floats:
    """Return the distance of each of ``points`` ``[P, 2]`` from the nearest of ``lines`` ``[L, Q, 2]``."""
    starts, steps = lines[:, :-1].reshape(-1, 2), np.diff(lines, axis=1).reshape(-1, 2)
    offsets = points[:, None] - starts
    parts = ((offsets * steps).sum(axis=-1) / np.maximum((steps**2).sum(axis=-1), 1e-9)).clip(0, 1)
    return np.asarray(np.linalg.norm(offsets - parts[..., None] * steps, axis=-1).min(axis=1))
