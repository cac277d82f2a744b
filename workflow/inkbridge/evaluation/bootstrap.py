"""Bootstrap intervals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLE_BLOCK = 1_000_000
"""Indices that are drawn at once: 8 MB."""


def bootstrap_interval(
    values: NDArray[np.floating[Any]], rng: np.random.Generator, resamples: int = 2000, level: float = 0.95
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of values [N], in their unit.

    For paired values, give their differences. The interval of a single value is that value. Memory is bounded for any
    N and ``resamples`` (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13).

    Raises ValueError for no values, values that are not finite, no resamples, or a level outside (0, 1).
    """
    sample = np.asarray(values, np.float64)
    if sample.ndim != 1 or sample.size == 0 or not np.isfinite(sample).all():
        raise ValueError(
            f"expected finite values [N], N ≥ 1, found an array {sample.shape} or values that are not finite"
        )
    if resamples < 1 or not 0.0 < level < 1.0:
        raise ValueError(f"resamples must be ≥ 1 and 0 < level < 1, not {resamples} and {level}")
    block = max(1, RESAMPLE_BLOCK // sample.size)
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    means = [sample[rng.integers(sample.size, size=(size, sample.size))].mean(axis=1) for size in sizes]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(np.concatenate(means), [tail, 1.0 - tail])
    return float(low), float(high)
