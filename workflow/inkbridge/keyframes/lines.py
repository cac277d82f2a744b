"""Lines that are no drawing: squares and lines that paper is printed with, borders of cells, construction lines.

Rulings are long, straight, thin, and level or upright. Construction lines have a colour and are paler than the ink that
is drawn over them. Both leave the ink that crosses them.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Tones = NDArray[np.float32]
"""By which part a page is darker than its paper, 0 to 1."""

Mask = NDArray[np.bool_]

LEAST_LINE = 0.03
"""Part by which the palest line is darker than its paper."""

THICKEST = 1 / 90
"""Thickest ruling, in parts of the longer side of a page."""

SHORTEST_DASH = 1 / 45
"""Shortest piece of a ruling between strokes that cross it, in parts of the longer side of a page."""

STEEPEST = 0.06
"""Rise of a level line, and run of an upright one: 3.4 degrees."""

LEAST_LENGTH = 0.45
"""Length of a ruling, in parts of the side of the page that it goes along."""

LEAST_COVER = 0.55
"""Part of its length along which a pale ruling is seen. Ink covers the rest."""

LEAST_COVER_OF_BORDER = 0.9
"""The same of a ruling as dark as the ink: a border of cells."""

PALE = 0.62
"""A line whose tone is less than this part of that of ink is pale."""

LEAST_CHROMA = 0.3
"""(largest − smallest departure of the channels) / largest: a line with more has a colour."""


@dataclass(frozen=True)
class Ruling:
    """A straight line on a page.

    axis: level lines go along x, upright ones along y. start, end: where it begins and ends along its axis, in pixels.
    place, slope: at ``u`` along the axis, its middle lies at ``place + slope·u``. thickness: in pixels. tone: by which
    part it is darker than paper.
    """

    axis: Literal["level", "upright"]
    start: float
    end: float
    place: float
    slope: float
    thickness: float
    tone: float


def find_rulings(tones: Tones, axis: Literal["level", "upright"], floor: float) -> list[Ruling]:
    """Return the straight lines along one axis of a page ``[H, W]``. floor: the part that the paper's noise reaches."""
    turned = tones if axis == "level" else np.ascontiguousarray(tones.T)
    dashes = _dashes(turned, max(floor, LEAST_LINE))
    found = _joined(_pieces(dashes), turned.shape)
    return [_measured(axis, turned, dashes, line) for line in found]


def _dashes(tones: Tones, least: float) -> NDArray[np.uint8]:
    """Return where a page has thin level dashes: 1 there, else 0."""
    long = max(tones.shape)
    thick = max(3, round(THICKEST * long)) | 1
    bytes_ = (tones * 255).clip(0, 255).astype(np.uint8)
    thin = cv2.subtract(bytes_, cv2.morphologyEx(bytes_, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8)))
    mask = (thin > 255 * least).astype(np.uint8)
    # A dash may rise by a pixel or two: thicken it before short ones are wiped out.
    thickened = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    dash = max(9, round(SHORTEST_DASH * long))
    opened = cv2.morphologyEx(thickened, cv2.MORPH_OPEN, np.ones((1, dash), np.uint8))
    return np.asarray(opened, np.uint8) & mask


def _pieces(dashes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the dashes as segments [N, 5]: start, end, the middle's place at both, and their number of columns."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dashes, connectivity=8)
    pieces = []
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(1, count + 1))
    for number in range(1, count):
        chosen = order[bounds[number - 1] : bounds[number]]
        width = stats[number, cv2.CC_STAT_WIDTH]
        x, y = columns[chosen], rows[chosen]
        if width < 5 or stats[number, cv2.CC_STAT_HEIGHT] > 4 + 2 * STEEPEST * width + 0.012 * dashes.shape[1]:
            continue
        slope, place = np.polyfit(x, y, 1)
        pieces.append((x.min(), x.max() + 1, place + slope * x.min(), place + slope * x.max(), width))
    return np.array(pieces, np.float64).reshape(-1, 5)


def _joined(pieces: NDArray[np.float64], shape: tuple[int, ...]) -> list[tuple[float, float, float, float]]:
    """Return the lines that pieces lie on: start, end, place and slope of each. The longest piece leads."""
    lines = []
    left = pieces[np.argsort(-pieces[:, 4], kind="stable")]
    long = max(shape)
    while len(left):
        seed = left[0]
        members = np.zeros(len(left), bool)
        members[0] = True
        for _ in range(4):
            chosen = left[members]
            x = np.concatenate([chosen[:, 0], chosen[:, 1]])
            y = np.concatenate([chosen[:, 2], chosen[:, 3]])
            weights = np.sqrt(np.concatenate([chosen[:, 4], chosen[:, 4]]))
            slope, place = np.polyfit(x, y, 1, w=weights) if np.ptp(x) > 20 else (0.0, float(y.mean()))
            slope = float(np.clip(slope, -STEEPEST, STEEPEST))
            ends = np.abs(left[:, 2:4] - (place + slope * left[:, 0:2])).max(axis=1)
            reach = np.minimum(np.abs(left[:, 0] - x.max()), np.abs(left[:, 1] - x.min()))
            grown = (ends <= 0.003 * long + 1.5) & ((reach < 0.5 * long) | members)
            grown[0] = True
            if (grown == members).all():
                break
            members = grown
        chosen = left[members]
        start, end = chosen[:, 0].min(), chosen[:, 1].max()
        covered = _covered(chosen[:, :2])
        if end - start >= LEAST_LENGTH * shape[1] and covered >= LEAST_COVER * (end - start):
            lines.append((float(start), float(end), float(place), slope))
        left = left[~members] if seed is not None else left
    return lines


def _covered(spans: NDArray[np.float64]) -> float:
    """Return the length of the union of spans [N, 2]."""
    length, reached = 0.0, -np.inf
    for start, end in spans[np.argsort(spans[:, 0])]:
        length += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return length


def _measured(
    axis: Literal["level", "upright"],
    tones: Tones,
    dashes: NDArray[np.uint8],
    line: tuple[float, float, float, float],
) -> Ruling:
    """Return a line with its thickness and tone, from its dashes."""
    start, end, place, slope = line
    columns = np.arange(round(start), round(end))
    middles = np.rint(place + slope * columns).astype(int)
    reach = max(3, round(THICKEST * max(tones.shape)))
    offsets = np.arange(-reach, reach + 1)
    rows = (middles[:, None] + offsets).clip(0, tones.shape[0] - 1)
    strip, dashed = tones[rows, columns[:, None]], dashes[rows, columns[:, None]] > 0
    hit = dashed.any(axis=1)
    peaks = np.where(dashed, strip, 0).max(axis=1)[hit]
    tone = float(np.median(peaks)) if hit.any() else 0.0
    thickness = float(np.percentile((strip > tone / 2).sum(axis=1)[hit], 40)) if hit.any() else 1.0
    return Ruling(axis, start, end, place, slope, max(1.0, min(thickness, 2.0 * reach)), tone)


# --- wiping lines out ----------------------------------------------------------------------------------------


def ink_level(tones: Tones) -> float:
    """Return by which part solid ink is darker than paper on a page; 0 if there is none."""
    strongest = float(np.percentile(tones, 99.8))
    strong = tones[tones > max(strongest / 2, LEAST_LINE)]
    return float(np.percentile(strong, 75)) if strong.size else 0.0


def is_pale(ruling: Ruling, level: float) -> bool:
    """Return whether a ruling is so much paler than the ink of its page that it is no drawing."""
    return ruling.tone < PALE * level


def borders(rulings: list[Ruling], level: float) -> list[Ruling]:
    """Return those of the rulings as dark as ink that are borders of cells: they end at other ones across them.

    A ground that is drawn along a ruler below all figures meets nothing, and is a drawing.
    """
    dark = [ruling for ruling in rulings if not is_pale(ruling, level)]
    found = dark
    while True:
        kept = [one for one in found if sum(_meet(one, other) for other in found) >= 2]
        if len(kept) == len(found):
            return kept
        found = kept


def _meet(one: Ruling, other: Ruling) -> bool:
    """Return whether a ruling ends at, or crosses, another one across it."""
    if one.axis == other.axis:
        return False
    slack = 3 + one.thickness + other.thickness + 0.02 * (one.end - one.start)
    at = other.place + other.slope * (one.place + one.slope * (one.start + one.end) / 2)
    across = one.place + one.slope * at
    return one.start - slack <= at <= one.end + slack and other.start - slack <= across <= other.end + slack


def wiped(tones: Tones, ruling: Ruling, level: float) -> Mask:
    """Return which pixels of a page a ruling covers and ink does not: bool [H, W].

    level: the part by which solid ink is darker than paper. Below a pale ruling, ink is what is much darker than the
    ruling. Below a dark one, it is what goes on at both sides.
    """
    turned = tones if ruling.axis == "level" else np.ascontiguousarray(tones.T)
    reach = round(ruling.thickness / 2 + 2)
    columns = np.arange(max(0, round(ruling.start) - 2), min(turned.shape[1], round(ruling.end) + 2))
    offsets = np.arange(-reach - 3, reach + 4)
    rows = np.rint(ruling.place + ruling.slope * columns).astype(int)[:, None] + offsets
    strip = turned[rows.clip(0, turned.shape[0] - 1), columns[:, None]]
    band = np.abs(offsets) <= reach
    if is_pale(ruling, level):
        near = cv2.dilate(np.ascontiguousarray(strip), np.ones((2 * reach + 1, 2 * reach + 7), np.uint8))
        inked = (near > 1.5 * ruling.tone) & (strip > (ruling.tone + near) / 2)
    else:
        above, below = strip[:, :3].max(axis=1), strip[:, -3:].max(axis=1)
        crossed = (np.minimum(above, below) > level / 2).astype(np.uint8)[:, None]
        inked = np.broadcast_to(crossed > 0, strip.shape)
    mask = np.zeros(turned.shape, bool)
    inside = (rows >= 0) & (rows < turned.shape[0]) & band & ~inked
    mask[rows[inside], np.broadcast_to(columns[:, None], rows.shape)[inside]] = True
    return mask if ruling.axis == "level" else mask.T


def construction_lines(departures: NDArray[np.float32], level: float) -> Mask:
    """Return which pixels of a page are pale lines in a colour, near ink without one that is much darker: bool [H, W].

    departures: by which part each channel is darker than paper [H, W, 3]. Without darker ink nearby, the colour is that
    of the pen.
    """
    largest, smallest = departures.max(axis=2), departures.min(axis=2)
    long = max(largest.shape)
    strong = ((smallest > PALE * level) | (largest > 0.85 * level)) & (largest > LEAST_LINE)
    edges = cv2.dilate(strong.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    coloured = (largest - smallest > LEAST_CHROMA * largest) & (largest > LEAST_LINE) & (largest < 0.8 * level) & ~edges
    count, labels = cv2.connectedComponents(coloured.astype(np.uint8), connectivity=8)
    reach = 2 * round(long / 40) + 1
    nearby = cv2.dilate(strong.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    near = np.bincount(labels[nearby], minlength=count) > 0
    near[0] = False
    return np.asarray(near[labels])
