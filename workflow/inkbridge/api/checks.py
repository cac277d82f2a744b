"""Checks of the options' values.

A check takes a value and returns it as a plain Python value. If the value is wrong, it raises ValueError, whose text
says what was expected. :func:`checked` adds the name of the option and what was found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from inkbridge.config.messages import in_short
from inkbridge.config.values import colours_as_written, number_as_written
from inkbridge.export.colours import Colours
from inkbridge.export.limits import LONGEST_FRAME_MS
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.seeds import LARGEST_SEED

Check = Callable[[Any], Any]

Checks = Mapping[str, Check]
"""Name of an option → its check."""


def checked(name: str, value: object, check: Check) -> Any:
    """Return what ``check`` makes of ``value``. Raises :class:`InkbridgeError` if this value of the option ``name`` is
    wrong."""
    try:
        return check(_plain(value))
    except ValueError as error:
        raise InkbridgeError(f"{name}: expected {error}; found {in_short(value)}") from None


@dataclass(frozen=True)
class CheckedOptions:
    """Options whose values are checked when they are made. An option whose default is None may be None."""

    _checks: ClassVar[Checks] = {}

    def __post_init__(self) -> None:
        for name, check in self._checks.items():
            value, default = getattr(self, name), getattr(type(self), name)
            if value is not None or default is not None:
                object.__setattr__(self, name, checked(name, value, check))

    def given(self) -> dict[str, Any]:
        """Return the options that are not None, for records."""
        return {name: value for name in self._checks if (value := getattr(self, name)) is not None}


def whole_number(least: int, most: int | None = None) -> Check:
    """Return the check that a value is a whole number from ``least`` to ``most``, both included."""

    def check(value: Any) -> int:
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and least <= value
            and (most is None or value <= most)
        ):
            return value
        raise ValueError(f"a whole number from {least} " + ("on" if most is None else f"to {most}"))

    return check


def positive_number(most: float) -> Check:
    """Return the check that a value is a number above 0, up to ``most``."""

    def check(value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            return value
        raise ValueError(f"a number above 0, up to {most}")

    return check


def one_of(*choices: str) -> Check:
    """Return the check that a value is one of ``choices``."""

    def check(value: Any) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError(f"one of {', '.join(choices)}")

    return check


def one_or_several(check: Check) -> Check:
    """Return the check of one or more values. It returns them as a tuple, without repetitions."""

    def check_all(value: Any) -> tuple[Any, ...]:
        values = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
        found = tuple(dict.fromkeys(check(_plain(one)) for one in values))
        if not found:
            raise ValueError("at least one value")
        return found

    return check_all


def instance_of(kind: type) -> Check:
    """Return the check that a value is a ``kind``."""

    def check(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise ValueError(f"{kind.__name__}")

    return check


def yes_or_no(value: Any) -> bool:
    """Check that a value is True or False."""
    if isinstance(value, bool):
        return value
    raise ValueError("True or False")


def noise_std(value: Any) -> float:
    """Check that a value is a noise std."""
    return number_as_written(None if isinstance(value, str) else value)


seed = whole_number(0, LARGEST_SEED)
"""The check that a value is a seed."""

frame_ms = positive_number(LONGEST_FRAME_MS)
"""The check that a value is the time of a frame in milliseconds."""


def colours(value: Any) -> Colours | str:
    """Check that a value is, or names, the colours of ink and paper."""
    return value if isinstance(value, Colours) else colours_as_written(value)


def _plain(value: Any) -> Any:
    """Return a NumPy number as a Python number."""
    return value.item() if isinstance(value, np.generic) else value
