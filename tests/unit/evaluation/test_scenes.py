"""Scenes with known truth: what the benchmark of movement relies on holds for all of them."""

import numpy as np
import pytest

from benchmarks.scenes import KINDS, SCENES, scenes_of
from benchmarks.scenes.scene import PEN, mismatch, paint, refined
from benchmarks.scenes.shapes import at, line, turned
from inkbridge.evaluation.motion_metrics import chamfer

each_scene = pytest.mark.parametrize("scene", SCENES.values(), ids=list(SCENES))


def test_halves_are_balanced_within_each_kind():
    assert len(SCENES) == sum(map(len, KINDS.values())) >= 24
    assert len(scenes_of("development")) + len(scenes_of("acceptance")) == len(SCENES)
    for kind, scenes in KINDS.items():
        share = sum(scene.part == "development" for scene in scenes) / len(scenes)
        assert 0.4 <= share <= 0.6, kind


@each_scene
def test_parameters_have_one_value_for_each_keyframe(scene):
    assert 3 <= scene.keyframe_count <= 5
    assert {len(values) for values in scene.parameters.values()} == {scene.keyframe_count}


@each_scene
def test_keyframes_are_the_truth_drawn_with_a_small_wobble(scene):
    truth, keyframes = scene.truth(1), scene.keyframes()
    assert truth.shape == keyframes.shape == (scene.keyframe_count, 64, 64)
    for number, (true, drawn) in enumerate(zip(truth / 255, keyframes / 255, strict=True)):
        assert 0.02 < chamfer(drawn, true) < 0.4
        displaced = scene.drawn(number)
        for name, points in scene.strokes(number).items():
            assert 0 < np.abs(displaced[name] - points).max() < 3


@each_scene
def test_truth_passes_through_the_drawing_of_its_keyframes_without_wobble(scene):
    without_wobble = np.stack([paint(scene.strokes(number)) for number in range(scene.keyframe_count)])
    np.testing.assert_array_equal(scene.truth(2)[::2], without_wobble)


@each_scene
def test_points_of_a_stroke_stay_the_same_points(scene):
    """A stroke has as many points at all times, and moves steadily: no point jumps."""
    before = scene.strokes(0)
    for time in np.arange(0.05, scene.keyframe_count - 1, 0.05):
        now = scene.strokes(time)
        for name in now.keys() & before.keys():
            assert now[name].shape == before[name].shape
            assert np.abs(now[name] - before[name]).max() < 6
        before = now


@each_scene
def test_drawings_are_on_paper_and_the_same_each_time(scene):
    keyframes = scene.keyframes()
    np.testing.assert_array_equal(keyframes, scene.keyframes())
    assert (keyframes.reshape(len(keyframes), -1) > 127).sum(axis=1).min() > 20


def test_wobbles_differ_from_keyframe_to_keyframe():
    scene = SCENES["A to I"]
    assert np.abs(scene.drawn(0)["bar"] - scene.drawn(2)["bar"]).max() > 0.1


def test_scenes_are_painted_alike_at_any_size():
    scene = SCENES["walk"]
    small, large = scene.keyframes(64) / 255, scene.keyframes(256) / 255
    assert large.shape == (scene.keyframe_count, 256, 256)
    means = large.reshape(-1, 64, 4, 64, 4).mean(axis=(2, 4))
    assert np.abs(means - small).mean() < 0.01


def test_blank_drawing_is_paper():
    assert not paint({}).any()


def test_pen_has_its_width():
    across = paint({"line": line((10, 32), (54, 32))})[:, 32].astype(float).sum() / 255
    assert across == pytest.approx(PEN, abs=0.15)


# --- correspondence --------------------------------------------------------------------------------------


def test_refined_polyline_keeps_its_corners():
    corners = line((0, 0), (10, 0), (10, 7))
    fine = refined(corners)
    assert len(fine) > 32
    for corner in corners:
        assert np.abs(fine - corner).sum(axis=1).min() == 0


@pytest.mark.parametrize("name", ["walk", "kick", "crouch", "bird", "lamp", "R to A"])
def test_true_match_has_no_mismatch(name):
    before, after = SCENES[name].strokes(0), SCENES[name].strokes(1)
    samples, matched = (np.concatenate([strokes[part] for part in before]) for strokes in (before, after))
    np.testing.assert_allclose(mismatch(samples, matched, before, after), 0, atol=1e-9)
    assert mismatch(samples, samples, before, after).max() > 2


def test_mismatch_is_the_distance_to_the_true_place():
    before = {"bar": line((10, 20), (50, 20))}
    after = {"bar": turned(before["bar"], 90, (10, 20))}
    samples = line((20, 20), (30, 20.5))
    wrong = turned(line((20, 20), (30, 20)), 90, (10, 20)) + at(0, 3)
    np.testing.assert_allclose(mismatch(samples, wrong, before, after), 3)


def test_at_a_crossing_either_stroke_is_right():
    before = {"across": line((10, 20), (50, 20)), "down": line((30, 0), (30, 40))}
    after = {"across": before["across"] + at(0, 10), "down": before["down"] + at(10, 0)}
    crossing = line((30, 20))
    assert mismatch(crossing, line((30, 30)), before, after) == pytest.approx(0)
    assert mismatch(crossing, line((40, 20)), before, after) == pytest.approx(0)
    assert mismatch(crossing, line((30, 20)), before, after) == pytest.approx(10)


def test_absent_strokes_are_left_out():
    before = {"here": line((0, 0), (10, 0)), "gone": line((0, 5), (10, 5))}
    after = {"here": line((0, 1), (10, 1)), "new": line((0, 9), (10, 9))}
    assert mismatch(line((5, 0)), line((5, 1)), before, after) == pytest.approx(0)
