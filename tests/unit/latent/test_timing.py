"""Easing, holds, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkbridge.latent.paths import latent_path
from inkbridge.latent.timing import EASINGS, eased, shown_frames

LATENTS = np.random.default_rng(0).normal(size=(4, 8))


@pytest.mark.parametrize("easing", EASINGS)
def test_easing_keeps_keyframes_and_the_order_of_moments(easing):
    moments = np.linspace(0, 3, 61)
    passed = eased(moments, easing)
    assert np.allclose(passed[::20], [0, 1, 2, 3])
    assert (np.diff(passed) > 0).all()
    # A segment that is run backwards is passed in the same way.
    assert np.allclose(passed + passed[::-1], 3)


def test_ease_is_slow_at_keyframes_and_fast_between_them():
    passed = np.diff(eased(np.linspace(0, 1, 101), "ease"))
    assert passed[0] < 0.05 * passed[50]
    assert passed[50] == pytest.approx(1.5 * 0.01, rel=1e-3)


@pytest.mark.parametrize("loop", [False, True])
def test_an_eased_path_passes_through_the_same_keyframes(loop):
    steady, ease = (latent_path(LATENTS, "cubic", 10, loop=loop, easing=easing) for easing in EASINGS)
    assert len(steady) == len(ease)
    assert np.array_equal(steady[::10], ease[::10])
    assert not np.allclose(steady, ease)


@given(st.integers(2, 6), st.integers(1, 8), st.integers(0, 5), st.booleans())
def test_keyframes_are_held_and_every_frame_is_shown(keyframes, each, hold, there_and_back):
    frames = (keyframes - 1) * each + 1
    shown = shown_frames(frames, each, hold, there_and_back)
    assert set(shown) == set(range(frames))
    assert (np.abs(np.diff(shown)) <= 1).all()
    counts = np.bincount(shown)
    passes = np.full(frames, 2 if there_and_back else 1)
    passes[[0, -1]] = 1
    is_keyframe = np.arange(frames) % each == 0
    assert (counts == passes * np.where(is_keyframe, 1 + hold, 1)).all()


def test_the_way_back_leads_to_the_first_frame():
    shown = shown_frames(7, 3, there_and_back=True)
    assert shown.tolist() == [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]


def test_nothing_changes_without_hold_and_way_back():
    assert shown_frames(13, 4).tolist() == list(range(13))
