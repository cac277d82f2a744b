"""The painters for GPUs paint what those for the CPU paint. Without a GPU, Triton's interpreter runs them, line by line
on the CPU, and its compiler compiles them for GPUs that are not there."""

import os
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from inkbridge.strokes.soft_raster import CHORDS
from inkbridge.strokes.soft_raster_torch import _in_pixels, paint_differentiable, paint_polylines
from tests.unit.strokes.test_soft_raster import strokes_of

pytestmark = pytest.mark.needs(find_spec("triton") is not None, "triton: pip install triton", sys.platform == "linux")

ON = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def painter(monkeypatch):
    """The module. It is compiled if there is a GPU, else interpreted."""
    if ON == "cpu":
        monkeypatch.setenv("TRITON_INTERPRET", "1")  # read when the module is imported
    from inkbridge.strokes import triton_painter

    return triton_painter


def painted(painter, strokes: Tensor, softness: float, tail: float, size: int) -> Tensor:
    parts = (part.to(ON) for part in _in_pixels(strokes, size))
    return painter.SoftPainting.apply(*parts, torch.tensor([softness, tail], device=ON), size).cpu()


@pytest.mark.parametrize(("softness", "tail"), [(2.5, 10.0), (0.5, 4.0)])
def test_ink_and_gradients_are_those_of_the_cpu(softness, tail, painter):
    # 20 pixels are no whole number of tiles.
    strokes, wanted = strokes_of(seed=4, number=3), torch.randn(2, 20, 20, generator=torch.manual_seed(1))
    with torch.no_grad():
        strokes[1, 1, :8] += 60  # outside of the image, but for its soft edge
    results = []
    for paint in (lambda given: painted(painter, given, softness, tail, 20), None):
        given = strokes.clone().requires_grad_()
        ink = paint(given) if paint else paint_differentiable(given, softness, 20, tail)
        results.append((ink.detach(), *torch.autograd.grad((ink * wanted).sum(), given)))
    (ink, gradient), (expected_ink, expected) = results
    torch.testing.assert_close(ink, expected_ink, rtol=0, atol=5e-6)
    for part in (slice(0, 8), 8, 9):
        assert (gradient - expected)[..., part].norm() < 1e-4 * expected[..., part].norm()


def test_torch_without_triton_paints_the_same(painter):
    strokes = strokes_of(seed=5, number=2)
    expected = painted(painter, strokes, 1.0, 7.0, 16)
    torch.testing.assert_close(paint_polylines(*_in_pixels(strokes, 16), 1.0, 7.0, 16), expected, rtol=0, atol=5e-6)


def test_same_strokes_give_the_same_bits(painter):
    strokes = strokes_of(seed=6, images=1, number=2).requires_grad_()
    one, other = (
        torch.autograd.grad(painted(painter, strokes, 0.5, 4.0, 16).square().sum(), strokes)[0] for _ in range(2)
    )
    assert torch.equal(one, other)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 1e30])
def test_stroke_that_diverged_leaves_no_ink(odd, painter):
    strokes = strokes_of(seed=7, images=1, number=2)
    expected = painted(painter, strokes[:, :1], 0.5, 4.0, 16)
    strokes[0, 1, :8] = odd
    strokes.requires_grad_()
    ink = painted(painter, strokes, 0.5, 4.0, 16)
    torch.testing.assert_close(ink.detach(), expected)
    gradient = torch.autograd.grad(ink.sum(), strokes)[0]
    assert gradient[0, 0].isfinite().all()


def test_covered_parts_of_pixels_are_those_of_supersampling(painter):
    rng = np.random.default_rng(2)
    polylines = torch.from_numpy(rng.uniform(2, 14, (2, 2, 4, 2)).astype(np.float32))
    radii = torch.tensor([[1.5, 1.0], [2.0, -1.0]])
    found = painter.cover(polylines.to(ON), radii.to(ON), 16).cpu().numpy()
    fine = (np.stack(np.meshgrid(np.arange(256), np.arange(256)), axis=-1) + 0.5) / 16
    for image in range(2):
        inked = np.zeros((256, 256), dtype=bool)
        for polyline, radius in zip(polylines[image].numpy(), radii[image].numpy(), strict=True):
            for start, end in pairwise(polyline):
                along = ((fine - start) @ (end - start) / ((end - start) ** 2).sum()).clip(0, 1)
                inked |= np.linalg.norm(fine - start - along[..., None] * (end - start), axis=-1) <= radius
        exact = inked.reshape(16, 16, 16, 16).mean(axis=(1, 3))
        assert np.abs(found[image] - exact).max() < 0.5, "where strokes meet at an angle"
        assert np.abs(found[image] - exact).mean() < 0.015


COMPILED = """
import warnings
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from inkbridge.strokes import triton_painter

warnings.simplefilter("ignore")
numbers = {"strokes", "size", "chords", "points"}
constants = {"MOST": 0.9999, "PADDED": 16, "ROWS": 8, "COLUMNS": 16}
for kernel in (triton_painter._paint, triton_painter._pull, triton_painter._cover):
    kinds = {
        name: "constexpr" if name in constants else "i32" if name in numbers else "*fp32" for name in kernel.arg_names
    }
    chosen = {name: value for name, value in constants.items() if name in kernel.arg_names}
    for capability in (80, 90):
        compiled = triton.compile(ASTSource(kernel, kinds, chosen), target=GPUTarget("cuda", capability, 32))
        print(kernel.__name__, capability, len(compiled.asm["cubin"]) > 1000)
"""


@pytest.mark.slow
def test_painters_compile_for_gpus(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, env=environment)
    assert done.stdout.split("\n")[:-1] == [
        f"{kernel} {capability} True" for kernel in ("_paint", "_pull", "_cover") for capability in (80, 90)
    ], done.stderr
    assert CHORDS + 1 <= 16, "points of a polyline fit a vector of the kernel"
