"""The types of single values in the configuration: names, choices, numbers, colours, and their checks.

The text of a check's ``ValueError`` is what was expected; :mod:`inkbridge.config.messages` adds the key and the value.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from inkbridge import CELL
from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.data.recipes import RECIPES
from inkbridge.export.colours import AS_DRAWN, Colours
from inkbridge.export.limits import (
    LARGEST_SIZE,
    MOST_FRAMES_PER_SEGMENT,
    SHORTEST_FRAME_MS,
    SMALLEST_SIZE,
    STEP_MS,
    reason_for_shortest_frame,
)
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES, LARGEST_CELL, MOST_CELLS, MOST_KEYFRAMES, SMALLEST_CELL
from inkbridge.keyframes.wording import as_written, pair_as_written
from inkbridge.latent.paths import LARGEST_NOISE_STD, METHODS
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.seeds import LARGEST_SEED

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")

_NO_NAMES = {"na", "nan", "null", "none", "inf", "infinity", "true", "false"}
"""Words that readers of CSV files do not take for text."""

_SHORTEST_FRAME_MS = SHORTEST_FRAME_MS[".gif"]


def _file_name(name: str) -> str:
    if not _NAME.fullmatch(name) or name.lower() in _NO_NAMES:
        raise ValueError("a name for files and tables: up to 63 letters, digits, - and _, beginning with a letter")
    return name


def _known(choices: Mapping[str, object]) -> AfterValidator:
    """Return the check that a string is a key of ``choices``."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _enumerated(choices: Mapping[str, object]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(choices)})


def _no_boolean(value: Any) -> Any:
    """Refuse ``true`` and ``false``, which pydantic would accept as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


NUMBER = BeforeValidator(_no_boolean)
"""The check that a number is not written as ``true`` or ``false``."""


def number_as_written(value: Any) -> int | float:
    """Return a noise std. It stays an integer if it was written as one, because files are named after it.

    Raises ValueError if it is not a number from 0 to :data:`LARGEST_NOISE_STD`.
    """
    try:
        # Snakemake's --config passes numbers inside brackets as text.
        number = (int(value) if value.isdigit() else float(value)) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= LARGEST_NOISE_STD:
        raise ValueError(f"a number from 0 to {LARGEST_NOISE_STD}")
    return number or 0  # not −0.0


def cell_as_written(value: Any) -> int | str:
    """Return the size of a cell: one number if it is square, else ``WIDTHxHEIGHT``.

    Raises ValueError if a side is not a number of pixels from :data:`SMALLEST_CELL` to :data:`LARGEST_CELL`.
    """
    expected = f"a number of pixels from {SMALLEST_CELL} to {LARGEST_CELL}, or width and height, for example 48x64"
    try:
        pair = pair_as_written(value)
    except ValueError:
        raise ValueError(expected) from None
    if not SMALLEST_CELL <= min(pair) <= max(pair) <= LARGEST_CELL:
        raise ValueError(expected)
    return pair[0] if pair[0] == pair[1] else as_written(pair)


def layout_as_written(value: Any) -> str:
    """Return the columns and rows of a sheet as ``COLUMNSxROWS``. Raises ValueError if they are anything else."""
    expected = f"columns and rows, for example 4x2, of at most {MOST_CELLS} cells"
    try:
        columns, rows = pair_as_written(value if isinstance(value, str) and not value.strip().isdigit() else None)
    except ValueError:
        raise ValueError(expected) from None
    if not 1 <= columns * rows <= MOST_CELLS:
        raise ValueError(expected)
    return f"{columns}x{rows}"


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("each value once")
    return values


def _in_drawing_order(weights: dict[str, float]) -> dict[str, float]:
    """Sort recipes into the order in which images are drawn from them, so that the order in the file has no effect."""
    return {name: weights[name] for name in RECIPES if name in weights}


def _long_enough(frame_ms: int) -> int:
    if frame_ms < _SHORTEST_FRAME_MS:
        raise ValueError(f"at least {_SHORTEST_FRAME_MS}, {reason_for_shortest_frame('.gif')}")
    return frame_ms


def colours_as_written(text: Any) -> str:
    """Return ``as drawn``, or the text of two colours. Raises ValueError if it is neither."""
    with suppress(InkbridgeError):
        if isinstance(text, str) and (text == AS_DRAWN or Colours.parse(text)):
            return text
    raise ValueError(f"`{AS_DRAWN}`, or INK,PAPER as in CSS, for example black,white or '#1b6697,transparent'")


Name = Annotated[str, AfterValidator(_file_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})]

ArchitectureName = Annotated[str, _known(ARCHITECTURES), _enumerated(ARCHITECTURES)]

Method = Annotated[str, _known(METHODS), _enumerated(METHODS)]

RecipeName = Annotated[str, _known(RECIPES), _enumerated(RECIPES)]

NoiseStd = Annotated[
    float,
    PlainValidator(number_as_written),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": LARGEST_NOISE_STD}),
]

_ONCE: dict[str, Any] = {"uniqueItems": True}
"""Tells the schema that the values of a list are distinct."""

Methods = Annotated[list[Method], Field(min_length=1, json_schema_extra=_ONCE), AfterValidator(_distinct)]

NoiseStds = Annotated[list[NoiseStd], Field(min_length=1, json_schema_extra=_ONCE), AfterValidator(_distinct)]

Cell = Annotated[
    int | str,
    PlainValidator(cell_as_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": SMALLEST_CELL, "maximum": LARGEST_CELL},
                {"type": "string", "pattern": "^[0-9]+x[0-9]+$"},
            ]
        }
    ),
]

Layout = Annotated[
    str, PlainValidator(layout_as_written), WithJsonSchema({"type": "string", "pattern": "^[0-9]+x[0-9]+$"})
]

Paper = Annotated[int, Field(ge=0, le=LARGEST_CELL), NUMBER]

PlaceInCell = tuple[Annotated[float, Field(ge=0, le=CELL), NUMBER], Annotated[float, Field(ge=0, le=CELL), NUMBER]]

NumberOfKeyframes = Annotated[int, Field(ge=FEWEST_KEYFRAMES, le=MOST_KEYFRAMES), NUMBER]

Seed = Annotated[int, Field(ge=0, lt=LARGEST_SEED + 1), NUMBER]

Size = Annotated[int, Field(ge=SMALLEST_SIZE, le=LARGEST_SIZE), NUMBER]

FramesPerSegment = Annotated[int, Field(ge=1, le=MOST_FRAMES_PER_SEGMENT), NUMBER]

FrameMs = Annotated[
    int,
    Field(le=10_000, multiple_of=STEP_MS[".gif"], json_schema_extra={"minimum": _SHORTEST_FRAME_MS}),
    NUMBER,
    AfterValidator(_long_enough),
]

ColoursText = Annotated[str, AfterValidator(colours_as_written)]

RecipeWeights = Annotated[
    dict[RecipeName, Annotated[float, Field(gt=0, le=1e6), NUMBER]],
    Field(min_length=1),
    AfterValidator(_in_drawing_order),
]
