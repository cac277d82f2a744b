"""Transport, alignment and arcs have the properties that a match is built on."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.matching.arcs import Arcs
from inkbridge.matching.elastic import aligned
from inkbridge.matching.transport import fused_gromov_wasserstein, local_costs
from inkbridge.matching.ways import Way

Points = NDArray[np.float64]
COUNT = 24


def cloud(seed: int, count: int = COUNT) -> tuple[Points, NDArray[np.float64]]:
    """Return points and the distances between them."""
    points = np.random.default_rng(seed).uniform(0, 1, (count, 2))
    return points, np.linalg.norm(points[:, None] - points, axis=2)


def cost_of(coupling, features, one, other, structure) -> float:
    """Return the fused Gromov–Wasserstein cost, by its definition."""
    bend = (one[:, None, :, None] - other[None, :, None, :]) ** 2
    within = np.einsum("ijkl,ij,kl->", bend, coupling, coupling)
    return float((1 - structure) * (features * coupling).sum() + structure * within)


def test_coupling_has_even_marginals_and_costs_less_than_its_start() -> None:
    (here, one), (there, other) = cloud(1), cloud(2)
    features = ((here[:, None] - there) ** 2).sum(axis=2)
    start = np.full((COUNT, COUNT), 1 / COUNT**2)
    found = fused_gromov_wasserstein(features, one, other, 0.8, start)
    np.testing.assert_allclose(found.sum(axis=0), 1 / COUNT)
    np.testing.assert_allclose(found.sum(axis=1), 1 / COUNT)
    assert found.min() >= 0
    assert cost_of(found, features, one, other, 0.8) < 0.8 * cost_of(start, features, one, other, 0.8)


def test_all_points_of_the_smaller_drawing_are_coupled() -> None:
    (here, one), (there, other) = cloud(1, 10), cloud(2)
    features = ((here[:, None] - there) ** 2).sum(axis=2)
    found = fused_gromov_wasserstein(features, one, other, 0.8, np.full((10, COUNT), 0.1 / COUNT))
    np.testing.assert_allclose(found.sum(axis=1), 0.1)
    assert found.sum(axis=0).max() <= 0.1 + 1e-9


def test_identical_drawings_are_coupled_point_by_point() -> None:
    points, distances = cloud(3)
    features = ((points[:, None] - points) ** 2).sum(axis=2)
    found = fused_gromov_wasserstein(features, distances, distances, 0.6, np.full((COUNT, COUNT), 1 / COUNT**2))
    np.testing.assert_allclose(found, np.eye(COUNT) / COUNT, atol=1e-6)


def test_local_costs_are_the_gradient_of_the_cost() -> None:
    (here, one), (there, other) = cloud(1, 6), cloud(2, 6)
    features = ((here[:, None] - there) ** 2).sum(axis=2)
    coupling, step = np.random.default_rng(4).uniform(0, 0.05, (6, 6)), 1e-5
    found = local_costs(features, one, other, 0.7, coupling)
    moved = coupling.copy()
    moved[2, 3] += step
    change = cost_of(moved, features, one, other, 0.7) - cost_of(coupling, features, one, other, 0.7)
    assert found[2, 3] == pytest.approx(change / step, rel=1e-3)


def way_of(*corners: tuple[float, float]) -> Way:
    points = np.array(corners)
    places = np.concatenate([[0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    even = np.linspace(0, places[-1], round(2 * places[-1]) + 1)
    points = np.stack([np.interp(even, places, column) for column in points.T], axis=1)
    return Way(points, np.zeros(len(points), np.int64), even)


def test_corners_meet_corners() -> None:
    """The corner is after a third of the one line, and after two thirds of the other."""
    one, other = aligned(way_of((10, 10), (20, 10), (20, 30)), way_of((10, 10), (30, 10), (30, 20)))
    assert len(one.points) == len(other.points)
    near = np.linalg.norm(one.points - [20, 10], axis=1).argmin()
    assert np.linalg.norm(other.points[near] - [30, 10]) < 2.5


def test_closed_curve_finds_its_start() -> None:
    corners = [(10.0, 10.0), (50.0, 10.0), (50.0, 30.0), (10.0, 30.0)]
    one, later = way_of(*corners, corners[0]), way_of((16, 10), *corners[1:], corners[0], (16, 10))
    first, second = aligned(one, later)
    assert np.linalg.norm(first.points - second.points, axis=1).max() < 1.5


# --- arcs ---------------------------------------------------------------------------------------------------


def turned(points: Points, angle: float, centre: tuple[float, float]) -> Points:
    cosine, sine = np.cos(angle), np.sin(angle)
    return (points - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre


STRANDS = [np.linspace([20, 20], [20, 45], 26), np.linspace([20, 20], [45, 20], 26)]
MOMENTS = np.linspace(0, 1, 9)


def test_arcs_are_exact_at_both_ends() -> None:
    rng = np.random.default_rng(1)
    bent = [strand + np.cumsum(rng.normal(0, 0.3, strand.shape), axis=0) for strand in STRANDS]
    found = Arcs(STRANDS, bent).at(np.array([0.0, 1.0]))
    np.testing.assert_allclose(found, [np.concatenate(STRANDS), np.concatenate(bent)], atol=0.01)


def test_rigid_rotation_by_60_degrees_keeps_lengths_within_1_percent() -> None:
    """On straight lines, it would be shorter by 13 %."""
    end = [turned(strand, np.pi / 3, (20, 20)) for strand in STRANDS]
    for points in Arcs(STRANDS, end).at(MOMENTS):
        for part in (points[:26], points[26:]):
            assert np.linalg.norm(np.diff(part, axis=0), axis=1).sum() == pytest.approx(25, rel=0.01)


def test_limb_that_turns_by_90_degrees_swings_on_an_arc_and_stays_joined() -> None:
    """Its length changes by at most 1 %. On straight lines, it would be shorter by 29 %."""
    end = [STRANDS[0], turned(STRANDS[1], np.pi / 2, (20, 20))]
    for points in Arcs(STRANDS, end).at(MOMENTS):
        assert np.linalg.norm(points[0] - points[26]) < 0.3
        assert np.linalg.norm(points[-1] - points[26]) == pytest.approx(25, rel=0.01)


def test_shift_is_straight_and_steady() -> None:
    found = Arcs(STRANDS, [strand + np.array([12, -5]) for strand in STRANDS]).at(MOMENTS)
    expected = np.concatenate(STRANDS) + MOMENTS[:, None, None] * [12, -5]
    np.testing.assert_allclose(found, expected, atol=1e-6)
