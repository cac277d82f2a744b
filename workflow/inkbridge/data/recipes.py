"""Recipes: how random drawings are made of strokes.

A recipe samples stroke sets and says how its images are softened. All its sampling is done for many images at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.strokes.bezier import VALUES, Kind, StrokeSets, bernstein, ellipse, line, quadratic
from inkbridge.strokes.raster import paint
from inkbridge.support.types import Array

_SKETCH_STROKES = (2, 14)
"""The fewest and the most strokes in a sketch."""

_SKETCH_KINDS = (0.42, 0.42, 0.11, 0.05)
"""Shares of lines, quadratics, ellipses and dots among a sketch's strokes."""

_SKETCH_PEN = (2.3, 3.8)
"""Narrowest and widest pen in pixels."""

_SKETCH_TRIES = 4
"""Places that are looked at for a stroke of a drawing that is made with care."""

_SKETCH_CARE = 0.75
"""Part of the sketches whose strokes look for free paper; the others scribble."""

_SKETCH_CLEARANCE = 8.0
"""Pixels from earlier strokes beyond which a place is free enough."""

_SKETCH_COMPACTNESS = 0.25
"""Pixels of clearance that a pixel of distance from the middle of the drawing costs: drawings do not straggle."""

_SKETCH_ENLARGEMENT = 3.0
"""The most that a small sketch is enlarged."""

_SKETCH_SIZES = (0.65, 1.0)
"""Part of the cell's inner side that a sketch's longer side fills."""

_SKETCH_MARGIN = 3.0
"""Pixels between a sketch's control points and the border of its cell: people keep clear of the edge."""


@dataclass(frozen=True)
class Recipe:
    """A named way to make drawings: ``sample(rng, count)`` gives stroke sets; ``blur`` is a Gaussian's σ in pixels."""

    sample: Callable[[np.random.Generator, int], StrokeSets]
    blur: float


@dataclass(frozen=True)
class Drawings:
    """N synthetic drawings: ``images`` ``uint8 [N, 64, 64]``, their strokes, and ``recipes`` ``uint8 [N]``, which
    recipe (by its position in the configuration's list) made each."""

    images: NDArray[np.uint8]
    strokes: StrokeSets
    recipes: NDArray[np.uint8]


def sample_post(rng: np.random.Generator, count: int) -> StrokeSets:
    """Sample the recipe of the 2018 post "Animating Doodles with Autoencoders and Synthetic Data".

    0–2 straight lines and 1–3 quadratic Béziers with points anywhere in the cell, 0–2 ellipses, widths of 3–5 px.
    """
    shapes = _Shapes(count)
    for kind, low, high in ((Kind.LINE, 0, 2), (Kind.QUADRATIC, 1, 3), (Kind.ELLIPSE, 0, 2)):
        number = rng.integers(low, high + 1, count)
        for position in range(high):
            shapes.add(_post_shape(rng, count, kind), kind, rng.uniform(3, 5, count), (position < number)[:, None])
    return shapes.stroke_sets()


def _post_shape(rng: np.random.Generator, count: int, kind: Kind) -> Array:
    if kind is Kind.ELLIPSE:
        long = rng.uniform(3, CELL / 3, count)
        short = long * np.sqrt(1 - rng.uniform(0, 0.95, count) ** 2)  # eccentricity, uniform up to 0.95
        return ellipse(_points(rng, count), stack(long, short), rng.uniform(0, np.pi, count))
    start, anchor, end = (_points(rng, count) for _ in range(3))
    return line(start, end) if kind is Kind.LINE else quadratic(start, anchor, end)


def sample_sketch(rng: np.random.Generator, count: int) -> StrokeSets:
    """Sample drawings closer to what people draw: thin strokes of one pen that start where another ends.

    2–14 strokes of one width (2.3–3.8 px): mostly lines and gentle curves, each from the end of the one before, from
    somewhere on an earlier stroke, or nearby; among them rounds, which hang on where they start, and dots. Most
    drawings lead their strokes over free paper, and none straggles. The whole drawing is then placed somewhere in the
    cell, at a size at which it nearly fills it.
    """
    shapes, crowd = _Shapes(count), _Crowd(count)
    fewest, most = _SKETCH_STROKES
    number = np.rint(fewest + (most - fewest) * rng.beta(1.1, 1.1, count))
    pen = rng.uniform(*_SKETCH_PEN, count)
    reach = rng.uniform(0.5, 1.5, count)
    tries = np.where(rng.random(count) < _SKETCH_CARE, _SKETCH_TRIES, 1)
    start, direction = np.zeros((count, 2), dtype=np.float32), rng.uniform(0, 2 * np.pi, count)
    for position in range(most):
        kind = rng.choice(len(Kind), count, p=_SKETCH_KINDS)[:, None]
        places = []
        for _ in range(_SKETCH_TRIES if position else 1):
            if position:
                begin, heading = _next_start(rng, shapes, start), _next_direction(rng, direction)
            else:
                begin, heading = start, direction
            length = rng.gamma(3.0, 5.0, count) * reach + 3.0
            step = np.where(kind == Kind.DOT, 0, _towards(heading, length))
            places.append((begin, heading, length, (begin + step).astype(np.float32)))
        chosen = crowd.freest([(begin, end) for begin, _, _, end in places], tries)
        start, direction, length, end = (np.stack(part)[chosen, np.arange(count)] for part in zip(*places, strict=True))
        bow = _towards(direction + np.pi / 2, rng.normal(0, 0.25, count) * length)
        curve = quadratic(start, (start + end) / 2 + np.where(kind == Kind.QUADRATIC, bow, 0), end)
        radii = stack(*(rng.uniform(3.5, 13, count) * rng.uniform(0.65, 1.0, (2, count))))
        round_shape = ellipse(start + _towards(direction, radii[:, 0]), radii, direction)
        control = np.where((kind == Kind.ELLIPSE)[..., None, None], round_shape, curve[:, None])
        width = np.where(kind[:, 0] == Kind.DOT, pen * rng.uniform(1.1, 2.2, count), pen)
        # All but the first of the four arcs are an ellipse's alone.
        arcs = np.concatenate([np.ones_like(kind, dtype=bool), np.repeat(kind == Kind.ELLIPSE, 3, axis=1)], axis=1)
        shapes.add(control, kind, width, arcs & (position < number)[:, None])
        crowd.add(start, np.where(kind == Kind.ELLIPSE, start + _towards(direction, 2 * radii[:, 0]), end))
        start = np.where(kind == Kind.ELLIPSE, start, end).astype(np.float32)
    shapes.place_in_cell(rng)
    return shapes.stroke_sets()


def _next_start(rng: np.random.Generator, shapes: "_Shapes", end: Array) -> Array:
    """Return where the next strokes start: at ``end``, on an earlier stroke, or near ``end``."""
    choice = rng.choice(3, len(end), p=[0.45, 0.49, 0.06])[:, None]
    nearby = end + rng.normal(0, 14, end.shape)
    return np.choose(choice, [end, shapes.point_on_earlier(rng), nearby]).astype(np.float32)


def _next_direction(rng: np.random.Generator, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return new headings: half of them turn from the old one, half look anywhere."""
    turned = direction + rng.normal(0, 1.0, len(direction))
    return np.where(rng.random(len(direction)) < 0.5, turned, rng.uniform(0, 2 * np.pi, len(direction)))


class _Crowd:
    """Where the ink of many drawings is, as points along their strokes, for new strokes to keep clear of."""

    def __init__(self, count: int) -> None:
        self._points: list[Array] = []
        self._count = count

    def add(self, start: Array, end: NDArray[np.floating]) -> None:
        """Add strokes from ``start`` to ``end``, both ``[N, 2]``."""
        self._points += [(start + (end - start) * part).astype(np.float32) for part in (0.25, 0.6, 1.0)]

    def freest(self, places: list[tuple[Array, Array]], tries: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return which of the ``places`` (start and end, ``[N, 2]`` each) is the freest for each of the N drawings,
        which looks at the first ``tries`` ``[N]`` of them."""
        if len(places) == 1:
            return np.zeros(self._count, dtype=np.int64)
        points = np.stack(self._points)
        middle = points.mean(axis=0)
        scores = []
        for start, end in places:
            nearest = [((points - place) ** 2).sum(axis=-1).min(axis=0) for place in ((start + end) / 2, end)]
            clearance = np.minimum(np.sqrt(np.minimum(*nearest)), _SKETCH_CLEARANCE)
            scores.append(clearance - _SKETCH_COMPACTNESS * np.linalg.norm(end - middle, axis=-1))
        tried = np.arange(len(places))[:, None] < tries
        best: NDArray[np.integer] = np.where(tried, scores, -np.inf).argmax(axis=0)
        return best


class _Shapes:
    """Collects shapes for many images at once: each call adds one shape to those images where ``drawn`` is true."""

    def __init__(self, count: int) -> None:
        self._values: list[Array] = []
        self._kinds: list[NDArray[np.uint8]] = []
        self._drawn: list[NDArray[np.bool_]] = []
        self._count = count

    def add(
        self, control: Array, kind: Kind | NDArray[np.integer], width: NDArray[np.floating], drawn: NDArray[np.bool_]
    ) -> None:
        """Add shapes with control points ``[N, 4, 2]`` or ``[N, arcs, 4, 2]``, one kind or ``[N, 1]``, widths ``[N]``,
        drawn ``[N, 1]`` or ``[N, arcs]``."""
        arcs = control.reshape(self._count, prod(control.shape[1:]) // 8, 8)
        values = np.ones((self._count, arcs.shape[1], VALUES), dtype=np.float32)
        values[..., :8] = arcs
        values[..., 8] = width[:, None]
        self._values.append(values)
        self._kinds.append(np.broadcast_to(np.asarray(kind, dtype=np.uint8), arcs.shape[:2]))
        self._drawn.append(np.broadcast_to(drawn, arcs.shape[:2]))

    def point_on_earlier(self, rng: np.random.Generator) -> Array:
        """Return a random point ``[N, 2]`` on the first arc of a random shape added so far."""
        chosen = rng.integers(0, len(self._values), self._count)
        first_arcs = np.stack([values[:, 0, :8] for values in self._values])
        control = first_arcs[chosen, np.arange(self._count)].reshape(-1, 4, 2)
        return np.einsum("nk,nkd->nd", bernstein(rng.uniform(0, 1, self._count)), control)

    def place_in_cell(self, rng: np.random.Generator) -> None:
        """Move each image's drawing to a random place in the cell, at a random size at which it fits."""
        values, drawn = np.concatenate(self._values, axis=1), np.concatenate(self._drawn, axis=1)
        points = values[..., :8].reshape(self._count, values.shape[1], 4, 2)
        unused = ~drawn[..., None, None]
        low = np.where(unused, np.inf, points).min(axis=(1, 2))
        extent = np.where(unused, -np.inf, points).max(axis=(1, 2)) - low
        room = CELL - 2 * _SKETCH_MARGIN
        size = room * rng.uniform(*_SKETCH_SIZES, self._count)
        scale = np.minimum(_SKETCH_ENLARGEMENT, size / np.maximum(extent.max(axis=1), 1))
        free = room - extent * scale[:, None]
        corner = _SKETCH_MARGIN + free * rng.uniform(0, 1, free.shape)
        for shape in self._values:
            control = shape[..., :8].reshape(self._count, shape.shape[1] * 4, 2)
            placed = (control - low[:, None]) * scale[:, None, None] + corner[:, None]
            shape[..., :8] = placed.reshape(shape[..., :8].shape)

    def stroke_sets(self) -> StrokeSets:
        drawn = np.concatenate(self._drawn, axis=1)
        offsets = np.concatenate([[0], np.cumsum(drawn.sum(axis=1))])
        values = np.concatenate(self._values, axis=1)[drawn]
        return StrokeSets(values, np.concatenate(self._kinds, axis=1)[drawn], offsets.astype(np.int64))


RECIPES: Mapping[str, Recipe] = {
    "post": Recipe(sample_post, blur=0.7),
    "sketch": Recipe(sample_sketch, blur=0.3),
}


def draw(rng: np.random.Generator, weights: Mapping[str, float], count: int) -> Drawings:
    """Sample and paint ``count`` drawings from recipes mixed by ``weights`` (recipe name → weight, any positive sum).

    The position of a recipe in ``weights`` is its number in :attr:`Drawings.recipes`.
    """
    shares = np.array(list(weights.values()), dtype=np.float64)
    chosen = rng.choice(len(shares), count, p=shares / shares.sum()).astype(np.uint8)
    sampled = [RECIPES[name].sample(rng, int((chosen == number).sum())) for number, name in enumerate(weights)]
    strokes = _interleave(sampled, chosen)
    blur = np.array([RECIPES[name].blur for name in weights])[chosen]
    return Drawings(paint(strokes, blur), strokes, chosen)


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


def _points(rng: np.random.Generator, count: int) -> Array:
    return rng.uniform(0, CELL, (count, 2)).astype(np.float32)


def _towards(direction: NDArray[np.floating], length: NDArray[np.floating]) -> Array:
    """Return steps ``[N, 2]`` of ``length`` pixels along ``direction`` (radians)."""
    return stack(length * np.cos(direction), length * np.sin(direction))


def stack(x: NDArray[np.floating], y: NDArray[np.floating]) -> Array:
    return np.stack([x, y], axis=-1).astype(np.float32)
