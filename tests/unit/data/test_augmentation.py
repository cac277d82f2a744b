"""Moving pairs: strokes that meet still meet, the in-between is known, and each training step has its own pairs."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.data import augmentation
from inkbridge.data.augmentation import WARP, MovingPairs, WarpTuning, augment, random_warp
from inkbridge.data.recipes import RECIPES
from inkbridge.data.shards import read_images, read_recipes
from inkbridge.data.sketch import sample_sketch
from inkbridge.strokes.bezier import ELLIPSE_ARCS, Kind, StrokeSets, bernstein, interpolate
from inkbridge.strokes.raster import paint
from inkbridge.support.types import Images

COUNT = 300


@pytest.fixture(scope="module")
def sketches() -> StrokeSets:
    return sample_sketch(np.random.default_rng(0), COUNT)


NONE_GROW = replace(WARP, growing_drawings=0.0, growing_strokes=0.0)

ALL_GROW = replace(WARP, growing_drawings=1.0, growing_strokes=1.0)


def after(strokes: StrokeSets, seed: int = 1, tuning: WarpTuning = WARP) -> StrokeSets:
    return random_warp(np.random.default_rng(seed), strokes, tuning)


def points_of(strokes: StrokeSets) -> NDArray[np.float32]:
    return strokes.values[:, :8].reshape(-1, 4, 2)


# --- a movement ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
def test_movement_keeps_the_strokes_and_moves_their_points(name):
    start = RECIPES[name].sample(np.random.default_rng(0), 60)
    before = start.values.copy()
    end = after(start)
    np.testing.assert_array_equal(start.values, before)
    np.testing.assert_array_equal(end.kinds, start.kinds)
    np.testing.assert_array_equal(end.offsets, start.offsets)
    np.testing.assert_array_equal(end.values[:, 8:], start.values[:, 8:])
    assert end.values.dtype == np.float32
    assert np.isfinite(end.values).all()
    distances = np.linalg.norm(points_of(end) - points_of(start), axis=-1)
    assert 2 < np.median(distances) < 15
    assert np.quantile(distances, 0.99) < 48


def test_movement_depends_only_on_the_random_stream(sketches):
    np.testing.assert_array_equal(after(sketches).values, after(sketches).values)
    assert (after(sketches).values != after(sketches, seed=2).values).any(axis=1).all()


def test_drawing_without_strokes_does_not_disturb_the_others(sketches):
    offsets = np.insert(sketches.offsets, 5, sketches.offsets[5])
    assert np.isfinite(after(StrokeSets(sketches.values, sketches.kinds, offsets)).values).all()


def test_ends_that_meet_still_meet(sketches):
    owners, ends = sketches.owners(), points_of(sketches)[:, [0, 3]]
    end = points_of(after(sketches, tuning=NONE_GROW))[:, [0, 3]]
    apart, met = [], 0
    for image in range(COUNT):
        before, now = (places[owners == image].reshape(-1, 2) for places in (ends, end))
        one, other = np.nonzero(np.triu(np.linalg.norm(before[:, None] - before, axis=-1) < 1e-3, k=1))
        apart += [*np.linalg.norm(now[one] - now[other], axis=-1)]
        met += len(one)
    assert met > COUNT
    assert max(apart) < 0.01


def test_strokes_that_start_on_another_one_nearly_always_still_do(sketches):
    along = bernstein(np.linspace(0, 1, 100))

    def distances(strokes: StrokeSets) -> list[NDArray[np.floating]]:
        """Return, for each image, how far the start of each stroke is off each other stroke's ink."""
        found = []
        for image in range(COUNT):
            points = strokes.take(np.array([image])).values[:, :8].reshape(-1, 4, 2)
            distance = np.linalg.norm(points[:, :1, None] - along @ points, axis=-1).min(axis=-1)
            np.fill_diagonal(distance, np.inf)
            found.append((distance - strokes.take(np.array([image])).values[:, 8] / 2).ravel())
        return found

    met = np.concatenate(distances(sketches)) < -0.9
    assert met.sum() > 3 * COUNT
    assert (np.concatenate(distances(after(sketches, tuning=NONE_GROW)))[met] > 0.5).mean() < 0.01


def test_ellipses_stay_closed(sketches):
    ellipses = sketches.kinds == Kind.ELLIPSE
    arcs = points_of(after(sketches, tuning=ALL_GROW))[ellipses].reshape(-1, ELLIPSE_ARCS, 4, 2)
    np.testing.assert_allclose(arcs[:, :, 3], np.roll(arcs, -1, axis=1)[:, :, 0], atol=1e-2)


def test_strokes_that_are_not_ellipses_may_grow_from_their_start(sketches):
    plain = sketches.kinds != Kind.ELLIPSE
    whole, grown = (points_of(after(sketches, tuning=tuning)) for tuning in (NONE_GROW, ALL_GROW))
    np.testing.assert_allclose(grown[:, 0], whole[:, 0], atol=1e-4)
    np.testing.assert_array_equal(grown[~plain], whole[~plain])
    np.testing.assert_allclose(np.ptp(grown[plain], axis=1), 0.02 * np.ptp(whole[plain], axis=1), atol=1e-3)
    share = (points_of(after(sketches)) != whole).any(axis=(1, 2))[plain].mean()
    assert share == pytest.approx(0.25 * 0.3, abs=0.03)


# --- in-betweens -----------------------------------------------------------------------------------------


def test_in_betweens_move_steadily_from_start_to_end(sketches):
    end = after(sketches)
    np.testing.assert_array_equal(interpolate(sketches, end, 0).values, sketches.values)
    np.testing.assert_array_equal(interpolate(sketches, end, 1).values, end.values)
    halfway = interpolate(sketches, end, 0.5)
    np.testing.assert_allclose(halfway.values, (sketches.values + end.values) / 2, rtol=1e-6)
    np.testing.assert_array_equal(halfway.kinds, sketches.kinds)
    np.testing.assert_array_equal(halfway.offsets, sketches.offsets)
    assert halfway.values.dtype == interpolate(sketches, end, np.float64(0.3)).values.dtype == np.float32


def test_different_strokes_cannot_be_interpolated(sketches):
    kinds, offsets = sketches.kinds.copy(), sketches.offsets.copy()
    kinds[3] = (kinds[3] + 1) % len(Kind)
    offsets[1] += 1
    for other in (
        StrokeSets(sketches.values, kinds, sketches.offsets),
        StrokeSets(sketches.values, sketches.kinds, offsets),
        sketches.take(np.arange(10)),
    ):
        with pytest.raises(ValueError, match="same kinds"):
            interpolate(sketches, other, 0.5)


# --- pairs while a network trains ------------------------------------------------------------------------


def test_pairs_of_a_step_do_not_depend_on_earlier_steps(train_shards, monkeypatch):
    monkeypatch.setattr(MovingPairs, "STEPS_PER_SHARD", 2)
    pairs, steps = MovingPairs(train_shards, 7), [0, 1, 2, 3, 5, 8, 13]
    forwards = {step: pairs(step, 4) for step in steps}
    backwards = {step: pairs(step, 4) for step in reversed(steps)}
    alone = {step: MovingPairs(train_shards, 7)(step, 4) for step in steps}
    other = {step: MovingPairs(train_shards, 8)(step, 4) for step in steps}
    for step in steps:
        assert forwards[step].shape == (4, 3, 64, 64)
        assert forwards[step].dtype == np.uint8
        np.testing.assert_array_equal(forwards[step], backwards[step])
        np.testing.assert_array_equal(forwards[step], alone[step])
        assert (forwards[step] != other[step]).any()
    assert len({found.tobytes() for found in forwards.values()}) == len(steps)


ALIKE = 1.5
"""Mean levels of 255 by which lines painted as lines and as curves differ; two drawings differ by ten and more."""


def distance(some: Images, others: Images) -> NDArray[np.floating]:
    """Return how much each of some images ``[M, 64, 64]`` differs from each of others ``[N, 64, 64]``."""
    return np.stack([np.abs(one.astype(np.int16) - others).mean(axis=(1, 2)) for one in some])


def test_starts_are_drawings_of_all_shards(train_shards, monkeypatch):
    monkeypatch.setattr(MovingPairs, "STEPS_PER_SHARD", 1)
    pairs = MovingPairs(train_shards, 7)
    starts = np.concatenate([pairs(step, 10)[:, 0] for step in range(8)])
    distances = np.stack([distance(starts, read_images(path)).min(axis=1) for path in train_shards])
    assert distances.min(axis=0).max() < ALIKE
    assert (distances.argmin(axis=0) == 0).any()
    assert (distances.argmin(axis=0) == 1).any()


def test_one_shard_at_a_time_is_in_memory(train_shards, monkeypatch):
    opened = []
    monkeypatch.setattr(MovingPairs, "STEPS_PER_SHARD", 5)
    monkeypatch.setattr(
        augmentation, "read_strokes", lambda path, read=augmentation.read_strokes: (opened.append(path), read(path))[1]
    )
    pairs = MovingPairs(train_shards, 7)
    for step in range(5):
        pairs(step, 1)
    assert len(opened) == 1


def test_pairs_are_the_painted_strokes_of_a_movement(train_shards, monkeypatch):
    movements = []

    def note(rng: np.random.Generator, strokes: StrokeSets) -> StrokeSets:
        movements.append((strokes, random_warp(rng, strokes)))
        return movements[-1][1]

    monkeypatch.setattr(augmentation, "random_warp", note)
    found = MovingPairs(train_shards[:1], 7)(0, 20)
    ((start, end),) = movements
    halfway = StrokeSets((start.values + end.values) / 2, start.kinds, start.offsets)
    drawn = distance(found[:, 0], read_images(train_shards[0]))
    assert drawn.min(axis=1).max() < ALIKE
    blurs = np.array([RECIPES[name].blur for name in read_recipes(train_shards[0])[drawn.argmin(axis=1)]])
    assert len(set(blurs)) == 2
    for part, strokes in enumerate((start, halfway, end)):
        painted = paint(strokes, blurs).astype(int)
        np.testing.assert_allclose(found[:, part], painted, atol=1)


def test_bent_line_is_painted_bent(train_shards, monkeypatch):
    def bend(rng: np.random.Generator, strokes: StrokeSets) -> StrokeSets:
        values = strokes.values.copy()
        values[:, [3, 5]] += 30  # the inner points, down
        return StrokeSets(values, strokes.kinds, strokes.offsets)

    monkeypatch.setattr(augmentation, "random_warp", bend)
    only_lines = StrokeSets(
        np.float32([[8, 10, 24, 10, 40, 10, 56, 10, 3, 1]]), np.uint8([Kind.LINE]), np.array([0, 1])
    )
    monkeypatch.setattr(augmentation, "read_strokes", lambda path: only_lines)
    start, halfway, end = MovingPairs(train_shards, 7)(0, 1)[0]
    depths = [np.flatnonzero(image[:, 32] > 127).mean() + 0.5 for image in (start, halfway, end)]
    np.testing.assert_allclose(depths, [10, 10 + 0.75 * 15, 10 + 0.75 * 30], atol=1)


def test_shards_stay_closed_if_no_pairs_are_needed(tmp_path):
    found = MovingPairs([tmp_path / "none.h5"], 7)(3, 0)
    assert found.shape == (0, 3, 64, 64)
    assert found.dtype == np.uint8


# --- orientations ----------------------------------------------------------------------------------------


def test_images_get_one_of_8_orientations_each_equally_likely():
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    orientations = {np.rot90(one, quarter).tobytes() for one in (image, image[:, ::-1]) for quarter in range(4)}
    assert len(orientations) == 8
    turned = augment(np.repeat(image[None], 800, axis=0), np.random.default_rng(1))
    assert turned.shape == (800, 64, 64)
    assert turned.dtype == np.uint8
    found = [one.tobytes() for one in turned]
    assert set(found) == orientations
    assert min(found.count(one) for one in orientations) > 60, "each is equally likely"


def test_drawings_of_a_moving_pair_get_the_same_orientation():
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    pairs = np.broadcast_to(image, (50, 3, 64, 64))
    turned = augment(pairs, np.random.default_rng(1))
    assert turned.shape == pairs.shape
    np.testing.assert_array_equal(turned, np.broadcast_to(turned[:, :1], pairs.shape))
    np.testing.assert_array_equal(turned[:, 0], augment(pairs[:, 0], np.random.default_rng(1)))


def test_augmentation_keeps_each_image_in_its_place(drawings):
    turned = augment(drawings, np.random.default_rng(2))
    np.testing.assert_array_equal(turned.sum(axis=(1, 2)), drawings.sum(axis=(1, 2)))
    np.testing.assert_array_equal(turned, augment(drawings, np.random.default_rng(2)))
    assert (turned != drawings).any(axis=(1, 2)).mean() > 0.7
