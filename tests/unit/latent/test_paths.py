"""Paths pass through their keyframes and follow the formula of their method; bridges are zero at keyframes."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.latent.paths import METHODS, DoodlePath, brownian_bridge, circular, cubic, latent_path, linear

Floats = NDArray[np.floating]

every_method = pytest.mark.parametrize("method", METHODS)


def some_latents(count: int, dimensions: int = 8, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def along(method: str, keyframes: Floats, frames: int = 16, **settings: object) -> Floats:
    return latent_path(keyframes, method, frames, **settings)  # type: ignore[arg-type]


# --- every path ------------------------------------------------------------------------------------------


@every_method
@pytest.mark.parametrize("noise_std", [0, 1.2])
@pytest.mark.parametrize("frames", [1, 2, 7, 20])
@pytest.mark.parametrize("count", [2, 3, 6])
def test_frame_k_times_n_of_a_path_is_exactly_keyframe_k(method, noise_std, frames, count):
    keyframes = some_latents(count)
    path = along(method, keyframes, frames, noise_std=noise_std, rng=np.random.default_rng(1))
    assert path.shape == ((count - 1) * frames + 1, 8)
    assert path.dtype == np.float32
    np.testing.assert_array_equal(path[::frames], keyframes)


@every_method
@pytest.mark.parametrize("noise_std", [0, 1.2])
@pytest.mark.parametrize("frames", [1, 2, 7])
@pytest.mark.parametrize("count", [2, 3, 6])
def test_loop_passes_through_all_keyframes_and_drops_the_repeated_one(method, noise_std, frames, count):
    keyframes = some_latents(count)
    path = along(method, keyframes, frames, loop=True, noise_std=noise_std, rng=np.random.default_rng(1))
    assert path.shape == (count * frames, 8)
    np.testing.assert_array_equal(path[::frames], keyframes)


@every_method
def test_loop_returns_to_the_first_keyframe(method):
    path = along(method, some_latents(4), 50, loop=True)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert np.linalg.norm(path[0] - path[-1]) <= 1.5 * steps.max()


@every_method
def test_keyframes_are_not_changed(method):
    keyframes = some_latents(4)
    before = keyframes.copy()
    along(method, keyframes, loop=True, noise_std=1, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(keyframes, before)


@every_method
def test_path_between_equal_keyframes_stands_still(method):
    keyframes = np.repeat(some_latents(1), 4, axis=0)
    np.testing.assert_allclose(along(method, keyframes), np.broadcast_to(keyframes[0], (49, 8)), atol=1e-5)


def test_noise_needs_a_generator():
    with pytest.raises(ValueError, match="generator"):
        latent_path(some_latents(2), "linear", 5, noise_std=0.5)


# --- linear ----------------------------------------------------------------------------------------------


def test_linear_is_the_formula():
    a, b, c = keyframes = some_latents(3).astype(np.float64)
    moments = np.linspace(0, 2, 41)
    t = moments[:, None]
    expected = np.where(t < 1, (1 - t) * a + t * b, (2 - t) * b + (t - 1) * c)
    np.testing.assert_allclose(linear(keyframes, moments, False), expected, atol=1e-12)


# --- circular --------------------------------------------------------------------------------------------


def test_circular_has_the_interpolated_norm_and_the_direction_of_the_line():
    a, b = keyframes = some_latents(2).astype(np.float64) * [[1], [3]]
    moments = np.linspace(0, 1, 33)
    found, straight = circular(keyframes, moments, False), linear(keyframes, moments, False)
    norms = (1 - moments) * np.linalg.norm(a) + moments * np.linalg.norm(b)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), norms, rtol=1e-12)
    cosine = (found * straight).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(straight, axis=1)
    np.testing.assert_allclose(cosine, 1, atol=1e-12)


@pytest.mark.parametrize("dimensions", [2, 3, 64])
@pytest.mark.parametrize("nudge", [0.0, 1e-12, 1e-9, 1e-6])
def test_circular_keeps_the_norm_between_opposite_latents(dimensions, nudge):
    a = some_latents(1, dimensions)[0].astype(np.float64)
    keyframes = np.stack([a, -2 * a + nudge])
    moments = np.linspace(0, 1, 31)
    found = circular(keyframes, moments, False)
    norms = (1 - moments) * np.linalg.norm(keyframes[0]) + moments * np.linalg.norm(keyframes[1])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), norms, rtol=1e-9)
    np.testing.assert_allclose(found[[0, -1]], keyframes, rtol=1e-9)


@pytest.mark.parametrize("axis", [0, 2])
def test_circular_between_opposite_latents_on_an_axis(axis):
    a = np.zeros(3)
    a[axis] = 4
    found = circular(np.stack([a, -a]), np.array([0.5]), False)
    np.testing.assert_allclose(np.linalg.norm(found), 4)
    np.testing.assert_allclose(found[0] @ a, 0, atol=1e-12)


def test_circular_at_the_origin_is_defined():
    zero, other = np.zeros(6), some_latents(1, 6)[0].astype(np.float64)
    for keyframes in (np.stack([zero, zero]), np.stack([zero, other]), np.stack([other, zero])):
        found = circular(keyframes, np.linspace(0, 1, 11), False)
        norms = np.linspace(*np.linalg.norm(keyframes, axis=1), 11)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), norms, atol=1e-12)


# --- cubic -----------------------------------------------------------------------------------------------


def one_sided_derivatives(keyframes: Floats, knot: float, side: int, loop: bool) -> Floats:
    """Return value, first and second derivative at a knot of the cubic that the path is on one side of it."""
    steps = side * np.array([0.1, 0.3, 0.6, 0.9])
    powers = np.vander(steps, 4, increasing=True)
    coefficients = np.linalg.solve(powers, cubic(keyframes, knot + steps, loop))
    return coefficients[:3] * np.array([1, 1, 2])[:, None]


def test_cubic_is_twice_continuously_differentiable():
    keyframes = some_latents(6).astype(np.float64)
    for knot in range(1, 5):
        before, after = (one_sided_derivatives(keyframes, knot, side, False) for side in (-1, 1))
        np.testing.assert_allclose(before[0], keyframes[knot], atol=1e-9)
        np.testing.assert_allclose(before, after, atol=1e-9)
    # Linear is not: the test can tell.
    corners = np.diff(linear(keyframes, np.array([0.9, 1.0, 1.1]), False), n=2, axis=0)
    assert np.abs(corners).max() > 0.01


@pytest.mark.parametrize("count", [2, 3, 5])
def test_looped_cubic_is_periodic(count):
    keyframes = some_latents(count).astype(np.float64)
    closed = np.concatenate([keyframes, keyframes[:1]])
    end, start = one_sided_derivatives(closed, count, -1, True), one_sided_derivatives(closed, 0, 1, True)
    np.testing.assert_allclose(end, start, atol=1e-9)
    turned = np.concatenate([keyframes[1:], keyframes[:2]])
    moments = np.linspace(0, count - 1, 40)
    np.testing.assert_allclose(cubic(closed, moments + 1, True), cubic(turned, moments, True), atol=1e-9)


def test_open_cubic_reproduces_a_cubic():
    moments = np.linspace(0, 4, 50)
    curve = np.poly1d([0.3, -1, 2, 5])
    np.testing.assert_allclose(cubic(curve(np.arange(5))[:, None], moments, False)[:, 0], curve(moments), atol=1e-9)


# --- the bridge ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_bridge_is_zero_at_both_ends_of_every_segment(steps):
    bridge = brownian_bridge(np.random.default_rng(0), 4, steps, 3, 2.0)
    assert bridge.shape == (4 * steps + 1, 3)
    np.testing.assert_array_equal(bridge[::steps], 0)
    assert steps == 1 or np.abs(np.delete(bridge, np.s_[::steps], axis=0)).min() > 0


@pytest.mark.parametrize("std", [0.3, 1.2])
@pytest.mark.parametrize("steps", [2, 4, 10, 60])
def test_variance_of_a_bridge_does_not_depend_on_the_number_of_frames(steps, std):
    bridge = brownian_bridge(np.random.default_rng(steps), 1000, steps, 16, std)
    for step in {1, steps // 2, steps - 1}:
        t = step / steps
        assert bridge[step::steps].var() == pytest.approx(std**2 * t * (1 - t), rel=0.05)


def test_neighbouring_points_of_a_bridge_are_correlated_as_in_a_brownian_bridge():
    paths = brownian_bridge(np.random.default_rng(3), 2000, 8, 10, 1.0)[1:].reshape(2000, 8, 10)
    covariance = np.einsum("nsd,ntd->st", paths, paths) / 20_000
    t = np.arange(1, 9) / 8
    expected = np.minimum.outer(t, t) * (1 - np.maximum.outer(t, t))
    np.testing.assert_allclose(covariance, expected, atol=0.01)


def test_bridges_of_segments_and_dimensions_are_independent():
    paths = brownian_bridge(np.random.default_rng(3), 4, 400, 6, 1.0)[1:].reshape(4, 400, 6)
    middles = paths[:, 200].ravel()
    assert len(np.unique(middles)) == 24


@every_method
def test_bridge_is_added_to_the_path(method):
    keyframes = some_latents(3)
    quiet = along(method, keyframes)
    shaken = along(method, keyframes, noise_std=0.8, rng=np.random.default_rng(9))
    bridge = brownian_bridge(np.random.default_rng(9), 2, 16, 8, 0.8)
    np.testing.assert_allclose(shaken - quiet, bridge, atol=1e-5)


# --- a doodle's path -------------------------------------------------------------------------------------

PATH = DoodlePath("tree", "linear", 0.8, frames_per_segment=12, loop=False, seed=5)


def test_path_gives_the_same_bytes_again():
    keyframes = some_latents(3)
    assert PATH.through(keyframes).tobytes() == replace(PATH).through(keyframes).tobytes()


@pytest.mark.parametrize("change", [{"doodle": "brain"}, {"method": "circular"}, {"noise_std": 0.3}, {"seed": 6}])
def test_each_gif_has_its_own_bridge(change):
    keyframes = np.zeros((3, 8), np.float32)
    one, other = PATH.through(keyframes), replace(PATH, **change).through(keyframes)
    correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert abs(correlation) < 0.8


def test_bridge_of_a_doodle_does_not_depend_on_its_latents():
    first, second = some_latents(3, seed=1), some_latents(3, seed=2)
    quiet = replace(PATH, noise_std=0)
    one = PATH.through(first) - quiet.through(first)
    np.testing.assert_allclose(one, PATH.through(second) - quiet.through(second), atol=1e-5)
    assert np.abs(one).max() > 0.1


def test_path_without_noise_is_the_path_of_its_method():
    keyframes = some_latents(3)
    path = replace(PATH, method="cubic", noise_std=0, loop=True)
    np.testing.assert_array_equal(path.through(keyframes), latent_path(keyframes, "cubic", 12, loop=True))


# --- closing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_loop_ends_near_its_closing_latent_and_passes_all_keyframes(method):
    rng = np.random.default_rng(4)
    keyframes, closing = rng.normal(0, 2, (3, 8)), rng.normal(0, 2, 8)
    path = latent_path(keyframes, method, 200, loop=True, closing=closing)
    assert np.linalg.norm(path[-1] - closing) < 0.02 * np.linalg.norm(keyframes[0] - closing) + 0.1
    np.testing.assert_allclose(path[::200], keyframes, atol=1e-6)
    without = latent_path(keyframes, method, 200, loop=True)
    np.testing.assert_array_equal(path[:401], without[:401])
    same = latent_path(keyframes, method, 200, loop=True, closing=keyframes[0])
    np.testing.assert_array_equal(same, without)
