"""The message of an invalid configuration has one short line for each key."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from inkbridge.config.messages import as_message


class Pen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    width: int
    names: dict[str, int] = {}


def lines_of(mapping: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Pen.model_validate(mapping)
    heading, *lines = as_message(caught.value).splitlines()
    assert heading == "the configuration is invalid:"
    return lines


def test_line_has_the_key_what_was_expected_and_what_was_found():
    (line,) = lines_of({"width": "x"})
    assert line.startswith("  width: expected integer, ")
    assert line.endswith("; found 'x'")


def test_missing_and_unknown_keys_are_named():
    assert lines_of({"colour": 1}) == [
        "  width: expected, but missing",
        "  colour: unknown key; config.schema.json lists the known ones; found 1",
    ]


@pytest.mark.parametrize("wrong", [1, 20, 21, 500])
def test_at_most_twenty_lines_are_listed_and_the_rest_is_counted(wrong):
    lines = lines_of({"width": 1, "names": dict.fromkeys(map(str, range(wrong)), "x")})
    assert len(lines) == min(wrong, 21)
    assert (lines[-1] == f"  and {wrong - 20} more") == (wrong > 20)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value] * 8
    return value


@pytest.mark.parametrize("value", ["x" * 10_000, "a\nb\x1b[2J", nested(60), {"k" * 5000: 1}, [10**5000]])
def test_any_value_is_shown_in_one_short_line(value):
    (line,) = lines_of({"width": value})
    assert len(line) < 200
    assert line.isprintable()
