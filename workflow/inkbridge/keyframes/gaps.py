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

from inkbridge import CELL
from inkbridge.keyframes.borders import Rule
from inkbridge.keyframes.ink import SMALLEST_DRAWING
from inkbridge.support.types import Floats, Integers

SPECK = 2e-4
"""Pieces of ink with less than this part of all ink are specks."""

MOST_ALONG = 128
"""Most cells in a row or column that are looked for."""

SMALLEST_SIDE = 12
"""Pixels of the smallest cell that is looked for, in the ink that is searched."""

MOST_CUT = 0.004
"""Part of all ink that may lie beyond the borders of its cell."""

MOST_CUT_OF_PIECE = 0.05
"""Part of a connected piece of ink that may lie beyond the borders of its cell."""

BLANK = SMALLEST_DRAWING / CELL**2
"""A cell is blank if less than this part of it is ink, as it is once it is cut."""

SQUARE = 0.02
"""Width and height of cells that are meant to be square differ by at most this part."""

LEAST_FILLED = 0.5
"""Part of the cells up to the last drawn one that hold ink, at least."""

WELL_FILLED = 0.75
"""The same of cells that are not square, or whose step is not known from the page."""

NEARLY_SQUARE = 0.1
"""Steps of drawings that differ by at most this part are taken for equal."""

MOST_SPREAD = 0.13
"""Part of a step by which the middles of drawings may scatter."""

ALIKE = 0.5
"""Similarity of neighbouring cells from which both look like keyframes of one movement."""

LESS_ALIKE = 0.25
"""By how much the similarity of two parts of a drawing is less than that of the same part of two drawings."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Connected pieces of ink, without specks: one entry for each pixel.

    x, y: int64 [N]. piece: int64 [N], to which piece a pixel belongs. count: how many pieces. mask: bool [H, W].
    extent: width and height of the page, in pixels of the mask.
    """

    x: Integers
    y: Integers
    piece: Integers
    count: int
    mask: NDArray[np.bool_]
    extent: tuple[float, float]


@dataclass(frozen=True)
class Division:
    """One way to divide a page into cells.

    columns, rows: the steps. filled: the part of the cells up to the last drawn one that hold ink. drawn: how many
    ink. alike: how similar neighbouring cells are, 0 to 1.
    """

    columns: Rule
    rows: Rule
    filled: float
    drawn: int
    alike: float
    drift: tuple[float, float]
    spread: tuple[float, float]

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.columns.count * self.rows.count

    @property
    def is_square(self) -> bool:
        """Whether its cells are square."""
        return abs(self.columns.side - self.rows.side) <= SQUARE * max(self.columns.side, self.rows.side)


def pieces_of(mask: NDArray[np.bool_], extent: tuple[float, float]) -> Pieces:
    """Return the connected pieces of a mask of ink ``bool [H, W]`` of a page, without specks."""
    _, labels, about, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sizes = about[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    large = sizes >= max(3.0, SPECK * sizes.sum())
    numbers = np.cumsum(large) - 1
    clean = large[labels]
    y, x = np.nonzero(clean)
    return Pieces(x, y, numbers[labels[y, x]].astype(np.int64), int(large.sum()), clean, extent)


def cuts_no_ink(places: Integers, piece: Integers, count: int, cells: Integers) -> bool:
    """Return whether all pieces lie in one cell each, but for slivers.

    places: int64 [N], where pixels are along one axis. piece: int64 [N], below ``count``. cells: int64 [length], to
    which cell each place belongs, −1 if to none.
    """
    return _cuts_no_ink(*_ink_outside(places, piece, count, cells))


def _cuts_no_ink(totals: Integers, outside: Integers) -> bool:
    return bool(outside.sum() <= MOST_CUT * totals.sum() and (outside <= MOST_CUT_OF_PIECE * totals).all())


def _ink_outside(places: Integers, piece: Integers, count: int, cells: Integers) -> tuple[Integers, Integers]:
    """Return how many pixels each piece has, and how many of them lie outside the cell that holds most of it."""
    width = int(cells.max()) + 2
    table = np.bincount(piece * width + cells[places] + 1, minlength=count * width).reshape(count, width)
    totals = table.sum(axis=1)
    return totals, totals - table[:, 1:].max(axis=1)


def cut_share(pieces: Pieces, columns: Rule, rows: Rule) -> float:
    """Return the part of the ink that lies beyond the borders of the cell that holds most of its piece."""
    height, width = pieces.mask.shape
    shares = []
    for places, rule, length in ((pieces.x, columns, width), (pieces.y, rows, height)):
        totals, outside = _ink_outside(places, pieces.piece, pieces.count, cell_numbers(rule, length))
        shares.append(float(outside.sum() / max(1, totals.sum())))
    return sum(shares)


def even_rule(extent: float, count: int) -> Rule:
    """Return the division of a length into equal cells."""
    return Rule(0.0, extent / count, count, extent / count)


def even_rules(places: Integers, pieces: Pieces, extent: float, length: int, most_cut: float) -> list[Rule]:
    """Return the even divisions of a page's side that cut no ink, or at most this part of it, coarsest first.
    ``places``: of the ink's pixels."""
    most = max(1, min(MOST_ALONG, int(extent) // SMALLEST_SIDE))
    found = []
    for count in range(1, most + 1):
        rule = even_rule(extent, count)
        totals, outside = _ink_outside(places, pieces.piece, pieces.count, cell_numbers(rule, length))
        if _cuts_no_ink(totals, outside) or outside.sum() < most_cut * totals.sum():
            found.append(rule)
    return found


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
    drifts = [
        _drift(places[inside], cell, drawn, number, rule)
        for places, number, rule in (
            (pieces.x, np.arange(len(drawn)) % columns.count, columns),
            (pieces.y, np.arange(len(drawn)) // columns.count, rows),
        )
    ]
    return Division(
        columns,
        rows,
        float(drawn[:last].mean()),
        int(drawn.sum()),
        _likeness(maps),
        (drifts[0][0], drifts[1][0]),
        (drifts[0][1], drifts[1][1]),
    )


def _drift(
    places: Integers, cell: Integers, drawn: NDArray[np.bool_], number: Integers, rule: Rule
) -> tuple[float, float]:
    """Return by what part of a step the middles of drawings move from one number to the next, and how they scatter."""
    middles = _extents(places, cell, len(drawn))[drawn].mean(axis=1)
    offsets = (middles - rule.first) / rule.step - number[drawn] - 0.5
    if len(np.unique(number[drawn])) < 2:
        return 0.0, float(offsets.std()) if len(offsets) else 0.0
    slope, place = np.polyfit(number[drawn], offsets, 1)
    return float(slope), float((offsets - place - slope * number[drawn]).std())


def _extents(places: Integers, cell: Integers, count: int) -> Floats:
    """Return the first pixel of each cell's ink, and one past the last: float64 [count, 2], 0 for a blank cell."""
    least, most = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(least, cell, places)
    np.maximum.at(most, cell, places + 1)
    return np.stack([np.where(most > 0, least, 0), most], axis=1).astype(np.float64)


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
    return np.asarray(blurred.reshape(len(cells), -1), np.float64)


def _likeness(maps: Floats) -> float:
    """Return the mean cosine between neighbouring maps [K, N]: 1 if all are the same, 0 if none share any ink."""
    if len(maps) < 2:
        return 0.0
    lengths = np.linalg.norm(maps, axis=1)
    cosines = (maps[:-1] * maps[1:]).sum(axis=1) / np.maximum(lengths[:-1] * lengths[1:], 1e-9)
    return float(cosines.mean())


def own_drawings(pieces: Pieces, one: Division) -> float:
    """Return the part of the cells, up to the last drawn one, in which most of a piece of ink lies. Others hold the
    ends of what is drawn in their neighbours."""
    height, width = pieces.mask.shape
    across, down = cell_numbers(one.columns, width)[pieces.x], cell_numbers(one.rows, height)[pieces.y]
    inside = (across >= 0) & (down >= 0)
    cell = down[inside] * one.columns.count + across[inside]
    parts, sizes = np.unique(pieces.piece[inside] * one.cells + cell, return_counts=True)
    largest = np.zeros(pieces.count, np.int64)
    np.maximum.at(largest, parts // one.cells, sizes)
    owned = np.zeros(one.cells, bool)
    owned[parts[sizes == largest[parts // one.cells]] % one.cells] = True
    last = int(np.flatnonzero(np.bincount(cell, minlength=one.cells))[-1]) + 1
    return float(owned[:last].mean())


def are_parts(pieces: Pieces, coarse: Division, finer: Division) -> bool:
    """Return whether the cells of a finer division are parts of the drawings of a coarser one: parts at the same place
    of two drawings are much more alike than two parts of the same drawing."""
    maps = _maps(pieces, finer.columns, finer.rows)
    maps = maps / np.maximum(np.linalg.norm(maps, axis=1, keepdims=True), 1e-9)
    cells = maps.reshape(finer.rows.count, finer.columns.count, -1)
    for axis, one, other in ((0, finer.rows, coarse.rows), (1, finer.columns, coarse.columns)):
        step = one.count // other.count
        if step < 2 or other.count < 2 or one.count % other.count:
            continue
        turned = np.moveaxis(cells, axis, 0)
        within = (turned[1:] * turned[:-1]).sum(axis=2)[np.arange(1, one.count) % step != 0]
        apart = (turned[step:] * turned[:-step]).sum(axis=2)
        if within.mean() < apart.mean() - LESS_ALIKE:
            return True
    return False


def even_divisions(pieces: Pieces, most_cut: float = 0.0) -> list[Division]:
    """Return the even divisions of a page that leave hardly a cell blank: into cells that cut no ink, or into cells
    that cut at most this part of the ink along each axis."""
    height, width = pieces.mask.shape
    columns = even_rules(pieces.x, pieces, pieces.extent[0], width, most_cut)
    rows = even_rules(pieces.y, pieces, pieces.extent[1], height, most_cut)
    found = [
        division(pieces, across, down)
        for across, down in product(columns, rows)
        if across.count * down.count > 1 and 0.2 <= across.side / down.side <= 5
    ]
    return [one for one in found if one.filled >= LEAST_FILLED]


def loose_divisions(pieces: Pieces) -> list[Division]:
    """Return divisions of drawings with paper around all of them, into cells with equal steps around their middles."""
    height, width = pieces.mask.shape
    across, down = (_gaps(np.asarray(pieces.mask.any(axis=axis))) for axis in (0, 1))
    found = []
    for columns, rows in product(range(1, len(across) + 2), range(1, len(down) + 2)):
        if not 3 <= columns * rows <= MOST_ALONG:
            continue
        numbers = _groups(pieces.x, across[: columns - 1]), _groups(pieces.y, down[: rows - 1])
        steps = _steps(pieces, numbers, (columns, rows))
        if steps is None:
            continue
        rules = [_around(middle, step, count) for (middle, step), count in zip(steps, (columns, rows), strict=True)]
        fits = all(
            cuts_no_ink(places, pieces.piece, pieces.count, cell_numbers(rule, length))
            for places, rule, length in ((pieces.x, rules[0], width), (pieces.y, rules[1], height))
        )
        if fits:
            found.append(division(pieces, rules[0], rules[1]))
    return [one for one in found if one.filled >= WELL_FILLED and max(one.spread) <= MOST_SPREAD]


def _gaps(inked: NDArray[np.bool_]) -> list[float]:
    """Return the middles of the gaps of paper between ink, widest first: at most twelve."""
    places = np.flatnonzero(inked)
    lengths = np.diff(places) - 1
    order = np.argsort(-lengths, kind="stable")[:12]
    return [float(places[at] + places[at + 1] + 1) / 2 for at in order if lengths[at] > 0]


def _groups(places: Integers, borders: list[float]) -> Integers:
    """Return between which of the borders each place lies: int64 [N]."""
    return np.searchsorted(np.sort(np.array(borders, np.float64)), places).astype(np.int64)


def _steps(
    pieces: Pieces, numbers: tuple[Integers, Integers], counts: tuple[int, int]
) -> list[tuple[float, float]] | None:
    """Return along both axes the middle of the first drawing and the step to the next. None if a step is unknown."""
    cell = numbers[1] * counts[0] + numbers[0]
    drawn = np.flatnonzero(np.bincount(cell, minlength=counts[0] * counts[1]))
    if not len(drawn):
        return None
    extents = [
        (_extents(places, cell, counts[0] * counts[1])[drawn], number)
        for places, number in ((pieces.x, drawn % counts[0]), (pieces.y, drawn // counts[0]))
    ]
    (across, loose_across), (down, loose_down) = (_step(lengths.mean(axis=1), number) for lengths, number in extents)
    across, down = across or down, down or across
    if abs(across - down) <= NEARLY_SQUARE * max(across, down):  # the drawings scatter less about one of the two
        across = down = (across * loose_down + down * loose_across) / (loose_across + loose_down)
    if min(across, down) <= 0:
        return None
    # In the middle of its cell is what all drawings cover together, so that none of them is cut off.
    together = [
        lengths - (step * number)[:, None] for (lengths, number), step in zip(extents, (across, down), strict=True)
    ]
    return [
        (float(places[:, 0].min() + places[:, 1].max()) / 2, step)
        for places, step in zip(together, (across, down), strict=True)
    ]


def _step(middles: Floats, numbers: Integers) -> tuple[float, float]:
    """Return the step from one drawing to the next, and the squared scatter about it. The step is 0 if all drawings
    have the same number."""
    if np.ptp(numbers) == 0:
        return 0.0, 1.0
    step, first = (float(value) for value in np.polyfit(numbers, middles, 1))
    return step, float(((middles - first - step * numbers) ** 2).mean()) + 1.0


def _around(middle: float, step: float, count: int) -> Rule:
    """Return cells around middles with equal steps."""
    return Rule(middle - step / 2, step, count, step)
