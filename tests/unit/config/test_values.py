"""Single values of the configuration: each type accepts what it describes and says what it expected otherwise."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from inkbridge.config.values import (
    ColoursText,
    FrameMs,
    Methods,
    Name,
    NoiseStd,
    NoiseStds,
    RecipeWeights,
    number_as_written,
)
from inkbridge.data.recipes import RECIPES

ACCEPTED: list[tuple[Any, list[Any]]] = [
    (Name, ["tree", "A-b_9", "x" * 63]),
    (NoiseStd, [0, 0.8, 10, "0.3"]),
    (Methods, [["linear"], ["cubic", "linear"]]),
    (FrameMs, [20, 30, 10_000]),
    (ColoursText, ["as drawn", "black,white", "#1b6697,transparent"]),
]

REFUSED: list[tuple[Any, list[Any], str]] = [
    (Name, ["", "9x", "a b", "a/b", "..", "é", "x" * 64, "nan", "True"], "a name for files and tables"),
    (NoiseStd, [-0.1, 10.1, True, "x", None, [1], float("nan")], "a number from 0 to 10"),
    (NoiseStds, [[0, 0.0], [1, 1]], "each value once"),
    (Methods, [["linear", "linear"]], "each value once"),
    (Methods, [["zigzag"]], "one of linear"),
    (FrameMs, [10], "at least 20"),
    (ColoursText, ["red", "red,paper", "red,white,blue"], "INK,PAPER as in CSS"),
]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in ACCEPTED for value in values])
def test_described_values_are_accepted(kind, value):
    assert str(TypeAdapter(kind).validate_python(value)) == str(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"), [(kind, value, text) for kind, values, text in REFUSED for value in values]
)
def test_other_values_are_refused_with_what_was_expected(kind, value, expected):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert expected in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("value", "text"), [("1", "1"), (1, "1"), ("1.0", "1.0"), (1.0, "1.0"), ("0", "0"), (-0.0, "0")]
)
def test_noise_std_stays_as_it_was_written(value, text):
    assert str(number_as_written(value)) == text


def test_recipes_are_in_drawing_order_regardless_of_the_file():
    weights = dict.fromkeys(reversed(RECIPES), 0.5)
    assert list(TypeAdapter(RecipeWeights).validate_python(weights)) == list(RECIPES)
