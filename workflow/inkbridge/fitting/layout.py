"""Strands → strokes: as many Béziers as the drawing needs, which meet smoothly."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from inkbridge import CELL
from inkbridge.fitting.tuning import LAYOUT, LayoutTuning
from inkbridge.matching.strands import Strand
from inkbridge.strokes.bezier import bernstein
from inkbridge.support.types import Array, Floats, Integers


@dataclass(frozen=True)
class Layout:
    """How N strokes follow the strands of a doodle, in every keyframe alike.

    The strokes have V *handles* in common: the knots of the strands, and the speeds with which strands run through
    them. ``basis`` ``float32 [4N, V]`` turns handles into control points: strokes that share a knot meet there, and
    those that share a speed meet smoothly. ``fitted`` ``float32 [V, P]`` turns the P points of all strands into
    handles, by least squares, and ``sampled`` ``float32 [P, V]`` turns handles into points. ``strands`` ``int64 [N]``
    is the strand of each stroke; ``points`` ``int64 [N, 2]`` its first and last point.
    """

    basis: Array
    fitted: Array
    sampled: Array
    strands: Integers
    points: Integers

    @property
    def strokes(self) -> int:
        """Number of strokes."""
        return len(self.strands)


@dataclass(frozen=True)
class _Curve:
    """The layout of one strand, with strokes between ``knots``, and ``error``: for each of them, how many pixels its
    points are off at most."""

    basis: Floats
    fitted: Floats
    sampled: Floats
    knots: Integers
    error: Floats


def layout_of(strands: Sequence[Strand], side: int = CELL, tuning: LayoutTuning = LAYOUT) -> Layout:
    """Return the layout of ``strands`` of drawings of ``side`` pixels: they are followed the more closely, the more
    pixels there are. Strokes are also cut where the pen's width changes."""
    tolerance, step = tuning.tolerance * np.sqrt(CELL / side), tuning.width_step * CELL / side
    curves = [_cut(_curve_of(strand.points, tolerance, tuning), strand.widths, step) for strand in strands]
    counts = [len(curve.knots) - 1 for curve in curves]
    offsets = np.concatenate([[0], np.cumsum([strand.points.shape[1] for strand in strands])])
    ends = [np.stack([c.knots[:-1], c.knots[1:]], axis=1) + offset for c, offset in zip(curves, offsets, strict=False)]
    return Layout(
        block_diag(*(curve.basis for curve in curves)).astype(np.float32),
        block_diag(*(curve.fitted for curve in curves)).astype(np.float32),
        block_diag(*(curve.sampled for curve in curves)).astype(np.float32),
        np.repeat(np.arange(len(strands)), counts),
        np.concatenate(ends),
    )


def _curve_of(points: Floats, tolerance: float, tuning: LayoutTuning) -> _Curve:
    """Return the layout of a strand's ``points`` ``[K, M, 2]``: stretches are halved until each is a cubic, up to
    ``tolerance`` pixels."""
    corners = _corners(points, tuning)
    closed = bool((np.linalg.norm(points[:, 0] - points[:, -1], axis=1) < tuning.closed).all()) and points.shape[1] > 6
    knots = sorted({0, points.shape[1] - 1, *corners.tolist()})
    if closed and len(knots) == 2:
        knots.insert(1, points.shape[1] // 2)
    while True:
        curve = _fitted_curve(points, np.array(knots), corners, closed, tuning)
        gaps = np.diff(knots)
        bad = (curve.error > tolerance) & (gaps >= 2 * tuning.shortest)
        if not bad.any() or len(knots) > tuning.most_knots:
            return curve
        knots = sorted({*knots, *(int(knots[place] + gaps[place] // 2) for place in np.flatnonzero(bad))})


def _cut(curve: _Curve, widths: Floats, step: float) -> _Curve:
    """Return ``curve`` with its strokes cut into shorter ones, along each of which the pen's ``widths`` ``[K, M]``
    change by at most ``step`` pixels. The curve is the same, and has the same handles."""
    knots, basis, errors = [0], [], []
    for stroke, (first, last) in enumerate(itertools.pairwise(curve.knots)):
        control = curve.basis[4 * stroke : 4 * stroke + 4]
        for start, end in itertools.pairwise(_cuts(widths[:, first : last + 1], step)):
            basis.append(_part(start / (last - first), end / (last - first)) @ control)
            errors.append(curve.error[stroke])
            knots.append(int(first) + end)
    return _Curve(np.concatenate(basis), curve.fitted, curve.sampled, np.array(knots), np.array(errors))


def _cuts(widths: Floats, step: float) -> list[int]:
    """Return the points at which a stroke with ``widths`` ``[K, M]`` is cut, its first and last one included."""
    last = widths.shape[1] - 1
    cuts = [0]
    for place in range(2, last + 1):
        part = widths[:, cuts[-1] : place + 1]
        if place - cuts[-1] > 1 and (part.max(axis=1) - part.min(axis=1)).max() > step:
            cuts.append(place - 1)
    return [*cuts, last]


def _part(start: float, end: float) -> Floats:
    """Return the matrix ``[4, 4]`` that turns the control points of a cubic into those of its part from ``start`` to
    ``end``, in [0, 1]."""
    four = np.linspace(0, 1, 4)
    return np.asarray(np.linalg.solve(bernstein(four).astype(np.float64), bernstein(start + (end - start) * four)))


def _corners(points: Floats, tuning: LayoutTuning) -> Integers:
    """Return the points at which a strand has a corner in some keyframe."""
    reach, count = tuning.corner_reach, points.shape[1]
    if count < 2 * reach + 1:
        return np.empty(0, np.int64)
    line = points @ np.array([1, 1j])
    before, after = line[:, reach:-reach] - line[:, : -2 * reach], line[:, 2 * reach :] - line[:, reach:-reach]
    long = (np.abs(before) > tuning.closed) & (np.abs(after) > tuning.closed)
    turns = np.where(long, np.abs(np.angle(before.conj() * after + 1e-12)), 0).max(axis=0)
    found: list[int] = []
    for place in np.argsort(-turns):
        if turns[place] < tuning.corner:
            break
        if all(abs(place - other) > reach for other in found):
            found.append(int(place))
    return np.array(sorted(found), np.int64) + reach


def _fitted_curve(points: Floats, knots: Integers, corners: Integers, closed: bool, tuning: LayoutTuning) -> _Curve:
    basis = _basis(knots, corners, closed)
    count = points.shape[1]
    rows = np.zeros((count, basis.shape[0]))
    for stroke, (first, last) in enumerate(itertools.pairwise(knots)):
        places = np.arange(first, last + 1)
        rows[places] = 0  # a knot counts once, at the start of the later stroke
        rows[places[:, None], 4 * stroke + np.arange(4)] = bernstein((places - first) / (last - first))
    sampled = rows @ basis
    curl = np.kron(np.eye(len(knots) - 1), np.array([[1.0, -2, 1, 0], [0, 1, -2, 1]])) @ basis
    fitted = np.linalg.solve(
        sampled.T @ sampled + tuning.curl * curl.T @ curl + 1e-9 * np.eye(basis.shape[1]), sampled.T
    )
    off = np.linalg.norm(sampled @ fitted @ points - points, axis=2).max(axis=0)
    error = np.array([off[first : last + 1].max() for first, last in itertools.pairwise(knots)])
    return _Curve(basis, np.asarray(fitted, np.float64), sampled, knots, error)


def _basis(knots: Integers, corners: Integers, closed: bool) -> Floats:
    """Return the matrix ``[4n, V]`` that turns handles into the control points of the n strokes between ``knots``.

    The control points of a cubic in Hermite form: P, P + h/3, Q − k/3, Q, with speeds h and k per stroke.
    """
    count = len(knots) - 1
    handles = 0

    def new() -> int:
        nonlocal handles
        handles += 1
        return handles - 1

    places = [new() for _ in range(count)]
    places.append(places[0] if closed else new())
    leaving: dict[int, int] = {}
    arriving: dict[int, int] = {}
    for knot in range(count + 1):
        smooth = knots[knot] not in corners
        if closed and knot == count:
            arriving[knot] = leaving[0]
        elif knot in (0, count):
            leaving[knot] = arriving[knot] = new()
        else:
            leaving[knot] = new()
            arriving[knot] = leaving[knot] if smooth else new()
    basis = np.zeros((4 * count, handles))
    for stroke in range(count):
        steps = knots[stroke + 1] - knots[stroke]
        rows = 4 * stroke
        basis[rows, places[stroke]] = basis[rows + 1, places[stroke]] = 1
        basis[rows + 2, places[stroke + 1]] = basis[rows + 3, places[stroke + 1]] = 1
        basis[rows + 1, leaving[stroke]] += steps / 3
        basis[rows + 2, arriving[stroke + 1]] -= steps / 3
    return basis


def widths_of(strands: Sequence[Strand], layout: Layout) -> Array:
    """Return the mean width of the pen along each stroke in each keyframe: ``float32 [K, N]``."""
    widths = np.concatenate([strand.widths for strand in strands], axis=1)
    return np.stack([widths[:, first : last + 1].mean(axis=1) for first, last in layout.points], axis=1).astype(
        np.float32
    )
