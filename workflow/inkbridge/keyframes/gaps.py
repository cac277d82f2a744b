"""Cells without lines between them: where they lie, from the paper between drawings.

Every even division of the page is tried. Cells are likely if their borders cut no ink, if hardly one of them is blank,
if they are about square, and if no finer division does as well. Drawings with paper around all of them are tried next:
their middles have equal steps.
"""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.borders import Rule
from inkbridge.support.types import Floats, Integers

SPECK = 2e-4
"""Pieces of ink with less than this part of all ink are specks."""

MOST_ALONG = 64
"""Most cells in a row or column that are looked for."""

SMALLEST_SIDE = 12
"""Pixels of the smallest cell that is looked for, in the ink that is searched."""

MOST_CUT = 0.004
"""Part of all ink that may lie beyond the borders of its cell."""

MOST_CUT_OF_PIECE = 0.05
"""Part of a connected piece of ink that may lie beyond the borders of its cell."""

BLANK = 0.001
"""A cell is blank if less than this part of it is ink."""

SQUARE = 0.02
"""Width and height of cells that are meant to be square differ by at most this part."""

LEAST_FILLED = 0.5
"""Part of the cells up to the last drawn one that hold ink, at least."""

WELL_FILLED = 0.75

ALIKE = 0.5
"""Similarity of neighbouring cells from which both look like keyframes of one movement."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Connected pieces of ink, without specks: one entry for each pixel.

    x, y: int64 [N]. piece: int64 [N], to which piece a pixel belongs. count: how many pieces. mask: bool [H, W].
    """

    x: Integers
    y: Integers
    piece: Integers
    count: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Division:
    """One way to divide a page into cells.

    columns, rows: the steps. filled: the part of the cells up to the last drawn one that hold ink. drawn: how many hold
    ink. alike: how similar neighbouring cells are, 0 to 1.
    """

    columns: Rule
    rows: Rule
    filled: float
    drawn: int
    alike: float

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.columns.count * self.rows.count

    @property
    def is_square(self) -> bool:
        """Whether its cells are square."""
        return abs(self.columns.side - self.rows.side) <= SQUARE * max(self.columns.side, self.rows.side)


def pieces_of(mask: NDArray[np.bool_]) -> Pieces:
    """Return the connected pieces of a mask of ink ``bool [H, W]``, without specks."""
    _, labels, about, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sizes = about[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    large = sizes >= max(3.0, SPECK * sizes.sum())
    numbers = np.cumsum(large) - 1
    clean = large[labels]
    y, x = np.nonzero(clean)
    return Pieces(x, y, numbers[labels[y, x]].astype(np.int64), int(large.sum()), clean)


def cuts_no_ink(places: Integers, piece: Integers, count: int, cells: Integers) -> bool:
    """Return whether all pieces lie in one cell each, but for slivers.

    places: int64 [N], where pixels are along one axis. piece: int64 [N], below ``count``. cells: int64 [length], to
    which cell each place belongs, −1 if to none.
    """
    number = cells[places]
    width = int(cells.max()) + 2
    table = np.bincount(piece * width + number + 1, minlength=count * width).reshape(count, width)
    totals, inside = table.sum(axis=1), table[:, 1:].max(axis=1)
    outside = totals - inside
    return bool(outside.sum() <= MOST_CUT * totals.sum() and (outside <= MOST_CUT_OF_PIECE * totals).all())


def even_rules(places: Integers, pieces: Pieces, length: int) -> list[Rule]:
    """Return the even divisions of a page's side that cut no ink, coarsest first. ``places``: of the ink's pixels."""
    most = max(1, min(MOST_ALONG, length // SMALLEST_SIDE))
    rules = [Rule(0.0, length / count, count, length / count) for count in range(1, most + 1)]
    return [rule for rule in rules if cuts_no_ink(places, pieces.piece, pieces.count, cell_numbers(rule, length))]


def cell_numbers(rule: Rule, length: int) -> Integers:
    """Return to which cell each pixel of a side belongs: int64 [length], −1 if to none."""
    numbers = np.full(length, -1, np.int64)
    for number, (begin, end) in enumerate(rule.spans()):
        numbers[max(0, begin) : max(0, end)] = number
    return numbers


def division(pieces: Pieces, columns: Rule, rows: Rule) -> Division:
    """Return what the cells of a division hold."""
    height, width = pieces.mask.shape
    across, down = cell_numbers(columns, width), cell_numbers(rows, height)
    inside = (across[pieces.x] >= 0) & (down[pieces.y] >= 0)
    cell = down[pieces.y[inside]] * columns.count + across[pieces.x[inside]]
    inked = np.bincount(cell, minlength=columns.count * rows.count)
    drawn = inked >= max(3.0, BLANK * columns.side * rows.side)
    last = int(np.flatnonzero(drawn)[-1]) + 1 if drawn.any() else 1
    maps = _maps(pieces, columns, rows)[:last][drawn[:last]]
    return Division(columns, rows, float(drawn[:last].mean()), int(drawn.sum()), _likeness(maps))


_MAP = 12
"""Pixels of the side of the picture in which cells are compared."""


def _maps(pieces: Pieces, columns: Rule, rows: Rule) -> Floats:
    """Return each cell as a small blurred picture: float64 [cells, 144]."""
    x = (pieces.x - columns.first) / columns.step
    y = (pieces.y - rows.first) / rows.step
    inside = (x >= 0) & (y >= 0) & (x < columns.count) & (y < rows.count)
    shape = rows.count * _MAP, columns.count * _MAP
    place = (y[inside] * _MAP).astype(np.int64) * shape[1] + (x[inside] * _MAP).astype(np.int64)
    counts = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    cells = counts.reshape(rows.count, _MAP, columns.count, _MAP).swapaxes(1, 2).reshape(-1, _MAP, _MAP)
    blurred = np.stack([cv2.GaussianBlur(np.sqrt(cell), (0, 0), 1.5) for cell in cells])
    return blurred.reshape(len(cells), -1)


def _likeness(maps: Floats) -> float:
    """Return the mean cosine between neighbouring maps [K, N]: 1 if all are the same, 0 if none share any ink."""
    if len(maps) < 2:
        return 0.0
    lengths = np.linalg.norm(maps, axis=1)
    cosines = (maps[:-1] * maps[1:]).sum(axis=1) / np.maximum(lengths[:-1] * lengths[1:], 1e-9)
    return float(cosines.mean())


def even_divisions(pieces: Pieces) -> list[Division]:
    """Return the even divisions of a page into cells that cut no ink and leave hardly a cell blank."""
    height, width = pieces.mask.shape
    columns, rows = even_rules(pieces.x, pieces, width), even_rules(pieces.y, pieces, height)
    found = [
        division(pieces, across, down)
        for across, down in product(columns, rows)
        if across.count * down.count > 1 and 0.2 <= across.side / down.side <= 5
    ]
    return [one for one in found if one.filled >= LEAST_FILLED]
