"""Each metric agrees with its definition in cases small enough to calculate by hand."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.evaluation import bootstrap, metrics, motion_metrics
from inkbridge.keyframes.reading import read_keyframes

Floats = NDArray[np.float32]

REAL_SHEETS = Path(__file__).resolve().parents[3].parent / "shared" / "doodles"
SIDE = 32


def blank(count: int = 1) -> Floats:
    return np.zeros((count, SIDE, SIDE), np.float32)


def bar(width: int, left: int = 4, length: int = 24) -> Floats:
    """One image of an upright bar."""
    image = np.zeros((SIDE, SIDE), np.float32)
    image[4 : 4 + length, left : left + width] = 1.0
    return image


def cross_fade(keyframes: Floats, frames_per_segment: int) -> Floats:
    time_ = np.arange((len(keyframes) - 1) * frames_per_segment + 1) / frames_per_segment
    segment = np.minimum(time_.astype(int), len(keyframes) - 2)
    share = (time_ - segment)[:, None, None]
    return ((1.0 - share) * keyframes[segment] + share * keyframes[segment + 1]).astype(np.float32)


def held(keyframes: Floats, frames_per_segment: int, between: Floats) -> Floats:
    """Show the keyframes at their times and one other image in all frames between them."""
    frames = np.repeat(between[None], (len(keyframes) - 1) * frames_per_segment + 1, axis=0)
    frames[::frames_per_segment] = keyframes
    return frames


@pytest.fixture
def random_images() -> Floats:
    return np.random.default_rng(3).random((6, SIDE, SIDE), dtype=np.float32)


# --- reconstruction --------------------------------------------------------------------------------------


def test_identical_images_have_perfect_metrics(random_images):
    figures = metrics.reconstruction_metrics(random_images, random_images)
    np.testing.assert_array_equal(figures["mse"], 0.0)
    np.testing.assert_allclose(figures["psnr"], metrics.HIGHEST_PSNR)
    np.testing.assert_allclose(figures["ssim"], 1.0)
    np.testing.assert_array_equal(figures["iou"], 1.0)


def test_metrics_follow_their_formulas():
    truth, other = bar(4)[None], bar(4, left=6)[None]
    figures = metrics.reconstruction_metrics(truth, other)
    wrong = 2 * 2 * 24 / SIDE**2
    assert figures["mse"] == pytest.approx([wrong])
    assert figures["psnr"] == pytest.approx([-10.0 * np.log10(wrong)])
    assert figures["iou"] == pytest.approx([2 / 6])
    assert 0.0 < figures["ssim"][0] < 1.0


def test_metrics_are_symmetric_and_one_per_image(random_images):
    one = metrics.reconstruction_metrics(random_images, random_images[::-1])
    other = metrics.reconstruction_metrics(random_images[::-1], random_images)
    for name in ("mse", "psnr", "ssim", "iou"):
        assert one[name].shape == (6,)
        np.testing.assert_allclose(one[name], other[name])


def test_worse_reconstruction_has_worse_metrics(random_images):
    near = metrics.reconstruction_metrics(random_images, random_images * 0.95)
    far = metrics.reconstruction_metrics(random_images, random_images * 0.5)
    assert (near["mse"] < far["mse"]).all()
    assert (near["psnr"] > far["psnr"]).all()
    assert (near["ssim"] > far["ssim"]).all()
    assert (near["iou"] > far["iou"]).all()


def test_intersection_over_union_of_blank_images_is_defined():
    both = metrics.reconstruction_metrics(blank(), blank())
    one = metrics.reconstruction_metrics(blank(), bar(3)[None])
    assert both["iou"] == [1.0]
    assert one["iou"] == [0.0]
    assert np.isfinite([figures[name] for figures in (both, one) for name in figures]).all()


# --- ghosting --------------------------------------------------------------------------------------------


def test_ghosting_is_0_for_crisp_ink_and_2_for_half_tones():
    crisp = bar(4)[None]
    np.testing.assert_array_equal(metrics.ghosting_per_image(crisp), 0.0)
    np.testing.assert_allclose(metrics.ghosting_per_image(crisp * 0.5), 2.0)
    np.testing.assert_array_equal(metrics.ghosting_per_image(blank()), 0.0)


def test_ghosting_covers_the_middle_half_of_segments_only():
    keyframes = np.stack([bar(4), bar(4), bar(4)])
    frames = held(keyframes, 20, bar(4))
    edges = np.array([1, 4, 16, 19, 20, 21, 24, 36, 39])
    frames[edges] *= 0.5
    assert metrics.ghosting(frames, 20) == 0.0
    frames[[5, 15]] *= 0.5
    assert metrics.ghosting(frames, 20) == pytest.approx(2.0 * 2 / 22)


def test_ghosting_of_a_cross_fade_follows_from_its_tones():
    frames = cross_fade(np.stack([bar(3), bar(3, left=20)]), 4)
    shares = np.array([0.25, 0.5, 0.75])
    # Both bars count: t of one and 1 − t of the other, each with 4t(1 − t), over ink that sums to one bar.
    assert metrics.ghosting(frames, 4) == pytest.approx(np.mean(2 * 4 * shares * (1 - shares)), rel=1e-5)


# --- ink deviation ---------------------------------------------------------------------------------------


def test_cross_fade_has_no_ink_deviation():
    frames = cross_fade(np.stack([bar(2), bar(8), bar(3)]), 20)
    assert metrics.ink_deviation(frames, 20) == pytest.approx(0.0, abs=1e-6)


def test_vanished_ink_deviates_by_the_missing_part():
    keyframes = np.stack([bar(4), bar(2)])
    frames = held(keyframes, 10, blank()[0])
    shares = np.arange(3, 8) / 10
    assert metrics.ink_deviation(frames, 10) == pytest.approx(np.mean((1 - shares) * 4 + shares * 2) / 4)


def test_ink_deviation_excludes_frames_at_one_and_four_fifths():
    keyframes = np.stack([bar(4), bar(4)])
    frames = held(keyframes, 10, bar(4))
    frames[[1, 2, 8, 9]] = 0.0
    assert metrics.ink_deviation(frames, 10) == pytest.approx(0.0, abs=1e-12)
    frames[3] = 0.0
    assert metrics.ink_deviation(frames, 10) == pytest.approx(1 / 5)


# --- fragments -------------------------------------------------------------------------------------------


def dots(count: int, area: int = 4) -> Floats:
    image = np.zeros((SIDE, SIDE), np.float32)
    for index in range(count):
        image[10, 5 * index + 1 : 5 * index + 1 + area] = 1.0
    return image


@pytest.mark.parametrize(("between", "expected"), [(1, 1.0), (0, 1.0), (2, 0.0), (3, 0.0), (4, 1.0), (6, 3.0)])
def test_fragments_count_pieces_outside_the_range_of_the_keyframes(between, expected):
    keyframes = np.stack([dots(2), dots(3)])
    assert metrics.fragments(held(keyframes, 20, dots(between)), keyframes, 20) == expected


def test_pieces_need_three_pixels_and_connect_at_corners():
    keyframes = np.stack([dots(1), dots(1)])
    specks = dots(1)
    specks[20:28:3, 3:5] = 1.0
    assert metrics.fragments(held(keyframes, 20, specks), keyframes, 20) == 0.0
    diagonal = np.eye(SIDE, dtype=np.float32)
    assert metrics.fragments(held(keyframes, 20, diagonal), keyframes, 20) == 0.0


def test_fragments_are_compared_with_the_keyframes_of_their_segment():
    keyframes = np.stack([dots(1), dots(1), dots(4)])
    assert metrics.fragments(held(keyframes, 20, dots(4)), keyframes, 20) == pytest.approx(3.0 / 2)


# --- widening --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("between", "expected"), [(1, 0.0), (3, 0.0), (5, 2.0), (9, 6.0)])
def test_widening_counts_pixels_above_the_wider_keyframe(between, expected):
    keyframes = np.stack([bar(3), bar(1)])
    frames = held(keyframes, 20, bar(between))
    assert metrics.widening(frames, keyframes, 20) == pytest.approx(expected, abs=0.25)


def test_stroke_along_the_edge_has_its_full_width():
    keyframes = np.stack([bar(3), bar(3)])
    assert metrics.widening(held(keyframes, 20, bar(3, left=0)), keyframes, 20) == pytest.approx(0.0, abs=1e-9)
    full = np.ones((SIDE, SIDE), np.float32)
    assert metrics.widening(held(keyframes, 20, full), keyframes, 20) > 10.0


# --- all six ---------------------------------------------------------------------------------------------


def test_interpolation_metrics_agree_with_their_functions(random_images):
    frames = cross_fade(random_images, 5)
    assert metrics.interpolation_metrics(frames, random_images, 5) == {
        "ghosting": metrics.ghosting(frames, 5),
        "ink_deviation": metrics.ink_deviation(frames, 5),
        "fragments": metrics.fragments(frames, random_images, 5),
        "widening": metrics.widening(frames, random_images, 5),
        "knots": motion_metrics.knots(frames, random_images, 5),
        "length_error": motion_metrics.length_error(frames, random_images, 5),
    }


@pytest.mark.parametrize("frames_per_segment", [1, 2, 3, 4, 7, 20])
def test_blank_drawings_have_finite_metrics(frames_per_segment):
    keyframes = np.concatenate([blank(2), bar(3)[None], blank()])
    frames = held(keyframes, frames_per_segment, blank()[0])
    figures = metrics.interpolation_metrics(frames, keyframes, frames_per_segment)
    assert np.isfinite(list(figures.values())).all()
    assert set(metrics.interpolation_metrics(blank(frames_per_segment + 1), blank(2), frames_per_segment).values()) == {
        0.0
    }


def test_almost_blank_frames_have_almost_no_ghosting():
    frames = np.full((21, SIDE, SIDE), 1e-5, np.float32)
    figures = metrics.interpolation_metrics(frames, blank(2), 20)
    assert max(figures.values()) < 0.05


def test_metrics_do_not_depend_on_position_or_direction():
    keyframes = np.stack([bar(3), bar(5, left=8), bar(2)])
    frames = np.clip(cross_fade(keyframes, 10) * 1.3, 0.0, 1.0)
    expected = metrics.interpolation_metrics(frames, keyframes, 10)
    moved = metrics.interpolation_metrics(np.roll(frames, 9, axis=2), np.roll(keyframes, 9, axis=2), 10)
    backwards = metrics.interpolation_metrics(frames[::-1], keyframes[::-1], 10)
    assert moved == pytest.approx(expected)
    assert backwards == pytest.approx(expected)


def test_closed_loop_is_measured_by_appending_its_first_frame():
    keyframes = np.stack([bar(3), bar(3, left=12), bar(3)])
    closed = metrics.interpolation_metrics(cross_fade(keyframes, 10), keyframes, 10)
    open_ = metrics.interpolation_metrics(cross_fade(keyframes[:2], 10), keyframes[:2], 10)
    assert closed == pytest.approx(open_)


@pytest.mark.parametrize(
    ("frames", "keyframes", "frames_per_segment"),
    [(blank(20), blank(2), 20), (blank(21), blank(3), 20), (blank(0), blank(1), 1), (blank(3), blank(2), 0)],
)
def test_frames_that_do_not_fit_their_keyframes_are_refused(frames, keyframes, frames_per_segment):
    with pytest.raises(ValueError, match="frames"):
        metrics.interpolation_metrics(frames, keyframes, frames_per_segment)


def test_bytes_and_values_out_of_range_are_refused(random_images):
    with pytest.raises(TypeError, match="divide bytes by 255"):
        metrics.ghosting(np.zeros((21, 8, 8), np.uint8), 20)  # type: ignore[arg-type]
    for wrong in (random_images * 255.0, random_images - 1.0, random_images * np.nan):
        with pytest.raises(ValueError, match="must be in"):
            metrics.reconstruction_metrics(wrong, random_images)
    with pytest.raises(ValueError, match="must agree"):
        metrics.reconstruction_metrics(random_images, random_images[:3])
    with pytest.raises(ValueError, match="must be"):
        metrics.reconstruction_metrics(random_images[0], random_images[0])


# --- bootstrap -------------------------------------------------------------------------------------------


def test_interval_of_a_normal_sample_agrees_with_its_standard_error():
    values = np.random.default_rng(0).normal(2.0, 3.0, 400)
    low, high = bootstrap.bootstrap_interval(values, np.random.default_rng(1), resamples=4000)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_interval_is_wider_at_a_higher_level_and_repeats_with_the_seed():
    values = np.random.default_rng(0).random(50)
    narrow = bootstrap.bootstrap_interval(values, np.random.default_rng(1), level=0.5)
    wide = bootstrap.bootstrap_interval(values, np.random.default_rng(1), level=0.99)
    assert wide[0] < narrow[0] < values.mean() < narrow[1] < wide[1]
    assert wide == bootstrap.bootstrap_interval(values, np.random.default_rng(1), level=0.99)


def test_block_size_does_not_change_the_interval(monkeypatch):
    values = np.random.default_rng(0).random(50)
    whole = bootstrap.bootstrap_interval(values, np.random.default_rng(1), resamples=100)
    monkeypatch.setattr(bootstrap, "RESAMPLE_BLOCK", 350)
    assert bootstrap.bootstrap_interval(values, np.random.default_rng(1), resamples=100) == whole


def test_interval_of_a_single_value_is_that_value():
    assert bootstrap.bootstrap_interval(np.array([0.3]), np.random.default_rng(0)) == (0.3, 0.3)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [[1.0, 2.0]]])
def test_bootstrap_without_finite_values_is_refused(values):
    with pytest.raises(ValueError, match="finite values"):
        bootstrap.bootstrap_interval(np.array(values, float), np.random.default_rng(0))


@pytest.mark.parametrize("options", [{"resamples": 0}, {"level": 0.0}, {"level": 1.0}])
def test_bootstrap_with_an_invalid_setting_is_refused(options):
    with pytest.raises(ValueError, match="resamples"):
        bootstrap.bootstrap_interval(np.ones(3), np.random.default_rng(0), **options)


# --- sheets drawn by a person ----------------------------------------------------------------------------


@pytest.fixture
def real_keyframes() -> list[Floats]:
    paths = sorted(REAL_SHEETS.glob("*.bmp"))
    if len(paths) < 3:
        pytest.skip(f"the real sheets of {REAL_SHEETS} are not on this machine")
    return [(read_keyframes(path).images / 255.0).astype(np.float32) for path in paths]


def test_ghosting_of_drawn_sheets_is_near_its_known_value(real_keyframes):
    per_image = metrics.ghosting_per_image(np.concatenate(real_keyframes))
    assert per_image.mean() == pytest.approx(0.47, abs=0.04)  # over eight sheets: 0.47


def test_ghosting_of_a_cross_fade_is_near_its_known_value(real_keyframes):
    figures = [metrics.ghosting(cross_fade(keyframes, 20), 20) for keyframes in real_keyframes]
    assert np.mean(figures) == pytest.approx(1.35, abs=0.1)  # over eight sheets: 1.35


def test_animation_of_121_frames_is_measured_in_a_quarter_of_a_second(real_keyframes):
    keyframes = max(real_keyframes, key=len)[:7]
    frames = cross_fade(keyframes, 20)
    assert frames.shape == (121, 64, 64)
    started = time.process_time()
    metrics.interpolation_metrics(frames, keyframes, 20)
    assert time.process_time() - started < 0.25
