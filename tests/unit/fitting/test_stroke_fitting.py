"""A decoder that draws is fitted to a doodle: all its strokes draw each keyframe, and hold together in between."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from torch import Tensor

from inkbridge.config.settings import Fitting
from inkbridge.decoding.decoder import load_doodle, save_doodle
from inkbridge.evaluation.metrics import fragments, ink_deviation
from inkbridge.fitting import solve
from inkbridge.fitting import strokes as stroke_fitting
from inkbridge.fitting.connectivity import _spanning_tree, loose_pieces
from inkbridge.fitting.encoding import Fitted, encode
from inkbridge.fitting.fit import fit
from inkbridge.fitting.initialise import _OFF_SPAN_DAMPING, damp_off_span, hide_faint_strokes, split_unused_strokes
from inkbridge.fitting.motion import Motion
from inkbridge.fitting.optimise import SOFTNESS, optimise_strokes
from inkbridge.fitting.solve import _targets, solve_output_layer
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.strokes.soft_raster import CURVE, paint_soft
from inkbridge.strokes.soft_raster_torch import paint_differentiable

Bytes = NDArray[np.uint8]

STEPS = 400


def line(start: Sequence[float], end: Sequence[float]) -> Tensor:
    """Return the control points ``[4, 2]`` of a straight stroke."""
    ends = torch.from_numpy(np.float32([start, end]))
    return torch.lerp(ends[0], ends[1], torch.linspace(0, 1, 4)[:, None])


def lines(*angles: float) -> NDArray[np.float32]:
    """Return strokes ``[K, 1, 10]``: a line of 40 px through the middle of the cell, at some angles (radians)."""
    steps = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    points = [line(start, end).flatten() for start, end in zip(32 - steps, 32 + steps, strict=True)]
    return np.stack([np.float32([*values, 3, 1]) for values in points])[:, None]


def turning_line(*angles: float) -> Bytes:
    """Return keyframes of a line of 40 px through the middle of the cell, at some angles (radians)."""
    return np.rint(255 * paint_soft(lines(*angles), SOFTNESS, 64)).astype(np.uint8)


@pytest.fixture
def model(stroke_network) -> StrokeAutoencoder:
    return stroke_network(6)


@pytest.fixture
def latents() -> Tensor:
    return torch.randn(3, 8, generator=torch.Generator().manual_seed(2))


def opacities_set(model: StrokeAutoencoder, *opacities: float) -> None:
    """Make strokes as faint or opaque as said, whatever the latent."""
    layer = model.decoder[-2]
    with torch.no_grad():
        layer.weight.unflatten(0, (-1, 10))[:, 9] = 0
        layer.bias.unflatten(0, (-1, 10))[:, 9] = torch.logit(torch.tensor(opacities))


# --- noise across the paths ------------------------------------------------------------------------------


def test_what_lies_across_the_keyframes_span_is_damped_and_what_lies_in_it_stays(model, latents):
    model.latent_std.uniform_(0.5, 2)
    mixture = torch.tensor([[0.3, 0.7, 0.0], [2.0, -1.0, 0.5], [0.0, 0.0, 0.0]]) @ latents
    across = torch.randn(3, 8, generator=torch.Generator().manual_seed(3))
    across -= across @ torch.linalg.pinv(latents) @ latents
    with torch.no_grad():
        in_span, damped = model.strokes(mixture), model.strokes(mixture + _OFF_SPAN_DAMPING * across)
        assert (damped - in_span).abs().max() > 0.01
        damp_off_span(model, latents)
        torch.testing.assert_close(model.strokes(mixture), in_span, rtol=0, atol=1e-3)
        torch.testing.assert_close(model.strokes(mixture + across), damped, rtol=0, atol=1e-3)


@pytest.mark.parametrize("given", [torch.ones(2, 8), torch.zeros(2, 8), torch.eye(8)])
def test_keyframes_that_are_alike_or_nought_or_of_all_directions_damp_without_harm(given, model, latents):
    with torch.no_grad():
        before = model.strokes(latents)
        damp_off_span(model, given)
        after = model.strokes(latents)
    assert torch.isfinite(after).all()
    assert torch.allclose(after, before, atol=1e-3) == (len(given) == 8)


# --- every stroke in use ---------------------------------------------------------------------------------


@pytest.mark.parametrize("opacities", [(0.9, 0.1, 0.8, 0.1, 0.3, 0.2), (0.9,) * 6, (0.2, 0.1, 0.1, 0.1, 0.1, 0.1)])
def test_strokes_in_use_are_halved_until_all_are_and_the_picture_stays(opacities, model, latents):
    opacities_set(model, *opacities)
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


def test_it_is_the_longest_stroke_that_is_halved(model, latents):
    opacities_set(model, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1)
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


def test_strokes_in_use_are_opaque_whatever_the_latent(model, latents):
    with torch.no_grad():
        model.decoder[-2].weight.unflatten(0, (-1, 10))[:, 9] *= 300
        assert model.strokes(latents)[..., 9].min() < 0.3
        split_unused_strokes(model, latents)
        assert model.strokes(5 * latents)[..., 9].min() > 0.9999


def test_what_a_keyframe_has_no_use_for_hides_in_its_nearest_ink():
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


# --- pieces ----------------------------------------------------------------------------------------------

WIDTH, OVERLAP = 3.0, 0.5


def widths(points: Tensor) -> Tensor:
    return torch.full(points.shape[:2], WIDTH)


def parallel(*heights: float) -> Tensor:
    """Return level lines ``[1, N, 4, 2]``, one below the other."""
    return torch.stack([line((10, height), (50, height)) for height in heights])[None]


@pytest.mark.parametrize("allowed", [1, 2])
def test_strokes_that_cross_or_touch_are_one_piece(allowed):
    crossing = torch.stack([line((10, 30), (50, 30)), line((30, 10), (30, 50)), line((30, 50), (45, 60))])[None]
    assert loose_pieces(crossing, widths(crossing), [allowed]) == 0


def test_a_gap_is_measured_between_the_edges_of_two_pieces():
    apart = parallel(20, 32)
    assert float(loose_pieces(apart, widths(apart), [1])) == pytest.approx(12 - WIDTH + OVERLAP, abs=1e-4)
    assert loose_pieces(apart, widths(apart), [2]) == 0
    corner = torch.stack([line((10, 20), (50, 20)), line((50, 32), (60, 60))])[None]
    assert float(loose_pieces(corner, widths(corner), [1])) == pytest.approx(12 - WIDTH + OVERLAP, abs=1e-4)
    wide = widths(apart) + torch.tensor([2.0, 4.0])
    assert float(loose_pieces(apart, wide, [1])) == pytest.approx(12 - WIDTH - 3 + OVERLAP, abs=1e-4)


def test_the_widest_gaps_may_stay_where_more_pieces_are_allowed():
    three = parallel(8, 20, 50)
    near, far = 12 - WIDTH + OVERLAP, 30 - WIDTH + OVERLAP
    found = [float(loose_pieces(three, widths(three), [allowed])) for allowed in (0, 1, 2, 3, 9)]
    assert found == pytest.approx([near + far, near + far, near, 0, 0], abs=1e-4)


def test_gaps_are_averaged_over_drawings_of_which_each_has_its_own_pieces():
    together = torch.cat([parallel(20, 32), parallel(20, 32), parallel(20, 22)])
    found = float(loose_pieces(together, widths(together), np.array([1, 2, 1])))
    assert found == pytest.approx((12 - WIDTH + OVERLAP) / 3, abs=1e-4)


def test_pieces_are_pulled_together_and_grow_towards_each_other():
    apart, wide = parallel(20, 32).requires_grad_(), torch.full((1, 2), WIDTH, requires_grad=True)
    loose_pieces(apart, wide, [1]).backward()
    assert apart.grad is not None
    assert wide.grad is not None
    pull = apart.grad.sum(dim=2)[0]
    torch.testing.assert_close(pull, torch.tensor([[0.0, -1.0], [0.0, 1.0]]), rtol=0, atol=1e-3)
    torch.testing.assert_close(wide.grad, torch.full((1, 2), -0.5))


def test_where_nothing_is_loose_nothing_is_pulled():
    for points in (parallel(20), parallel(20, 22)):
        points.requires_grad_()
        loose_pieces(points, widths(points), [1]).backward()
        assert points.grad is not None
        assert points.grad.abs().max() == 0


@pytest.mark.parametrize("number", [1, 2, 3, 10, 40])
def test_a_spanning_tree_is_the_shortest(number):
    rng = np.random.default_rng(number)
    gaps = rng.uniform(0.1, 20, (number, number)).astype(np.float32)
    gaps = np.minimum(gaps, gaps.T)
    edges = _spanning_tree(gaps)
    assert edges.shape == (number - 1, 2)
    assert len({frozenset(edge) for edge in edges.tolist()}) == number - 1
    reached = {0}
    for one, other in edges.tolist():
        assert one in reached
        reached.add(other)
    assert len(reached) == number
    expected = minimum_spanning_tree(np.triu(gaps, k=1)).sum()
    assert gaps[edges[:, 0], edges[:, 1]].sum() == pytest.approx(expected, rel=1e-5)


def test_gaps_below_nothing_are_edges_like_others():
    gaps = np.float32([[0, -2, 5], [-2, 0, -1], [5, -1, 0]])
    assert _spanning_tree(gaps).tolist() == [[0, 1], [1, 2]]


# --- a motion and what the decoder learns of it ----------------------------------------------------------


def ink_of(points: Tensor, widths: Tensor, opacities: Tensor) -> Tensor:
    """Return the amount of ink ``[B]`` of points ``[B, N, 4, 2]``, widths ``[B, N]`` and opacities ``[B]``."""
    opacity = opacities[:, None].expand_as(widths)
    strokes = torch.cat([points.flatten(2), widths[..., None], opacity[..., None]], dim=-1)
    return paint_differentiable(strokes, SOFTNESS).sum(dim=(1, 2))


@pytest.fixture
def motion() -> Motion:
    """Three keyframes of two strokes in a loop, the last of them blank, with bends."""
    rng = torch.Generator().manual_seed(0)
    points, bends = (scale * torch.randn(3, 2, 4, 2, generator=rng) for scale in (12, 3))
    widths, opacities = 2 + torch.rand(3, 2, generator=rng), torch.tensor([1.0, 1.0, 0.0])
    return Motion(points + 32, widths, opacities, bends, np.arange(3), np.array([1, 2, 0]))


def test_a_motion_passes_through_its_keyframes_and_bends_between_them(motion):
    start = motion.at_keyframes()
    end = [values.roll(-1, dims=0) for values in start]
    halfway = [(one + other) / 2 for one, other in zip(start, end, strict=True)]
    halfway[0] = halfway[0] + motion.bends
    for moment, expected in ((0.0, start), (1.0, end), (0.5, halfway)):
        found = motion.at(np.arange(3), torch.full((3,), moment))
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)


def test_lessons_are_of_keyframes_and_ways_and_keep_the_amount_of_ink(motion, latents):
    motion.opacities[2] = 1
    points, wide, opacities = motion.at_keyframes()
    ink = 0.9 * ink_of(points, wide, opacities)
    keyframes = np.zeros((3, 64, 64), np.uint8)
    for keyframe, amount in zip(keyframes, ink, strict=True):
        keyframe.flat[: round(float(amount))] = 255
    places, lessons = _targets(latents.numpy(), motion, keyframes)
    np.testing.assert_array_equal(places[:3], latents)
    torch.testing.assert_close(lessons[:3, :, :8], points.flatten(2))
    torch.testing.assert_close(lessons[:3, :, 8], wide)
    torch.testing.assert_close(lessons[:3, :, 9], torch.ones(3, 2))
    on_linear = lessons[3 : 3 + (len(lessons) - 3) // len(METHODS)]
    moments = 3 * (torch.arange(len(on_linear)) + 0.5) / len(on_linear)
    segments = moments.long()
    expected, _, opacity = motion.at(segments.numpy(), moments - segments)
    torch.testing.assert_close(on_linear[..., :8], expected.flatten(2))
    found = ink_of(expected, on_linear[..., 8], opacity)
    wanted = torch.lerp(ink[segments], ink[motion.ends[segments]], moments - segments)
    assert (found / wanted - 1).abs().max() < 0.05


@pytest.fixture
def settled(model, latents) -> Callable[..., Motion]:
    """A function that settles the strokes of the model, as they are, on a line that turns by 90°."""

    def settle_with(seed: int = 1, **settings: float) -> Motion:
        keyframes = turning_line(0.2, 0.2 + np.pi / 2, 1.0)
        with torch.no_grad():
            strokes = model.strokes(latents).numpy()
        return optimise_strokes(
            strokes, latents, keyframes, True, Fitting(stroke_steps=80).model_copy(update=settings), seed
        )

    return settle_with


def test_strokes_settle_by_the_seed(settled):
    one, again, other = settled(), settled(), settled(seed=2)
    assert torch.equal(one.points, again.points)
    assert torch.equal(one.bends, again.bends)
    assert not torch.equal(one.points, other.points)


def test_the_ink_term_keeps_a_line_from_shrinking_as_it_turns(latents):
    strokes, keyframes = lines(0.2, 2.0), turning_line(0.2, 2.0)

    def lost(weight: float) -> float:
        """Return the part of the ink that is missing halfway."""
        settings = Fitting(stroke_steps=80, ink_weight=weight)
        motion = optimise_strokes(strokes, latents[:2], keyframes, False, settings, seed=1)
        start, halfway, end = (
            ink_of(*motion.at(np.zeros(1, np.int64), torch.full((1,), moment))) for moment in (0.0, 0.5, 1.0)
        )
        return 1 - float(halfway / ((start + end) / 2))

    assert lost(0.0) > 0.25, "the straight way of a line's ends leads through its middle"
    assert lost(1.0) < 0.1


def test_the_decoder_is_taught_the_motion_along_every_path(settled, model, latents):
    def points(latents: Tensor) -> Tensor:
        return model.strokes(latents)[..., :8].unflatten(-1, (4, 2))

    closed, moments = np.concatenate([latents, latents[:1]]), np.arange(3) + 0.5
    halfway = {name: torch.from_numpy(np.float32(way(closed, moments, True))) for name, way in METHODS.items()}
    with torch.no_grad():
        split_unused_strokes(model, latents)
        motion = settled()
        between, _, _ = motion.at(np.arange(3), torch.full((3,), 0.5))
        assert (points(latents) - motion.points).abs().mean() > 2
        assert (points(halfway["linear"]) - between).abs().mean() > 2
        solve_output_layer(model, latents, motion, turning_line(0.2, 0.2 + np.pi / 2, 1.0), seed=1)
        assert (points(latents) - motion.points).abs().mean() < 0.3
        for name in ("linear", "circular"):
            assert (points(halfway[name]) - between).abs().mean() < 0.15
        flat = motion.points.flatten(1).numpy()[[0, 1, 2, 0]]
        swing = METHODS["cubic"](flat, moments, True) - METHODS["linear"](flat, moments, True)
        swung = between + solve._SPLINE * torch.from_numpy(np.float32(swing)).view_as(between)
        assert (points(halfway["cubic"]) - swung).abs().mean() < 0.3
        assert (model.strokes(latents)[..., 8] - motion.widths).abs().mean() < 0.2
        assert model.strokes(latents)[..., 9].min() > 0.999


# --- a whole fit -----------------------------------------------------------------------------------------


def fit_to(network: StrokeAutoencoder, keyframes: Bytes, backend, loop: bool = False, seed: int = 1, steps=STEPS):
    return fit(encode(network, keyframes), keyframes, loop, Fitting(stroke_steps=steps), backend, seed)


def squared_error(fitted: Fitted, keyframes: Bytes) -> float:
    return float(np.square(fitted.doodle().keyframes() / 255 - keyframes / 255).mean())


def frames_of(fitted: Fitted, method: str, loop: bool = False, noise: float = 0) -> NDArray[np.float64]:
    """Return ten frames a segment, and the first again at the end of a loop."""
    frames = fitted.doodle().frames(DoodlePath("doodle", method, noise, 10, loop, seed=1), 64) / 255
    return np.concatenate([frames, frames[:1]]) if loop else frames


def state_of(network: StrokeAutoencoder) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


TWO = turning_line(0.2, 1.2)


@pytest.fixture
def fitted(model, backend) -> Fitted:
    """A fit of few steps to a line that turns by 57°: for what holds of any fit."""
    return fit_to(model, TWO, backend, steps=20)


@pytest.mark.parametrize("seed", [1, 2])
def test_keyframes_are_drawn_and_what_lies_between_is_whole(seed, model, backend):
    fitted = fit_to(model, TWO, backend, seed=seed)
    blank = float(np.square(TWO / 255).mean())
    assert blank < squared_error(encode(model, TWO), TWO)
    assert squared_error(fitted, TWO) < 0.15 * blank
    for method in METHODS:
        frames = frames_of(fitted, method)
        assert np.isfinite(frames).all()
        assert fragments(frames, TWO / 255, 10) == 0
        assert ink_deviation(frames, 10) < 0.15


def test_a_loop_is_whole_on_its_way_back(model, backend):
    keyframes = turning_line(0.2, 0.9, 0.5)
    fitted = fit_to(model, keyframes, backend, loop=True)
    assert squared_error(fitted, keyframes) < 0.15 * np.square(keyframes / 255).mean()
    closed = np.concatenate([keyframes, keyframes[:1]]) / 255
    for method in METHODS:
        frames = frames_of(fitted, method, loop=True)
        assert fragments(frames, closed, 10) == 0
        assert ink_deviation(frames, 10) < 0.15


@pytest.mark.parametrize("loop", [False, True])
def test_two_keyframes_that_are_the_same_are_drawn(loop, model, backend):
    keyframes = turning_line(0.2, 0.2)
    fitted = fit_to(model, keyframes, backend, loop=loop)
    assert squared_error(fitted, keyframes) < 0.05 * np.square(keyframes / 255).mean()
    for method, noise in itertools.product(METHODS, (0, 0.3)):
        assert np.isfinite(frames_of(fitted, method, loop, noise)).all()
    frames = frames_of(fitted, "linear", loop)
    np.testing.assert_allclose(frames, np.broadcast_to(frames[0], frames.shape), atol=0.02)


def test_a_blank_keyframe_stays_blank_and_what_is_drawn_fades_towards_it(model, backend):
    keyframes = turning_line(0.2, 0.4, 0.6)
    keyframes[1] = 0
    fitted = fit_to(model, keyframes, backend)
    frames = frames_of(fitted, "linear")
    assert np.isfinite(frames).all()
    assert frames[10].max() < 0.05
    assert squared_error(fitted, keyframes) < 0.15 * np.square(keyframes / 255).mean()
    ink = frames.sum(axis=(1, 2))
    assert 0.2 < ink[5] / ink[0] < 0.8
    assert 0.2 < ink[15] / ink[20] < 0.8


def test_a_doodle_of_blank_keyframes_alone_is_blank(model, backend):
    keyframes = np.zeros((2, 64, 64), np.uint8)
    frames = frames_of(fit_to(model, keyframes, backend, steps=20), "circular")
    assert frames.max() < 0.05


def test_one_stroke_is_enough_for_one_line(stroke_network, backend):
    keyframes = turning_line(0.2, 0.7)
    fitted = fit_to(stroke_network(1), keyframes, backend)
    assert fitted.doodle().decode(fitted.latents.numpy()).shape == (2, 1, 10)
    assert squared_error(fitted, keyframes) < 0.1 * np.square(keyframes / 255).mean()
    assert fragments(frames_of(fitted, "linear"), keyframes / 255, 10) == 0


def test_a_fit_leaves_the_model_as_it_was_and_changes_the_first_and_last_layer_of_a_copy(model, backend):
    before, softness, latents = state_of(model), model.softness, encode(model, TWO).latents
    fitted = fit_to(model, TWO, backend, steps=20)
    assert fitted.model is not model
    assert state_of(model) == before
    assert model.softness == softness
    assert all(weights.grad is None for weights in model.parameters())
    assert torch.is_grad_enabled()
    assert torch.equal(fitted.latents, latents)
    assert isinstance(fitted.model, StrokeAutoencoder)
    after = state_of(fitted.model)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"decoder.{layer}.{values}" for layer in (0, 4) for values in ("weight", "bias")}


def test_a_stroke_begins_hidden_in_a_keyframe_that_has_no_use_for_it(model, backend, monkeypatch):
    began = []

    def note(strokes: NDArray[np.float32], *given: Any) -> Motion:
        began.append(strokes)
        return optimise_strokes(strokes, *given)

    monkeypatch.setattr(stroke_fitting, "optimise_strokes", note)
    opacities_set(model, *[0.9] * 6)
    with torch.no_grad():
        one, other = model.decoder[:-2](model.raw(encode(model, TWO).latents))
        step, layer = one - other, model.decoder[-2]
        layer.weight[19] = 10 * step / step.square().sum()
        layer.bias[19] = -layer.weight[19] @ (one + other) / 2
        opacities = model.strokes(encode(model, TWO).latents)[:, 1, 9]
    assert opacities[0] > 0.9 > 0.1 > opacities[1]
    fit_to(model, TWO, backend, steps=1)
    extents = np.ptp(began[0][..., :8].reshape(2, 6, 4, 2), axis=2).max(axis=-1)
    assert extents[1, 1] < 0.2 * extents[0, 1]
    assert (np.delete(extents, 1, axis=1) > 0.7 * extents[::-1, [0, 2, 3, 4, 5]]).all()


def test_fitted_edges_are_as_sharp_as_drawn_ones(fitted):
    assert isinstance(fitted.model, StrokeAutoencoder)
    assert fitted.model.softness == SOFTNESS
    assert fitted.doodle().layers[-1]["softness"] == SOFTNESS
    assert fitted.doodle().decode(fitted.latents.numpy())[..., 9].min() > 0.999


def test_the_same_seed_gives_the_same_fit_and_another_another(model, backend, fitted):
    torch.manual_seed(99)
    again, other = fit_to(model, TWO, backend, steps=20), fit_to(model, TWO, backend, seed=2, steps=20)
    assert state_of(again.model) == state_of(fitted.model)
    assert state_of(other.model) != state_of(fitted.model)


@pytest.mark.parametrize("size", [64, 256])
def test_a_stored_doodle_is_what_torch_draws(size, fitted, tmp_path):
    save_doodle(tmp_path / "doodle.safetensors", fitted.doodle(), {})
    loaded = load_doodle(tmp_path / "doodle.safetensors")
    with torch.no_grad():
        np.testing.assert_allclose(loaded.decode(loaded.latents), fitted.model.strokes(fitted.latents), atol=1e-3)
    np.testing.assert_allclose(
        loaded.draw(loaded.latents, size).astype(int), fitted.model.draw(fitted.latents, size), atol=1
    )
