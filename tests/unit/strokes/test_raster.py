"""Strokes are painted where they lie, as wide as they are, smooth at the edge."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.data.recipes import RECIPES
from inkbridge.strokes.bezier import Kind, StrokeSets, bernstein, ellipse, line, quadratic
from inkbridge.strokes.raster import paint
from inkbridge.support.types import Array

Floats = NDArray[np.floating]

WIDTH_TOLERANCE = 0.35  # px: widths go in steps of half a pixel
"""Pixels. OpenCV's thick lines come in steps of two canvas pixels, which are half a pixel."""


def stroke_set(*shapes: tuple[Array, Kind, float]) -> StrokeSets:
    """Return one image of shapes: control points, kind, width."""
    values, kinds = [], []
    for control, kind, width in shapes:
        for arc in np.asarray(control).reshape(-1, 8):
            values.append([*arc, width, 1])
            kinds.append(kind)
    rows = np.array(values, np.float32).reshape(-1, 10)
    return StrokeSets(rows, np.array(kinds, np.uint8), np.array([0, len(rows)], np.int64))


def painted(*shapes: tuple[Array, Kind, float], blur: float = 0.0) -> Floats:
    """Return one image as ink in [0, 1]."""
    return paint(stroke_set(*shapes), blur)[0] / 255


def point(x: float, y: float) -> Array:
    return np.float32([x, y])


def centre_of(ink: Floats) -> Floats:
    """Return the centre of mass (x, y), where pixel i covers i to i + 1."""
    places = np.arange(64) + 0.5
    return np.array([ink.sum(axis=0) @ places, ink.sum(axis=1) @ places]) / ink.sum()


def lines(count: int, length: float) -> list[tuple[Array, Array]]:
    """Return both ends of lines about the middle in all directions."""
    angles = np.random.default_rng(4).uniform(0, np.pi, count)
    halves = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32) * np.float32(length / 2)
    return [(32 - half, 32 + half) for half in halves]


@pytest.mark.parametrize("width", [2.5, 3.0, 4.0, 5.0])
def test_area_of_a_line_is_its_length_times_its_width(width):
    round_ends = np.pi * width**2 / 4
    ink = [painted((line(*ends), Kind.LINE, width)).sum() for ends in lines(24, 40)]
    assert (np.mean(ink) - round_ends) / 40 == pytest.approx(width, abs=WIDTH_TOLERANCE)


def test_area_of_a_line_grows_with_its_length():
    ink = [np.mean([painted((line(*ends), Kind.LINE, 3)).sum() for ends in lines(24, long)]) for long in (10, 20, 30)]
    assert ink[1] - ink[0] == pytest.approx(ink[2] - ink[1], rel=0.03)


@pytest.mark.parametrize("radius", [8, 14, 20])
def test_area_of_a_circle_is_its_circumference_times_its_width(radius):
    ring = ellipse(point(32, 32), point(radius, radius), np.float32(0))
    found = painted((ring, Kind.ELLIPSE, 4)).sum() / (2 * np.pi * radius)
    assert found == pytest.approx(4, abs=WIDTH_TOLERANCE)


@pytest.mark.parametrize("width", [3, 5, 8])
def test_dot_is_a_disc(width):
    dot = painted((line(point(20, 40), point(20, 40)), Kind.DOT, width))
    assert dot.sum() == pytest.approx(np.pi * width**2 / 4, rel=0.06)
    np.testing.assert_allclose(centre_of(dot), [20, 40], atol=0.15)


def test_strokes_are_painted_at_their_coordinates():
    rng, found = np.random.default_rng(8), []
    for start, end in lines(60, 30):
        step = rng.uniform(-8, 8, 2).astype(np.float32)
        found.append(centre_of(painted((line(start + step, end + step), Kind.LINE, 3))) - 32 - step)
    np.testing.assert_allclose(found, 0, atol=0.25)
    np.testing.assert_allclose(np.mean(found, axis=0), 0, atol=0.05)


def test_ink_is_on_the_curve_and_paper_away_from_it():
    start, anchor, end = point(8, 50), point(30, -20), point(58, 44)
    ink = painted((quadratic(start, anchor, end), Kind.QUADRATIC, 4))
    t = np.linspace(0, 1, 200)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * anchor + t**2 * end
    columns, rows = np.floor(curve).astype(int).T
    assert ink[rows, columns].min() > 0.9
    places = np.stack(np.meshgrid(np.arange(64), np.arange(64)), axis=-1) + 0.5
    distance = np.linalg.norm(places[:, :, None] - curve, axis=-1).min(axis=-1)
    assert ink[distance > 4 / 2 + 1.2].max() == 0
    assert ink[distance < 4 / 2 - 1.2].min() == 1


def test_edges_are_smooth():
    ink = painted((line(point(10, 12), point(54, 49)), Kind.LINE, 4))
    assert len(np.unique(ink)) > 10
    half_tones = ((ink > 0.05) & (ink < 0.95)).sum()
    assert 44 < half_tones < 200


def test_blur_spreads_ink_and_keeps_its_amount():
    shape = (line(point(20, 24), point(44, 38)), Kind.LINE, 4.0)
    sharp, soft = painted(shape), painted(shape, blur=1.0)
    assert soft.sum() == pytest.approx(sharp.sum(), rel=0.02)
    assert soft.max() <= sharp.max()
    assert (soft > 0).sum() > 1.3 * (sharp > 0).sum()
    np.testing.assert_allclose(centre_of(soft), centre_of(sharp), atol=0.05)


def test_each_image_has_its_own_strokes_and_blur():
    first = (line(point(10, 10), point(50, 20)), Kind.LINE, 3.0)
    second = (ellipse(point(30, 40), point(9, 5), np.float32(1)), Kind.ELLIPSE, 4.0)
    one, other = stroke_set(first), stroke_set(second)
    together = StrokeSets(
        np.concatenate([one.values, other.values, one.values]),
        np.concatenate([one.kinds, other.kinds, one.kinds]),
        np.array([0, 1, 1, 5, 6]),
    )
    images = paint(together, np.array([0.0, 0.7, 0.7, 0.3]))
    assert images.dtype == np.uint8
    assert images.shape == (4, 64, 64)
    assert images[1].max() == 0, "no strokes, no ink"
    np.testing.assert_array_equal(images[0], paint(one, 0.0)[0])
    np.testing.assert_array_equal(images[2], paint(other, 0.7)[0])
    np.testing.assert_array_equal(images[3], paint(one, 0.3)[0])


def test_ink_beyond_the_cell_is_cut_off():
    outside = painted((line(point(-30, 70), point(-5, 90)), Kind.LINE, 4))
    assert outside.max() == 0
    crossing = painted((line(point(32, 32), point(500, 32)), Kind.LINE, 4))
    assert crossing[31:33, 33:].min() == 1
    assert crossing[:, :28].max() == 0


def test_strokes_that_cross_are_united():
    one = (line(point(10, 32), point(54, 32)), Kind.LINE, 3.0)
    other = (line(point(32, 10), point(32, 54)), Kind.LINE, 3.0)
    together, apart = painted(one, other), (painted(one), painted(other))
    step = 1 / 255
    assert (together >= np.maximum(*apart) - step).all()
    assert (together <= np.minimum(1, sum(apart)) + step).all()


# --- byte by byte ----------------------------------------------------------------------------------------


def painted_by_opencv(strokes: StrokeSets, blurs: Floats) -> NDArray[np.uint8]:
    """Return ``strokes`` painted by OpenCV at four times the size, halved twice and blurred, ``uint8 [N, 64, 64]``."""
    curves = bernstein(np.linspace(0, 1, 11)) @ strokes.values[:, :8].reshape(-1, 4, 2)
    points = np.rint((curves * 4 - 0.5) * 16).astype(np.int32)
    wide = strokes.values[:, 8] * 4
    thickness = np.where(strokes.kinds == Kind.DOT, np.rint(wide), 2 * np.rint((wide - 1) / 2)).astype(int)
    images = np.zeros((len(strokes), 64, 64), dtype=np.uint8)
    for image, (first, last) in enumerate(zip(strokes.offsets, strokes.offsets[1:], strict=False)):
        canvas = np.zeros((256, 256), dtype=np.uint8)
        for row in range(first, last):
            step = 10 if strokes.kinds[row] in (Kind.LINE, Kind.DOT) else 1
            chords = np.ascontiguousarray(points[row, ::step])
            cv2.polylines(canvas, [chords], False, 255, int(thickness[row]), cv2.LINE_8, 4)
        half = cv2.resize(canvas, (128, 128), interpolation=cv2.INTER_AREA)
        images[image] = cv2.resize(half, (64, 64), interpolation=cv2.INTER_AREA)
        if blurs[image] > 0:
            images[image] = cv2.GaussianBlur(images[image], (0, 0), blurs[image], borderType=cv2.BORDER_CONSTANT)
    return images


@pytest.mark.parametrize("recipe", RECIPES)
def test_images_of_recipes_are_those_of_opencv(recipe):
    strokes, blur = RECIPES[recipe].sample(np.random.default_rng(2), 500), RECIPES[recipe].blur
    np.testing.assert_array_equal(paint(strokes, blur), painted_by_opencv(strokes, np.full(500, blur)))


@pytest.mark.parametrize("spread", [6, 40, 4000])
def test_strokes_of_all_widths_within_and_beyond_the_cell_are_those_of_opencv(spread):
    rng, count = np.random.default_rng(spread), 1200
    values = np.ones((count, 10), np.float32)
    values[:, :8], values[:, 8] = rng.normal(32, spread, (count, 8)), 0.8 + rng.gamma(1, 4, count)
    kinds = rng.integers(0, len(Kind), count).astype(np.uint8)
    strokes = StrokeSets(values, kinds, np.arange(0, count + 1, 3))
    blurs = rng.choice([0, 0.2, 0.3, 0.5, 0.7, 1.0, 1.7, 2.5], len(strokes))
    np.testing.assert_array_equal(paint(strokes, blurs), painted_by_opencv(strokes, blurs))


def test_no_images_are_painted_of_no_stroke_sets():
    none = StrokeSets(np.empty((0, 10), np.float32), np.empty(0, np.uint8), np.zeros(1, np.int64))
    assert paint(none, 0.7).shape == (0, 64, 64)
