"""Properties of the metrics of movement, on drawings whose distances and skeletons are known."""

import numpy as np
import pytest

from inkbridge.evaluation.motion_metrics import (
    MOMENTS,
    astray,
    chamfer,
    knots,
    length_error,
    motion_metrics,
    skeleton_metrics,
)

SIDE = 32
RNG = np.random.default_rng(0)


def blank():
    return np.zeros((SIDE, SIDE))


def line(row=16, first=6, last=26):
    """Return a horizontal line, one pixel high, from column ``first`` up to ``last``."""
    image = blank()
    image[row, first:last] = 1.0
    return image


def with_spur(image, column=16, height=6):
    image = image.copy()
    image[16 - height : 16, column] = 1.0
    return image


def held(keyframe, frame, frames_per_segment=20):
    """Return two equal keyframes, and an animation of them that shows ``frame`` all the time in between."""
    frames = np.stack([keyframe, *[frame] * (frames_per_segment - 1), keyframe])
    return frames, np.stack([keyframe, keyframe])


# --- chamfer and astray ----------------------------------------------------------------------------------


@pytest.mark.parametrize("image", [line(), blank(), RNG.random((SIDE, SIDE))])
def test_identical_frames_have_no_distance(image):
    assert chamfer(image, image) == 0.0
    assert astray(image, image) == 0.0


@pytest.mark.parametrize("metric", [chamfer, astray])
def test_distances_are_symmetric_and_do_not_depend_on_the_place(metric):
    one, other = RNG.random((2, SIDE // 2, SIDE // 2)) > 0.8
    first, second = (np.pad(image.astype(float), SIDE // 4) for image in (one, other))
    assert metric(first, second) == pytest.approx(metric(second, first))
    moved = [np.roll(image, (5, -3), (0, 1)) for image in (first, second)]
    assert metric(*moved) == pytest.approx(metric(first, second))
    assert metric(first, second) > 0


@pytest.mark.parametrize("shift", [1, 2, 3, 7])
def test_line_moved_sideways_is_as_far_away_as_it_moved(shift):
    assert chamfer(line(16), line(16 + shift)) == pytest.approx(shift)
    assert astray(line(16), line(16 + shift)) == (shift > 2)


@pytest.mark.parametrize("shift", [1, 4])
def test_line_moved_along_itself_is_far_away_at_its_end_only(shift):
    distances = np.arange(1, shift + 1)
    assert chamfer(line(), line(first=6 + shift, last=26 + shift)) == pytest.approx(distances.sum() / 20)
    assert astray(line(), line(first=6 + shift, last=26 + shift)) == pytest.approx((distances > 2).sum() / 20)


def test_missing_ink_counts_half_as_much_from_each_side():
    both = line(10) + line(20)
    assert chamfer(line(10), both) == pytest.approx(0.5 * 0.5 * 10)
    assert astray(line(10), both) == pytest.approx(0.5 * 0.5)


def test_blank_frame_is_as_far_away_as_the_image_is_wide():
    for frame, truth in ((blank(), line()), (line(), blank())):
        assert chamfer(frame, truth) == SIDE
        assert astray(frame, truth) == 1.0


def test_only_ink_above_one_half_counts():
    assert chamfer(line() * 0.6 + line(20) * 0.5, line()) == 0.0


# --- knots and length error ------------------------------------------------------------------------------


def test_keyframe_held_has_no_knots_and_no_length_error():
    frames, keyframes = held(line(), line())
    assert skeleton_metrics(frames, keyframes, 20) == {"knots": 0.0, "length_error": 0.0}


def test_spur_adds_one_end_and_one_branching_and_its_length():
    frames, keyframes = held(line(), with_spur(line()))
    assert knots(frames, keyframes, 20) == 2.0
    assert length_error(frames, keyframes, 20) == pytest.approx(6 / 20, abs=1 / 20)


def test_knots_are_counted_above_the_larger_keyframe():
    drawn = np.stack([with_spur(line()), line()])
    frames = np.stack([drawn[0], *[with_spur(with_spur(line()), 10)] * 19, drawn[1]])
    assert knots(frames, drawn, 20) == 2.0
    assert knots(frames[::-1], drawn[::-1], 20) == 2.0


def test_fewer_knots_than_in_the_keyframes_count_as_none():
    assert knots(*held(with_spur(line()), line()), 20) == 0.0


def test_ring_has_no_knots():
    ring = blank()
    ring[8:24, 8:24] = 1.0
    ring[10:22, 10:22] = 0.0
    assert knots(*held(blank(), ring), 20) == 0.0


def test_line_that_grows_steadily_has_no_length_error():
    lengths = np.arange(8, 29)
    frames = np.stack([line(first=2, last=2 + length) for length in lengths])
    assert length_error(frames, frames[[0, -1]], 20) == pytest.approx(0.0, abs=1e-9)
    halted = np.stack([frames[0], *[frames[0]] * 19, frames[-1]])
    assert length_error(halted, frames[[0, -1]], 20) == pytest.approx(np.mean(MOMENTS) * 20 / 28)


# --- moments ---------------------------------------------------------------------------------------------


def moments_measured(frames_per_segment):
    """Return the steps of two segments at which a spur changes the number of knots."""
    found = []
    for index in range(2 * frames_per_segment + 1):
        frames = np.stack([line()] * (2 * frames_per_segment + 1))
        frames[index] = with_spur(line())
        if knots(frames, np.stack([line()] * 3), frames_per_segment) > 0:
            found.append(index)
    return found


@pytest.mark.parametrize(
    ("frames_per_segment", "steps"),
    [(20, [4, 7, 10, 13, 16]), (10, [2, 4, 5, 6, 8]), (4, [1, 2, 3]), (2, [1]), (1, [])],
)
def test_the_same_parts_of_a_segment_are_measured_for_any_number_of_frames(frames_per_segment, steps):
    assert moments_measured(frames_per_segment) == [*steps, *(frames_per_segment + step for step in steps)]


# --- all of them -----------------------------------------------------------------------------------------


def test_metrics_of_an_animation_are_means_over_its_moments():
    keyframes = np.stack([line(8), line(20)])
    truth = np.stack([line(8), *[line(14)] * 3, line(20)])
    frames = np.stack([line(8), line(13), line(14), line(17), line(20)])
    assert motion_metrics(frames, truth, keyframes, 4) == pytest.approx(
        {"chamfer": (1 + 0 + 3) / 3, "astray": 1 / 3, "knots": 0.0, "length_error": 0.0}
    )


@pytest.mark.parametrize("frames_per_segment", [1, 2, 7])
def test_blank_drawings_have_finite_metrics(frames_per_segment):
    nothing = np.zeros((frames_per_segment + 1, SIDE, SIDE))
    assert set(motion_metrics(nothing, nothing, nothing[:2], frames_per_segment).values()) == {0.0}


def test_unsuitable_arrays_are_refused():
    frames, keyframes = held(line(), line())
    with pytest.raises(TypeError, match="floats"):
        skeleton_metrics(frames.astype(np.uint8), keyframes, 20)
    with pytest.raises(ValueError, match="20 frames"):
        motion_metrics(frames, frames[:-1], keyframes, 20)
