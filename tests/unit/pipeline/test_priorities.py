"""The longest training starts first."""

from itertools import permutations

import pytest

from inkbridge.config.settings import Variant
from inkbridge.pipeline.resources import training_cost, training_priorities

VARIANTS = {
    "short": Variant(architecture="conv", budget=0.5),
    "strokes": Variant(architecture="strokes"),
    "pixels": Variant(architecture="conv"),
    "coordinates": Variant(architecture="coordconv"),
    "longer": Variant(architecture="strokes", budget=2),
    "wide": Variant(architecture="conv", channels=96),
}
"""From the shortest training to the longest."""


@pytest.mark.parametrize("names", [list(VARIANTS), list(VARIANTS)[::-1], sorted(VARIANTS)])
def test_the_longer_a_training_the_higher_its_priority(names: list[str]) -> None:
    priorities = training_priorities({name: VARIANTS[name] for name in names})
    assert sorted(priorities, key=lambda name: priorities[name]) == list(VARIANTS)
    assert min(priorities.values()) > 0  # before fits and GIFs, which have none


def test_trainings_of_the_same_length_have_the_same_priority() -> None:
    twins = {"one": Variant(architecture="conv"), "other": Variant(architecture="conv", latent_dim=32)}
    assert set(training_priorities(twins).values()) == {1}


def test_priorities_do_not_depend_on_the_order_of_the_configuration() -> None:
    names = ("short", "strokes", "wide")
    found = [training_priorities({name: VARIANTS[name] for name in order}) for order in permutations(names)]
    assert all(one == found[0] for one in found)


def test_the_cost_is_a_multiple_of_the_default_training() -> None:
    assert training_cost(Variant(architecture="conv")) == 1
    assert training_cost(Variant(architecture="conv", budget=3, channels=48)) == 12
