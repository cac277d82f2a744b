"""A traversal swings along one direction at a time, around its middle, and can be repeated."""

import numpy as np
import pytest

from inkbridge.latent.traversal import swings


@pytest.mark.parametrize("frames", [1, 2, 4, 12, 48])
def test_each_swing_moves_along_its_own_direction_only(frames):
    rng = np.random.default_rng(frames)
    middle, directions = rng.normal(size=(1, 5)).astype(np.float32), np.eye(5, dtype=np.float32)[:3]
    found = swings(middle, directions, frames, 2.0)
    assert len(found) == 3
    for number, latents in enumerate(found):
        assert latents.shape == (frames, 5)
        others = np.delete(latents - middle, number, axis=1)
        np.testing.assert_allclose(others, 0, atol=1e-6)


def test_swing_starts_in_the_middle_and_reaches_the_span_on_both_sides():
    middle, direction = np.full((1, 2), 7, np.float32), np.array([[0, 0.5]], np.float32)
    (latents,) = swings(middle, direction, 12, 2.0)
    way = latents[:, 1] - 7
    assert way[0] == 0
    assert (way.argmax(), way.argmin()) == (3, 9)
    np.testing.assert_allclose([way.max(), way.min()], [1, -1], atol=1e-6)
    steps = np.abs(np.diff(way, append=way[0]))
    assert steps.max() == pytest.approx(steps[0]), "repeating it takes no longer step than the first"
