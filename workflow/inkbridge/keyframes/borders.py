"""The lines between the cells of a sheet, of any tone: ruled, printed, photographed grey, inverted, black and white.

They are found by geometry. A line is a thin ridge that runs along a column or row of pixels, straight and without a
break. Lines that bound cells have equal steps and end at each other. Strokes are shorter, or end elsewhere.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.support.types import Array, Floats, Images

REACHES = (3, 6, 12)
"""Pixels from the middle of a line to the paper beside it. Lines may be twice as wide."""

LEAST_RIDGE = 5.0
"""Tones by which the faintest line departs from the paper beside it."""

LEAST_FILL = 0.7
"""A line is seen along this part of its length. Strokes may cross the rest."""

LEAST_LENGTH = 0.3
"""Length of the shortest line, in parts of the picture's side."""

LARGEST_TURN = 4.0
"""Degrees by which a sheet may lie askew."""

CLEARLY_STRAIGHTER = 1.2
"""Lines are this many times as sharp once a sheet that clearly lies askew is turned upright."""

STEP_TOLERANCE = 0.03
"""The steps between lines differ from each other by at most this part, or by two pixels."""

CUT_OFF = 0.15
"""Part of an outer cell that may be cut off together with its line."""

SAME = 0.02
"""Width and height of square cells differ by at most this part."""

WHOLE = 0.03
"""Lines that bound cells along one axis alone begin and end at most this part of the picture's side from its edges."""

SLIMMEST = 1 / 3
"""Width of the slimmest cell that lines bound, in parts of its height. What is slimmer is ruled paper."""

WIDEST_SPACING = 0.25
"""Paper between cells that have frames of their own, in parts of a cell. Frames farther apart are drawings."""

MEETING = 0.013
"""The lines of a frame begin and end alike, but for this part of their length. They end as far from those across."""

ONE_TONE = 1.5
"""How many times the tone of one line of a frame may be that of another one."""

MOST_FRAMED = 100
"""Lines among which frames are looked for: bounds time."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Parallel lines, in order.

    places: float64 [N], where their middles are, in pixels. widths: float64 [N]. begins, ends: float64 [N], between
    which pixels along its length each line is seen. tones: float64 [N], by how many tones they depart from paper.
    """

    places: Floats
    widths: Floats
    begins: Floats
    ends: Floats
    tones: Floats

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True)
class Rule:
    """Equal steps along one axis of a sheet.

    first: where the first cell begins, in pixels. step: from the beginning of a cell to that of the next. count: how
    many cells. side: pixels of a cell, less than a step if there is paper between cells. width: pixels of the widest
    line. missing: how many inner edges have no line. single: the place of the line, if only one was found.
    """

    first: float
    step: float
    count: int
    side: float
    width: float = 0.0
    missing: int = 0
    single: float | None = None

    @property
    def last(self) -> float:
        """Where the last cell ends."""
        return self.first + self.step * (self.count - 1) + self.side

    def scaled(self, scale: float) -> "Rule":
        """Return the same steps in a picture that is larger by ``scale``."""
        sizes = (self.first * scale, self.step * scale, self.count, self.side * scale, self.width * scale)
        return Rule(*sizes, self.missing, None if self.single is None else self.single * scale)

    def spans(self) -> list[tuple[int, int]]:
        """Return the first pixel of each cell, and one past its last."""
        begins = self.first + self.step * np.arange(self.count)
        return [(round(begin), round(begin + self.side)) for begin in begins.tolist()]


def departure_from_paper(colours: Images) -> Images:
    """Return by how many tones each pixel of a picture ``uint8 [H, W, 3]`` departs from the paper around it."""
    height, width = colours.shape[:2]
    scale = 96 / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(colours, size, interpolation=cv2.INTER_AREA) if scale < 1 else colours
    reach = 12
    # Mirrored, so that a line along the edge of the picture is not taken for paper.
    mirrored = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    paper = cv2.medianBlur(mirrored, 2 * reach + 1)[reach:-reach, reach:-reach]
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.absdiff(colours, paper).max(axis=2), np.uint8)


def ridges(departure: Images) -> NDArray[np.bool_]:
    """Return which pixels of ``uint8 [H, W]`` lie on a thin vertical ridge: bool [H, W]."""
    height, width = departure.shape
    along = max(9, height // 40) | 1
    smooth = cv2.blur(departure.astype(np.float32), (1, along), borderType=cv2.BORDER_REFLECT)
    found = np.zeros(departure.shape, bool)
    for reach in REACHES:
        if 4 * reach > width:
            break
        padded = cv2.copyMakeBorder(smooth, 0, 0, reach, reach, cv2.BORDER_CONSTANT, value=0.0)
        ridge = smooth - np.maximum(padded[:, :width], padded[:, 2 * reach :])
        found |= ridge > max(LEAST_RIDGE, 4.0 * _spread(ridge))
    return found


def _spread(ridge: NDArray[Any]) -> float:
    """Return the standard deviation of noise among ridges, from the middle half of their negative values."""
    return 1.4826 * float(np.median(np.abs(ridge[::7, ::3])))


def turn_of(upright: NDArray[np.bool_], lying: NDArray[np.bool_]) -> tuple[float, bool]:
    """Return by how many degrees a sheet lies askew, clockwise, from its ridges, and whether that is clear.

    upright: bool [H, W], on vertical ridges. lying: bool [W, H], on horizontal ridges, transposed. Returns 0 if no turn
    makes the lines straighter than they are.
    """
    strips = _strips(upright), _strips(lying)

    def straightness(degrees: float) -> float:
        slope = np.tan(np.radians(degrees))
        return _peaks(strips[0], -slope) + _peaks(strips[1], slope)

    best = max(np.arange(-LARGEST_TURN, LARGEST_TURN + 0.01, 0.2), key=straightness)
    best = max(best + np.arange(-0.2, 0.21, 0.02), key=straightness)
    drift = abs(np.tan(np.radians(best))) * max(upright.shape)
    gain = straightness(best) / max(1.0, straightness(0.0))
    # A drift of about a pixel from end to end is no turn.
    return (float(best), gain > CLEARLY_STRAIGHTER) if drift >= 1.5 and gain > 1.02 else (0.0, True)


_STRIP = 16
"""Pixels along a line that are added up before lines are turned."""


def _strips(ridge: NDArray[np.bool_]) -> Array:
    """Add up a ridge map [H, W] over strips of its rows: float32 [H / 16, W]."""
    count = max(1, len(ridge) // _STRIP)
    return np.stack([strip.sum(axis=0, dtype=np.float32) for strip in np.array_split(ridge, count)])


def _peaks(strips: Array, slope: float) -> float:
    """Return how sharply strips [N, W] add up if each is moved along by ``slope``: the sum of their squared sums."""
    count, width = strips.shape
    offsets = np.round(slope * _STRIP * (np.arange(count) - (count - 1) / 2)).astype(int)
    moved = np.take(strips, (np.arange(width) + offsets[:, None]) % width + width * np.arange(count)[:, None])
    return float((moved.sum(axis=0) ** 2).sum())


def find_lines(ridge: NDArray[np.bool_], departure: Images) -> Lines:
    """Return the vertical lines of a ridge map ``bool [H, W]``. departure: uint8 [H, W], by which its pixels depart
    from paper."""
    height = len(ridge)
    # A line may waver by a pixel.
    wide = cv2.dilate(ridge.astype(np.uint8), np.ones((1, 3), np.uint8)).astype(bool)
    shares = wide.mean(axis=0)
    found: list[tuple[float, ...]] = []
    for begin, end in _runs(shares > LEAST_LENGTH * LEAST_FILL):
        column = wide[:, begin + int(shares[begin:end].argmax())]
        covered = np.flatnonzero(column)
        top, below = _longest_stretch(column)
        if below - top >= LEAST_LENGTH * height and covered.size:
            weights = ridge[top:below, begin:end].mean(axis=0)
            strong = np.flatnonzero(weights >= 0.5 * weights.max()) + begin
            place, width = (strong[0] + strong[-1] + 1) / 2, strong[-1] - strong[0] + 1
            tone = float(np.median(departure[top:below, strong[0] : strong[-1] + 1].max(axis=1)))
            found.append((place, width, top, below, tone))
    return Lines(*np.array(found, float).reshape(-1, 5).T)


def _longest_stretch(column: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the begin and end of the longest stretch that is filled but for short breaks."""
    height = len(column)
    gap = max(3, round(0.06 * height))
    closed = cv2.morphologyEx(
        np.pad(column, gap).astype(np.uint8)[:, None], cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)
    )[gap:-gap, 0].astype(bool)
    best = (0, 0)
    for begin, end in _runs(closed):
        if end - begin > best[1] - best[0] and column[begin:end].mean() >= LEAST_FILL:
            best = (begin, end)
    return best


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the begin and end of each run of true values."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in zip(steps[::2], steps[1::2], strict=True)]


def rules_of(upright: Lines, lying: Lines, size: tuple[int, int]) -> tuple[Rule, Rule] | None:
    """Return the steps between vertical lines and those between horizontal lines of a picture of ``size`` (width,
    height). Returns None if the lines do not bound cells.

    If some lines are much paler than others, they may bound cells while the others are strokes.
    """
    tones = np.concatenate([upright.tones, lying.tones])
    found = _rules(upright, lying, size)
    if found is None and tones.size and tones.max() > 2 * tones.min():
        middle = float(np.sqrt(max(1.0, tones.min()) * tones.max()))
        found = _rules(_chosen(upright, upright.tones < middle), _chosen(lying, lying.tones < middle), size)
    return found


def _rules(upright: Lines, lying: Lines, size: tuple[int, int]) -> tuple[Rule, Rule] | None:
    across, down = _long(upright), _long(lying)
    columns = _rule_of(across, size[0], down)
    rows = _rule_of(down, size[1], across)
    if columns is None or rows is None or columns.count * rows.count < 2:
        return None
    columns, rows = _cut_like(columns, rows), _cut_like(rows, columns)
    if not SLIMMEST <= columns.side / rows.side <= 1 / SLIMMEST:
        return None
    return columns, rows


def framed_rules(upright: Lines, lying: Lines, size: tuple[int, int]) -> list[tuple[Rule, Rule]]:
    """Return the steps within each frame: lines of about one tone of which all begin and end at the outermost ones
    across them. Other lines may lie within the frame and around it: the edge of the paper, construction lines.

    upright, lying, size: as in :func:`rules_of`. The largest frame comes first.
    """
    found = []
    for left, right in combinations(range(min(len(upright), MOST_FRAMED)), 2):
        tone, inner = upright.tones[left], upright.places[[left, right]]
        across = _spanning(lying, inner, tone)
        if len(across) < 2:
            continue
        down = _spanning(upright, across.places[[0, -1]], tone)
        if len(down) < 2 or (down.places[[0, -1]] != inner).any():
            continue
        rules = _rules(down, across, size)
        if rules is not None:
            found.append(rules)
    return sorted(found, key=lambda rules: -(rules[0].last - rules[0].first) * (rules[1].last - rules[1].first))


def _spanning(lines: Lines, ends: Floats, tone: float) -> Lines:
    """Return the lines of about this tone that begin and end at these places, and all at the same ones."""
    meeting = MEETING * (ends[1] - ends[0])
    slack = max(3.0, meeting) + lines.widths
    meets = (np.abs(lines.begins - ends[0]) <= slack) & (np.abs(lines.ends - ends[1]) <= slack)
    # A dithered line is seen as dots; its tone is not known.
    dotted = (lines.tones < LEAST_RIDGE) | (tone < LEAST_RIDGE)
    alike = (lines.tones <= ONE_TONE * tone) & (lines.tones * ONE_TONE >= tone) | dotted
    found = _chosen(lines, meets & alike)
    if not len(found):
        return found
    off = [np.abs(places - np.median(places)) for places in (found.begins, found.ends)]
    return _chosen(found, np.maximum(*off) <= max(2.0, meeting))


def _cut_like(rule: Rule, other: Rule) -> Rule:
    """Return the cells of an axis that shows too little to say what is cut off, as much cut off as along the other
    axis, if that makes them square."""
    cut = -other.first
    if cut < 0.5 or other.single is not None or rule.count > 2 or (rule.count == 2 and rule.single is None):
        return rule
    side = rule.side + (2 * cut if rule.count == 1 else cut)
    if rule.first < -0.5 or abs(side - other.side) > SAME * other.side:
        return rule
    return replace(rule, first=-cut, step=side, side=side)


def _long(lines: Lines) -> Lines:
    """Return the lines that are about as long as the longest one."""
    lengths = lines.ends - lines.begins
    return _chosen(lines, lengths >= 0.85 * lengths.max()) if len(lines) else lines


def _chosen(lines: Lines, which: NDArray[np.bool_]) -> Lines:
    return Lines(lines.places[which], lines.widths[which], lines.begins[which], lines.ends[which], lines.tones[which])


def _rule_of(lines: Lines, length: int, crossing: Lines) -> Rule | None:
    """Return the steps between parallel lines. ``crossing``: the lines at right angles, from whose ends the outermost
    cells are known if their lines are cut off or missing."""
    begin, end = 0.0, float(length)
    if len(crossing):
        begin, end = float(np.median(crossing.begins)), float(np.median(crossing.ends))
    slack = 0.03 * length
    lines = _chosen(lines, (lines.places >= begin - slack) & (lines.places <= end + slack))
    if not len(lines):  # one cell from edge to edge of the picture; strokes end before
        whole = len(crossing) and begin <= WHOLE * length and end >= (1 - WHOLE) * length
        return Rule(begin, end - begin, 1, end - begin) if whole else None
    places = _at_the_edge(lines, length)
    return _single_steps(places, lines, begin, end) or _framed_cells(places, lines, begin, end)


def _at_the_edge(lines: Lines, length: int) -> Floats:
    """Return the places of lines. An outer line that touches the edge of the picture stands for that edge."""
    places = lines.places.copy()
    if places[0] - lines.widths[0] / 2 <= 1.5:
        places[0] = 0.0
    if places[-1] + lines.widths[-1] / 2 >= length - 1.5:
        places[-1] = length
    return places


def _single_steps(places: Floats, lines: Lines, begin: float, end: float) -> Rule | None:
    """Return the steps between lines that are shared by the cells on both sides."""
    single = float(places[0]) if len(places) == 1 else None
    if single is not None:  # the line between two cells, unless it is the edge of one
        step = max(places[0] - begin, end - places[0])
        if min(places[0] - begin, end - places[0]) < (1 - CUT_OFF) * step:
            return None
        places = np.array([places[0] - step, places[0], places[0] + step])
    steps = np.diff(places)
    step = float(np.median(steps[steps <= 1.5 * steps.min()]))
    numbers = np.round((places - places[0]) / step)
    if len(np.unique(numbers)) < len(numbers):
        return None
    step, first = (float(value) for value in np.polyfit(numbers, places, 1))
    if np.abs(places - first - step * numbers).max() > max(2.0, STEP_TOLERANCE * step):
        return None
    before, after = (first - begin) / step, (end - first) / step - numbers[-1]
    if not all(abs(part - round(part)) <= CUT_OFF for part in (before, after)):
        return None
    count = int(numbers[-1]) + round(before) + round(after)
    missing = count + 1 - len(places) - (round(before) > 0) - (round(after) > 0)
    if count < 1 or missing > count / 4:
        return None
    return Rule(first - round(before) * step, step, count, step, _width(lines), max(0, missing), single)


def _framed_cells(places: Floats, lines: Lines, begin: float, end: float) -> Rule | None:
    """Return the steps of cells that each have a frame of their own, with paper between the frames."""
    if len(places) < 4 or len(places) % 2:
        return None
    sides, gaps, steps = places[1::2] - places[::2], places[2::2] - places[1:-1:2], np.diff(places[::2])
    side, gap, step = (float(np.median(lengths)) for lengths in (sides, gaps, steps))
    even = all(np.ptp(lengths) <= max(3.0, 2 * STEP_TOLERANCE * step) for lengths in (sides, gaps))
    whole = abs(places[0] - begin) <= CUT_OFF * step and abs(places[-1] - end) <= CUT_OFF * step
    if not even or not whole or gap > WIDEST_SPACING * side:
        return None
    return Rule(float(places[0]), step, len(sides), side, _width(lines))


def _width(lines: Lines) -> float:
    """Return the width of the widest line. Strokes along a line make it look much wider; they do not count."""
    return float(lines.widths[lines.widths <= 2.5 * np.median(lines.widths)].max())
