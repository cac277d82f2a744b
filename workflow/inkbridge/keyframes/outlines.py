"""A photograph → the outline of the page of paper on it, and the page seen from straight above."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.support.types import Images

Floats = NDArray[np.float64]

SEARCHED = 640
"""Pixels of the longer side of the picture in which the outline is searched."""

BROADEST_PEN = 1 / 26
"""Widest stroke that is wiped out before the search, in parts of the longer side."""

BROADEST_LINE = 1 / 80
"""Widest printed line, in parts of the longer side."""

LIGHTEST_LINE = 1.12
"""Tone of a printed line in a channel in which it is lighter than its paper, in parts of the paper's, at most."""

MOST_LINES = 14
"""Lines of each direction that may be sides of the page."""

LEAST_EDGE = 0.05
"""Change of the logarithm of a tone across an edge, over two pixels of the searched picture."""

LEAST_SUPPORT = 0.72
"""Part of a side of the page along which there is an edge."""

LEAST_AREA = 0.12
"""Part of the picture that a page fills."""

USUAL_SHAPES = (1.0, 4 / 3, 2**0.5, 11 / 8.5, 1.5, 14 / 8.5)
"""Longer side / shorter side of usual paper: square, 4:3, DIN A, letter, 3:2, legal."""

USUAL_FOCAL = 0.8
"""Focal length of a phone's camera, in parts of the longer side of its photographs."""

LARGEST_PAGE = 3_200_000
"""Pixels of a straightened page. Larger ones are made smaller."""


@dataclass(frozen=True, eq=False)
class Outline:
    """The page on a photograph.

    corners: float64 [4, 2], x and y in pixels of the photograph, clockwise from the upper left one. support: the part
    of the least visible side along which there is an edge.
    """

    corners: Floats
    support: float


def find_outline(picture: Images) -> Outline | None:
    """Return the outline of the page on an RGB photograph ``uint8 [H, W, 3]``; None if not all of it can be seen.

    The sides of a page are the straight edges that are left once strokes are wiped out. Of all quadrilaterals of two
    edges in one direction and two in the other, the page is the largest of those whose sides are edges all along.
    """
    scale = min(1.0, SEARCHED / max(picture.shape[:2]))
    small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    edges = edges_of(small)
    lines = lines_of(edges)
    found = _best_quadrilateral(lines, edges)
    if found is None:
        return None
    corners, support = found
    return Outline((corners + 0.5) / scale - 0.5, support)


def edges_of(small: Images) -> Floats:
    """Return the gradient of the picture without its strokes, float64 [2, H, W]: its x and y, of the channel in which
    it is largest. Tones are logarithms, so that an edge in the shadow counts as much as one in the light."""
    broad = round(BROADEST_PEN * max(small.shape[:2])) | 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (broad, broad))
    plain = without_light_lines(np.asarray(cv2.medianBlur(small, 3), np.uint8))
    wiped = cv2.morphologyEx(plain, cv2.MORPH_CLOSE, element, borderType=cv2.BORDER_REPLICATE)
    tones = np.log(wiped.astype(np.float32) + 12.0)
    tones = cv2.GaussianBlur(tones, (0, 0), 1.0)
    x = cv2.Sobel(tones, cv2.CV_32F, 1, 0, scale=1 / 4)
    y = cv2.Sobel(tones, cv2.CV_32F, 0, 1, scale=1 / 4)
    strongest = np.argmax(x**2 + y**2, axis=2)[..., None]
    return np.stack([np.take_along_axis(part, strongest, axis=2)[..., 0] for part in (x, y)]).astype(np.float64)


def without_light_lines(small: Images) -> Images:
    """Return a small page ``uint8 [H, W, 3]`` without thin lines that are slightly lighter than paper in a channel, as
    blue ones on cream paper. The paper between strokes is much lighter than they are, and stays."""
    thick = max(5, round(BROADEST_LINE * max(small.shape[:2]))) | 1
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    return np.where(small < LIGHTEST_LINE * opened, opened, small).astype(np.uint8)


def lines_of(edges: Floats) -> tuple[Floats, Floats]:
    """Return the straight edges that are more level and those that are more upright, longest first: float64 [N, 3].

    A line is (a, b, c) with a·x + b·y = c and a² + b² = 1.
    """
    strength = np.hypot(*edges)
    thin = _ridges(edges, strength)
    found = cv2.HoughLinesP(
        thin, 1, np.pi / 360, 30, minLineLength=0.06 * max(thin.shape), maxLineGap=0.02 * max(thin.shape)
    )
    if found is None:
        return np.zeros((0, 3)), np.zeros((0, 3))
    segments = found.reshape(-1, 4).astype(np.float64)
    level = np.abs(segments[:, 2] - segments[:, 0]) >= np.abs(segments[:, 3] - segments[:, 1])
    places = np.argwhere(thin)[:, ::-1].astype(np.float64)
    return _merged(segments[level], places), _merged(segments[~level], places)


def _ridges(edges: Floats, strength: Floats) -> NDArray[np.uint8]:
    """Return where the gradient is strong and strongest across its edge: 255 there, else 0."""
    x, y = np.abs(edges)
    upright = x >= y
    before = np.where(upright, np.roll(strength, 1, axis=1), np.roll(strength, 1, axis=0))
    after = np.where(upright, np.roll(strength, -1, axis=1), np.roll(strength, -1, axis=0))
    ridge = (strength >= LEAST_EDGE) & (strength >= before) & (strength > after)
    ridge[:2], ridge[-2:], ridge[:, :2], ridge[:, -2:] = False, False, False, False
    return np.asarray(ridge * 255, np.uint8)


def _merged(segments: Floats, places: Floats) -> Floats:
    """Return the lines of segments [N, 4], each fitted to the edge pixels near it, without those found twice."""
    order = np.argsort(-np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]))
    lines: list[Floats] = []
    for segment in segments[order]:
        line = _fitted(segment, places)
        ends = segment.reshape(2, 2)
        if all(np.abs(ends @ other[:2] - other[2]).max() > 2.5 for other in lines):
            lines.append(line)
        if len(lines) == MOST_LINES:
            break
    return np.array(lines).reshape(-1, 3)


def _fitted(segment: Floats, places: Floats) -> Floats:
    """Return the line (a, b, c) through the edge pixels [M, 2] within two pixels of a segment, by least squares."""
    first, second = segment[:2], segment[2:]
    along = (second - first) / np.linalg.norm(second - first)
    across = np.array([-along[1], along[0]])
    length = np.linalg.norm(second - first)
    reach = (places - first) @ along
    near = places[(np.abs((places - first) @ across) <= 2.0) & (reach >= -2) & (reach <= length + 2)]
    if len(near) < 5:
        return np.array([*across, across @ first])
    middle = near.mean(axis=0)
    _, _, directions = np.linalg.svd(near - middle, full_matrices=False)
    normal = directions[1]
    return np.array([*normal, normal @ middle])


def _best_quadrilateral(lines: tuple[Floats, Floats], edges: Floats) -> tuple[Floats, float] | None:
    height, width = edges.shape[1:]
    best: tuple[float, Floats, float] | None = None
    for above, below in combinations(lines[0], 2):
        for left, right in combinations(lines[1], 2):
            corners = _corners(above, below, left, right)
            if corners is None or (corners < -3).any() or (corners > (width + 2, height + 2)).any():
                continue
            area = cv2.contourArea(corners.astype(np.float32)) / (width * height)
            if area < LEAST_AREA or not _is_plausible(corners) or (best is not None and area <= 0.9 * best[0]):
                continue
            support = _support(corners, edges)
            if support >= LEAST_SUPPORT and (best is None or area * support > best[0] * best[2]):
                best = area, corners, support
    return None if best is None else (best[1], best[2])


def _corners(above: Floats, below: Floats, left: Floats, right: Floats) -> Floats | None:
    """Return the corners of a quadrilateral of four lines, clockwise from the upper left one; None if lines are
    parallel."""
    corners = []
    for one, other in ((above, left), (above, right), (below, right), (below, left)):
        if abs(one[0] * other[1] - one[1] * other[0]) < 0.2:
            return None
        corners.append(np.linalg.solve(np.array([one[:2], other[:2]]), np.array([one[2], other[2]])))
    found = np.array(corners)
    if found[0, 1] + found[1, 1] > found[2, 1] + found[3, 1]:
        found = found[[3, 2, 1, 0]]
    if found[0, 0] + found[3, 0] > found[1, 0] + found[2, 0]:
        found = found[[1, 0, 3, 2]]
    return found


def _is_plausible(corners: Floats) -> bool:
    """Return whether a quadrilateral may be a page that is tilted by up to some 30 degrees."""
    sides = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(sides, axis=1)
    turns = np.cross(np.pad(sides, ((0, 0), (0, 1))), np.pad(np.roll(sides, -1, axis=0), ((0, 0), (0, 1))))[:, 2]
    sines = turns / (lengths * np.roll(lengths, -1))
    opposite = np.minimum(lengths[:2] / lengths[2:], lengths[2:] / lengths[:2])
    return bool((sines > 0.7).all() and (opposite > 0.55).all())


def _support(corners: Floats, edges: Floats) -> float:
    """Return the part of the least visible side along which there is an edge in its direction, of the same sign."""
    shares = []
    for first, second in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = (second - first) / np.linalg.norm(second - first)
        across = np.array([-along[1], along[0]])
        steps = np.linspace(0.03, 0.97, 60)[:, None]
        places = first + steps * (second - first)
        strongest = np.zeros(60)
        for shift in (-1.5, -0.75, 0.0, 0.75, 1.5):
            x, y = np.rint(places + shift * across).astype(int).T
            x, y = x.clip(0, edges.shape[2] - 1), y.clip(0, edges.shape[1] - 1)
            value = edges[0, y, x] * across[0] + edges[1, y, x] * across[1]
            strongest = np.where(np.abs(value) > np.abs(strongest), value, strongest)
        shares.append(max((strongest >= LEAST_EDGE).mean(), (strongest <= -LEAST_EDGE).mean()))
    return float(min(shares))


def straightened(picture: Images, corners: Floats) -> tuple[Images, Floats]:
    """Return the page of a photograph as it is seen from straight above, ``uint8 [H, W, C]``, and the homography from
    the photograph to the page [3, 3]."""
    width, height = page_size(corners, picture.shape[1], picture.shape[0])
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    straight = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    page = cv2.warpPerspective(
        picture, straight, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(page, np.uint8), np.asarray(straight, np.float64)


def page_size(corners: Floats, picture_width: int, picture_height: int) -> tuple[int, int]:
    """Return width and height of a page in pixels: as large as on the photograph, in its true proportions."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    wide, high = max(sides[0], sides[2]), max(sides[1], sides[3])
    shape = _usual(true_shape(corners, picture_width, picture_height))
    area = wide * high
    width, height = np.sqrt(area * shape), np.sqrt(area / shape)
    scale = min(1.0, np.sqrt(LARGEST_PAGE / (width * height)))
    return max(round(width * scale), 16), max(round(height * scale), 16)


def true_shape(corners: Floats, picture_width: int, picture_height: int) -> float:
    """Return the width of a rectangle divided by its height, from its corners on a photograph.

    Zhang & He 2007, "Whiteboard scanning and image enhancement", equations 11 to 20: the vanishing points of the sides
    give the focal length, if the camera's axis meets the middle of the photograph, and that gives the proportions.
    The more nearly parallel two sides are, the less they tell of the focal length, and the more it is taken
    for the usual one of a phone.
    """
    middle = np.array([picture_width / 2, picture_height / 2])
    upper_left, upper_right, lower_right, lower_left = (np.append(corner - middle, 1.0) for corner in corners)
    k2 = np.cross(upper_left, lower_right) @ lower_left / (np.cross(upper_right, lower_right) @ lower_left)
    k3 = np.cross(upper_left, lower_right) @ upper_right / (np.cross(lower_left, lower_right) @ upper_right)
    across, down = k2 * upper_right - upper_left, k3 * lower_left - upper_left
    usual = USUAL_FOCAL * max(picture_width, picture_height)
    product = across[2] * down[2]
    squared = -(across[0] * down[0] + across[1] * down[1]) / product if product else 0.0
    seen = float(np.clip(np.sqrt(squared), 0.6 * usual, 1.7 * usual)) if squared > 0 else usual
    sureness = np.clip((min(abs(across[2]), abs(down[2])) - 0.04) / 0.11, 0, 1)
    focal = float(np.exp(sureness * np.log(seen) + (1 - sureness) * np.log(usual)))
    weights = np.array([1 / focal, 1 / focal, 1.0])
    return float(np.linalg.norm(across * weights) / np.linalg.norm(down * weights))


def _usual(shape: float) -> float:
    """Return the proportions of usual paper that are within 2 % of ``shape``; else ``shape``."""
    long = max(shape, 1 / shape)
    near = min(USUAL_SHAPES, key=lambda usual: abs(np.log(long / usual)))
    if abs(np.log(long / near)) > 0.02:
        return shape
    return near if shape >= 1 else 1 / near
