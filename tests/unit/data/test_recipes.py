"""Recipes sample what they promise, and depend on their random stream alone."""

from dataclasses import replace

import numpy as np
import pytest

from inkbridge.data.post import sample_post
from inkbridge.data.recipes import RECIPES, sample_drawings
from inkbridge.data.sketch import SKETCH, sample_sketch
from inkbridge.strokes.bezier import ELLIPSE_ARCS, Kind, StrokeSets, bernstein
from inkbridge.strokes.raster import paint
from inkbridge.support.seeds import random_stream

COUNT = 600


def shape_counts(strokes: StrokeSets) -> np.ndarray:
    """Return how many shapes of each kind every image has, ``[N, kinds]``."""
    per_image = [
        np.bincount(strokes.kinds[first:last], minlength=len(Kind))
        for first, last in zip(strokes.offsets, strokes.offsets[1:], strict=False)
    ]
    counts = np.array(per_image)
    counts[:, Kind.ELLIPSE] //= ELLIPSE_ARCS
    return counts


@pytest.fixture(scope="module")
def post() -> StrokeSets:
    return sample_post(np.random.default_rng(1), COUNT)


@pytest.fixture(scope="module")
def sketch() -> StrokeSets:
    return sample_sketch(np.random.default_rng(1), COUNT)


def test_post_recipe_has_the_numbers_of_the_post(post):
    counts = shape_counts(post)
    assert len(counts) == COUNT
    for kind, expected in ((Kind.LINE, {0, 1, 2}), (Kind.QUADRATIC, {1, 2, 3}), (Kind.ELLIPSE, {0, 1, 2})):
        numbers, images = np.unique(counts[:, kind], return_counts=True)
        assert set(numbers) == expected
        assert images.min() > COUNT / 3 * 0.8, "each number is equally likely"
    assert not counts[:, Kind.DOT].any()
    widths = post.values[:, 8]
    assert 3 <= widths.min() < 3.05
    assert 4.95 < widths.max() <= 5
    assert RECIPES["post"].blur == 0.7


def test_ends_of_post_lines_and_curves_are_anywhere_in_the_cell(post):
    ends = post.values[post.kinds != Kind.ELLIPSE][:, [0, 1, 6, 7]]
    assert 0 <= ends.min() < 1
    assert 63 < ends.max() <= 64
    np.testing.assert_allclose(ends.mean(axis=0), 32, atol=1.5)


def test_each_post_shape_has_its_own_width(post):
    arcs = post.values[post.kinds == Kind.ELLIPSE].reshape(-1, ELLIPSE_ARCS, 10)
    np.testing.assert_array_equal(arcs[:, :, 8], np.broadcast_to(arcs[:, :1, 8], arcs.shape[:2]))
    assert len(np.unique(arcs[:, 0, 8])) == len(arcs)


def test_arcs_of_an_ellipse_follow_each_other(post, sketch):
    for strokes in (post, sketch):
        arcs = strokes.values[strokes.kinds == Kind.ELLIPSE].reshape(-1, ELLIPSE_ARCS, 10)
        np.testing.assert_allclose(arcs[:, :, 6:8], np.roll(arcs, -1, axis=1)[:, :, :2], atol=1e-3)


def test_sketch_has_2_to_14_strokes_of_one_pen_within_the_cell(sketch):
    numbers = shape_counts(sketch).sum(axis=1)
    assert set(numbers) == set(range(2, 15))
    assert (shape_counts(sketch).sum(axis=0) > 0).all(), "there are lines, curves, ellipses and dots"
    assert sketch.values[:, :8].min() > 2.9
    assert sketch.values[:, :8].max() < 61.1
    for image in range(COUNT):
        own = slice(sketch.offsets[image], sketch.offsets[image + 1])
        strokes, kinds = sketch.values[own], sketch.kinds[own]
        pens = np.unique(strokes[kinds != Kind.DOT, 8])
        assert len(pens) <= 1
        assert ((pens >= 2.3) & (pens <= 3.8)).all()


def test_sketch_fills_two_thirds_of_its_cell_or_was_enlarged_as_far_as_allowed(sketch):
    sizes = []
    for image in range(COUNT):
        points = sketch.take(np.array([image])).values[:, :8].reshape(-1, 2)
        sizes.append(np.ptp(points, axis=0).max())
    assert max(sizes) < 58.01, "the cell without its margins"
    assert np.mean(np.array(sizes) > 0.65 * 58 - 0.01) > 0.95


@pytest.mark.slow
def test_strokes_that_look_for_free_paper_hide_less_of_each_other():
    def ink_lost(spacious: float) -> float:
        strokes = sample_sketch(np.random.default_rng(1), COUNT, replace(SKETCH, spacious=spacious))
        alone = StrokeSets(strokes.values, strokes.kinds, np.arange(len(strokes.values) + 1))
        return 1 - float(paint(strokes).sum() / paint(alone).astype(float).sum())

    assert ink_lost(1.0) < 0.92 * ink_lost(0.0)


def test_one_value_of_the_sketch_can_be_changed():
    pens = replace(SKETCH, pen=(5.0, 5.0))
    usual, wide = (sample_sketch(np.random.default_rng(1), 50, tuning) for tuning in (SKETCH, pens))
    np.testing.assert_array_equal(wide.values[:, :8], usual.values[:, :8])
    assert set(wide.values[wide.kinds != Kind.DOT, 8]) == {5.0}


def test_strokes_of_a_sketch_start_on_each_other(sketch):
    def share_of_starts_on_another(strokes: StrokeSets) -> float:
        found = []
        for image in range(200):
            rows = strokes.take(np.array([image])).values
            if len(rows) > 1:
                points = np.einsum("tk,nkd->ntd", bernstein(np.linspace(0, 1, 60)), rows[:, :8].reshape(-1, 4, 2))
                distance = np.linalg.norm(rows[:, None, None, :2] - points[None], axis=-1).min(axis=-1)
                np.fill_diagonal(distance, np.inf)
                found += [*(distance.min(axis=1) < 1)]
        return float(np.mean(found))

    post_without_ellipses = sample_post(np.random.default_rng(1), 200)
    keep = post_without_ellipses.kinds != Kind.ELLIPSE
    offsets = np.concatenate([[0], np.cumsum(keep)])[post_without_ellipses.offsets]
    apart = StrokeSets(post_without_ellipses.values[keep], post_without_ellipses.kinds[keep], offsets)
    assert share_of_starts_on_another(sketch) > 0.75
    assert share_of_starts_on_another(apart) < 0.25


@pytest.mark.parametrize("name", RECIPES)
def test_strokes_are_rows_of_full_opacity_in_order(name):
    strokes = RECIPES[name].sample(np.random.default_rng(5), 40)
    assert strokes.values.dtype == np.float32
    assert strokes.kinds.dtype == np.uint8
    assert strokes.values.shape == (strokes.offsets[-1], 10)
    assert strokes.kinds.shape == (strokes.offsets[-1],)
    assert strokes.offsets[0] == 0
    assert (np.diff(strokes.offsets) > 0).all(), "every drawing has at least one stroke"
    assert (strokes.values[:, 9] == 1).all()
    assert np.isfinite(strokes.values).all()


@pytest.mark.parametrize("weights", [{"post": 1.0}, {"sketch": 1.0}, {"post": 3, "sketch": 1}])
def test_drawings_depend_only_on_the_random_stream(weights):
    one, other = (sample_drawings(random_stream(8, "test"), weights, 30) for _ in range(2))
    different = sample_drawings(random_stream(9, "test"), weights, 30)
    assert one.images.tobytes() == other.images.tobytes()
    assert one.strokes.values.tobytes() == other.strokes.values.tobytes()
    assert one.images.tobytes() != different.images.tobytes()


def test_recipes_are_mixed_in_proportion_to_their_weights():
    drawings = sample_drawings(np.random.default_rng(2), {"post": 3.0, "sketch": 1.0}, 2000)
    assert (drawings.recipes == 0).mean() == pytest.approx(0.75, abs=0.03)
    scaled = sample_drawings(np.random.default_rng(2), {"post": 0.3, "sketch": 0.1}, 2000)
    np.testing.assert_array_equal(drawings.recipes, scaled.recipes)


def test_image_is_painted_from_its_own_strokes_with_the_blur_of_its_recipe():
    weights = {"sketch": 1.0, "post": 1.0}
    drawings = sample_drawings(np.random.default_rng(6), weights, 50)
    assert drawings.images.shape == (50, 64, 64)
    assert set(drawings.recipes) == {0, 1}
    for image in range(50):
        name = list(weights)[drawings.recipes[image]]
        rows = slice(drawings.strokes.offsets[image], drawings.strokes.offsets[image + 1])
        values, kinds = drawings.strokes.values[rows], drawings.strokes.kinds[rows]
        alone = StrokeSets(values, kinds, np.array([0, len(values)]))
        np.testing.assert_array_equal(paint(alone, RECIPES[name].blur)[0], drawings.images[image])
        assert (name == "post") <= (kinds != Kind.DOT).all()


@pytest.mark.parametrize("weights", [{"post": 1e-9, "sketch": 1.0}, {"post": 1.0, "sketch": 1e-9}])
def test_small_shard_may_have_no_image_of_a_recipe(weights):
    drawings = sample_drawings(np.random.default_rng(0), weights, 16)
    assert drawings.images.any(axis=(1, 2)).all()
