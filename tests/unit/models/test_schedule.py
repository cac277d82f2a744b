"""The learning rate over a training."""

import numpy as np
import pytest

from inkbridge.models.schedule import learning_rate_factor


@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("steps", [10, 1000])
def test_learning_rate_rises_linearly_and_falls_along_half_a_cosine(steps, warmup):
    factors = np.array([learning_rate_factor(step, steps, warmup) for step in range(steps)])
    rising = int(np.ceil(warmup * steps))
    assert (factors > 0).all()
    assert (factors <= 1).all()
    assert factors.max() > 0.95
    assert (np.diff(factors[: rising + 1]) > 0).all()
    assert (np.diff(factors[rising:]) < 0).all()
    np.testing.assert_allclose(np.diff(factors[:rising], n=2), 0, atol=1e-12)
    assert factors[-1] < 4 / steps
    middle = rising + (steps - rising) // 2
    assert factors[middle] == pytest.approx(0.5, abs=2 / (steps - rising))


def test_one_step_has_a_learning_rate():
    assert 0 < learning_rate_factor(0, 1, 0.05) <= 1
