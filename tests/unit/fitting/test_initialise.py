"""Before the strokes are optimised, all are in use, and faint ones are hidden."""

import numpy as np
import pytest
import torch

from inkbridge.fitting.initialise import damp_off_span, hide_faint_strokes, split_unused_strokes
from inkbridge.fitting.tuning import STROKE_FIT
from inkbridge.strokes.soft_raster import CURVE, paint_soft
from tests.unit.fitting.shapes import line, set_opacities


def test_latents_are_damped_outside_the_span_of_the_keyframes_only(model, latents):
    model.latent_std.uniform_(0.5, 2)
    mixture = torch.tensor([[0.3, 0.7, 0.0], [2.0, -1.0, 0.5], [0.0, 0.0, 0.0]]) @ latents
    across = torch.randn(3, 8, generator=torch.Generator().manual_seed(3))
    across -= across @ torch.linalg.pinv(latents) @ latents
    with torch.no_grad():
        in_span, damped = model.strokes(mixture), model.strokes(mixture + STROKE_FIT.off_span_damping * across)
        assert (damped - in_span).abs().max() > 0.01
        damp_off_span(model, latents)
        torch.testing.assert_close(model.strokes(mixture), in_span, rtol=0, atol=1e-3)
        torch.testing.assert_close(model.strokes(mixture + across), damped, rtol=0, atol=1e-3)


@pytest.mark.parametrize("given", [torch.ones(2, 8), torch.zeros(2, 8), torch.eye(8)])
def test_damping_stays_finite_for_equal_zero_and_spanning_keyframes(given, model, latents):
    with torch.no_grad():
        before = model.strokes(latents)
        damp_off_span(model, given)
        after = model.strokes(latents)
    assert torch.isfinite(after).all()
    assert torch.allclose(after, before, atol=1e-3) == (len(given) == 8)


@pytest.mark.slow
@pytest.mark.parametrize("opacities", [(0.9, 0.1, 0.8, 0.1, 0.3, 0.2), (0.9,) * 6, (0.2, 0.1, 0.1, 0.1, 0.1, 0.1)])
def test_used_strokes_are_split_until_all_are_used_and_the_picture_stays(opacities, model, latents):
    set_opacities(model, *opacities)
    elsewhere = torch.cat([latents, 2 * latents.flip(0)])
    with torch.no_grad():
        before = model.strokes(elsewhere).numpy()
        owners = split_unused_strokes(model, latents)
        after = model.strokes(elsewhere).numpy()
    used = [number for number, opacity in enumerate(opacities) if opacity > 0.5] or [int(np.argmax(opacities))]
    assert set(owners) == set(used)
    assert all(owners[number] == number for number in used)
    assert after[..., 9].min() > 0.9999
    np.testing.assert_array_equal(after[..., 8], before[:, owners, 8])
    before[..., 9] = 1
    one, other = (paint_soft(strokes, 0.05, 200) for strokes in (before[:, used], after))
    assert np.abs(one - other).mean() < 0.003
    assert one.mean() > 0.01


def test_longest_stroke_is_split_first(model, latents):
    set_opacities(model, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1)
    layer = model.decoder[-2]
    with torch.no_grad():
        layer.weight.zero_()
        bias = layer.bias.unflatten(0, (-1, 10))
        for stroke, shape in enumerate((line((0, 10), (55, 10)), line((0, 50), (25, 50)))):
            bias[stroke, :8] = ((shape - 32) / 16).flatten()
        owners = split_unused_strokes(model, latents)
        strokes = model.strokes(latents)
    # 55 and 25 px; then 27.5, 27.5, 25; 13.75 twice; and so on.
    assert owners.tolist() == [0, 1, 0, 0, 0, 1]
    lengths = (strokes[..., 6:8] - strokes[..., :2]).norm(dim=-1)
    torch.testing.assert_close(lengths.sum(dim=1), torch.full((3,), 80.0))
    assert lengths.max() < 14


def test_used_strokes_are_opaque_at_every_latent(model, latents):
    with torch.no_grad():
        model.decoder[-2].weight.unflatten(0, (-1, 10))[:, 9] *= 300
        assert model.strokes(latents)[..., 9].min() < 0.3
        split_unused_strokes(model, latents)
        assert model.strokes(5 * latents)[..., 9].min() > 0.9999


def test_faint_stroke_shrinks_to_a_dot_in_the_nearest_ink():
    rng = np.random.default_rng(0)
    strokes = np.ones((3, 5, 10), np.float32)
    strokes[..., :8] = rng.uniform(0, 64, (3, 5, 8))
    opacities = np.float32([[0.9, 0.1, 0.8, 0.2, 0.5], [0.9, 0.9, 0.9, 0.9, 0.9], [0.01, 0.02, 0.03, 0.01, 0.01]])
    before = strokes.copy()
    found = hide_faint_strokes(strokes, opacities)
    np.testing.assert_array_equal(strokes, before)
    faint = np.array([[0, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]], bool)
    np.testing.assert_array_equal(found[~faint], before[~faint])
    np.testing.assert_array_equal(found[..., 8:], before[..., 8:])
    curves = CURVE @ before[..., :8].reshape(3, 5, 4, 2)
    for keyframe, stroke in zip(*np.nonzero(faint), strict=True):
        ink = curves[keyframe][~faint[keyframe]].reshape(-1, 2)
        distances = np.linalg.norm(ink - curves[keyframe, stroke][:, None], axis=-1).min(axis=0)
        points = found[keyframe, stroke, :8].reshape(4, 2)
        np.testing.assert_allclose(points.mean(axis=0), ink[distances.argmin()], atol=1e-3)
        old = before[keyframe, stroke, :8].reshape(4, 2)
        np.testing.assert_allclose(np.ptp(points, axis=0), 0.1 * np.ptp(old, axis=0), atol=1e-3)
