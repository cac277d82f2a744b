"""The solved decoder draws a known motion along every path."""

import numpy as np
import torch
from torch import Tensor

from inkbridge.fitting.initialise import split_unused_strokes
from inkbridge.fitting.solve import solve_output_layer, targets
from inkbridge.fitting.tuning import STROKE_FIT
from inkbridge.latent.paths import METHODS
from tests.unit.fitting.shapes import ink_of, turning_line


def test_targets_are_keyframes_and_movements_with_the_wanted_ink(motion, latents):
    motion.opacities[2] = 1
    points, wide, opacities = motion.at_keyframes()
    ink = 0.9 * ink_of(points, wide, opacities)
    keyframes = np.zeros((3, 64, 64), np.uint8)
    for keyframe, amount in zip(keyframes, ink, strict=True):
        keyframe.flat[: round(float(amount))] = 255
    places, strokes_there = targets(latents.numpy(), motion, keyframes)
    np.testing.assert_array_equal(places[:3], latents)
    torch.testing.assert_close(strokes_there[:3, :, :8], points.flatten(2))
    torch.testing.assert_close(strokes_there[:3, :, 8], wide)
    torch.testing.assert_close(strokes_there[:3, :, 9], torch.ones(3, 2))
    on_linear = strokes_there[3 : 3 + (len(strokes_there) - 3) // len(METHODS)]
    moments = 3 * (torch.arange(len(on_linear)) + 0.5) / len(on_linear)
    segments = moments.long()
    expected, _, opacity = motion.at(segments.numpy(), moments - segments)
    torch.testing.assert_close(on_linear[..., :8], expected.flatten(2))
    found = ink_of(expected, on_linear[..., 8], opacity)
    wanted = torch.lerp(ink[segments], ink[motion.segments.ends[segments]], moments - segments)
    assert (found / wanted - 1).abs().max() < 0.05


def test_solved_decoder_draws_the_motion_along_every_path(optimised, model, latents):
    def points(latents: Tensor) -> Tensor:
        return model.strokes(latents)[..., :8].unflatten(-1, (4, 2))

    closed, moments = np.concatenate([latents, latents[:1]]), np.arange(3) + 0.5
    halfway = {name: torch.from_numpy(np.float32(way(closed, moments, True))) for name, way in METHODS.items()}
    with torch.no_grad():
        split_unused_strokes(model, latents)
        motion = optimised(stroke_steps=80)
        between, _, _ = motion.at(np.arange(3), torch.full((3,), 0.5))
        assert (points(latents) - motion.points).abs().mean() > 2
        assert (points(halfway["linear"]) - between).abs().mean() > 2
        solve_output_layer(model, latents, motion, turning_line(0.2, 0.2 + np.pi / 2, 1.0), seed=1)
        assert (points(latents) - motion.points).abs().mean() < 0.3
        for name in ("linear", "circular"):
            assert (points(halfway[name]) - between).abs().mean() < 0.15
        flat = motion.points.flatten(1).numpy()[[0, 1, 2, 0]]
        swing = METHODS["cubic"](flat, moments, True) - METHODS["linear"](flat, moments, True)
        swung = between + STROKE_FIT.swing * torch.from_numpy(np.float32(swing)).view_as(between)
        assert (points(halfway["cubic"]) - swung).abs().mean() < 0.3
        assert (model.strokes(latents)[..., 8] - motion.widths).abs().mean() < 0.2
        assert model.strokes(latents)[..., 9].min() > 0.999
