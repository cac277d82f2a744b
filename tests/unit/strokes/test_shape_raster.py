"""Strokes that are painted as one shape."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from inkbridge.strokes.bezier import line
from inkbridge.strokes.shape_raster import draw_shape, paint_shape
from inkbridge.strokes.soft_raster import TAIL, paint_soft
from inkbridge.strokes.soft_raster_torch import paint_shape_differentiable, shape_cross_entropy
from inkbridge.support.types import Array

SOFTNESS = 0.17


def straight(start: tuple[float, float], end: tuple[float, float], width: float = 3.0, opacity: float = 1.0) -> Array:
    """Return one straight stroke, ``float32 [10]``."""
    points = line(np.array(start, np.float32), np.array(end, np.float32))
    return np.array([*points.ravel(), width, opacity], np.float32)


def random_strokes(seed: int, count: int = 5) -> Array:
    """Return curved strokes of several widths, ``float32 [2, count, 10]``."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(10, 54, (2, count, 1, 2)) + rng.normal(0, 6, (2, count, 4, 2))
    widths, opacities = rng.uniform(1, 6, (2, count, 1)), np.ones((2, count, 1))
    return np.concatenate([points.reshape(2, count, 8), widths, opacities], axis=-1).astype(np.float32)


@pytest.mark.parametrize("size", [64, 128, 256])
@pytest.mark.parametrize("seed", [0, 1])
def test_one_stroke_is_painted_as_by_the_soft_union(size: int, seed: int) -> None:
    strokes = random_strokes(seed, 1)
    np.testing.assert_allclose(paint_shape(strokes, 0.5, size), paint_soft(strokes, 0.5, size), atol=0.03)


@pytest.mark.parametrize("opacities", [[1.0, 1.0, 1.0, 1.0], [1.0, 0.4, 0.0, 0.8]])
def test_a_pixel_has_the_most_ink_that_any_stroke_leaves(opacities: list[float]) -> None:
    strokes = random_strokes(2, 4)
    strokes[..., 9] = opacities
    each = np.stack([paint_shape(strokes[:, place : place + 1], SOFTNESS, 64) for place in range(4)])
    np.testing.assert_allclose(paint_shape(strokes, SOFTNESS, 64), each.max(axis=0), atol=2e-3)


def test_order_and_copies_of_strokes_do_not_matter() -> None:
    strokes = random_strokes(3)
    once = paint_shape(strokes, SOFTNESS, 128)
    np.testing.assert_array_equal(paint_shape(strokes[:, ::-1], SOFTNESS, 128), once)
    np.testing.assert_array_equal(paint_shape(np.repeat(strokes, 3, axis=1), SOFTNESS, 128), once)


@pytest.mark.parametrize("size", [64, 256])
def test_a_line_of_many_strokes_does_not_bulge_at_the_joints(size: int) -> None:
    whole = straight((10, 20.2), (50, 31.7))[None, None]
    ends = np.linspace((10, 20.2), (50, 31.7), 21)
    parts = np.stack([straight(tuple(a), tuple(b)) for a, b in pairwise(ends)])[None]
    np.testing.assert_allclose(paint_shape(parts, SOFTNESS, size), paint_shape(whole, SOFTNESS, size), atol=1e-3)
    assert np.abs(paint_soft(parts, SOFTNESS, size) - paint_soft(whole, SOFTNESS, size)).max() > 0.1


def test_a_stroke_without_finite_numbers_leaves_no_ink_and_the_others_stay() -> None:
    strokes = random_strokes(4)
    with_broken = np.concatenate([strokes, np.full((2, 1, 10), np.nan, np.float32)], axis=1)
    np.testing.assert_array_equal(paint_shape(with_broken, SOFTNESS, 64), paint_shape(strokes, SOFTNESS, 64))


@pytest.mark.parametrize("opacities", [[0.9] * 3, [0.9, 0.5, 0.7]])
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_finite_differences(seed: int, opacities: list[float]) -> None:
    strokes = random_strokes(seed, 3)
    strokes[..., 9] = opacities
    weights = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 64, 64)).astype(np.float32))
    softness = 1.5

    def value(rows: Array) -> torch.Tensor:
        return (paint_shape_differentiable(torch.from_numpy(rows), softness, tail=20.0) * weights).double().sum()

    leaf = torch.from_numpy(strokes).requires_grad_()
    (paint_shape_differentiable(leaf, softness, tail=20.0) * weights).sum().backward()
    assert leaf.grad is not None
    step = 0.01
    errors, sizes = [], []
    for place in range(10):
        for stroke in range(3):
            more, less = strokes.copy(), strokes.copy()
            more[0, stroke, place] += step
            less[0, stroke, place] -= step
            expected = float(value(more) - value(less)) / (2 * step)
            errors.append(float(leaf.grad[0, stroke, place]) - expected)
            sizes.append(expected)
    assert np.linalg.norm(errors) < 0.05 * np.linalg.norm(sizes)


def test_cross_entropy_is_that_of_torch_with_its_gradient() -> None:
    drawn = torch.from_numpy(paint_shape(random_strokes(5), SOFTNESS, 64))
    found, expected = (torch.from_numpy(random_strokes(6)).requires_grad_() for _ in range(2))
    loss = shape_cross_entropy(found, drawn, 0.6, 3.0, 1e-4)
    ink = paint_shape_differentiable(expected, 0.6, tail=3.0)
    known = functional.binary_cross_entropy(ink.clamp(1e-4, 1 - 1e-4), drawn)
    torch.testing.assert_close(loss, known, rtol=1e-4, atol=1e-6)
    (2 * loss).backward()
    (2 * known).backward()
    torch.testing.assert_close(found.grad, expected.grad, rtol=1e-3, atol=1e-6)


def test_ink_ends_at_the_tail() -> None:
    stroke = straight((20, 32), (44, 32))[None, None]
    ink = paint_shape(stroke, 0.5, 64)[0]
    rows = np.abs(np.arange(64) + 0.5 - 32) > 1.5 + TAIL * 0.5
    assert not ink[rows].any()
    assert ink[~rows].any()


@pytest.mark.parametrize("size", [64, 100, 256])
@pytest.mark.parametrize("opacities", [[1.0] * 5, [1.0, 0.4, 0.0, 0.8, 0.0004]])
@pytest.mark.parametrize("seed", range(5))
def test_frames_are_drawn_with_the_ink_that_fits_are_painted_with(seed: int, opacities: list[float], size: int) -> None:
    strokes = random_strokes(seed)
    strokes[:, 0, :8] += 30  # beyond the border
    strokes[:, 1, 2:8] = np.tile(strokes[:, 1, :2], 3)  # a dot
    strokes[..., 9] = opacities
    drawn, painted = draw_shape(strokes, SOFTNESS, size), 255 * paint_shape(strokes, SOFTNESS, size)
    assert drawn.dtype == np.uint8
    assert drawn.max() > 90
    np.testing.assert_allclose(drawn, painted, atol=0.51)  # half a level for rounding
    assert np.mean(drawn != np.rint(painted)) < 1e-4


def test_frames_have_no_ink_of_strokes_without_finite_numbers_and_none_without_strokes() -> None:
    strokes = random_strokes(4)
    broken = np.stack([np.full((2, 10), value, np.float32) for value in (np.nan, 1e30)], axis=1)
    broken[..., 8:] = 1
    with_broken = np.concatenate([strokes, broken], axis=1)
    np.testing.assert_array_equal(draw_shape(with_broken, SOFTNESS, 64), draw_shape(strokes, SOFTNESS, 64))
    assert not draw_shape(strokes[:, :0], SOFTNESS, 64).any()
