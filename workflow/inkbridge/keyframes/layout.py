"""Where the cells of a sheet lie: found from its guide lines, from what the user says, or from the drawing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from inkbridge import CELL
from inkbridge.keyframes.guides import find_guides
from inkbridge.keyframes.limits import MOST_CELLS, SMALLEST_CELL
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.wording import Pair, as_written, pair_as_written
from inkbridge.support.errors import InkbridgeError

Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge of a cell in its page, in pixels. The right and lower edges lie outside the cell.
"""


@dataclass(frozen=True)
class Layout:
    """Where the cells of a sheet lie.

    boxes: the cells, in reading order.
    columns, rows: how many there are.
    margin: pixels along the edges of each cell that lines may cover.
    found: how the layout was found.
    confidence: from 0 to 1, how sure it is.
    turn: degrees by which the page was turned before the cells were cut, clockwise.
    warnings: what the person who drew the sheet should know, one text each.
    """

    boxes: tuple[Box, ...]
    columns: int
    rows: int
    margin: int
    found: Literal["guide lines", "lines", "options", "gaps"]
    confidence: float = 1.0
    turn: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def cell(self) -> Pair:
        """Width and height of the first cell, in pixels."""
        left, top, right, below = self.boxes[0]
        return right - left, below - top


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
    """Return where the cells of a page lie. Raises InkbridgeError, which names the file, if that is not certain."""
    width, height = page.picture.size
    guides = find_guides(page.picture)
    if guides is not None and asked.cell in (None, (guides.cell, guides.cell)):
        columns = [round(edge) for edge in np.linspace(0, width, guides.columns + 1)]
        rows = [round(edge) for edge in np.linspace(0, height, guides.rows + 1)]
        check_count(path, guides.columns * guides.rows)
        return Layout(_boxes(columns, rows), guides.columns, guides.rows, guides.margin, "guide lines")
    wide, high = asked.cell or (CELL, CELL)
    across, down = width // wide, height // high
    if across * down == 0:
        raise InkbridgeError(
            f"{path}: expected at least one cell of {wide}×{high} pixels, found {width}×{height} pixels; set `cell` to "
            "the size of a cell of this sheet"
        )
    check_count(path, across * down)
    boxes = _boxes(range(0, width + 1, wide), range(0, height + 1, high))
    return Layout(boxes, across, down, 0, "options", warnings=_crop_warnings(path, (width, height), (wide, high)))


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


def _boxes(columns: Sequence[int], rows: Sequence[int]) -> tuple[Box, ...]:
    """Return the boxes between the edges of columns and rows, row by row."""
    return tuple((left, top, right, below) for top, below in pairwise(rows) for left, right in pairwise(columns))


def _crop_warnings(path: Path, size: Pair, cell: Pair) -> tuple[str, ...]:
    right, below = size[0] % cell[0], size[1] % cell[1]
    left_over = [f"{right} at the right"] * (right > 0) + [f"{below} at the bottom"] * (below > 0)
    if not left_over:
        return ()
    return (
        f"{path.name}: {size[0]}×{size[1]} pixels are not whole cells of {as_written(cell)}; pixels cropped: "
        + ", ".join(left_over),
    )
