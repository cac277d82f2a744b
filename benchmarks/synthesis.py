"""Images per second of one core: the post's recipe painted as the post's own code does it and by inkbridge, and shards
as the pipeline makes them.

The other side paints as the 2018 post did: scikit-image draws each shape on an image of its own, SciPy's grey dilation
makes it as wide as a pen, and it is laid over the drawing, which is blurred at the end. The numbers of shapes, widths
and radii are those that the post's network was trained with (https://github.com/rajatvd/AutoencoderAnim). The code is
written anew. Times are those of the processor, so that other jobs matter less.
"""

# mypy: disable-error-code="no-untyped-call"
# The functions of scikit-image have no types.

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_dilation
from skimage import draw
from skimage.filters import gaussian

from inkbridge import CELL
from inkbridge.data.recipes import RECIPES, sample_drawings
from inkbridge.data.shards import ShardKey, write_shard

COUNT = 8192
BASELINE_COUNT = 1024
ROUNDS = 5

SHAPES = {"line": (0, 2), "curve": (1, 3), "ellipse": (0, 2)}
"""The fewest and the most of each shape in a drawing of the post."""

PIXELS_WIDE = (3, 5)
"""The narrowest and the widest stroke of the post: sides of the square that dilates it."""


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def paint_as_inkbridge() -> None:
    sample_drawings(np.random.default_rng(0), {"post": 1.0}, COUNT)


def paint_as_the_post() -> None:
    rng = np.random.default_rng(0)
    for _ in range(BASELINE_COUNT):
        drawing = np.zeros((CELL, CELL))
        for shape, (fewest, most) in SHAPES.items():
            for _ in range(rng.integers(fewest, most + 1)):
                stroke = np.zeros((CELL, CELL))
                stroke[_pixels(rng, shape)] = 1
                side = int(rng.integers(PIXELS_WIDE[0], PIXELS_WIDE[1] + 1))
                drawing[np.where(grey_dilation(stroke, size=(side, side)) == 1)] = 1
        gaussian(drawing, sigma=RECIPES["post"].blur).astype(np.float32)


def _pixels(rng: np.random.Generator, shape: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return the rows and columns of a random shape, one pixel wide."""
    points = [int(coordinate) for coordinate in rng.integers(0, CELL, 6)]
    if shape == "line":
        return draw.line(*points[:4])
    if shape == "curve":
        return draw.bezier_curve(*[*points, 1, (CELL, CELL)])
    radii = [int(radius) for radius in rng.integers(CELL // 8, CELL // 2, 2)]
    return draw.ellipse_perimeter(*[*points[:2], *radii, rng.uniform(0, np.pi), (CELL, CELL)])


def store_shard(recipe: str) -> None:
    """Sample, paint, compress and store ``COUNT`` images with their strokes."""
    with tempfile.TemporaryDirectory() as folder:
        write_shard(Path(folder, "0.h5"), ShardKey(0, {recipe: 1.0}, COUNT, "train", 0))


if __name__ == "__main__":
    paint_as_inkbridge()  # compiles the kernels
    times = [(seconds(paint_as_the_post) / BASELINE_COUNT, seconds(paint_as_inkbridge) / COUNT) for _ in range(ROUNDS)]
    ratio = float(np.median([post / ours for post, ours in times]))
    post, ours = (1 / np.median(column) for column in zip(*times, strict=True))
    print(f"the post's recipe, painted in memory as the post did: {post:,.0f} images/s")
    print(f"the post's recipe, painted in memory by inkbridge: {ours:,.0f} images/s, ratio {ratio:.1f}")
    for name in RECIPES:
        speed = COUNT / min(seconds(lambda name=name: store_shard(name)) for _ in range(ROUNDS))  # type: ignore[misc]
        print(f"recipe {name}, sampled, painted, compressed, stored: {speed:,.0f} images/s")
