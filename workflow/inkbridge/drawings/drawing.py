"""The typed model of a drawing: its keyframes, its marks, and how it is animated. Unknown keys are refused.

All coordinates are in pixels of a keyframe, which has ``size`` pixels a side: x to the right, y down, and (0, 0) is the
upper left corner of the upper left pixel.
"""

import base64
import binascii
import struct
from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from inkbridge import CELL
from inkbridge.export.colours import AS_DRAWN, Colours
from inkbridge.export.limits import LARGEST_SIZE, MOST_FRAMES_PER_SEGMENT, SMALLEST_SIZE
from inkbridge.latent.paths import LARGEST_NOISE_STD, METHODS
from inkbridge.latent.timing import Easing, Play
from inkbridge.support import marks
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.seeds import LARGEST_SEED

FORMAT: Final = "inkbridge-drawing"

VERSION: Final = 1

LARGEST_SIDE = 512
"""Pixels of the side of a keyframe. Larger ones would be shrunk to it."""

MOST_KEYFRAMES = 64

MOST_STROKES = 4000
"""Strokes of a keyframe."""

MOST_POINTS = 20_000
"""Points of a stroke: minutes of drawing."""

MOST_POINTS_TOGETHER = 400_000
"""Points of all strokes of a drawing: bounds memory and the time of a save."""

MOST_MARKS = 400

MOST_PICTURE_BYTES = 600_000
"""Bytes of the picture of a keyframe, a grey PNG. One of noise has half as many."""

_PNG = b"\x89PNG\r\n\x1a\n"


class Part(BaseModel):
    """A part of a drawing: immutable, unknown keys refused, numbers finite and not written as text."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


def _known_method(name: str) -> str:
    if name not in METHODS:
        raise ValueError(f"one of {', '.join(METHODS)}")
    return name


def _known_colours(text: str) -> str:
    try:
        if text != AS_DRAWN:
            Colours.parse(text)
    except InkbridgeError:
        raise ValueError(f"`{AS_DRAWN}`, or INK,PAPER as in CSS, for example black,white") from None
    return text


def _grey_png(text: str) -> str:
    """Check the header of a picture. It is decoded only when it is painted."""
    expected = f"a grey PNG in base64, at most {LARGEST_SIDE} pixels a side"
    try:
        content = base64.b64decode(text, validate=True)
        width, height, depth, kind = struct.unpack_from(">IIBB", content, 16)
    except (binascii.Error, struct.error, ValueError):
        raise ValueError(expected) from None
    is_grey = content.startswith(_PNG) and (depth, kind) == (8, 0)
    if not is_grey or width != height or not 1 <= width <= LARGEST_SIDE:
        raise ValueError(expected)
    return text


Identifier = Annotated[str, Field(pattern=r"^[_A-Za-z0-9-]{1,40}$")]
"""The name of a keyframe or stroke, which whoever draws it chooses."""

Coordinate = Annotated[float, Field(ge=-4 * LARGEST_SIDE, le=5 * LARGEST_SIDE)]
"""Pixels of a keyframe. Strokes may leave the paper and be moved beside it."""

Pressure = Annotated[float, Field(ge=0, le=1)]

Place = tuple[Coordinate, Coordinate]


class Stroke(Part):
    id: Identifier
    tool: Literal["pen", "eraser"] = "pen"
    """An eraser takes away the ink of the picture and of the strokes before it."""
    width: Annotated[float, Field(gt=0, le=LARGEST_SIDE)]
    """Pixels; see :func:`inkbridge.drawings.painting.widths`."""
    points: Annotated[list[tuple[Coordinate, Coordinate, Pressure]], Field(min_length=1, max_length=MOST_POINTS)]
    """x, y and the pressure of the pen, 0.5 without one."""


class Keyframe(Part):
    id: Identifier
    strokes: Annotated[list[Stroke], Field(max_length=MOST_STROKES)] = []
    """In the order in which they were drawn: later ones lie above."""
    picture: Annotated[str, Field(max_length=MOST_PICTURE_BYTES * 4 // 3 + 4), AfterValidator(_grey_png)] | None = None
    """What lies below all strokes: a grey PNG in base64, 0 = paper, 255 = ink."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        _check_distinct(f"strokes of keyframe {self.id}", (stroke.id for stroke in self.strokes))
        return self

    @property
    def points(self) -> int:
        """Number of points of all strokes."""
        return sum(len(stroke.points) for stroke in self.strokes)


class Mark(Part):
    """What goes where: the line at ``at`` in one keyframe becomes that at ``goes_to`` in the next one.

    It counts if the second keyframe follows the first, or is the first one of a loop and follows the last.
    """

    from_: Annotated[Identifier, Field(alias="from")]
    to: Identifier
    at: Place
    goes_to: Place


class Motion(Part):
    """How a drawing is animated, by the names and in the ranges of the command line and ``config.yaml``."""

    method: Annotated[str, AfterValidator(_known_method)] = next(iter(METHODS))
    noise_std: Annotated[float, Field(ge=0, le=LARGEST_NOISE_STD)] = 0
    frames_per_segment: Annotated[int, Field(ge=1, le=MOST_FRAMES_PER_SEGMENT)] = 12
    easing: Easing = "steady"
    hold: Annotated[int, Field(ge=0, le=MOST_FRAMES_PER_SEGMENT)] = 0
    """Frames for which each keyframe is shown longer."""
    play: Play = "loop"
    size: Annotated[int, Field(ge=SMALLEST_SIZE, le=LARGEST_SIZE)] = 256
    """Pixels of the side of what is exported."""
    frame_ms: Annotated[float, Field(ge=10, le=10_000)] = 40
    colours: Annotated[str, Field(max_length=100), AfterValidator(_known_colours)] = AS_DRAWN
    variant: Annotated[str, Field(pattern=r"^[A-Za-z][_A-Za-z0-9-]{0,62}$")] = "strokes64"
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0


class Drawing(Part):
    """The whole of a file."""

    format: Literal["inkbridge-drawing"] = FORMAT
    version: Literal[1] = VERSION
    size: Annotated[int, Field(ge=CELL, le=LARGEST_SIDE)] = 256
    """Pixels of the side of a keyframe."""
    keyframes: Annotated[list[Keyframe], Field(max_length=MOST_KEYFRAMES)] = []
    marks: Annotated[list[Mark], Field(max_length=MOST_MARKS)] = []
    look: Motion = Motion()

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        _check_distinct("keyframes", (keyframe.id for keyframe in self.keyframes))
        points = sum(keyframe.points for keyframe in self.keyframes)
        if points > MOST_POINTS_TOGETHER:
            raise ValueError(f"the strokes of all keyframes: expected at most {MOST_POINTS_TOGETHER} points")
        return self


def marks_in_cells(drawing: Drawing, count: int) -> tuple[marks.Mark, ...]:
    """Return the marks that count if the first ``count`` keyframes are animated, in pixels of a cell of 64."""
    numbers = {keyframe.id: number for number, keyframe in enumerate(drawing.keyframes[:count])}
    pairs = [(numbers.get(mark.from_), numbers.get(mark.to), mark) for mark in drawing.marks]
    return tuple(
        marks.Mark(number + 1, _in_cell(mark.at, drawing.size), _in_cell(mark.goes_to, drawing.size))
        for number, to, mark in pairs
        if number is not None and to == (number + 1) % count
    )


def _in_cell(place: Place, size: int) -> marks.Point:
    x, y = (min(max(part * CELL / size, 0.0), float(CELL)) for part in place)
    return x, y


def _check_distinct(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what}: expected a different id for each; found {name} twice")
        seen.add(name)
