"""The steps of the stroke fit: strokes lie along strands, paint the keyframes, and are what the decoder draws."""

import itertools

import numpy as np
import pytest
import torch

from inkbridge.fitting import strokes as stroke_fit
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.layout import layout_of
from inkbridge.fitting.motion import Motion
from inkbridge.fitting.strokes import fit_strokes
from inkbridge.fitting.tuning import LAYOUT
from inkbridge.latent.paths import latent_path
from inkbridge.matching.match import match
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.tracing.skeleton import trace
from tests.unit.fitting.shapes import line, painted, turning_line

CORNER = np.concatenate([np.linspace([10, 40], [32, 12], 36), np.linspace([32, 12], [54, 40], 36)[1:]])
WAVE = np.stack([np.linspace(8, 56, 60), 32 + 12 * np.sin(np.linspace(0, 7, 60))], axis=1)


def strand(*keyframes: np.ndarray) -> Strand:
    return Strand(np.stack(keyframes), np.full((len(keyframes), len(keyframes[0])), 3.0))


@pytest.mark.parametrize("points", [WAVE, CORNER])
def test_strokes_lie_along_their_strand_and_share_their_ends(points):
    layout = layout_of([strand(points, points + 3)])
    handles = layout.fitted @ points.astype(np.float32)
    assert np.linalg.norm(layout.sampled @ handles - points, axis=1).max() <= LAYOUT.tolerance
    strokes = (layout.basis @ handles).reshape(-1, 4, 2)
    assert len(strokes) > 1
    np.testing.assert_allclose(strokes[1:, 0], strokes[:-1, 3], atol=1e-4)


def test_strokes_meet_smoothly_but_for_corners():
    for points, corners in ((WAVE, 0), (CORNER, 1)):
        layout = layout_of([strand(points)])
        strokes = (layout.basis @ (layout.fitted @ points.astype(np.float32))).reshape(-1, 4, 2) @ np.array([1, 1j])
        turns = np.angle((strokes[:-1, 3] - strokes[:-1, 2]).conj() * (strokes[1:, 1] - strokes[1:, 0]))
        assert (np.abs(turns) > 0.5).sum() == corners
        assert (np.abs(turns) > 0.01).sum() == corners


@pytest.mark.parametrize("loop", [False, True])
def test_strands_cover_the_ink_of_every_keyframe(loop):
    drawings = painted(
        [line((10, 32), (54, 32)), line((32, 32), (32, 56))],
        [line((12, 30), (52, 36)), line((32, 33), (20, 54)), line((12, 12), (30, 10))],
        [line((10, 20), (54, 32))],
    )
    graphs = [trace(drawing) for drawing in drawings] + ([trace(drawings[0])] if loop else [])
    strands = strands_of(graphs, [match(one, other) for one, other in itertools.pairwise(graphs)])
    assert {len(strand.points) for strand in strands} == {len(graphs)}
    for number, graph in enumerate(graphs):
        drawn = np.concatenate([strand.points[number] for strand in strands])
        for edge in graph.edges:
            assert np.linalg.norm(edge.points[:, None] - drawn, axis=2).min(axis=1).max() < 2


def fit_and_motion(model, keyframes, monkeypatch) -> tuple:
    """Return the fit of ``keyframes``, and the motion that the decoder was solved for."""
    motions: list[Motion] = []
    solve = stroke_fit.solve_output_layer

    def note(model, latents, motion, *given):
        motions.append(motion)
        solve(model, latents, motion, *given)

    monkeypatch.setattr(stroke_fit, "solve_output_layer", note)
    return fit_strokes(encode(model, keyframes), keyframes, False, 30, 1), motions[0]


def test_decoder_draws_the_strokes_of_keyframes_and_in_betweens(model, monkeypatch):
    """Keyframes are exact. In-betweens are within 0.5 px."""
    fitted, motion = fit_and_motion(model, turning_line(0.2, 0.9, 0.5), monkeypatch)
    with torch.no_grad():
        drawn = fitted.model.strokes(fitted.latents).numpy()
        assert np.abs(drawn[..., :9] - motion.at_keyframes()[..., :9]).max() < 0.02
        path = torch.from_numpy(latent_path(fitted.latents.numpy(), "linear", 8))
        for number, strokes in enumerate(fitted.model.strokes(path)[:16].numpy()):
            handles, widths, opacities = motion.at(number // 8, np.array([number % 8 / 8]))
            expected = motion.strokes_of(handles, widths, opacities)[0, :, :8]
            assert np.abs(strokes[:, :8] - expected).max() < 0.5


def test_equal_keyframes_drawn_by_strokes_in_other_places_have_latents_apart(model, monkeypatch):
    """A line that turns by 60° three times is the first one again, with its ends in other places."""
    keyframes = turning_line(*(np.pi / 3 * np.arange(4)))
    fitted, motion = fit_and_motion(model, keyframes, monkeypatch)
    assert np.abs(motion.at_keyframes()[0] - motion.at_keyframes()[3]).max() > 30
    assert (fitted.latents[0] - fitted.latents[3]).norm() >= 2.9


def test_equal_keyframes_drawn_by_the_same_strokes_keep_their_latents(model):
    keyframes = turning_line(0.2, 0.2)
    encoded = encode(model, keyframes)
    assert torch.equal(fit_strokes(encoded, keyframes, False, 5, 1).latents, encoded.latents)


def test_finish_lowers_the_error_and_stays_near(model, monkeypatch):
    keyframes = turning_line(0.2, 0.9)
    errors, places = [], []
    for steps in (1, 60):
        fitted = fit_strokes(encode(model, keyframes), keyframes, False, steps, 1).doodle()
        errors.append(np.square(fitted.keyframes() / 255 - keyframes / 255).mean())
        places.append(fitted.decoder_output(fitted.latents)[..., :8])
    assert errors[1] < 0.7 * errors[0]
    assert np.abs(places[1] - places[0]).max() < 1.5


@pytest.mark.parametrize(
    "lines",
    [
        [[line((20, 20), (20.01, 20))], [line((40, 30), (40.01, 30))]],
        [[line((2, 2), (62, 2)), line((2, 2), (2, 62))], [line((0, 5), (64, 5))]],
        [[line((10, 10), (50, 50))], [], [], [line((50, 10), (10, 50))]],
    ],
    ids=["dots only", "ink at the border", "two blanks between"],
)
def test_odd_drawings_are_drawn(lines, model):
    keyframes = painted(*lines)
    fitted = fit_strokes(encode(model, keyframes), keyframes, True, 60, 1).doodle()
    assert np.square(fitted.keyframes() / 255 - keyframes / 255).mean() < 0.001


@pytest.mark.parametrize("angles", [np.zeros(20), np.linspace(0, 3, 20)], ids=["identical", "turning"])
def test_twenty_keyframes_are_more_than_the_latent_has_dimensions(angles, model):
    keyframes = turning_line(*angles)
    fitted = fit_strokes(encode(model, keyframes), keyframes, False, 60, 1).doodle()
    assert np.square(fitted.keyframes() / 255 - keyframes / 255).mean() < 0.0007
