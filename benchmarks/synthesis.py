"""Images per second on one core: shards as the pipeline makes them, compared with scikit-image and SciPy."""

# mypy: disable-error-code="no-untyped-call"
# The functions of scikit-image have no types.

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import draw
from skimage.morphology import dilation, disk

from inkbridge import CELL
from inkbridge.data.recipes import RECIPES
from inkbridge.data.shards import ShardKey, write_shard

COUNT = 8192
BASELINE_COUNT = 1024


def shard_seconds(recipe: str) -> float:
    """Return the time to sample, paint, compress and store ``COUNT`` images with their strokes, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write_shard(Path(folder, "0.h5"), ShardKey(0, {recipe: 1.0}, COUNT, "train", 0))
        return time.perf_counter() - started


def baseline_seconds() -> float:
    """Return the time to paint ``BASELINE_COUNT`` images of the post's recipe with scikit-image and SciPy."""
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    for _ in range(BASELINE_COUNT):
        image = np.zeros((CELL, CELL), np.float32)
        for shape in (_line, _curve, _ellipse):
            for _ in range(rng.integers(0, 3)):
                strokes = np.zeros((CELL, CELL), np.uint8)
                rows, columns = shape(rng)
                inside = (rows >= 0) & (rows < CELL) & (columns >= 0) & (columns < CELL)
                strokes[rows[inside], columns[inside]] = 1
                image = np.maximum(image, dilation(strokes, disk(rng.integers(1, 3))))
        gaussian_filter(image, 0.7)
    return time.perf_counter() - started


def _line(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return draw.line(*rng.integers(0, CELL, 4))


def _curve(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return draw.bezier_curve(*[*rng.integers(0, CELL, 6), 1])


def _ellipse(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    middle, radii = rng.integers(0, CELL, 2), rng.integers(3, 20, 2)
    return draw.ellipse_perimeter(*[*middle, *radii, rng.uniform(-np.pi, np.pi)])


if __name__ == "__main__":
    cv2.setNumThreads(1)
    baseline = BASELINE_COUNT / baseline_seconds()
    print(f"scikit-image and SciPy, painting only: {baseline:,.0f} images/s")
    for name in RECIPES:
        speed = COUNT / shard_seconds(name)
        print(
            f"recipe {name}, sampled, painted, compressed, stored: {speed:,.0f} images/s, ratio {speed / baseline:.1f}"
        )
