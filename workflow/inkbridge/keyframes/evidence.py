"""Cells between drawings with paper around them: which division of a page is likely, and whether it is certain."""

import math
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.keyframes.bordered import COMPACT, INKED
from inkbridge.keyframes.borders import Rule
from inkbridge.keyframes.gaps import (
    ALIKE,
    MOST_ALONG,
    MOST_SPREAD,
    SMALLEST_SIDE,
    WELL_FILLED,
    Division,
    Pieces,
    are_parts,
    cell_numbers,
    cut_share,
    cuts_no_ink,
    division,
    even_divisions,
    even_rule,
    loose_divisions,
    own_drawings,
    pieces_of,
)
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.wording import plural

MOST_INKED = 800_000
"""Pixels of a page at which gaps between drawings are looked for: bounds time."""

MOST_LEFT_OVER = 8
"""Pixels that a sheet of cells of 64 pixels may have too many: people save sheets that way."""

MOST_UNLIKE = 24
"""Most keyframes that may have nothing in common, or lie in cells that are not square and have no lines."""

MOST_DRIFT = 0.15
"""Part of a step by which the middles of drawings may come closer together over a whole row or column."""

MOST_CROSSING = 0.05
"""Part of the ink that crosses borders along an axis, up to which cells are still likely."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is known of the cells of a sheet without lines.

    chosen: the division into cells; None if it is not certain. confidence: how sure it is, 0 to 1. others: divisions
    that are likely, too. found: what speaks against all of them. is_usual: whether ``chosen`` has cells of 64 pixels.
    """

    chosen: Division | None
    confidence: float
    others: tuple[Division, ...] = ()
    found: str = ""
    is_usual: bool = False


def inked_pieces(page: Page) -> tuple[Pieces, float]:
    """Return the pieces of ink on a page, and how many of its pixels one of theirs stands for."""
    ink = page.ink
    factor = math.ceil(math.sqrt(ink.size / MOST_INKED))
    mask = _without_paper(ink >= INKED)
    if factor > 1:  # thin lines stay whole
        height, width = (-(-length // factor) * factor for length in ink.shape)
        padded = np.zeros((height, width), bool)
        padded[: ink.shape[0], : ink.shape[1]] = mask
        mask = np.asarray(padded.reshape(height // factor, factor, width // factor, factor).any(axis=(1, 3)))
    scale = factor * page.picture.width / ink.shape[1]
    extent = page.picture.width / scale, page.picture.height / scale
    return pieces_of(mask, extent), scale


def _without_paper(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask of ink, or its opposite: shapes that fill most of a page are easily taken for its paper."""
    ring = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return ~mask if ring.mean() > 0.9 and mask.mean() > 0.3 else mask


def cuts_nothing(pieces: Pieces, columns: Rule, rows: Rule) -> bool:
    """Return whether the borders of cells cut no ink."""
    height, width = pieces.mask.shape
    return all(
        cuts_no_ink(places, pieces.piece, pieces.count, cell_numbers(rule, length))
        for places, rule, length in ((pieces.x, columns, width), (pieces.y, rows, height))
    )


def likely_division(pieces: Pieces, scale: float, photographed: bool) -> Verdict:
    """Return the division of a page of which the ink is sure, or those that are likely.

    photographed: whether it is a page of paper, on which drawings have a margin around all of them.
    """
    even = [one for one in even_divisions(pieces) if one.drawn >= 2]
    usual = _usual_division(pieces, scale)
    squares = [one for one in even if one.is_square]
    square = max(squares, key=_fineness, default=None)
    if usual is not None and (square is None or square.drawn <= usual.drawn or not _is_sure(square)):
        verdict = _of_squares(usual, even, pieces, is_usual=True)
    elif usual is not None and square is not None:
        return Verdict(None, 0.0, (square, usual), "two ways to divide it")
    elif square is not None:
        verdict = _of_squares(square, even, pieces, is_usual=False)
        if verdict.chosen is not None and _comes_closer(square):
            verdict = _of_closer_drawings(square, pieces, photographed)
    else:
        verdict = _of_oblongs(even, loose_divisions(pieces), pieces, scale)
    return _unless_ink_crosses(verdict, pieces)


def _unless_ink_crosses(verdict: Verdict, pieces: Pieces) -> Verdict:
    """Return the verdict, or none if finer cells are as likely but for a little ink that crosses their borders: then
    the chosen ones would hold several drawings each. If all finer cells are slim and the chosen ones are not, these are
    only less certain."""
    others = verdict.others if verdict.chosen is None else (verdict.chosen,)
    known = max((one.drawn for one in others), default=1)
    likely = [one for one in even_divisions(pieces, MOST_CROSSING) if one.drawn > known and _is_sure(one)]
    finer = [
        one
        for one in likely
        if own_drawings(pieces, one) >= WELL_FILLED
        and all(_divides(other, one) and not are_parts(pieces, other, one) for other in others)
    ]
    if not finer:
        return verdict
    if verdict.chosen is not None and _is_compact(verdict.chosen) and not any(map(_is_compact, finer)):
        return replace(verdict, confidence=min(verdict.confidence, 0.75))
    best = max(finer, key=lambda one: (one.is_square, one.cells))
    return Verdict(None, 0.0, (best, *others), "ink across the borders of its cells")


def _finer(one: Division, others: list[Division], pieces: Pieces) -> list[Division]:
    """Return those of the other divisions that have more drawings, unless these are parts of the drawings of one."""
    return [other for other in others if other.drawn > one.drawn and not are_parts(pieces, one, other)]


def _divides(one: Division, finer: Division) -> bool:
    """Return whether a finer division has all borders of another one."""
    return finer.columns.count % one.columns.count == 0 and finer.rows.count % one.rows.count == 0


def _fineness(one: Division) -> tuple[int, float, int]:
    """Return the sort key of divisions: more drawings are finer. Of blank rows or columns nothing can be said, so that
    squarer cells come next."""
    return one.drawn, -abs(math.log(one.columns.side / one.rows.side)), one.cells


def _is_compact(one: Division) -> bool:
    """Return whether the cells are about square."""
    return COMPACT <= one.columns.side / one.rows.side <= 1 / COMPACT


def _is_sure(one: Division) -> bool:
    """Return whether nearly all cells hold ink, and neighbours look alike."""
    return one.filled >= WELL_FILLED and one.alike >= ALIKE


def _usual_division(pieces: Pieces, scale: float) -> Division | None:
    """Return the division into cells of 64 pixels, if the page has whole ones and they cut no ink."""
    sizes = [length * scale for length in pieces.extent]
    if any(size < CELL - 0.5 or (size + 0.5) % CELL > MOST_LEFT_OVER + 1 for size in sizes):
        return None
    columns, rows = (Rule(0.0, CELL / scale, int((size + 0.5) // CELL), CELL / scale) for size in sizes)
    if columns.count * rows.count < 2 or not cuts_nothing(pieces, columns, rows):
        return None
    found = division(pieces, columns, rows)
    return found if found.filled >= 0.5 else None


def _of_squares(square: Division, even: list[Division], pieces: Pieces, is_usual: bool) -> Verdict:
    """Return the verdict on square cells: they are certain unless finer cells are as likely."""
    rivals = _finer(square, [one for one in even if _is_sure(one)], pieces)
    if rivals:
        return Verdict(None, 0.0, (square, max(rivals, key=_fineness)), "two ways to divide it")
    if square.drawn > MOST_UNLIKE and square.alike < ALIKE / 2:
        return Verdict(None, 0.0, (square,), f"{square.drawn} cells that have nothing in common")
    return Verdict(square, 0.95 if square.filled >= WELL_FILLED else 0.75, is_usual=is_usual)


def _of_closer_drawings(square: Division, pieces: Pieces, photographed: bool) -> Verdict:
    """Return the verdict on drawings whose steps are smaller than those of square cells that fill the page. On a page
    of paper there is a margin; elsewhere, they may as well have moved."""
    counts = square.columns.count, square.rows.count
    loose = [one for one in loose_divisions(pieces) if _is_sure(one) and one.drawn >= 3]
    closer = [one for one in loose if (one.columns.count, one.rows.count) == counts]
    finer = _finer(closer[0], loose, pieces) if closer else []
    if photographed and closer and not any(map(_is_compact, finer)):
        return Verdict(closer[0], 0.7)
    found = "drawings that come closer together than such cells"
    return Verdict(None, 0.0, _distinct([square, *sorted(loose, key=_fineness, reverse=True)]), found)


def _comes_closer(one: Division) -> bool:
    """Return whether the steps of the drawings are smaller than those of their cells, across and down: there is paper
    around all of them. Along one axis alone, drawings that move or grow do the same."""
    counts = one.columns.count, one.rows.count
    drifts = [drift * (count - 1) for drift, count in zip(one.drift, counts, strict=True)]
    return min(drifts) < -MOST_DRIFT and max(drifts) < -MOST_DRIFT / 2


def _of_oblongs(even: list[Division], loose: list[Division], pieces: Pieces, scale: float) -> Verdict:
    """Return the verdict on cells that are not square, or that have paper around all of them."""
    loose = [one for one in loose if _is_sure(one) and one.drawn >= 3]
    around = max([one for one in loose if _is_compact(one)] or loose, key=_fineness, default=None)
    rivals = [one for one in even if _is_sure(one)]
    if around is not None and _is_compact(around):  # slim cells hold parts of these drawings, or much paper
        rivals, loose = (
            [one for one in found if _is_compact(one) or one.drawn < around.drawn] for found in (rivals, loose)
        )
    regular = [one for one in rivals if _is_regular(one)]
    best = max([*regular, *_squares_cut_short(pieces)], key=_fineness, default=None)
    for one, confidence in ((best, 0.75), (around, 0.7)):
        if one is None:
            continue
        finer = _finer(one, [*rivals, *loose], pieces)
        if not finer and one.drawn <= MOST_UNLIKE:
            return Verdict(one, confidence)
    candidates = [one for one in (best, around, *sorted(rivals, key=_fineness, reverse=True)) if one is not None]
    if candidates:
        return Verdict(None, 0.0, _distinct(candidates), "no way to divide it that is certain")
    if _is_one_drawing(pieces):
        return Verdict(None, 0.0, (), "one drawing")
    return Verdict(None, 0.0, _least_cut(pieces, scale), "ink across the borders of all likely cells")


def _squares_cut_short(pieces: Pieces) -> list[Division]:
    """Return divisions into square cells that fill the page along one axis and leave some paper along the other."""
    width, height = pieces.extent
    found = []
    for count in range(2, 33):
        for side in (width / count, height / count):
            counts = int(width / side + 0.01), int(height / side + 0.01)
            if side < SMALLEST_SIDE or min(counts) < 2 or max(counts) > MOST_ALONG:
                continue
            columns, rows = (Rule(0.0, side, number, side) for number in counts)
            if cuts_nothing(pieces, columns, rows):
                found.append(division(pieces, columns, rows))
    return [one for one in found if _is_sure(one) and _is_regular(one)]


def _is_regular(one: Division) -> bool:
    """Return whether the drawings of three cells or more lie alike in their cells."""
    counts = one.columns.count, one.rows.count
    steady = all(abs(drift) * (count - 1) <= MOST_DRIFT for drift, count in zip(one.drift, counts, strict=True))
    return one.drawn >= 3 and steady and max(one.spread) <= MOST_SPREAD


def _distinct(divisions: list[Division]) -> tuple[Division, ...]:
    return tuple({(one.columns.count, one.rows.count): one for one in reversed(divisions)}.values())[::-1]


def _is_one_drawing(pieces: Pieces) -> bool:
    """Return whether most of the ink hangs together, or no straight gap of paper divides it."""
    largest = float(np.bincount(pieces.piece).max()) / len(pieces.piece)
    whole = all(_is_unbroken(np.asarray(pieces.mask.any(axis=axis))) for axis in (0, 1))
    return largest > 0.6 or whole


def _is_unbroken(inked: NDArray[np.bool_]) -> bool:
    places = np.flatnonzero(inked)
    return bool((np.diff(places) <= max(2.0, 0.03 * len(inked))).all())


def _least_cut(pieces: Pieces, scale: float) -> tuple[Division, ...]:
    """Return the divisions into square cells that cut least ink: at most three."""
    width, height = pieces.extent
    found = []
    for count in range(1, 33):
        other = count * height / width
        if round(other) < 1 or abs(other - round(other)) > 0.05 * other or count * round(other) < 2:
            continue
        columns, rows = even_rule(width, count), even_rule(height, round(other))
        one = division(pieces, columns, rows)
        if one.filled >= 0.5 and columns.side * scale >= 16:
            found.append((cut_share(pieces, columns, rows) / math.sqrt(one.cells), one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0])[:3])


# --- words ---------------------------------------------------------------------------------------------------


def refusal(path: Path, verdict: Verdict, scale: float) -> str:
    """Return the message that refuses a sheet: what was found, and the command for each likely layout."""
    name = shlex.quote(str(path))
    if verdict.found == "one drawing":
        return (
            f"{path}: expected a sheet of several drawings, found one drawing; to turn it into another drawing: "
            f"inkbridge morph {name} OTHER.png; if it is a sheet, say how it is divided, for example: "
            f"inkbridge animate {name} --layout 4x2"
        )
    ways = [f"inkbridge animate {name} {_option(one, scale)} for {_cells(one, scale)}" for one in verdict.others[:3]]
    ways = ways or [f"inkbridge animate {name} --layout 4x2 for 4 columns and 2 rows"]
    return (
        f"{path}: expected a sheet that shows where its cells are, found {verdict.found}; say where they are "
        f"(`cell` or `layout`): " + "; ".join(ways)
    )


def _option(one: Division, scale: float) -> str:
    """Return the option that asks for a division."""
    side = one.columns.side * scale
    if one.is_square and one.columns.first == 0 and abs(side - round(side)) < 0.02:
        return f"--cell {round(side)}"
    return f"--layout {one.columns.count}x{one.rows.count}"


def _cells(one: Division, scale: float) -> str:
    sides = round(one.columns.side * scale), round(one.rows.side * scale)
    return f"{one.cells} {plural('cell', one.cells)} of {sides[0]}×{sides[1]} pixels"
