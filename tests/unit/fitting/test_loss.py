"""Each term of the loss measures one thing, and the total is their weighted sum."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from inkbridge.fitting.loss import LossTerms, StrokeLoss, bending_energy, ink_error, similarity, weighted_distance
from inkbridge.fitting.motion import Motion, Segments
from inkbridge.fitting.tuning import STROKE_FIT, LossWeights
from inkbridge.strokes.soft_raster import paint_soft
from tests.unit.fitting.shapes import line, lines, turning_line

ANGLES = 0.2, 1.2
MOMENT = torch.tensor([0.3])


@pytest.fixture
def still() -> Motion:
    """A line of 40 px that turns by 57° without a bend: it is shorter on the way."""
    strokes = torch.from_numpy(lines(*ANGLES))
    points, widths = strokes[..., :8].reshape(2, 1, 4, 2), strokes[..., 8]
    return Motion(points, widths, torch.ones(2), torch.zeros(1, 1, 4, 2), Segments.of(2, loop=False))


def terms_of(motion: Motion, latents: Tensor, softness: float = STROKE_FIT.last_softness) -> dict[str, float]:
    terms = StrokeLoss(turning_line(*ANGLES), latents, motion.segments).terms(motion, MOMENT, softness)
    return {term.name: float(getattr(terms, term.name)) for term in fields(terms)}


def test_strokes_that_draw_the_keyframes_have_a_loss_of_ink_and_distance_only(still, latents):
    terms = terms_of(still, latents[:2])
    assert terms["keyframes"] < 0.03
    assert 0.02 < terms["ink"] < 0.3, "a turning line is shorter on the straight way of its ends"
    assert terms["similarity"] > 0
    assert [terms[name] for name in ("pieces", "curl", "bends", "widths")] == pytest.approx([0] * 4, abs=1e-5)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"points": 5.0}, "keyframes"),
        ({"bends": 3.0}, "bends"),
        ({"widths": torch.tensor([[3.0], [5.0]])}, "widths"),
    ],
)
def test_change_of_the_motion_raises_its_term(changed, name, still, latents):
    moved = replace(still, **{key: getattr(still, key) + value for key, value in changed.items()})
    assert terms_of(moved, latents[:2])[name] > 1.5 * terms_of(still, latents[:2])[name] + 0.01


def test_curl_counts_keyframes_and_in_betweens(still, latents):
    bent = still.points[:1].repeat(2, 1, 1, 1)
    bent[:, :, 1, 1] += torch.tensor([[6.0], [-6.0]])  # straight halfway
    loss = StrokeLoss(turning_line(*ANGLES), latents[:2], still.segments)
    halfway, near_the_start = (
        float(loss.terms(replace(still, points=bent), torch.tensor([moment]), 1.0).curl) for moment in (0.5, 0.0)
    )
    energy = (12**2 + 6**2) / 2
    assert (halfway, near_the_start) == pytest.approx((energy, 2 * energy), rel=1e-3)


def test_wanted_ink_changes_steadily_between_keyframes(still, latents):
    widths = torch.tensor([[2.0], [6.0]])
    thickening = replace(still, points=still.points[:1].repeat(2, 1, 1, 1), widths=widths)
    strokes = np.concatenate([lines(ANGLES[0])] * 2)
    strokes[..., 8] = widths
    keyframes = np.rint(255 * paint_soft(strokes, STROKE_FIT.last_softness, 64)).astype(np.uint8)
    loss = StrokeLoss(keyframes, latents[:2], still.segments)
    for moment in (0.0, 0.3, 0.7):
        terms = loss.terms(thickening, torch.tensor([moment]), STROKE_FIT.last_softness)
        assert float(terms.ink) < 0.05


def test_total_is_the_weighted_sum_of_the_terms():
    names = [term.name for term in fields(LossTerms)]
    terms = LossTerms(**{name: torch.tensor(float(number)) for number, name in enumerate(names, start=1)})
    weights = LossWeights(pieces=0.1, curl=0.2, bends=0.3, widths=0.4, similarity=0.5)
    total = terms.total(weights, ink_weight=10.0, pieces_onset=0.5)
    assert float(total) == pytest.approx(1 + 10 * 2 + 0.05 * 3 + 0.2 * 4 + 0.3 * 5 + 0.4 * 6 + 0.5 * 7)
    assert all(name in str(terms) for name in names)


def test_ink_error_is_relative():
    ink = torch.zeros(2, 8, 8)
    ink[0, :2, :5] = 1
    assert float(ink_error(ink[:1], torch.tensor([20.0]), 1.0)) == pytest.approx(0.5)
    assert float(ink_error(ink, torch.tensor([10.0, 0.0]), 1.0)) == 0
    assert float(ink_error(ink[:1], torch.tensor([0.0]), 1.0)) == 10, "for blank keyframes, pixels"
    assert float(ink_error(ink[:1], torch.tensor([0.0]), 4.0)) == 2.5


def test_straight_strokes_have_no_bending_energy():
    assert float(bending_energy(line((3, 4), (50, 20)))) == pytest.approx(0, abs=1e-9)
    bent = line((0, 0), (30, 0))
    bent[1, 1] += 6
    assert float(bending_energy(bent)) == pytest.approx((12**2 + 6**2) / 2)


def test_similar_latents_weigh_more():
    weights = similarity(torch.tensor([[0.0, 0.0], [0.0, 0.1], [3.0, 4.0]]), 1.0)
    np.testing.assert_allclose(weights.diagonal(), 0)
    assert weights[0, 1] == pytest.approx(1 / 1.01)
    assert weights[0, 2] == pytest.approx(1 / 26)
    assert similarity(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), 5.0)[0, 1] == pytest.approx(0.5)
    apart = torch.stack([line((0, 0), (30, 0)), line((0, 2), (30, 2)), line((0, 2), (30, 2))])[:, None]
    mean_squared = 2.0  # y differs by 2 px, x does not
    expected = 2 * mean_squared * float(weights[0, 1] + weights[0, 2]) / 3
    assert float(weighted_distance(apart, weights)) == pytest.approx(expected)


def test_tuning_reaches_the_loss(still, latents):
    near = replace(STROKE_FIT, reach_softnesses=0.0, reach_pixels=0.5)
    keyframes = turning_line(*ANGLES)
    one, other = (
        StrokeLoss(keyframes, latents[:2], still.segments, tuning).terms(still, MOMENT, 1.0).keyframes
        for tuning in (STROKE_FIT, near)
    )
    assert float(one) != float(other)
