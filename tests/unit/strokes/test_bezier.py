"""Lines, quadratics and ellipses become cubics that lie on the true curves."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.strokes.bezier import ELLIPSE_ARCS, Kind, StrokeSets, bernstein, ellipse, line, quadratic

MOMENTS = np.linspace(0, 1, 33)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def points_on(control: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return points ``[..., T, 2]`` of cubics ``[..., 4, 2]`` by de Casteljau's construction."""
    t = MOMENTS[:, None, None]
    level = np.asarray(control, np.float64)[..., None, :, :]
    while level.shape[-2] > 1:
        level = (1 - t) * level[..., :-1, :] + t * level[..., 1:, :]
    return level[..., 0, :]


def cell_points(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return rng.uniform(0, 64, (*shape, 2)).astype(np.float32)


def test_weights_of_a_cubic_sum_to_one_and_start_and_end_at_its_ends():
    weights = bernstein(MOMENTS)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(weights[[0, -1]], [[1, 0, 0, 0], [0, 0, 0, 1]])


def test_weights_give_the_points_of_de_casteljau(rng):
    control = cell_points(rng, 5, 4)
    np.testing.assert_allclose(np.einsum("tk,nkd->ntd", bernstein(MOMENTS), control), points_on(control), atol=1e-4)


def test_line_runs_from_start_to_end_at_constant_speed(rng):
    start, end = cell_points(rng, 6), cell_points(rng, 6)
    t = MOMENTS[:, None]
    expected = start[:, None] * (1 - t) + end[:, None] * t
    np.testing.assert_allclose(points_on(line(start, end)), expected, atol=1e-4)


def test_quadratic_raised_to_a_cubic_is_the_same_curve(rng):
    start, anchor, end = (cell_points(rng, 6) for _ in range(3))
    t = MOMENTS[:, None]
    parts = ((1 - t) ** 2, start), (2 * t * (1 - t), anchor), (t**2, end)
    expected = sum(weight * point[:, None] for weight, point in parts)
    np.testing.assert_allclose(points_on(quadratic(start, anchor, end)), expected, atol=1e-4)


def test_ellipse_is_close_to_the_true_one(rng):
    centre, radii = cell_points(rng, 8), rng.uniform(2, 25, (8, 2)).astype(np.float32)
    rotation = rng.uniform(0, np.pi, 8).astype(np.float32)
    arcs = ellipse(centre, radii, rotation)
    assert arcs.shape == (8, ELLIPSE_ARCS, 4, 2)
    moved = points_on(arcs) - centre[:, None, None]
    cosine, sine = np.cos(rotation)[:, None, None], np.sin(rotation)[:, None, None]
    along = cosine * moved[..., 0] + sine * moved[..., 1]
    across = -sine * moved[..., 0] + cosine * moved[..., 1]
    round_again = np.stack([along / radii[:, :1, None], across / radii[:, 1:, None]], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(round_again, axis=-1), 1, atol=4e-4)


def test_ellipse_is_closed_and_smooth_and_runs_round_once():
    (arcs,) = ellipse(np.float32([[30, 20]]), np.float32([[12, 5]]), np.float32([0.4]))
    following = np.roll(arcs, -1, axis=0)
    np.testing.assert_allclose(arcs[:, 3], following[:, 0], atol=1e-4)
    np.testing.assert_allclose(arcs[:, 3] - arcs[:, 2], following[:, 1] - following[:, 0], atol=1e-4)
    offset = points_on(arcs)[:, :-1].reshape(-1, 2) - [30, 20]
    angles = np.unwrap(np.arctan2(offset[:, 1], offset[:, 0]))
    steps = np.diff(angles)
    assert (steps > 0).all() or (steps < 0).all()
    assert abs(angles[-1] - angles[0]) < 2 * np.pi
    first_axis = np.float32([30 + 12 * np.cos(0.4), 20 + 12 * np.sin(0.4)])
    np.testing.assert_allclose(arcs[0, 0], first_axis, atol=1e-4)


def test_control_points_are_float32_for_any_input():
    point = np.zeros((3, 2), np.float32)
    for control in (line(point, point), quadratic(point, point, point), ellipse(point, point, np.zeros(3))):
        assert control.dtype == np.float32


def test_strokes_of_an_image_are_the_rows_between_its_offsets():
    values = np.arange(50, dtype=np.float32).reshape(5, 10)
    sets = StrokeSets(values, np.full(5, Kind.LINE, np.uint8), np.array([0, 2, 2, 5]))
    assert len(sets) == 3
    for image, rows in enumerate((values[:2], values[:0], values[2:])):
        np.testing.assert_array_equal(sets.take(np.array([image])).values, rows)
    assert sets.owners().tolist() == [0, 0, 2, 2, 2]


@pytest.mark.parametrize("images", [[2, 0, 1, 2], [1], []])
def test_images_are_taken_with_their_strokes_in_order(images):
    kinds = np.array([0, 1, 2, 2, 3], np.uint8)
    sets = StrokeSets(np.arange(50, dtype=np.float32).reshape(5, 10), kinds, np.array([0, 2, 2, 5]))
    taken = sets.take(np.array(images, np.int64))
    assert len(taken) == len(images)
    assert (taken.values.dtype, taken.kinds.dtype, taken.offsets.dtype) == (np.float32, np.uint8, np.int64)
    assert taken.values.shape == (taken.offsets[-1], 10)
    for place, image in enumerate(images):
        rows = slice(taken.offsets[place], taken.offsets[place + 1])
        original = slice(sets.offsets[image], sets.offsets[image + 1])
        np.testing.assert_array_equal(taken.values[rows], sets.values[original])
        np.testing.assert_array_equal(taken.kinds[rows], kinds[original])
