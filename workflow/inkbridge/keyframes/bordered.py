"""Cells between lines: which of the lines on a page bound cells, and how sure that is."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
from inkbridge.keyframes.lines import Ruling
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.wording import Pair
from inkbridge.support.types import Images

MOST_VIEWED = 1_800_000
"""Pixels of a page at which lines are looked for: bounds time."""

SMALLEST_VIEW = 24
"""Pixels of the shorter side, there, of the smallest page with lines."""

INKED = 128
"""Tone of ink, of 255, from which it counts here. Pale lines are fainter."""

MOST_CROSSED = 0.34
"""Part of the borders between drawn cells that strokes may cross. Lines that more strokes cross are no borders."""

COMPACT = 0.75
"""Shorter side / longer side of cells that are about square, at least."""

MOST_BEYOND_FRAME = 0.1
"""Ink beyond a frame, in parts of the ink inside it, at most."""

LEAST_FILLED_BY_LINES = 0.2
"""Part of the cells between lines, up to the last drawn one, that hold ink, at least. Squared paper has fewer."""


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
        for rules in _candidates(upright, lying, inked):
            confidence = _confidence_in_lines(inked, *rules)
            if confidence is not None:
                scale = page.view.width / view.width
                return Bordered(rules[0].scaled(scale), rules[1].scaled(scale), degrees, confidence)
        if not turn:
            break
    return None


def _candidates(upright: Lines, lying: Lines, inked: NDArray[np.bool_]) -> list[tuple[Rule, Rule]]:
    """Return the steps that lines may tell. What frames nearly as much as all lines bound together comes first."""
    size = inked.shape[1], inked.shape[0]
    framed = [rules for rules in framed_rules(upright, lying, size) if _frames_all(inked, *rules)]
    usual = rules_of(upright, lying, size)
    if usual is None or not _frames_all(inked, *usual):
        return framed
    least = 0.95 * _area(*usual)
    whole = [rules for rules in framed if _area(*rules) >= least]
    return [*whole, usual, *(rules for rules in framed if _area(*rules) < least)]


def _area(columns: Rule, rows: Rule) -> float:
    return (columns.last - columns.first) * (rows.last - rows.first)


def _between_rulings(page: Page) -> Bordered | None:
    """Return the cells between the lines that were measured on the page of a photograph: some of those of squared paper
    may bound cells in a darker pen."""
    if not page.rulings:
        return None
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
