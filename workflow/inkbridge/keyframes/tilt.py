"""A photograph without the whole outline of its page: straightened by its lines, without what lies beyond the page."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.outlines import LARGEST_PAGE, LEAST_EDGE, SEARCHED, USUAL_FOCAL, Floats, edges_of, lines_of
from inkbridge.support.types import Images

STEEPEST = 0.3
"""Rise of a level line, and run of an upright one, before the photograph is straightened."""

LEAST_SPAN = 0.1
"""Length of a side of the page, as far as it is in the photograph, in parts of the photograph's shorter side."""

LEAST_CROSSING = 0.8
"""Part of that length along which there is an edge."""

SAME_COLOUR = 0.09
"""By how much the channels of what lies beyond an edge may differ for the edge to be that of a shadow."""

LIGHTEST_GROUND = 1.3
"""Tone of a table, in parts of that of the page, from which it is no paper in a brighter light."""

DEEPEST_SHADOW = 0.42
"""Tone of paper in a shadow, in parts of its tone in the light."""

BROADEST_STROKE, LEAST_PAGE = 1 / 11, 0.6
"""Width of the broadest stroke, in parts of the photograph's longer side, and least tone of a page along its side, in
parts of its tone so far from there. A stroke is darker."""

LEAST_GROUND = 0.7
"""Part of all that lies beyond a side of the page that is not paper. A page is convex, so no paper lies there; beyond a
drawn line, there is paper again."""

FEWEST_LINES, FEWEST_PARALLEL = 3, 6
"""Lines that tell how a photograph is turned: in both directions together, and in one direction alone."""

MOST_OFF = 0.008
"""Radians by which such a line is off after the turn, at most."""

SMALLEST_TURN = 0.002
"""Radians of a turn that changes a photograph."""

LONGEST_TURN = 0.5
"""Radians by which a photograph is turned about any axis, at most."""


@dataclass(frozen=True, eq=False)
class Tilted:
    """What lines tell of a photograph.

    homography: float64 [3, 3], from the photograph to the straightened page. size: width and height of that page.
    sides: the sides of the page in the photograph, float64 [N, 3]: (a, b, c) with a·x + b·y = c, where the page lies at
    a·x + b·y < c.
    """

    homography: Floats
    size: tuple[int, int]
    sides: Floats


def find_tilt(photograph: Images) -> Tilted:
    """Return how an RGB photograph ``uint8 [H, W, 3]`` is straightened, from its long lines."""
    scale = min(1.0, SEARCHED / max(photograph.shape[:2]))
    small = np.asarray(cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    sides = _sides(small)
    lines = _distinct(np.vstack([sides, _thin_lines(small, sides)]), small.shape[1], small.shape[0])
    homography = _levelling(lines, len(sides), small.shape[1], small.shape[0])
    shrink = np.diag([scale, scale, 1.0])
    sides = sides / np.array([1.0, 1.0, scale])
    return _framed(np.linalg.inv(shrink) @ homography @ shrink, photograph.shape[1], photograph.shape[0], sides)


def beyond(tilted: Tilted, margin: float) -> NDArray[np.bool_]:
    """Return which pixels of the straightened page lie beyond a side of the page, or nearer to it than ``margin``
    pixels: bool [H, W]."""
    width, height = tilted.size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    found = np.zeros((height, width), bool)
    for side in tilted.sides:
        # A line (a, b, −c) of the photograph is H⁻ᵀ (a, b, −c) on the page.
        a, b, c = np.linalg.inv(tilted.homography).T @ (side * np.array([1, 1, -1]))
        inner = np.linalg.inv(tilted.homography) @ np.array([width / 2, height / 2, 1.0])
        length = np.hypot(a, b) * np.sign(inner[2])
        found |= (a * x + b * y + c) / length > -margin
    return found


def _sides(small: Images) -> Floats:
    """Return the sides of the page that are seen in a photograph, float64 [N, 3]."""
    edges = edges_of(small)
    height, width = small.shape[:2]
    sides = []
    for line in np.vstack(lines_of(edges)):
        middle = line[:2] @ (width / 2, height / 2)
        line = line if middle < line[2] else -line
        away = (line[2] - line[:2] @ (width / 2, height / 2)) / (abs(line[:2]) @ (width, height))
        if away > 0.15 and _crosses(line, edges) and _is_other_ground(line, small):
            sides.append(line)
    return np.array(sides).reshape(-1, 3)


def _crosses(line: Floats, edges: Floats) -> bool:
    """Return whether there is an edge all along a line, wherever it lies in the picture."""
    height, width = edges.shape[1:]
    along = np.array([-line[1], line[0]])
    steps = np.arange(-max(width, height) * 1.5, max(width, height) * 1.5)[:, None]
    places = line[:2] * line[2] + steps * along
    inside = (places > 3).all(axis=1) & (places < (width - 4, height - 4)).all(axis=1)
    places = places[inside]
    if len(places) < LEAST_SPAN * min(width, height):
        return False
    strongest = np.zeros(len(places))
    for shift in (-2.0, -1.0, 0.0, 1.0, 2.0):
        x, y = np.rint(places + shift * line[:2]).astype(int).T
        value = edges[0, y, x] * line[0] + edges[1, y, x] * line[1]
        strongest = np.where(np.abs(value) > np.abs(strongest), value, strongest)
    sign = np.sign(strongest.sum())
    strong = np.flatnonzero(sign * strongest >= LEAST_EDGE)
    # A corner of the page may be in the picture: what lies beyond the side's last edge does not count.
    if len(strong) < 20:
        return False
    first, last = np.percentile(strong, (2, 98))
    inner = (strong >= first) & (strong <= last)
    return bool(last - first >= LEAST_SPAN * min(width, height) and inner.sum() >= LEAST_CROSSING * (last - first))


def _is_other_ground(line: Floats, small: Images) -> bool:
    """Return whether what lies beyond a line, near it and nearly everywhere, has another colour than the page, or is
    darker than any shadow on it, and what lies before the line is the page, and not a stroke."""
    height, width = small.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    away = line[0] * x + line[1] * y - line[2]
    near, inner, outer, before = (away > 4) & (away < 24), (away < -4) & (away > -24), away > 4, away < -4
    if near.sum() < 50 or inner.sum() < 50:
        return False
    page = np.median(small[inner], axis=0)
    if _differs(page[None], np.median(small[before], axis=0)).any():
        return False
    further = (away < -BROADEST_STROKE * max(small.shape)) & (away > -1.6 * BROADEST_STROKE * max(small.shape))
    if further.any() and (page + 4.0).mean() < LEAST_PAGE * (np.median(small[further], axis=0) + 4.0).mean():
        return False
    seen = np.asarray(cv2.medianBlur(small, 7), np.uint8)
    beside = np.median(small[near], axis=0, keepdims=True)
    return bool(_differs(beside, page).all() and _differs(seen[outer], page).mean() >= LEAST_GROUND)


def _differs(colours: Floats | Images, page: Floats) -> NDArray[np.bool_]:
    """Return which of the colours [N, 3] cannot be those of a page in any light."""
    ratio = (colours + 4.0) / (page + 4.0)
    tone = ratio.mean(axis=1)
    return np.asarray((np.ptp(ratio, axis=1) > SAME_COLOUR) | (tone < DEEPEST_SHADOW) | (tone > LIGHTEST_GROUND))


def _thin_lines(small: Images, sides: Floats) -> Floats:
    """Return the long thin dark lines of a photograph, float64 [N, 3]. Beyond the sides of the page, they are the grain
    of a table."""
    grey = small.min(axis=2)
    thick = max(5, round(max(grey.shape) / 90)) | 1
    blackhat = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((thick, thick), np.uint8))
    least = max(6.0, 3.0 * float(np.median(blackhat)))
    x, y = np.meshgrid(np.arange(grey.shape[1]), np.arange(grey.shape[0]))
    for a, b, c in sides:
        blackhat[a * x + b * y > c - 2] = 0
    mask = (blackhat > least).astype(np.uint8) * 255
    long = 0.33 * min(grey.shape)
    found = cv2.HoughLinesP(mask, 1, np.pi / 720, 60, minLineLength=long, maxLineGap=0.01 * max(grey.shape))
    segments = np.zeros((0, 4)) if found is None else found.reshape(-1, 4).astype(np.float64)[:400]
    along = segments[:, 2:] - segments[:, :2]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    return np.column_stack([across, (across * segments[:, :2]).sum(axis=1)])


def _distinct(lines: Floats, width: int, height: int) -> Floats:
    """Return lines [N, 3] without those that are found twice."""
    found: list[Floats] = []
    for line in lines:
        upright = abs(line[0]) > abs(line[1])
        line = line * np.sign(line[0] if upright else line[1])
        along = np.array([[0.0, 0.0], [0.0, height] if upright else [width, 0.0]])
        # Where it crosses two opposite edges of the photograph.
        ends = (line[2] - along @ line[:2]) / (line[0] if upright else line[1])
        if all(np.abs(ends - other[3:]).max() > 6 or other[2] != upright for other in found):
            found.append(np.array([*line[:2], upright, *ends]))
    kept = np.array(found).reshape(-1, 5)
    upright = kept[:, 2] > 0
    return np.column_stack([kept[:, :2], kept[:, 3] * np.where(upright, kept[:, 0], kept[:, 1])])


def _levelling(lines: Floats, sides: int, width: int, height: int) -> Floats:
    """Return the homography of the turn of the camera after which lines are level or upright [3, 3].

    A turn by R moves what a camera sees by K R K⁻¹, K being its focal length and axis (Hartley & Zisserman 2004,
    section 8.4.2). Of all turns, that with the smallest remaining angles is taken; lines that fit no other count less.
    Without sides of the page, at least FEWEST_LINES must agree, in both directions, or FEWEST_PARALLEL in one: strokes
    that are drawn alike in all cells are parallel, too.
    """
    upright = np.abs(lines[:, 0]) > np.abs(lines[:, 1])
    rise = np.where(upright, lines[:, 1], lines[:, 0]) / np.where(upright, lines[:, 0], lines[:, 1])
    kept, upright = lines[np.abs(rise) < STEEPEST], upright[np.abs(rise) < STEEPEST]
    if not len(kept):
        return np.eye(3)
    focal = USUAL_FOCAL * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])

    def homography(turn: Floats) -> Floats:
        return np.asarray(camera @ cv2.Rodrigues(turn)[0] @ np.linalg.inv(camera), np.float64)

    def remaining(turn: Floats) -> Floats:
        moved = (kept * np.array([1, 1, -1])) @ np.linalg.inv(homography(turn))
        rises = np.where(upright, moved[:, 1], moved[:, 0])
        angles = rises / np.hypot(moved[:, 0], moved[:, 1])
        # Few lines that are nearly parallel tell little: prefer small turns out of the picture's plane.
        return np.concatenate([angles.clip(-1, 1), 0.02 * turn[:2]])

    from scipy.optimize import least_squares  # takes 0.2 s, which only photographs need

    found = least_squares(remaining, np.zeros(3), loss="soft_l1", f_scale=0.01, bounds=(-LONGEST_TURN, LONGEST_TURN))
    turn = np.asarray(found.x, np.float64)
    agree = np.abs(remaining(turn)[: len(kept)]) < MOST_OFF
    counts = int((agree & upright).sum()), int((agree & ~upright).sum())
    sure = sides > 0 or (min(counts) > 0 and sum(counts) >= FEWEST_LINES) or max(counts) >= FEWEST_PARALLEL
    return homography(turn) if sure and np.abs(turn).max() > SMALLEST_TURN else np.eye(3)


def _framed(homography: Floats, width: int, height: int, sides: Floats) -> Tilted:
    """Return a homography moved and scaled so that the page shows all of the photograph."""
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    moved = cv2.perspectiveTransform(corners, homography)[0]
    low, high = moved.min(axis=0), moved.max(axis=0)
    scale = min(1.0, float(np.sqrt(LARGEST_PAGE / (high - low).prod())))
    frame = np.array([[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]], [0, 0, 1.0]])
    across, down = np.ceil((high - low) * scale).astype(int)
    return Tilted(frame @ homography, (int(across), int(down)), sides)


def without_edge(ink: Images, outside: NDArray[np.bool_]) -> tuple[Images, bool]:
    """Return the ink of a page ``uint8 [H, W]`` without the table at the edge of the photograph, and whether there was
    any.

    outside: bool [H, W], what is not the page, or is not in the photograph. A piece of ink there is the table if it is
    broader than a pen or lies along the edge.
    """
    long = max(ink.shape)
    within = np.zeros(ink.shape, np.uint8)
    within[1:-1, 1:-1] = ~outside[1:-1, 1:-1]
    inward = cv2.distanceTransform(within, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    shown = (ink >= 64).astype(np.uint8)
    thickness = cv2.distanceTransform(shown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, numbers = cv2.connectedComponents(shown, connectivity=8)
    labels = np.asarray(numbers, np.int64)
    nearest, farthest, broadest = np.full(count, np.inf), np.zeros(count), np.zeros(count)
    places = shown > 0
    np.minimum.at(nearest, labels[places], inward[places])
    np.maximum.at(farthest, labels[places], inward[places])
    np.maximum.at(broadest, labels[places], thickness[places])
    table = (nearest <= 0.006 * long) & ((2 * broadest > 0.025 * long) | (farthest <= 0.06 * long))
    table[0] = False
    # Half tones around a piece go with it.
    gone = cv2.dilate(table[labels].astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    kept = cv2.dilate((places & ~table[labels]).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(gone & ~kept, 0, ink).astype(np.uint8), bool(table.any())
