"""A picture of a match: the keyframes side by side, each strand in one colour across all of them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkbridge import CELL
from inkbridge.matching.arcs import Arcs
from inkbridge.matching.changes import growing, shrinking
from inkbridge.matching.colours import Colour, colours_of
from inkbridge.matching.doodle import MatchedDoodle
from inkbridge.support.marks import Point
from inkbridge.support.types import Floats

_PAPER, _TEXT, _RULE, _PALE = (253, 253, 251), (26, 28, 32), (205, 211, 215), (208, 212, 216)
"""Colours as on the pages, in style.css; the drawn ink is pale."""

_EDGE, _GAP, _CAPTION = 20, 16, 20
"""In pixels: the margin around the picture, the gap between cells, the line of text above a cell."""

_CELL, _SMALL_CELL, _MANY = 256, 128, 60
"""Pixels of a cell's side; of a small one's, from ``_MANY`` keyframes on."""

_MOST_SEGMENTS = 4
"""Segments in a row; twice as many with small cells."""

_FINER = 3
"""Cells are drawn this many times larger, then shrunk, for smooth lines."""

_LINE, _CORE = 1.4, 0.5
"""Width of a strand in pixels of the 64-pixel cell, and, as a part of it, that of a strand that lies on another one."""

_BEAD = 0.45
"""Radius of the bead at a strand's start, in pixels of the 64-pixel cell."""

_TICKS = (16, 32, 48)
"""Pixels of the 64-pixel cell at which a keyframe's edges have a number."""

_SQUARE = 1.3
"""Half of the side of a mark's square, in pixels of the 64-pixel cell."""

_ON = 0.7
"""Pixels of the 64-pixel cell up to which a strand lies on another one."""

_ONION = ((0.25, 0.45), (0.75, 0.45), (0.5, 1.0))
"""Moments of a segment that are shown together, and how strong each is."""

_LEGEND = (
    "One colour is one line through all keyframes; its white bead is where it starts. Two colours in one line: two "
    "lines that part later, or have met.",
    "Ring: a line grows out of this point in the next keyframe. Cross: a line has shrunk into this point. Lower rows: "
    "the way between, half of it done; pale: a quarter and three quarters.",
    f"Numbers at the edges: pixels of a cell of {CELL}, for marks. Square: a mark, from one keyframe to the next.",
)


class _Look(NamedTuple):
    """What all cells share: their side, and each strand's colour."""

    side: int
    colours: Sequence[Colour]

    @property
    def scale(self) -> float:
        """Pixels of an enlarged cell for each of the 64-pixel cell."""
        return _FINER * self.side / CELL


def picture_of(doodle: MatchedDoodle) -> Image.Image:
    """Return an RGB picture of a matched doodle.

    Each row shows some keyframes, and below each two neighbours, the way from one to the other. If there are several
    rows, each begins with the last keyframe of the row above.
    """
    count = len(doodle.keyframes)
    small = count >= _MANY
    look = _Look(_SMALL_CELL if small else _CELL, colours_of(doodle.strands))
    rows = math.ceil((count - 1) / (_MOST_SEGMENTS * (1 + small)))
    segments = math.ceil((count - 1) / rows)
    pitch, line = look.side + _GAP, look.side + _CAPTION + _GAP // 2
    width = 2 * _EDGE + segments * pitch + look.side
    legend = _wrapped(_LEGEND, width - 2 * _EDGE)
    height = 2 * _EDGE + rows * (2 * line + _GAP) + len(legend) * _CAPTION
    picture = Image.new("RGB", (width, height), _PAPER)
    for row in range(rows):
        top, first = _EDGE + row * (2 * line + _GAP), row * segments
        last = min(first + segments, count - 1)
        for keyframe in range(first, last + 1):
            cell = _keyframe(doodle, keyframe, look)
            corner = (_EDGE + (keyframe - first) * pitch, top)
            _put(picture, corner, cell, _caption(doodle, keyframe))
            if not small:
                _ticks(picture, corner, look.side)
        for segment in range(first, last):
            corner = (_EDGE + (segment - first) * pitch + pitch // 2, top + line)
            names = (doodle.keyframes[segment] + 1, doodle.keyframes[segment + 1] + 1)
            _put(picture, corner, _way(doodle, segment, look), "{} to {}".format(*names))
    pen = ImageDraw.Draw(picture)
    for number, text in enumerate(legend):
        pen.text((_EDGE, height - _EDGE - (len(legend) - number) * _CAPTION), text, _TEXT, _font())
    return picture


def _caption(doodle: MatchedDoodle, keyframe: int) -> str:
    again = bool(keyframe > doodle.keyframes[keyframe])
    return f"{doodle.keyframes[keyframe] + 1}" + ", again" * again + ", blank" * (not doodle.drawn[keyframe])


def _keyframe(doodle: MatchedDoodle, keyframe: int, look: _Look) -> Image.Image:
    """Return the cell of a keyframe: its ink, its strands, and what grows out of it or has shrunk into it."""
    side = look.side * _FINER
    cell = Image.new("RGB", (side, side), _PAPER)
    ink = Image.fromarray(doodle.drawings[doodle.keyframes[keyframe]]).resize((side, side), Image.Resampling.BICUBIC)
    cell.paste(_PALE, (0, 0), ink)
    pen = ImageDraw.Draw(cell)
    if doodle.drawn[keyframe]:
        shown = [(n, s.points[keyframe]) for n, s in enumerate(doodle.strands) if s.widths[keyframe].any()]
        lines = sorted(shown, key=_by_length)
        depths = _depths([line for _, line in lines])
        for (number, line), depth in zip(lines, depths, strict=True):
            _line(pen, line, look, number, _LINE * _CORE**depth)
        for (_, line), depth in zip(lines, depths, strict=True):
            if not depth:
                _bead(pen, line[0], look)
    if keyframe > 0:
        for change in shrinking(doodle, keyframe - 1):
            _cross(pen, change.place, look, change.strand)
    if keyframe + 1 < len(doodle.keyframes):
        for change in growing(doodle, keyframe):
            _ring(pen, change.place, look, change.strand)
    for mark in doodle.marks:
        for number, place in ((mark.keyframe - 1, mark.at), (mark.keyframe, mark.goes_to)):
            if number == keyframe:
                _square(pen, place, look)
    return cell


def _way(doodle: MatchedDoodle, segment: int, look: _Look) -> Image.Image:
    """Return the cell of a segment: where the strands are at some moments of it."""
    side = look.side * _FINER
    cell = Image.new("RGB", (side, side), _PAPER)
    ends = [[strand.points[k] for strand in doodle.strands] for k in (segment, segment + 1)]
    moments, strengths = zip(*_ONION, strict=True)
    bounds = np.cumsum([len(points) for points in ends[0]])[:-1]
    for points, strength in zip(Arcs(*ends).at(np.array(moments)), strengths, strict=True):
        pale = _Look(look.side, [_mixed(colour, strength) for colour in look.colours])
        pen = ImageDraw.Draw(cell)
        for number, line in enumerate(np.split(points, bounds)):
            _line(pen, line, pale, number, _LINE * (0.35 + 0.65 * strength))
    return cell


def _mixed(colour: Colour, strength: float) -> Colour:
    mixed = [round(strength * ink + (1 - strength) * paper) for ink, paper in zip(colour, _PAPER, strict=True)]
    return (mixed[0], mixed[1], mixed[2])


def _by_length(numbered: tuple[int, Floats]) -> float:
    """Return the key that sorts numbered lines, longest first."""
    return -float(np.linalg.norm(np.diff(numbered[1], axis=0), axis=1).sum())


def _depths(lines: Sequence[Floats]) -> list[int]:
    """Return, for each line, on how many of those before it more than half of it lies."""
    found = []
    for number, line in enumerate(lines):
        on = [_share_on(line, other) > 0.5 for other in lines[:number]]
        found.append(sum(on))
    return found


def _share_on(line: Floats, other: Floats) -> float:
    apart = np.linalg.norm(line[:, None] - other, axis=2).min(axis=1)
    return float((apart < _ON).mean())


def _line(pen: ImageDraw.ImageDraw, points: Floats, look: _Look, strand: int, width: float) -> None:
    places = [(float(x), float(y)) for x, y in points * look.scale]
    thick = max(1, round(width * look.scale))
    pen.line(places, look.colours[strand], thick, joint="curve")
    for x, y in (places[0], places[-1]):
        _disc(pen, x, y, thick / 2, look.colours[strand])


def _bead(pen: ImageDraw.ImageDraw, place: Floats, look: _Look) -> None:
    x, y = place * look.scale
    _disc(pen, x, y, _BEAD * look.scale, _PAPER)


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _ring(pen: ImageDraw.ImageDraw, place: Floats, look: _Look, strand: int) -> None:
    (x, y), radius, width = place * look.scale, 2.6 * look.scale, round(0.7 * look.scale)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=look.colours[strand], width=width)


def _cross(pen: ImageDraw.ImageDraw, place: Floats, look: _Look, strand: int) -> None:
    (x, y), reach, width = place * look.scale, 2.0 * look.scale, round(0.7 * look.scale)
    for slope in (-1, 1):
        pen.line((x - reach, y - slope * reach, x + reach, y + slope * reach), look.colours[strand], width)


def _square(pen: ImageDraw.ImageDraw, place: Point, look: _Look) -> None:
    x, y, reach = place[0] * look.scale, place[1] * look.scale, _SQUARE * look.scale
    pen.rectangle((x - reach, y - reach, x + reach, y + reach), outline=_TEXT, width=round(0.5 * look.scale))


def _ticks(picture: Image.Image, corner: tuple[int, int], side: int) -> None:
    """Write the pixels of the 64-pixel cell along the upper and the left edge of a cell in the picture."""
    left, top = corner[0], corner[1] + _CAPTION
    pen = ImageDraw.Draw(picture)
    for tick in _TICKS:
        place = round(tick * side / CELL)
        pen.line((left + place, top, left + place, top + 4), _TEXT)
        pen.line((left, top + place, left + 4, top + place), _TEXT)
        pen.text((left + place, top + 5), str(tick), _TEXT, _font(9), anchor="ma")
        pen.text((left + 6, top + place), str(tick), _TEXT, _font(9), anchor="lm")


def _put(picture: Image.Image, corner: tuple[int, int], cell: Image.Image, caption: str) -> None:
    """Put a cell into the picture, shrunk to its size, with its caption above it."""
    left, top = corner
    side = cell.width // _FINER
    pen = ImageDraw.Draw(picture)
    pen.text((left, top), caption, _TEXT, _font())
    picture.paste(cell.reduce(_FINER), (left, top + _CAPTION))
    pen.rectangle((left, top + _CAPTION, left + side - 1, top + _CAPTION + side - 1), outline=_RULE)


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    """Return texts in lines of at most ``width`` pixels."""
    lines = []
    for text in texts:
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and _font().getlength(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _font(size: int = 13) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
