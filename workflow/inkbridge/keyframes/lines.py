"""Lines that are no drawing: squares and lines that paper is printed with, borders of cells, construction lines.

Rulings are long, straight, thin, and level or upright. Construction lines have a colour and are paler than the ink that
is drawn over them. Both leave the ink that crosses them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Tones = NDArray[np.float32]
"""By which part a page is darker than its paper, 0 to 1."""

Mask = NDArray[np.bool_]

Axis = Literal["level", "upright"]

_AXES: tuple[Axis, Axis] = ("level", "upright")

LEAST_LINE = 0.03
"""Part by which the palest line is darker than its paper."""

THICKEST = 1 / 90
"""Thickest ruling, in parts of the longer side of a page."""

MOST_THICK = 0.02
"""Part of the pixels of a thin line that may lie where it is thicker."""

SHORTEST_DASH = 1 / 45
"""Shortest piece of a ruling between strokes that cross it, in parts of the longer side of a page."""

BENT = 0.02
"""Part of its length by which a dash of a pale ruling is bent, at most."""

STEEPEST = 0.06
"""Rise of a level line, and run of an upright one: 3.4 degrees."""

FEWEST_ASKEW, LEAST_ASKEW = 3, 0.005
"""Long lines that tell that a page lies askew, at least, their slope, and by how much they may differ."""

LEAST_LENGTH = 0.12
"""Length of a ruling, in parts of the side of the page that it goes along."""

LONG = 0.45
"""The same of a pale ruling that no other one meets."""

LONG_BORDER = 0.3
"""The same of a border of cells as dark as the ink."""

LEAST_COVER = 0.55
"""Part of its length along which a pale ruling is seen. Ink covers the rest."""

LEAST_COVER_OF_BORDER = 0.88
"""The same of a ruling as dark as the ink: a border of cells."""

LEAST_DRAWN = 0.1
"""Part of the dark pixels of a page that is no border of cells, if its drawings have borders."""

PALE = 0.62
"""A line whose tone is less than this part of that of ink is pale."""

SAME_HUE = 0.96
"""Cosine of the angle between colours, as departures from paper, above which they are the same."""

LEAST_CONSTRUCTION = 0.12
"""Length of all construction lines together, in parts of the longer side of a page, at least."""

SHORTEST_CONSTRUCTION = 0.03
"""Length of the shortest piece of a construction line, in parts of the longer side of a page."""

LEAST_CHROMA = 0.3
"""(largest − smallest departure of the channels) / largest: a line with more has a colour."""


NOISE_NEAR, NOISE_FAR = 3, 8
"""Distances from ink, in pixels, between which the noise of a clean drawing is measured: blocks of JPEG have 8."""

NOISE_REACH = 6.0
"""How many times its median the noise reaches."""


@dataclass(frozen=True)
class Ruling:
    """A straight line on a page.

    axis: level lines go along x, upright ones along y. start, end: where it begins and ends along its axis, in pixels.
    place, slope: at ``u`` along the axis, its middle lies at ``place + slope·u``. thickness: in pixels. tone: by which
    part it is darker than paper. cover: the part of its length along which it is seen.
    """

    axis: Axis
    start: float
    end: float
    place: float
    slope: float
    thickness: float
    tone: float
    cover: float


def has_pale_ink(tones: Tones, level: float) -> bool:
    """Return whether a page ``[H, W]`` has anything paler than ink that is not at the edge of ink."""
    return bool(((tones > LEAST_LINE) & ~_near_dark(tones, level)).any())


def has_colour(departures: NDArray[np.float32]) -> bool:
    """Return whether a page has anything in a colour. departures: by which part each channel is darker than paper [H,
    W, 3]."""
    largest, smallest = departures.max(axis=2), departures.min(axis=2)
    return bool(((largest > LEAST_LINE) & (largest - smallest > LEAST_CHROMA * largest)).any())


def _near_dark(tones: Tones, level: float) -> Mask:
    dark = (tones > PALE * level).astype(np.uint8)
    return np.asarray(cv2.dilate(dark, np.ones((7, 7), np.uint8)) > 0)


def find_rulings(tones: Tones, level: float, floor: float) -> list[Ruling]:
    """Return the straight level and upright lines of a page ``[H, W]``: first those as dark as ink, then paler ones.

    level: the part by which solid ink is darker than paper. floor: the part that the paper's noise reaches.
    """
    dark = tones > PALE * level
    found = _rulings(np.where(dark, tones, 0).astype(np.float32), np.zeros(tones.shape, bool), LEAST_LINE)
    hidden = np.zeros(tones.shape, bool)
    for ruling in found:
        hidden |= _beside(ruling, tones.shape)
    pale = np.where(_near_dark(tones, level), 0, tones).astype(np.float32)
    return found + _rulings(pale, hidden, max(floor, LEAST_LINE), straight=True)


def _rulings(tones: Tones, hidden: Mask, least: float, straight: bool = False) -> list[Ruling]:
    """Return the level and upright rulings. hidden: bool [H, W], where darker ones may cover them. least: the tone of
    the palest one. straight: whether dashes that are bent are left out."""
    found = []
    for axis in _AXES:
        turned, covered = (tones, hidden) if axis == "level" else (np.ascontiguousarray(tones.T), hidden.T)
        dashes = _dashes(turned, least)
        found += [_measured(axis, turned, dashes, line) for line in _joined(_pieces(dashes, straight), covered)]
    return found


def _beside(ruling: Ruling, shape: tuple[int, ...]) -> Mask:
    """Return which pixels of a page [H, W] lie on a ruling or right beside it."""
    mask = np.zeros(shape if ruling.axis == "level" else shape[::-1], np.uint8)
    ends = [(round(at), round(ruling.place + ruling.slope * at)) for at in (ruling.start, ruling.end)]
    cv2.line(mask, ends[0], ends[1], 1, round(ruling.thickness) + 8)
    return (mask if ruling.axis == "level" else mask.T) > 0


def _dashes(tones: Tones, least: float) -> NDArray[np.uint8]:
    """Return where a page has thin level dashes: 1 there, else 0."""
    long = max(tones.shape)
    thick = max(3, round(THICKEST * long)) | 1
    dash = max(9, round(SHORTEST_DASH * long))
    if least > LEAST_LINE:  # the paper is noisy: a mean along the line is less so
        tones = np.asarray(cv2.blur(tones, (dash // 3 | 1, 1)), np.float32)
    bytes_ = (tones * 255).clip(0, 255).astype(np.uint8)
    thin = cv2.subtract(bytes_, cv2.morphologyEx(bytes_, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8)))
    mask = (thin > 255 * least).astype(np.uint8)
    # A dash may rise by a pixel or two: thicken it before short ones are wiped out.
    thickened = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    opened = cv2.morphologyEx(thickened, cv2.MORPH_OPEN, np.ones((1, dash), np.uint8))
    return np.asarray(opened, np.uint8) & mask


def _pieces(dashes: NDArray[np.uint8], straight: bool) -> NDArray[np.float64]:
    """Return the dashes as segments [N, 5]: start, end, the middle's place at both, and their number of columns.

    straight: whether those that are bent are left out, as the side of an ellipse.
    """
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
        if straight and _sagitta(x, y) > max(1.0, BENT * width):
            continue
        pieces.append((x.min(), x.max() + 1, place + slope * x.min(), place + slope * x.max(), width))
    return np.array(pieces, np.float64).reshape(-1, 5)


def _sagitta(x: NDArray[np.intp], y: NDArray[np.intp]) -> float:
    """Return by how many pixels a dash bends between its ends and its middle."""
    middle, half = (x.min() + x.max()) / 2, max(1.0, np.ptp(x) / 2)
    return float(abs(np.polyfit((x - middle) / half, y, 2)[0]))


def _joined(pieces: NDArray[np.float64], hidden: Mask) -> list[tuple[float, ...]]:
    """Return the lines that pieces lie on: start, end, place, slope and cover of each. The longest piece leads.

    hidden: bool [H, W], where darker ink may cover a line.
    """
    lines: list[tuple[float, ...]] = []
    left = pieces[np.argsort(-pieces[:, 4], kind="stable")]
    long = max(hidden.shape)
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
            along = ends <= 0.003 * long + 1.5
            grown = along & ((reach < 0.5 * long) | members)
            for far in np.flatnonzero(along & ~grown):  # what lies between may be covered by ink
                begin, end = sorted((left[far, 0], left[far, 1], x.min(), x.max()))[1:3]
                grown[far] = _visible(hidden, (place, slope), begin, end) <= 0.5 * (end - begin)
            grown[0] = True
            if (grown == members).all():
                break
            members = grown
        chosen = left[members]
        start, end = chosen[:, 0].min(), chosen[:, 1].max()
        covered = _covered(chosen[:, :2])
        visible = max(covered, _visible(hidden, (place, slope), start, end), 1.0)
        if end - start >= LEAST_LENGTH * hidden.shape[1] and covered >= LEAST_COVER * visible:
            lines.append((float(start), float(end), float(place), slope, covered / visible))
        left = left[~members] if seed is not None else left
    return lines


def _visible(hidden: Mask, line: tuple[float, float], begin: float, end: float) -> float:
    """Return along how many pixels, from ``begin`` to ``end``, a line (place, slope) is not hidden."""
    columns = np.arange(round(begin), round(end))
    rows = np.rint(line[0] + line[1] * columns).astype(int).clip(0, hidden.shape[0] - 1)
    return float((~hidden[rows, columns]).sum())


def _covered(spans: NDArray[np.float64]) -> float:
    """Return the length of the union of spans [N, 2]."""
    length, reached = 0.0, -np.inf
    for start, end in spans[np.argsort(spans[:, 0])]:
        length += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return length


def _measured(
    axis: Axis,
    tones: Tones,
    dashes: NDArray[np.uint8],
    line: tuple[float, ...],
) -> Ruling:
    """Return a line with its thickness and tone, from its dashes."""
    start, end, place, slope, cover = line
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
    return Ruling(axis, start, end, place, slope, max(1.0, min(thickness, 2.0 * reach)), tone, cover)


def askew(rulings: Sequence[Ruling], shape: tuple[int, ...]) -> float:
    """Return the slope of the level lines of a page ``[H, W]`` that lies askew; 0 if its long lines do not agree."""
    long = [one for one in rulings if _part(one, shape) >= LONG]
    slopes = np.array([one.slope if one.axis == "level" else -one.slope for one in long])
    if len(slopes) < FEWEST_ASKEW or len({one.axis for one in long}) < 2:
        return 0.0
    slope = float(np.median(slopes))
    return slope if abs(slope) > LEAST_ASKEW and np.abs(slopes - slope).max() <= LEAST_ASKEW else 0.0


# --- wiping lines out ----------------------------------------------------------------------------------------


def ink_level(tones: Tones) -> float:
    """Return by which part solid ink is darker than paper on a page; 0 if there is none."""
    strongest = float(np.percentile(tones, 99.8))
    strong = tones[tones > max(strongest / 2, LEAST_LINE)]
    return float(np.percentile(strong, 75)) if strong.size else 0.0


def is_pale(ruling: Ruling, level: float) -> bool:
    """Return whether a ruling is so much paler than the ink of its page that it is no drawing."""
    return ruling.tone < PALE * level


def printed(rulings: list[Ruling], level: float, shape: tuple[int, ...]) -> list[Ruling]:
    """Return the pale rulings of a page [H, W] that are no drawing: long ones, and short ones that meet two others."""
    pale = [ruling for ruling in rulings if is_pale(ruling, level)]
    return [one for one in pale if _part(one, shape) >= LONG or sum(_meet(one, other) for other in pale) >= 2]


def borders(rulings: list[Ruling], tones: Tones, level: float) -> list[Ruling]:
    """Return those of the rulings as dark as ink that are borders of cells: they end at other ones across them, and
    there are three in one direction, one of them between two cells.

    A ground that is drawn along a ruler below all figures meets nothing, and is a drawing. So is a square, and a window
    with nothing else on the page ``[H, W]``.
    """
    found = [
        one
        for one in rulings
        if not is_pale(one, level) and _part(one, tones.shape) >= LONG_BORDER and one.cover >= LEAST_COVER_OF_BORDER
    ]
    while True:
        kept = [one for one in found if _ends_at(one, found)]
        if len(kept) == len(found):
            break
        found = kept
    along = sum(one.axis == "level" for one in found)
    if max(along, len(found) - along) < 3 or min(along, len(found) - along) < 2:
        return []
    ink = tones > level / 2
    rest = ink.copy()
    for one in found:
        rest &= ~wiped(tones, one, level)
    return found if rest.sum() >= LEAST_DRAWN * ink.sum() else []


def _part(ruling: Ruling, shape: tuple[int, ...]) -> float:
    """Return the length of a ruling in parts of the side of the page that it goes along."""
    return (ruling.end - ruling.start) / shape[1 if ruling.axis == "level" else 0]


def _ends_at(one: Ruling, others: list[Ruling]) -> bool:
    """Return whether a ruling begins near one of the others that go across it, and ends near another one."""
    crossings = [_crossing(one, other) for other in others if _meet(one, other)]
    slack = 3 + 2 * one.thickness + 0.012 * (one.end - one.start)
    return bool(crossings) and min(crossings) - one.start <= slack and one.end - max(crossings) <= slack


def _crossing(one: Ruling, other: Ruling) -> float:
    """Return where along the axis of one ruling another one crosses it."""
    return other.place + other.slope * (one.place + one.slope * (one.start + one.end) / 2)


def _meet(one: Ruling, other: Ruling) -> bool:
    """Return whether a ruling ends at, or crosses, another one across it."""
    if one.axis == other.axis:
        return False
    slack = 3 + one.thickness + other.thickness + 0.02 * (one.end - one.start)
    at = _crossing(one, other)
    across = one.place + one.slope * at
    return one.start - slack <= at <= one.end + slack and other.start - slack <= across <= other.end + slack


def wiped(tones: Tones, ruling: Ruling, level: float) -> Mask:
    """Return which pixels of a page a ruling covers and ink does not: bool [H, W].

    level: the part by which solid ink is darker than paper. Below a pale ruling, ink is what is much darker than the
    ruling. Below a dark one, it is what goes on at both sides.
    """
    turned = tones if ruling.axis == "level" else np.ascontiguousarray(tones.T)
    reach = round(ruling.thickness / 2 + 2)
    further = round(ruling.thickness + 3)
    columns = np.arange(max(0, round(ruling.start) - further), min(turned.shape[1], round(ruling.end) + further))
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


def construction_lines(departures: NDArray[np.float32], level: float, floor: float, edge: int) -> Mask:
    """Return which pixels of a page are thin pale lines in a colour, near ink without one that is much darker: bool
    [H, W].

    departures: by which part each channel is darker than paper [H, W, 3]. floor: the part that the paper's noise
    reaches. edge: pixels around ink in which a colour is that of its edges. Without darker ink nearby, the colour is
    that of the pen. Once a line is found, all others of its colour are taken for construction lines, too.
    """
    largest, smallest = departures.max(axis=2), departures.min(axis=2)
    long = max(largest.shape)
    strong = ((smallest > PALE * level) | (largest > 0.85 * level)) & (largest > LEAST_LINE)
    edges = cv2.dilate(strong.astype(np.uint8), np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)) > 0
    pale = (largest > max(1.3 * floor, LEAST_LINE)) & (largest < 0.8 * level) & ~edges
    coloured = thin_lines(pale & (largest - smallest > LEAST_CHROMA * largest))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(coloured.astype(np.uint8), connectivity=8)
    size = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    found = _touched(labels, count, _within(strong, long / 40)) & (size >= SHORTEST_CONSTRUCTION * long)
    found[0] = False
    if size[found].sum() < LEAST_CONSTRUCTION * long:
        return np.zeros(largest.shape, bool)
    hues = departures / np.linalg.norm(departures, axis=2, keepdims=True).clip(1e-6)
    near = _within(strong, long / 5)
    alike = np.zeros(largest.shape, bool)
    for hue in _hues(hues[found[labels]]):
        alike |= hues @ hue > SAME_HUE
    lines = (found[labels] | (coloured & alike & near)).astype(np.uint8)
    # Around a line, JPEG leaves a halo of other hues.
    halo = cv2.dilate(lines, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)) > 0
    return np.asarray(lines > 0) | (halo & (largest < 0.8 * level) & ~edges)


def noise_near_ink(departures: NDArray[np.float32], level: float) -> float:
    """Return the part by which JPEG and the like make the paper near ink darker; 0 for a drawing without loss.

    departures, level: as in :func:`construction_lines`. Lines cover little of the paper there, and noise most of it.
    """
    largest = departures.max(axis=2)
    away = cv2.distanceTransform((largest < level / 2).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near = largest[(away >= NOISE_NEAR) & (away <= NOISE_FAR)]
    return NOISE_REACH * float(np.median(near)) if near.size else 0.0


def _hues(hues: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the few directions that most of the directions [N, 3] of colours are close to."""
    left = hues
    found: list[NDArray[np.float32]] = []
    while len(left) > 0.05 * len(hues):
        middle = np.median(left, axis=0)
        for _ in range(3):
            close = left[left @ middle > SAME_HUE * np.linalg.norm(middle)]
            if not len(close):
                return found
            middle = close.mean(axis=0)
        middle = (middle / np.linalg.norm(middle)).astype(np.float32)
        found.append(middle)
        left = left[left @ middle <= SAME_HUE]
    return found


def _within(mask: Mask, reach: float) -> Mask:
    """Return which pixels are within ``reach`` pixels of a mask [H, W]."""
    if not mask.any():
        return mask
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) <= reach)


def _touched(labels: NDArray[Any], count: int, mask: Mask) -> Mask:
    """Return which of ``count`` labelled pieces [H, W] have a pixel in a mask [H, W]: bool [count]."""
    return np.asarray(np.bincount(labels[mask], minlength=count) > 0)


def remains(tones: Tones, mask: Mask, level: float, floor: float) -> Mask:
    """Return what is left of lines beside those that were wiped out: small and pale pieces that touch them.

    mask: bool [H, W], what was wiped out. floor: the part that the paper's noise reaches.
    """
    rest = np.where(mask, 0, tones) > max(floor, LEAST_LINE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8), connectivity=8)
    touched = _touched(labels, count, cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    darkest = np.zeros(count, np.float32)
    np.maximum.at(darkest, np.asarray(labels, np.int64)[rest], tones[rest])
    size = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    small = touched & (darkest < PALE * level) & (size < 0.06 * max(tones.shape))
    small[0] = False
    return np.asarray(small[labels])


def thin_lines(mask: Mask) -> Mask:
    """Return the pieces of a mask [H, W] that are as thin as a line, but for a few spots."""
    thickest = max(3.0, THICKEST * max(mask.shape))
    away = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    thick = np.bincount(labels[2 * away > thickest], minlength=count)
    thin = thick <= MOST_THICK * np.bincount(labels.ravel(), minlength=count)
    thin[0] = False
    return np.asarray(thin[labels])
