"""Where the cells of a sheet lie: found from its guide lines, from what the user says, or from the drawing itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from inkbridge import CELL
from inkbridge.keyframes.bordered import bordered_cells
from inkbridge.keyframes.borders import Rule
from inkbridge.keyframes.edges import ruled_margin
from inkbridge.keyframes.evidence import (
    cuts_nothing,
    inked_pieces,
    likely_division,
    refusal,
)
from inkbridge.keyframes.gaps import loose_divisions
from inkbridge.keyframes.guides import find_guides
from inkbridge.keyframes.limits import MOST_CELLS, SMALLEST_CELL
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.wording import Pair, as_written, pair_as_written, plural
from inkbridge.support.errors import InkbridgeError

Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge of a cell in its page, in pixels. The right and lower edges lie outside the cell.
"""

FOUND = {
    "guide lines": "found by their guide lines",
    "lines": "found by the lines between them",
    "options": "as asked for",
    "gaps": "found by the paper between drawings",
}
"""How cells were found, in words."""

LEAST_CERTAIN = 0.9
"""A layout that is less sure comes with a warning."""


@dataclass(frozen=True)
class Layout:
    """Where the cells of a sheet lie.

    boxes: the cells, in reading order.
    columns, rows: how many there are.
    margin: pixels along the edges of each cell that lines may cover.
    found: how the layout was found.
    confidence: from 0 to 1, how sure it is.
    turn: degrees by which the page is turned before the cells are cut, counter-clockwise.
    warnings: what the person who drew the sheet should know, one text each.
    """

    boxes: tuple[Box, ...]
    columns: int
    rows: int
    margin: int
    found: Literal["marks", "guide lines", "lines", "options", "gaps"]
    confidence: float = 1.0
    turn: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def cell(self) -> Pair:
        """Width and height of the first cell, in pixels."""
        left, top, right, below = self.boxes[0]
        return right - left, below - top

    def describe(self) -> str:
        """Return how the cells were found, for the person who drew them."""
        turn = f", on the sheet turned by {abs(self.turn):.1f}°" if self.turn else ""
        counts = f"{self.columns} {plural('column', self.columns)}, {self.rows} {plural('row', self.rows)}"
        return f"{counts}, read row by row; {FOUND[self.found]}{turn}, confidence {self.confidence:.2f}"


@dataclass(frozen=True)
class AskedLayout:
    """What the user says about the cells of a sheet.

    cell: width and height of a cell in pixels. layout: columns and rows. margin: pixels of paper around all cells.
    spacing: pixels of paper between cells.
    """

    cell: Pair | None = None
    layout: Pair | None = None
    margin: int | None = None
    spacing: int | None = None

    def given(self) -> dict[str, str | int]:
        """Return what the user says, as it is written."""
        said = {
            "cell": self.cell and as_written(self.cell),
            "layout": self.layout and f"{self.layout[0]}x{self.layout[1]}",
            "margin": self.margin,
            "spacing": self.spacing,
        }
        return {name: value for name, value in said.items() if value is not None}


def find_layout(path: Path, page: Page, asked: AskedLayout) -> Layout:
    """Return where the cells of a page lie.

    What is asked for comes first, then guide lines, other lines between cells, and the paper between drawings. Nothing
    is assumed: raises InkbridgeError, which names the file and the likely layouts, if it is not certain.
    """
    if asked.margin is None and asked.spacing is None:
        for find in (_from_guide_lines, _from_lines):
            layout = find(path, page, asked)
            if layout is not None:
                return layout
    if asked.given():
        return _as_asked(path, page, asked)
    return _from_drawing(path, page)


# --- lines -----------------------------------------------------------------------------------------------------


def _from_guide_lines(path: Path, page: Page, asked: AskedLayout) -> Layout | None:
    """Return the cells between the guide lines of an empty sheet; None if it has none, or none as asked for."""
    width, height = page.view.size
    guides = find_guides(page.view)
    if guides is None or not _is_as_asked(asked, (guides.columns, guides.rows), (guides.cell, guides.cell), 0.0):
        return None
    check_count(path, guides.columns * guides.rows)
    columns = [round(edge) for edge in np.linspace(0, width, guides.columns + 1)]
    rows = [round(edge) for edge in np.linspace(0, height, guides.rows + 1)]
    boxes = _boxes(list(pairwise(columns)), list(pairwise(rows)))
    return Layout(boxes, guides.columns, guides.rows, guides.margin, "guide lines")


def _from_lines(path: Path, page: Page, asked: AskedLayout) -> Layout | None:
    """Return the cells between lines of any tone; None if there are none, or none as asked for."""
    found = bordered_cells(page)
    if found is None:
        return None
    counts, sides = (found.columns.count, found.rows.count), (round(found.columns.side), round(found.rows.side))
    if not _is_as_asked(asked, counts, sides, 0.03):
        return None
    check_count(path, counts[0] * counts[1])
    margin = math.ceil(max(found.columns.width, found.rows.width)) + 1
    boxes = _boxes(found.columns.spans(), found.rows.spans())
    return Layout(boxes, *counts, margin, "lines", found.confidence, found.turn)


def _is_as_asked(asked: AskedLayout, counts: Pair, sides: Pair, slack: float) -> bool:
    """Return whether cells that were found are those that the user asks for."""
    if asked.layout not in (None, counts):
        return False
    return asked.cell is None or all(
        abs(found - wanted) <= slack * wanted for found, wanted in zip(sides, asked.cell, strict=True)
    )


# --- options -------------------------------------------------------------------------------------------------


def _as_asked(path: Path, page: Page, asked: AskedLayout) -> Layout:
    """Return the cells as the user asks for them. Raises InkbridgeError if the page has no room for them."""
    if asked.cell is None and asked.margin is None and asked.spacing is None and asked.layout is not None:
        return _of_layout(path, page, asked.layout)
    size, margin, spacing = page.picture.size, asked.margin or 0, asked.spacing or 0
    rules = []
    for axis, length in enumerate(size):
        count = asked.layout[axis] if asked.layout else 0
        room = length - 2 * margin + spacing
        if asked.cell is not None:
            side = float(asked.cell[axis])
            count = count or int(room // (side + spacing))
        else:
            side = room / (count or 1) - spacing
        rules.append(Rule(float(margin), side + spacing, count, side))
    columns, rows = rules
    fits = all(
        rule.count > 0 and rule.side >= SMALLEST_CELL and rule.last <= length + 0.5
        for rule, length in zip(rules, size, strict=True)
    )
    if not fits:
        raise _no_room(path, size, asked)
    check_count(path, columns.count * rows.count)
    boxes = _boxes(columns.spans(), rows.spans())
    warnings: tuple[str, ...] = ()
    if asked.cell is not None and asked.layout is None:
        warnings = _crop_warnings(path, size, (round(columns.last) + margin, round(rows.last) + margin), asked.cell)
    return Layout(boxes, columns.count, rows.count, ruled_margin(page.view, boxes), "options", warnings=warnings)


def _of_layout(path: Path, page: Page, layout: Pair) -> Layout:
    """Return the cells of a sheet of which only the columns and rows are known: the whole page, unless its borders cut
    ink that other cells of equal steps do not cut."""
    size = page.picture.size
    if any(length < count * SMALLEST_CELL for length, count in zip(size, layout, strict=True)):
        raise _no_room(path, size, AskedLayout(layout=layout))
    columns, rows = (
        Rule(0.0, length / count, count, length / count) for length, count in zip(size, layout, strict=True)
    )
    pieces, scale = inked_pieces(page)
    if pieces.count and not cuts_nothing(pieces, columns.scaled(1 / scale), rows.scaled(1 / scale)):
        better = [one for one in loose_divisions(pieces) if (one.columns.count, one.rows.count) == layout]
        if better:
            columns, rows = better[0].columns.scaled(scale), better[0].rows.scaled(scale)
    boxes = _boxes(columns.spans(), rows.spans())
    return Layout(boxes, *layout, ruled_margin(page.view, boxes), "options")


def _no_room(path: Path, size: Pair, asked: AskedLayout) -> InkbridgeError:
    if asked.cell is not None and asked.layout is None and not asked.margin and not asked.spacing:
        wide, high = asked.cell
        return InkbridgeError(
            f"{path}: expected at least one cell of {wide}×{high} pixels, found {size[0]}×{size[1]} pixels; set `cell` "
            "to the size of a cell of this sheet"
        )
    said = ", ".join(f"{name} {value}" for name, value in asked.given().items())
    return InkbridgeError(
        f"{path}: expected room for cells of at least {SMALLEST_CELL} pixels with {said}, found {size[0]}×{size[1]} "
        "pixels; change `cell`, `layout`, `margin` or `spacing`"
    )


# --- the drawing itself --------------------------------------------------------------------------------------


def _from_drawing(path: Path, page: Page) -> Layout:
    """Return the cells of a sheet without lines, from the paper between its drawings."""
    size = page.picture.size
    if min(size) < SMALLEST_CELL:
        raise _no_room(path, size, AskedLayout((SMALLEST_CELL, SMALLEST_CELL)))
    pieces, scale = inked_pieces(page)
    if min(pieces.extent) < 2:
        raise InkbridgeError(
            f"{path}: expected a sheet that is not so long, found {size[0]}×{size[1]} pixels; say where its cells are "
            "(`cell` or `layout`), or cut it up"
        )
    if not pieces.count:
        return _blank_layout(path, size)
    verdict = likely_division(pieces, scale, page.photographed)
    if verdict.chosen is None:
        raise InkbridgeError(refusal(path, verdict, scale))
    columns, rows = verdict.chosen.columns.scaled(scale), verdict.chosen.rows.scaled(scale)
    warnings: tuple[str, ...] = ()
    if verdict.is_usual:
        warnings = _crop_warnings(path, size, (round(columns.last), round(rows.last)), (CELL, CELL))
    elif verdict.confidence < LEAST_CERTAIN:
        warnings = (_guess_warning(path, columns, rows),)
    boxes = _boxes(columns.spans(), rows.spans())
    return Layout(boxes, columns.count, rows.count, 0, "gaps", verdict.confidence, warnings=warnings)


def _guess_warning(path: Path, columns: Rule, rows: Rule) -> str:
    return (
        f"{path.name}: no lines show where the cells are; {columns.count}×{rows.count} cells of {round(columns.side)}×"
        f"{round(rows.side)} pixels follow from the paper between the drawings; if a drawing jumps, set `cell` or "
        "`layout`, and `margin`"
    )


def _blank_layout(path: Path, size: Pair) -> Layout:
    """Return the layout of a sheet without ink, in which nothing can be found anyway."""
    counts = [max(1, length // CELL) for length in size]
    check_count(path, counts[0] * counts[1])
    columns, rows = (
        Rule(0.0, min(CELL, length), count, min(CELL, length)) for length, count in zip(size, counts, strict=True)
    )
    return Layout(_boxes(columns.spans(), rows.spans()), counts[0], counts[1], 0, "gaps", 0.0)


def check_count(path: Path, count: int) -> None:
    """Raise InkbridgeError if a sheet has too many cells."""
    if count > MOST_CELLS:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_CELLS} cells, found more; check `cell`, or cut the sheet up"
        )


def asked_layout(
    path: Path, cell: int | str | None, layout: str | None, margin: int | None, spacing: int | None
) -> AskedLayout:
    """Return what the user says about the cells of a sheet, as it is written in settings.

    Raises InkbridgeError, which names ``path``, if a value is wrong.
    """
    asked = AskedLayout(_pair(path, "cell", cell), _pair(path, "layout", layout), margin, spacing)
    if asked.cell is not None and min(asked.cell) < SMALLEST_CELL:
        raise InkbridgeError(
            f"{path}: expected `cell` of at least {SMALLEST_CELL} pixels, found {cell}; give the size of a cell of "
            "the sheet"
        )
    if asked.layout is not None:
        if min(asked.layout) < 1:
            raise InkbridgeError(f"{path}: expected `layout` of at least one column and one row, found {layout}")
        check_count(path, asked.layout[0] * asked.layout[1])
    for name, value in (("margin", margin), ("spacing", spacing)):
        if value is not None and value < 0:
            raise InkbridgeError(f"{path}: expected `{name}` of at least 0 pixels, found {value}")
    return asked


def _pair(path: Path, name: str, value: int | str | None) -> Pair | None:
    try:
        return None if value is None else pair_as_written(value)
    except ValueError as error:
        raise InkbridgeError(f"{path}: expected `{name}` as {error}; found {value!r}") from None


def _boxes(columns: Sequence[Pair], rows: Sequence[Pair]) -> tuple[Box, ...]:
    """Return the boxes of columns and rows, row by row."""
    return tuple((left, top, right, below) for top, below in rows for left, right in columns)


def _crop_warnings(path: Path, size: Pair, covered: Pair, cell: Pair) -> tuple[str, ...]:
    """Return a warning if the cells of ``cell`` pixels do not cover a picture of ``size``."""
    right, below = size[0] - covered[0], size[1] - covered[1]
    left_over = [f"{right} at the right"] * (right > 0) + [f"{below} at the bottom"] * (below > 0)
    if not left_over:
        return ()
    return (
        f"{path.name}: {size[0]}×{size[1]} pixels are not whole cells of {as_written(cell)}; pixels cropped: "
        + ", ".join(left_over),
    )
