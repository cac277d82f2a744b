"""Strokes are painted as another rasteriser paints them, on any scale, with gradients that are those of the picture."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from torch import Tensor

from inkbridge.data.recipes import RECIPES
from inkbridge.fitting.tuning import FINISH
from inkbridge.strokes.soft_raster import CURVE, TAIL, paint_soft
from inkbridge.strokes.soft_raster_torch import paint_differentiable, paint_polylines

Floats = NDArray[np.floating]

EVERYWHERE = 60.0
"""A tail so long that no pixel is left out: ink without jumps."""


def strokes_of(seed: int, images: int = 2, number: int = 4, opacity: tuple[float, float] = (0.3, 0.95)) -> Tensor:
    """Return curved strokes ``[images, number, 10]`` that cross each other."""
    rng = np.random.default_rng(seed)
    starts = rng.uniform(12, 52, (images, number, 1, 2))
    points = starts + rng.normal(0, 6, (images, number, 4, 2)).cumsum(axis=2)
    widths, opacities = rng.uniform(1.5, 5, (images, number, 1)), rng.uniform(*opacity, (images, number, 1))
    values = np.concatenate([points.reshape(images, number, 8), widths, opacities], axis=-1)
    return torch.from_numpy(values.astype(np.float32))


def stroke(*points: tuple[float, float], width: float = 3.0, opacity: float = 0.9) -> Tensor:
    """Return one stroke ``[1, 1, 10]`` of four control points; a single point stands for all four."""
    four = points if len(points) == 4 else points * 4
    return torch.tensor([[[*(value for point in four for value in point), width, opacity]]])


# --- the picture -----------------------------------------------------------------------------------------


def painted_by_agg(strokes: Floats, size: int) -> Floats:
    """Return the ink of opaque strokes ``[N, 10]`` by the Anti-Grain Geometry library, which draws true cubics."""
    renderer, scale = RendererAgg(size, size, 72), size / 64
    to_canvas = Affine2D().scale(scale, -scale).translate(0, size)
    for values in strokes.astype(float):
        pen, points = renderer.new_gc(), values[:8].reshape(4, 2)
        points[3] += 0.01  # Agg draws no dot where a path has no length
        pen.set_capstyle("round")
        pen.set_snap(False)
        pen.set_linewidth(values[8] * scale)
        renderer.draw_path(pen, Path(points, [Path.MOVETO] + [Path.CURVE4] * 3), to_canvas)
    return np.asarray(renderer.buffer_rgba())[..., 3] / 255


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("size", "tolerance"), [(64, 0.01), (256, 0.004)])
def test_strokes_are_painted_as_by_another_library(size, tolerance, recipe):
    sets = RECIPES[recipe].sample(np.random.default_rng(1), 40)
    for image in range(len(sets)):
        expected = painted_by_agg(sets.take(np.array([image])).values, size)
        found = paint_soft(sets.take(np.array([image])).values[None], FINISH.last_softness, size)
        assert found.shape == (1, size, size)
        assert found.dtype == np.float32
        assert np.abs(found[0] - expected).mean() < tolerance
        assert found.sum() == pytest.approx(expected.sum(), rel=0.02)


@pytest.mark.parametrize("size", [64, 100, 256])
def test_torch_and_numpy_paint_the_same(size):
    strokes = strokes_of(0)
    np.testing.assert_allclose(
        paint_differentiable(strokes, 0.4, size), paint_soft(strokes.numpy(), 0.4, size), atol=2e-5
    )


@pytest.mark.parametrize("softness", [0.17, 0.5, 2.5])
def test_ink_is_from_0_to_1_and_grows_with_each_stroke(softness):
    strokes = strokes_of(1, images=3, number=6, opacity=(0.3, 1))
    less = torch.zeros(3, 64, 64)
    for number in range(1, 7):
        more = paint_differentiable(strokes[:, :number], softness)
        assert (more >= less - 1e-6).all()
        assert (more > less + 0.05).any()
        less = more
    assert less.max() <= 1


def test_picture_does_not_depend_on_the_order_of_strokes_or_the_batch():
    strokes = strokes_of(2, images=3, number=5)
    together = paint_differentiable(strokes, 0.5)
    torch.testing.assert_close(paint_differentiable(strokes.flip(1), 0.5), together, rtol=0, atol=1e-5)
    for image in range(3):
        torch.testing.assert_close(
            paint_differentiable(strokes[image : image + 1], 0.5)[0], together[image], rtol=0, atol=0
        )


def test_ink_is_proportional_to_opacity():
    line = ((10.0, 20.0), (20.0, 25.0), (40.0, 25.0), (50.0, 20.0))
    none, half, whole = (paint_differentiable(stroke(*line, opacity=opacity), 0.5) for opacity in (0.0, 0.5, 1.0))
    assert none.abs().max() == 0
    assert whole.max() > 0.9
    torch.testing.assert_close(half, whole / 2, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [64, 256])
@pytest.mark.parametrize("width", [3.0, 5.0])
def test_stroke_without_length_is_a_dot(width, size):
    ink = paint_soft(stroke((20.0, 41.0), width=width, opacity=1).numpy(), FINISH.last_softness, size)[0]
    places = (np.arange(size) + 0.5) * 64 / size
    pixel = 64 / size
    assert ink.sum() * pixel**2 == pytest.approx(np.pi * width**2 / 4, rel=0.05)
    outside = np.hypot(places - 20, places[:, None] - 41) - width / 2
    assert (ink[outside < -pixel] > 0.98).all()
    assert (ink[outside > pixel] < 0.02).all()


def test_picture_of_twice_the_size_is_the_same_picture():
    strokes = strokes_of(3, images=4)
    small, large = paint_differentiable(strokes, 2.0, 64), paint_differentiable(strokes, 4.0, 128)
    averaged = large.unflatten(2, (64, 2)).unflatten(1, (64, 2)).mean(dim=(2, 4))
    torch.testing.assert_close(averaged, small, rtol=0, atol=0.03)
    assert (averaged - small).abs().mean() < 0.001


BEYOND = [(-20.0, 30.0), (30.0, -20.0), (84.0, 30.0), (30.0, 84.0), (-500.0, 900.0)]


@pytest.mark.parametrize("place", BEYOND)
def test_stroke_beyond_the_cell_has_no_ink_and_no_gradient(place):
    strokes = stroke(place).requires_grad_()
    ink = paint_differentiable(strokes, 1.0)
    ink.sum().backward()
    assert ink.abs().max() == 0
    assert strokes.grad.abs().max() == 0


# --- gradients -------------------------------------------------------------------------------------------


def loss_of(painted: Callable[[Tensor], Tensor], seed: int) -> Callable[[Tensor], Tensor]:
    """Return a loss that wants, of each pixel, more or less ink."""
    wanted = torch.randn(64, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return lambda strokes: (painted(strokes).double() * wanted).sum(dim=(1, 2))


def gradient_of(loss: Callable[[Tensor], Tensor], strokes: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss(strokes.requires_grad_()).sum(), strokes)
    return gradient


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


COLUMNS = {"points": slice(0, 8), "width": slice(8, 9), "opacity": slice(9, 10)}


@pytest.mark.parametrize("softness", [0.5, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_are_those_of_finite_differences(seed, softness):
    strokes = strokes_of(seed)
    loss = loss_of(lambda strokes: paint_differentiable(strokes, softness, tail=EVERYWHERE), seed)
    found = gradient_of(loss, strokes)
    expected, step = torch.zeros_like(strokes), 0.01
    with torch.no_grad():
        for number in range(strokes.shape[1]):
            for value in range(strokes.shape[2]):
                change = torch.zeros_like(strokes)
                change[:, number, value] = step
                expected[:, number, value] = (loss(strokes + change) - loss(strokes - change)) / (2 * step)
    for columns in COLUMNS.values():
        assert relative_error(found[..., columns], expected[..., columns]) < 0.03


@pytest.mark.parametrize("tail", [None, 3.0, EVERYWHERE])
@pytest.mark.parametrize("softness", [0.17, 0.5, 2.5])
@pytest.mark.parametrize("size", [64, 50])
def test_kernels_and_torch_operations_agree_in_value_and_gradient(size, softness, tail):
    strokes, scale = strokes_of(4), size / 64

    def by_torch(strokes: Tensor) -> Tensor:
        polylines = torch.from_numpy(CURVE) @ strokes[..., :8].unflatten(-1, (4, 2)) * scale
        reach = TAIL * softness if tail is None else tail
        return paint_polylines(polylines, strokes[..., 8] * scale, strokes[..., 9], softness, reach, size)

    def by_kernels(strokes: Tensor) -> Tensor:
        return paint_differentiable(strokes, softness, size, tail)

    torch.testing.assert_close(by_kernels(strokes), by_torch(strokes), rtol=0, atol=2e-5)
    wanted = torch.randn(size, size, generator=torch.Generator().manual_seed(0))
    found, expected = (
        gradient_of(lambda strokes, paint_differentiable=one: (paint_differentiable(strokes) * wanted).sum(), strokes)
        for one in (by_kernels, by_torch)
    )
    for columns in COLUMNS.values():
        assert relative_error(found[..., columns], expected[..., columns]) < 1e-3


DEGENERATE = {
    "a dot on the middle of a pixel": stroke((32.5, 32.5)),
    "a dot between pixels": stroke((32.0, 32.0)),
    "a line along the middles of pixels": stroke((10.5, 32.5), (20.5, 32.5), (30.5, 32.5), (40.5, 32.5)),
    "a line there and back": stroke((10.5, 32.5), (50.5, 32.5), (50.5, 32.5), (10.5, 32.5)),
    "two points equal": stroke((10.0, 10.0), (10.0, 10.0), (40.0, 50.0), (40.0, 50.0)),
    "no width": stroke((10.0, 10.0), (20.0, 30.0), (30.0, 20.0), (40.0, 50.0), width=0.0),
    "less than no width": stroke((32.5, 32.5), width=-50.0),
    "as wide as the cell": stroke((10.0, 10.0), (20.0, 30.0), (30.0, 20.0), (40.0, 50.0), width=64.0),
    "opaque": stroke((32.5, 32.5), width=8.0, opacity=1.0),
    "far beyond all pixels": stroke((10.0, 10.0), (1e19, 10.0), (-1e30, 20.0), (40.0, 3e38)),
    "across the border": stroke((-30.0, 0.0), (0.0, 0.0), (64.0, 64.0), (640.0, 90.0)),
}


@pytest.mark.parametrize("softness", [0.17, 2.5])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_strokes_have_finite_ink_and_gradients(case, softness):
    strokes = DEGENERATE[case].clone()
    ink = paint_differentiable(strokes, softness)
    assert torch.isfinite(ink).all()
    assert ink.min() >= 0
    assert ink.max() <= 1
    gradient = gradient_of(loss_of(lambda strokes: paint_differentiable(strokes, softness), 0), strokes)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().max() < 1e4
    assert (gradient.abs().max() > 0) == (case != "less than no width")


def test_dot_grows_from_its_middle_and_is_pulled_towards_ink():
    strokes = stroke((20.5, 32.5), width=3.0)
    wanted = torch.zeros(64, 64)
    wanted[28:37, 22:26] = 1  # on its right
    gradient = gradient_of(lambda strokes: -(paint_differentiable(strokes, 1.0) * wanted).sum(), strokes)[0, 0]
    assert gradient[:8:2].sum() < -0.1
    torch.testing.assert_close(gradient[1:8:2].sum(), torch.tensor(0.0), rtol=0, atol=1e-3)
    assert gradient[8] < -0.1
