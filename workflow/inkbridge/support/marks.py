"""What a person says about a movement: where a point of a keyframe goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inkbridge import CELL

Point = tuple[float, float]
"""x and y in pixels of a cell of 64 × 64."""


@dataclass(frozen=True)
class Mark:
    """A point of a keyframe and the point of the next one that it becomes.

    keyframe: its number, from 1. After the last one comes the first, if the doodle loops.
    at: a point on the ink of this keyframe, or near it. goes_to: a point on the ink of the next one, or near it.
    """

    keyframe: int
    at: Point
    goes_to: Point

    def written(self) -> dict[str, Any]:
        """Return the mark as JSON and YAML hold it."""
        return {"keyframe": self.keyframe, "at": list(self.at), "goes_to": list(self.goes_to)}


Marks = Sequence[Mark]


def marks_as_written(values: Iterable[Mark | Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Return marks, or what :meth:`Mark.written` returns of them, as marks. Raises ValueError if one is neither."""
    try:
        return tuple(value if isinstance(value, Mark) else _mark(**value) for value in values)
    except (TypeError, ValueError):
        raise ValueError(
            "marks, each with a keyframe counted from 1, and the points at and goes_to, two numbers from 0 to "
            f"{CELL} each"
        ) from None


def mark_from_text(text: str) -> Mark:
    """Return the mark of ``KEYFRAME:X,Y:X,Y``. Raises ValueError if the text is anything else."""
    expected = (
        "a keyframe counted from 1, a point in it, and the point of the next keyframe that it becomes, in pixels of a "
        f"cell of {CELL}, for example 1:18,30:46,30"
    )
    try:
        keyframe, *points = text.split(":")
        at, goes_to = ([float(place) for place in point.split(",")] for point in points)
        return _mark(int(keyframe), at, goes_to)
    except (TypeError, ValueError):
        raise ValueError(expected) from None


def _mark(keyframe: int, at: Sequence[float], goes_to: Sequence[float]) -> Mark:
    (x, y), (to_x, to_y) = at, goes_to
    places = [float(place) for place in (x, y, to_x, to_y)]
    if isinstance(keyframe, bool) or int(keyframe) != keyframe or keyframe < 1:
        raise TypeError
    if not all(0 <= place <= CELL for place in places):
        raise TypeError
    return Mark(int(keyframe), (places[0], places[1]), (places[2], places[3]))


def marks_of(marks: Marks, keyframe: int) -> tuple[Mark, ...]:
    """Return the marks on the keyframe with this number, from 1."""
    return tuple(mark for mark in marks if mark.keyframe == keyframe)
