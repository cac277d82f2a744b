"""Lines of squared paper that are too pale to be found follow from the others."""

import numpy as np
import pytest

from inkbridge.keyframes.lines import Ruling
from inkbridge.keyframes.squares import completed

SHAPE = 300, 400


def lines(places: list[float], start: float = 40, end: float = 380) -> list[Ruling]:
    return [Ruling("level", start, end, place, 0.0, 2.0, 0.15, 0.9) for place in places]


@pytest.mark.parametrize("seed", range(8))
def test_missing_lines_follow_from_equal_steps(seed):
    rng = np.random.default_rng(seed)
    step = rng.uniform(12, 25)
    places = np.arange(rng.uniform(0, step), SHAPE[0], step)
    found = rng.permutation(places)[: max(8, len(places) * 2 // 3)] + rng.uniform(-0.5, 0.5)
    whole = completed(lines(found.tolist()), SHAPE)
    assert all((one.start, one.end) == (0, SHAPE[1]) for one in whole)
    nearest = [min(abs(one.place - place) for one in whole) for place in places]
    assert max(nearest) < 2


def test_lines_without_equal_steps_stay_as_they_are():
    few, uneven = lines([20.0, 40.0, 60.0]), lines([10.0, 21.0, 45.0, 97.0, 130.0, 210.0, 290.0])
    assert completed(few, SHAPE) == few
    assert completed(uneven, SHAPE) == uneven
