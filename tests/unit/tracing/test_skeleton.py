"""A drawing is traced back to the strokes that were painted."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.strokes.soft_raster import TAIL, paint_forward
from inkbridge.tracing.graph import Graph
from inkbridge.tracing.skeleton import trace

Points = NDArray[np.float64]


def drawing(*lines: Points, width: float = 3, size: int = 64) -> NDArray[np.uint8]:
    """Return polylines ``[P, 2]``, in pixels of a cell of 64, painted at some size."""
    most = max(map(len, lines))
    padded = [np.pad(np.asarray(line, float), ((0, most - len(line)), (0, 0)), mode="edge") for line in lines]
    polylines = np.array([padded], np.float32) * np.float32(size / 64)
    widths = np.full((1, len(lines)), width * size / 64, np.float32)
    paper = paint_forward(polylines, widths, np.ones_like(widths), 0.17, TAIL * 0.17, size)
    return np.rint(255 * (1 - paper[0])).astype(np.uint8)


def distance(points: Points, line: Points) -> NDArray[np.float64]:
    """Return the distance of each of ``points`` from a polyline."""
    steps = np.diff(line, axis=0)
    share = ((points[:, None] - line[:-1]) * steps).sum(axis=2) / (steps**2).sum(axis=1)
    feet = line[:-1] + share.clip(0, 1)[..., None] * steps
    return np.linalg.norm(points[:, None] - feet, axis=2).min(axis=1)


def circle(radius: float) -> Points:
    angles = np.linspace(0, 2 * np.pi, 121)
    return 32 + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def wave() -> Points:
    x = np.linspace(8, 56, 97)
    return np.stack([x, 32 + 12 * np.sin((x - 8) / 9)], axis=1)


CROSS = np.array([[12.0, 14], [52, 50]]), np.array([[12.0, 50], [52, 14]])
SIZES = [64, 128, 256]


@pytest.mark.parametrize("size", SIZES)
def test_painted_curve_is_found_within_a_third_of_a_pixel(size: int) -> None:
    graph = trace(drawing(wave(), size=size))
    (edge,) = graph.edges
    assert distance(edge.points[1:-1], wave()).max() < 0.3
    assert distance(edge.points, wave()).max() < 0.5, "an end"
    inner = wave()[np.abs(np.arange(97) - 48) < 44]  # the last half of a pen's width is lost to thinning
    assert distance(inner, edge.points).max() < 0.3
    assert graph.degrees().tolist() == [1, 1]


@pytest.mark.parametrize("size", SIZES)
def test_circle_is_one_closed_edge(size: int) -> None:
    graph = trace(drawing(circle(18), size=size))
    (edge,) = graph.edges
    assert edge.start == edge.end
    np.testing.assert_array_equal(edge.points[0], edge.points[-1])
    assert np.abs(np.linalg.norm(edge.points - 32, axis=1) - 18).max() < 0.3
    assert edge.length == pytest.approx(2 * np.pi * 18, rel=0.02)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lines", [CROSS, (CROSS[0], np.array([[14.0, 36], [50, 28]]))])
def test_cross_of_at_least_54_degrees_has_one_junction_of_degree_4(lines: tuple[Points, Points], size: int) -> None:
    graph = trace(drawing(*lines, size=size))
    assert sorted(graph.degrees().tolist()) == [1, 1, 1, 1, 4]
    assert len(graph.edges) == 4
    for edge in graph.edges:
        assert np.minimum(*(distance(edge.points, line) for line in lines)).max() < 1


def test_joint_has_one_junction_of_degree_3() -> None:
    graph = trace(drawing(np.array([[10.0, 32], [54, 32]]), np.array([[32.0, 32], [32, 56]])))
    assert sorted(graph.degrees().tolist()) == [1, 1, 1, 3]


@pytest.mark.parametrize("width", [3, 6])
def test_corner_has_no_spur(width: float) -> None:
    """Thinning a thick corner leaves a short edge towards its outside."""
    graph = trace(drawing(np.array([[10.0, 50], [32, 12], [54, 50]]), width=width))
    assert len(graph.edges) == 1
    assert graph.degrees().tolist() == [1, 1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("width", [2, 3, 5])
def test_width_of_the_pen_is_measured(width: float, size: int) -> None:
    (edge,) = trace(drawing(wave(), width=width, size=size)).edges
    assert np.abs(edge.widths[5:-5] - width).max() < 0.6
    assert edge.widths.mean() == pytest.approx(width, abs=0.45)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("width", [2, 3, 5])
def test_dots_survive_as_edges_without_length(width: float, size: int) -> None:
    places = np.array([[12.3, 20.6], [40.1, 33.8], [52.0, 11.5]])
    dots = [np.stack([place, place + np.array([0.01, 0])]) for place in places]
    graph = trace(drawing(*dots, width=width, size=size))
    assert len(graph.edges) == 3
    assert all(edge.length < 0.1 for edge in graph.edges)
    found = np.array([edge.points[0] for edge in graph.edges])
    assert np.linalg.norm(found[:, None] - places, axis=2).min(axis=0).max() < 0.4
    assert np.abs([edge.widths[0] - width for edge in graph.edges]).max() < 0.9


def test_short_dash_is_not_a_dot() -> None:
    (edge,) = trace(drawing(np.array([[30.0, 32], [34, 32]]), width=3)).edges
    assert edge.length > 2


@pytest.mark.parametrize("size", SIZES)
def test_blank_drawing_has_no_edges(size: int) -> None:
    graph = trace(np.zeros((size, size), np.uint8))
    assert graph.nodes.shape == (0, 2)
    assert graph.edges == ()


def test_faint_ink_is_paper() -> None:
    assert not trace((drawing(wave()) * 0.4).astype(np.uint8)).edges


def test_drawing_of_64_and_of_256_pixels_have_the_same_graph() -> None:
    lines = [wave(), np.array([[20.0, 8], [44, 56]]), np.array([[8.0, 58], [56, 52]])]
    small, large = (trace(drawing(*lines, size=size)) for size in (64, 256))
    assert sorted(small.degrees()) == sorted(large.degrees())
    assert len(small.edges) == len(large.edges)
    for one, other in ((small, large), (large, small)):
        theirs = np.concatenate([edge.points for edge in other.edges])
        for edge in one.edges:
            assert np.linalg.norm(edge.points[:, None] - theirs, axis=2).min(axis=1).max() < 1


def test_points_of_an_edge_are_even_and_lead_from_its_start_to_its_end() -> None:
    graph: Graph = trace(drawing(*CROSS, wave()))
    assert len(graph.edges) > 6
    for edge in graph.edges:
        np.testing.assert_allclose(edge.points[[0, -1]], graph.nodes[[edge.start, edge.end]], atol=1e-9)
        assert len(edge.widths) == len(edge.points)
        if edge.length > 3:
            assert np.linalg.norm(np.diff(edge.points, axis=0), axis=1).max() < 1


def test_ink_at_the_border_and_full_pages_are_traced() -> None:
    assert trace(np.full((64, 64), 255, np.uint8)).edges
    frame = np.zeros((64, 64), np.uint8)
    frame[[0, 1, -2, -1]] = frame[:, [0, 1, -2, -1]] = 255
    (edge,) = trace(frame).edges
    assert edge.start == edge.end
    assert edge.length == pytest.approx(4 * 62, rel=0.05)
