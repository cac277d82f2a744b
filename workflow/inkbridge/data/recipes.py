"""Recipes: how random drawings are made of strokes.

A recipe samples stroke sets and says how their images are blurred. It samples many drawings at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkbridge.data.post import sample_post
from inkbridge.data.sketch import sample_sketch
from inkbridge.strokes.bezier import VALUES, StrokeSets
from inkbridge.support.memory import keep_freed_memory
from inkbridge.support.types import Images


@dataclass(frozen=True)
class Recipe:
    """A way to make drawings: ``sample(rng, count)`` gives stroke sets; ``blur`` is a Gaussian's σ in pixels."""

    sample: Callable[[np.random.Generator, int], StrokeSets]
    blur: float


RECIPES: Mapping[str, Recipe] = {
    "post": Recipe(sample_post, blur=0.7),
    "sketch": Recipe(sample_sketch, blur=0.3),
}


@dataclass(frozen=True)
class SyntheticDrawings:
    """N synthetic drawings: ``images`` ``uint8 [N, 64, 64]``, their strokes, and ``recipes`` ``uint8 [N]``, the recipe
    that made each, as its position in the configuration's list."""

    images: Images
    strokes: StrokeSets
    recipes: NDArray[np.uint8]


def sample_drawings(rng: np.random.Generator, weights: Mapping[str, float], count: int) -> SyntheticDrawings:
    """Sample and paint ``count`` drawings from recipes mixed by ``weights`` (recipe name → weight, any positive sum).

    The position of a recipe in ``weights`` is its number in :attr:`SyntheticDrawings.recipes`.
    """
    from inkbridge.strokes.raster import paint  # numba takes a third of a second to import

    keep_freed_memory()
    shares = np.array(list(weights.values()), dtype=np.float64)
    chosen = rng.choice(len(shares), count, p=shares / shares.sum()).astype(np.uint8)
    sampled = [RECIPES[name].sample(rng, int((chosen == number).sum())) for number, name in enumerate(weights)]
    strokes = _interleave(sampled, chosen)
    blur = np.array([RECIPES[name].blur for name in weights])[chosen]
    return SyntheticDrawings(paint(strokes, blur), strokes, chosen)


def _interleave(parts: list[StrokeSets], chosen: NDArray[np.uint8]) -> StrokeSets:
    """Return one batch in which image i is the next unused one of ``parts[chosen[i]]``."""
    lengths = np.zeros(len(chosen), dtype=np.int64)
    for number, part in enumerate(parts):
        lengths[chosen == number] = np.diff(part.offsets)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    owner = np.repeat(chosen, lengths)
    values = np.empty((len(owner), VALUES), dtype=np.float32)
    kinds = np.empty(len(owner), dtype=np.uint8)
    for number, part in enumerate(parts):
        values[owner == number], kinds[owner == number] = part.values, part.kinds
    return StrokeSets(values, kinds, offsets)
