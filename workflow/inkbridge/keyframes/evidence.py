"""What a page shows of its cells, and whether that is certain: lines between them, or paper between drawings."""

import math
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.borders import (
    Lines,
    Rule,
    departure_from_paper,
    find_lines,
    framed_rules,
    ridges,
    rules_of,
    turn_of,
)
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
from inkbridge.keyframes.lines import Ruling
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.wording import Pair, plural
from inkbridge.support.types import Images

MOST_VIEWED = 1_800_000
"""Pixels of a page at which lines are looked for: bounds time."""

SMALLEST_VIEW = 24
"""Pixels of the shorter side, there, of the smallest page with lines."""

MOST_INKED = 800_000
"""Pixels of a page at which gaps between drawings are looked for: bounds time."""

INKED = 128
"""Tone of ink, of 255, from which it counts here. Pale lines are fainter."""

MOST_CROSSED = 0.34
"""Part of the borders between drawn cells that strokes may cross. Lines that more strokes cross are no borders."""

MOST_LEFT_OVER = 8
"""Pixels that a sheet of cells of 64 pixels may have too many: people save sheets that way."""

MOST_UNLIKE = 24
"""Most keyframes that may have nothing in common, or lie in cells that are not square and have no lines."""

COMPACT = 0.75
"""Shorter side / longer side of cells that are about square, at least."""

MOST_DRIFT = 0.15
"""Part of a step by which the middles of drawings may come closer together over a whole row or column."""

MOST_CROSSING = 0.05
"""Part of the ink that crosses borders along an axis, up to which cells are still likely."""

MOST_BEYOND_FRAME = 0.1
"""Ink beyond a frame, in parts of the ink inside it, at most."""

LEAST_FILLED_BY_LINES = 0.2
"""Part of the cells between lines, up to the last drawn one, that hold ink, at least. Squared paper has fewer."""


# --- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bordered:
    """Cells between lines: their columns and rows in pixels of the page after it is turned by ``turn`` degrees,
    counter-clockwise, and how sure that is, 0 to 1."""

    columns: Rule
    rows: Rule
    turn: float
    confidence: float


def bordered_cells(page: Page) -> Bordered | None:
    """Return the cells between lines of any tone; None if there are none."""
    measured = _between_rulings(page)
    if measured is not None:
        return measured
    factor = math.ceil(math.sqrt(page.view.width * page.view.height / MOST_VIEWED))
    view = _opaque(page.view if factor == 1 else page.view.reduce(factor))
    if min(view.size) < SMALLEST_VIEW:
        return None
    ink = Image.fromarray(page.ink).resize(view.size, Image.Resampling.BOX)
    departures = _departures(view)
    turn, clear = turn_of(*(ridges(departure) for departure in departures))
    for degrees in (turn, 0.0) if clear else (0.0, turn):
        if degrees:
            paper = tuple(int(tone) for tone in np.median(np.asarray(view), axis=(0, 1)))
            departures = _departures(view.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=paper))
        upright, lying = (find_lines(ridges(departure), departure) for departure in departures)
        inked = np.asarray(ink.rotate(degrees)) >= INKED
        framed = [rules for rules in framed_rules(upright, lying, view.size) if _frames_all(inked, *rules)]
        usual = rules_of(upright, lying, view.size)
        for rules in framed if usual is None else (*framed, usual):
            confidence = _confidence_in_lines(inked, *rules)
            if confidence is not None:
                scale = page.view.width / view.width
                return Bordered(rules[0].scaled(scale), rules[1].scaled(scale), degrees, confidence)
        if not turn:
            break
    return None


def _between_rulings(page: Page) -> Bordered | None:
    """Return the cells between the lines that were measured on the page of a photograph: some of those of squared paper
    may bound cells in a darker pen."""
    ink = Image.fromarray(page.ink).resize(page.view.size, Image.Resampling.BOX)
    inked = np.asarray(ink) >= INKED
    lines = [_as_lines([one for one in page.rulings if one.axis == axis]) for axis in ("upright", "level")]
    for rules in framed_rules(lines[0], lines[1], page.view.size):
        confidence = _confidence_in_lines(inked, *rules) if _frames_all(inked, *rules) else None
        if confidence is not None:
            return Bordered(*rules, 0.0, confidence)
    return None


def _as_lines(rulings: list[Ruling]) -> Lines:
    found = [
        (one.place + one.slope * (one.start + one.end) / 2, one.thickness, one.start, one.end, 255 * one.tone)
        for one in rulings
    ]
    return Lines(*np.array(sorted(found), float).reshape(-1, 5).T)


def _opaque(view: Image.Image) -> Image.Image:
    """Lay an RGBA picture on grey, against which both black and white are seen."""
    laid = Image.new("RGBA", view.size, (128, 128, 128, 255))
    laid.alpha_composite(view)
    return laid.convert("RGB")


def _departures(view: Image.Image) -> tuple[Images, Images]:
    """Return how much a picture departs from its paper, and the same transposed."""
    departure = departure_from_paper(np.asarray(view))
    return departure, np.ascontiguousarray(departure.T)


def _confidence_in_lines(inked: NDArray[np.bool_], columns: Rule, rows: Rule) -> float | None:
    """Return how sure it is that lines bound cells, from the ink ``bool [H, W]`` that crosses them; None if they do
    not."""
    slim = not COMPACT <= columns.side / rows.side <= 1 / COMPACT
    if slim and any(rule.count == 1 and rule.width == 0 for rule in (columns, rows)):
        return None  # lines of one direction alone: the other one may have been forgotten
    if 4 * _edge_of(columns, rows) > min(columns.side, rows.side):
        return None
    drawn = np.array(
        [
            [_holds_ink(inked, column, row, _edge_of(columns, rows)) for column in columns.spans()]
            for row in rows.spans()
        ]
    )
    last = int(np.flatnonzero(drawn)[-1]) + 1 if drawn.any() else 0
    if last and drawn.ravel()[:last].mean() < LEAST_FILLED_BY_LINES:
        return None
    if _has_drawings_beyond(inked, columns, rows):
        return None
    crossed, borders = _crossings(inked, columns, rows, drawn)
    others, more = _crossings(inked.T, rows, columns, drawn.T)
    crossed, borders = crossed + others, borders + more
    share = crossed / borders if borders else 0.0
    if share > MOST_CROSSED:
        return None
    missing = (columns.missing + rows.missing) / (columns.count + rows.count)
    return 1.0 - share - 0.5 * missing


def _frames_all(inked: NDArray[np.bool_], columns: Rule, rows: Rule) -> bool:
    """Return whether nearly all ink ``bool [H, W]`` is inside a frame. A window that is drawn frames no drawings."""
    edge = _edge_of(columns, rows)
    (left, right), (top, below) = ((round(rule.first), round(rule.last)) for rule in (columns, rows))
    inside = inked[max(0, top + edge) : max(0, below - edge), max(0, left + edge) : max(0, right - edge)].sum()
    around = inked[max(0, top - edge) : below + edge, max(0, left - edge) : right + edge].sum()
    return bool(inked.sum() - around <= MOST_BEYOND_FRAME * inside)


def _has_drawings_beyond(inked: NDArray[np.bool_], columns: Rule, rows: Rule) -> bool:
    """Return whether a cell that would come before the first or after the last one holds as much ink as a drawing."""
    spans = [replace(rule, first=rule.first - rule.step, count=rule.count + 2).spans() for rule in (columns, rows)]
    edge = _edge_of(columns, rows)
    inks = np.array(
        [
            [
                inked[max(0, top + edge) : max(0, below - edge), max(0, left + edge) : max(0, right - edge)].sum()
                for left, right in spans[0]
            ]
            for top, below in spans[1]
        ]
    )
    inside = inks[1:-1, 1:-1].copy()
    inks[1:-1, 1:-1] = 0
    drawn = inside[inside > 0]
    return bool(drawn.size and inks.max() > 0.3 * np.median(drawn))


def _edge_of(columns: Rule, rows: Rule) -> int:
    """Return how many pixels along the edges of a cell lines may cover."""
    return math.ceil(max(columns.width, rows.width)) + 2


def _holds_ink(inked: NDArray[np.bool_], column: Pair, row: Pair, edge: int) -> bool:
    cell = inked[max(0, row[0] + edge) : max(0, row[1] - edge), max(0, column[0] + edge) : max(0, column[1] - edge)]
    return int(cell.sum()) >= max(4, 0.001 * cell.size)


def _crossings(inked: NDArray[np.bool_], columns: Rule, rows: Rule, drawn: NDArray[np.bool_]) -> Pair:
    """Return how many borders between drawn neighbours in a row are crossed by strokes, and how many there are."""
    band = math.ceil(columns.width / 2) + 2
    crossed = borders = 0
    for place, row in enumerate(rows.spans()):
        for left in range(columns.count - 1):
            if not (drawn[place, left] and drawn[place, left + 1]):
                continue
            borders += 1
            border = round(columns.first + columns.step * (left + 1))
            edge = math.ceil(rows.width) + 2
            strip = inked[max(0, row[0] + edge) : row[1] - edge, max(0, border - band) : border + band + 1]
            if strip.size and strip.shape[1] > 1:
                near = cv2.dilate(strip[:, [0, -1]].astype(np.uint8), np.ones((5, 1), np.uint8))
                crossed += bool(np.asarray(near).all(axis=1).any())
    return crossed, borders


# --- paper between drawings ----------------------------------------------------------------------------------


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


def likely_division(pieces: Pieces, scale: float) -> Verdict:
    """Return the division of a page of which the ink is sure, or those that are likely."""
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
    else:
        verdict = _of_oblongs(even, loose_divisions(pieces), pieces, scale)
    return _unless_ink_crosses(verdict, pieces)


def _unless_ink_crosses(verdict: Verdict, pieces: Pieces) -> Verdict:
    """Return the verdict, or none if finer cells are as likely but for a little ink that crosses their borders: then
    the chosen ones would hold several drawings each."""
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
    """Return the verdict on square cells: they are certain unless finer cells are as likely, or the drawings have
    steps of their own."""
    rivals = _finer(square, [one for one in even if _is_sure(one)], pieces)
    if rivals:
        return Verdict(None, 0.0, (square, max(rivals, key=_fineness)), "two ways to divide it")
    if square.drawn > MOST_UNLIKE and square.alike < ALIKE / 2:
        return Verdict(None, 0.0, (square,), f"{square.drawn} cells that have nothing in common")
    if not is_usual and _comes_closer(square):
        counts = square.columns.count, square.rows.count
        loose = [one for one in loose_divisions(pieces) if _is_sure(one) and one.drawn >= 3]
        closer = [one for one in loose if (one.columns.count, one.rows.count) == counts]
        finer = _finer(closer[0], loose, pieces) if closer else []
        if closer and not any(_is_compact(one) for one in finer):
            return Verdict(closer[0], 0.7)
        return Verdict(None, 0.0, (square, *loose), "drawings that come closer together than such cells")
    return Verdict(square, 0.95 if square.filled >= WELL_FILLED else 0.75, is_usual=is_usual)


def _comes_closer(one: Division) -> bool:
    """Return whether the steps of the drawings are smaller than those of their cells, across and down: there is paper
    around all of them. Along one axis alone, drawings that move or grow do the same."""
    counts = one.columns.count, one.rows.count
    drifts = [drift * (count - 1) for drift, count in zip(one.drift, counts, strict=True)]
    return min(drifts) < -MOST_DRIFT and max(drifts) < -MOST_DRIFT / 2


def _of_oblongs(even: list[Division], loose: list[Division], pieces: Pieces, scale: float) -> Verdict:
    """Return the verdict on cells that are not square, or that have paper around all of them."""
    regular = [one for one in even if _is_sure(one) and _is_regular(one)]
    loose = [one for one in loose if _is_sure(one) and one.drawn >= 3]
    best = max([*regular, *_squares_cut_short(pieces)], key=_fineness, default=None)
    around = max(loose, key=_fineness, default=None)
    rivals = [one for one in even if _is_sure(one)]
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
