"""Strokes are fitted to drawings at the resolution at which they were drawn."""

import numpy as np
import pytest

from inkbridge.evaluation.metrics import intersection_over_union
from inkbridge.fitting.finish import finished
from inkbridge.fitting.layout import Layout, layout_of, widths_of
from inkbridge.fitting.tuning import LAYOUT
from inkbridge.matching.match import match
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.strokes.bezier import bernstein
from inkbridge.strokes.shape_raster import paint_shape
from inkbridge.support.types import Array, Floats, Images
from inkbridge.tracing.skeleton import trace

CUBIC = bernstein(np.linspace(0, 1, 9))


def brush(points: Floats, widths: Floats, side: int) -> Images:
    """Return a line ``[P, 2]`` that a brush of these ``widths`` ``[P]`` draws, ``uint8 [1, side, side]``."""
    rows, columns = (np.mgrid[:side, :side] + 0.5) * 64 / side
    away = np.hypot(columns[..., None] - points[:, 0], rows[..., None] - points[:, 1])
    inside = (widths / 2 - away).max(axis=-1) * side / 64
    return np.rint(255 * np.clip(inside + 0.5, 0, 1)).astype(np.uint8)[None]


def wave(thin: float, thick: float) -> tuple[Floats, Floats]:
    along = np.linspace(0, 1, 400)
    points = np.stack([8 + 48 * along, 32 + 10 * np.sin(6 * along)], axis=1)
    return points, thin + (thick - thin) * np.sin(np.pi * along)


def strand(thin: float, thick: float) -> Strand:
    points, widths = wave(thin, thick)
    return Strand(points[None, ::8], widths[None, ::8])


def strokes_of(layout: Layout, handles: Array, widths: Array) -> Array:
    points = (layout.basis @ handles).reshape(len(handles), layout.strokes, 8)
    ones = np.ones_like(widths)[..., None]
    return np.concatenate([points, widths[..., None], ones], axis=-1).astype(np.float32)


def test_a_pen_of_one_width_is_not_cut() -> None:
    assert layout_of([strand(2, 2)]).strokes < 12
    assert layout_of([strand(2, 6)]).strokes > layout_of([strand(2, 2)]).strokes


@pytest.mark.parametrize("side", [64, 256])
def test_widths_change_by_no_more_than_a_step_along_a_stroke(side: int) -> None:
    line = strand(1, 7)
    layout = layout_of([line], side)
    for first, last in layout.points:
        steps = np.abs(np.diff(line.widths[0, first : last + 1]))
        # A stroke is never shorter than a step between points.
        assert np.ptp(line.widths[0, first : last + 1]) <= max(LAYOUT.width_step * 64 / side, steps.max()) + 1e-6


def test_cutting_where_the_width_changes_does_not_change_the_curve() -> None:
    layout, even = layout_of([strand(1, 7)]), layout_of([strand(3, 3)])
    points = strand(1, 7).points.astype(np.float32)
    whole, parts = (it.basis @ (it.fitted @ points[0]) for it in (even, layout))
    curve = CUBIC @ whole.reshape(-1, 4, 2)
    dense = (bernstein(np.linspace(0, 1, 400)) @ whole.reshape(-1, 4, 2)).reshape(-1, 2)
    found = (CUBIC @ parts.reshape(-1, 4, 2)).reshape(-1, 2)
    assert len(parts) > len(whole)
    assert np.linalg.norm(found[:, None] - dense, axis=2).min(axis=1).max() < 0.05
    np.testing.assert_allclose(found[[0, -1]], curve.reshape(-1, 2)[[0, -1]], atol=1e-3)


@pytest.mark.parametrize(("thin", "thick", "least"), [(2, 2, 0.985), (1.2, 5, 0.98)])
def test_drawings_of_256_pixels_are_drawn_as_they_are(thin: float, thick: float, least: float) -> None:
    drawings = brush(*wave(thin, thick), 256)
    graph = trace(drawings[0])
    strands = strands_of([graph], [])
    layout = layout_of(strands, 256)
    points = np.concatenate([one.points for one in strands], axis=1).astype(np.float32)
    handles, widths = finished(layout.fitted @ points, widths_of(strands, layout), layout.basis, drawings, 100)
    drawn = paint_shape(strokes_of(layout, handles, widths), 0.17, 256)
    assert intersection_over_union(drawings / np.float32(255), drawn)[0] > least


@pytest.mark.parametrize("stretch", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("width", [2.5, 4, 8])
def test_dots_survive_whatever_is_left_of_their_skeleton(width: float, stretch: float) -> None:
    line = np.stack([np.linspace(10, 54, 200), np.full(200, 50.0)], axis=1)
    dot = np.stack([np.linspace(30.1, 30.1 + stretch, 9), np.full(9, 20.3)], axis=1)
    images = [
        brush(np.concatenate([line, dot + np.array([move, 0.2])]), np.r_[np.full(200, 2.0), np.full(9, width)], 256)[0]
        for move in (0, 5.4)
    ]
    graphs = [trace(image) for image in images]
    strands = strands_of(graphs, [match(*graphs)])
    near = [one for one in strands if (np.abs(one.points[0] - [30.1 + stretch / 2, 20.5]) < 3).all()]
    assert near
    assert abs(near[0].widths.mean() - width) < 0.8
