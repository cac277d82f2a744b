"""The recipe of the 2018 post "Animating Doodles with Autoencoders and Synthetic Data"."""

import numpy as np

from inkbridge import CELL
from inkbridge.data.shapes import Shapes, stack
from inkbridge.strokes.bezier import Kind, StrokeSets, ellipse, line, quadratic
from inkbridge.support.types import Array

_NUMBERS = {Kind.LINE: (0, 2), Kind.QUADRATIC: (1, 3), Kind.ELLIPSE: (0, 2)}
"""The fewest and the most shapes of each kind in a drawing."""

_WIDTHS = (3, 5)
"""Narrowest and widest stroke in pixels."""

_LONG_AXES = (3, CELL / 3)
"""Shortest and longest of an ellipse's longer half axes, in pixels."""

_MOST_ECCENTRIC = 0.95
"""Greatest eccentricity of an ellipse."""


def sample_post(rng: np.random.Generator, count: int) -> StrokeSets:
    """Sample ``count`` drawings of the post's recipe.

    0–2 straight lines and 1–3 quadratic Béziers with points anywhere in the cell, 0–2 ellipses, widths of 3–5 px.
    """
    shapes = Shapes(count)
    for kind, (fewest, most) in _NUMBERS.items():
        number = rng.integers(fewest, most + 1, count)
        for position in range(most):
            drawn = (position < number)[:, None]
            shapes.add(_shape(rng, count, kind), kind, rng.uniform(*_WIDTHS, count), drawn)
    return shapes.stroke_sets()


def _shape(rng: np.random.Generator, count: int, kind: Kind) -> Array:
    if kind is Kind.ELLIPSE:
        long = rng.uniform(*_LONG_AXES, count)
        short = long * np.sqrt(1 - rng.uniform(0, _MOST_ECCENTRIC, count) ** 2)
        return ellipse(_points(rng, count), stack(long, short), rng.uniform(0, np.pi, count))
    start, anchor, end = (_points(rng, count) for _ in range(3))
    return line(start, end) if kind is Kind.LINE else quadratic(start, anchor, end)


def _points(rng: np.random.Generator, count: int) -> Array:
    """Return points ``[count, 2]`` anywhere in the cell."""
    return rng.uniform(0, CELL, (count, 2)).astype(np.float32)
