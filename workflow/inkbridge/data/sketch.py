"""The recipe of sketches: drawings closer to what people draw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkbridge.data.shapes import Shapes, stack, step
from inkbridge.strokes.bezier import Kind, StrokeSets, ellipse, quadratic
from inkbridge.support.types import Array


@dataclass(frozen=True)
class SketchTuning:
    """The numbers that tune the recipe. Lengths are in pixels of the cell, before the whole drawing is scaled to fill
    it."""

    strokes: tuple[int, int] = (2, 14)
    """The fewest and the most strokes. More strokes would pile up on each other (docs/experiments.md)."""
    strokes_beta: float = 1.1
    """Both parameters of the beta distribution of the number of strokes: nearly uniform."""
    kinds: tuple[float, float, float, float] = (0.42, 0.42, 0.11, 0.05)
    """Shares of lines, quadratics, ellipses and dots among the strokes."""
    pen: tuple[float, float] = (2.3, 3.8)
    """Narrowest and widest pen. A drawing uses one pen."""
    dot_size: tuple[float, float] = (1.1, 2.2)
    """Smallest and largest diameter of a dot, in widths of the pen."""

    # --- where strokes start ---

    starts: tuple[float, float, float] = (0.45, 0.49, 0.06)
    """Shares of strokes that start at the end of the one before, on an earlier stroke, or near the end."""
    nearby: float = 14.0
    """Standard deviation of a start near the end of the stroke before."""
    turning: float = 0.5
    """Part of the strokes that turn from the direction of the one before; the others go anywhere."""
    turn: float = 1.0
    """Standard deviation of such a turn, in radians."""

    # --- their shapes ---

    length_shape: float = 3.0
    """Shape of the gamma distribution of lengths."""
    length_scale: float = 5.0
    """Scale of that distribution. Together with the shape, it gives a mean of 15 px."""
    shortest: float = 3.0
    """Added to every length."""
    reach: tuple[float, float] = (0.5, 1.5)
    """Range of the factor on the lengths of one drawing: some are large-limbed, some small."""
    bow: float = 0.25
    """Standard deviation of a quadratic's bow, as a part of its length."""
    radii: tuple[float, float] = (3.5, 13.0)
    """Range of an ellipse's longer half axis."""
    roundness: tuple[float, float] = (0.65, 1.0)
    """Range of the factor on each half axis."""

    # --- free paper ---

    spacious: float = 0.75
    """Part of the drawings whose strokes seek free paper. The others are scribbles."""
    tries: int = 4
    """Number of places that a stroke of such a drawing chooses from."""
    clearance: float = 8.0
    """Distance from earlier strokes beyond which a place is free enough."""
    landmarks: tuple[float, ...] = (0.25, 0.6, 1.0)
    """Parts of a stroke's way at which points stand for it when others keep clear of it. There is none at its start,
    where it mostly joins another stroke."""
    compactness: float = 0.25
    """Clearance that each pixel of distance from the middle of the drawing costs, so that drawings do not straggle."""

    # --- place in the cell ---

    enlargement: float = 3.0
    """The most that a small drawing is enlarged."""
    sizes: tuple[float, float] = (0.65, 1.0)
    """Range of the part of the cell's inner side that the drawing's longer side fills."""
    margin: float = 3.0
    """Distance of control points from the border of the cell: people keep clear of the edge."""


SKETCH = SketchTuning()
"""The tuning of the recipe ``sketch``."""


def sample_sketch(rng: np.random.Generator, count: int, tuning: SketchTuning = SKETCH) -> StrokeSets:
    """Sample ``count`` drawings of thin strokes, most of which are connected.

    2–14 strokes of one width (2.3–3.8 px): mostly lines and gentle curves, but also dots, and ellipses attached at the
    stroke's start. Each stroke starts at the end of the one before, on an earlier stroke, or nearby. In most drawings,
    strokes seek free paper. No drawing straggles. The whole drawing is then placed somewhere in the cell, at a size at
    which it nearly fills it.
    """
    shapes, earlier = Shapes(count), _EarlierStrokes(count, tuning)
    fewest, most = tuning.strokes
    number = np.rint(fewest + (most - fewest) * rng.beta(tuning.strokes_beta, tuning.strokes_beta, count))
    pen = rng.uniform(*tuning.pen, count)
    reach = rng.uniform(*tuning.reach, count)
    tries = np.where(rng.random(count) < tuning.spacious, tuning.tries, 1)
    start, direction = np.zeros((count, 2), dtype=np.float32), rng.uniform(0, 2 * np.pi, count)
    for position in range(most):
        kind = rng.choice(len(Kind), count, p=tuning.kinds)[:, None]
        places = []
        for _ in range(tuning.tries if position else 1):
            if position:
                start_tried = _next_start(rng, shapes, start, tuning)
                direction_tried = _next_direction(rng, direction, tuning)
            else:
                start_tried, direction_tried = start, direction
            length = rng.gamma(tuning.length_shape, tuning.length_scale, count) * reach + tuning.shortest
            end = start_tried + np.where(kind == Kind.DOT, 0, step(direction_tried, length))
            places.append((start_tried, direction_tried, length, end.astype(np.float32)))
        chosen = earlier.freest([(place[0], place[3]) for place in places], tries)
        start, direction, length, end = (np.stack(part)[chosen, np.arange(count)] for part in zip(*places, strict=True))
        control, far_end = _control_points(rng, kind, start, direction, end, length, tuning)
        width = np.where(kind[:, 0] == Kind.DOT, pen * rng.uniform(*tuning.dot_size, count), pen)
        # Only ellipses have more than the first of the four arcs.
        arcs = np.concatenate([np.ones_like(kind, dtype=bool), np.repeat(kind == Kind.ELLIPSE, 3, axis=1)], axis=1)
        shapes.add(control, kind, width, arcs & (position < number)[:, None])
        earlier.add(start, far_end)
        start = np.where(kind == Kind.ELLIPSE, start, end).astype(np.float32)
    shapes.place_in_cell(rng, tuning.margin, tuning.sizes, tuning.enlargement)
    return shapes.stroke_sets()


def _control_points(
    rng: np.random.Generator,
    kind: NDArray[np.integer],
    start: Array,
    direction: NDArray[np.float64],
    end: Array,
    length: NDArray[np.float64],
    tuning: SketchTuning,
) -> tuple[Array, Array]:
    """Return control points ``[N, 4 arcs, 4, 2]`` of strokes from ``start`` to ``end``, and the points ``[N, 2]``
    farthest from their starts."""
    count = len(start)
    bow = step(direction + np.pi / 2, rng.normal(0, tuning.bow, count) * length)
    curve = quadratic(start, (start + end) / 2 + np.where(kind == Kind.QUADRATIC, bow, 0), end)
    radii = stack(*(rng.uniform(*tuning.radii, count) * rng.uniform(*tuning.roundness, (2, count))))
    attached_ellipse = ellipse(start + step(direction, radii[:, 0]), radii, direction)
    is_ellipse = kind == Kind.ELLIPSE
    control = np.where(is_ellipse[..., None, None], attached_ellipse, curve[:, None])
    return control, np.where(is_ellipse, start + step(direction, 2 * radii[:, 0]), end)


def _next_start(rng: np.random.Generator, shapes: Shapes, end: Array, tuning: SketchTuning) -> Array:
    """Return where the next strokes start: at ``end``, on an earlier stroke, or near ``end``."""
    choice = rng.choice(3, len(end), p=tuning.starts)[:, None]
    near = end + rng.normal(0, tuning.nearby, end.shape)
    return np.choose(choice, [end, shapes.point_on_earlier(rng), near]).astype(np.float32)


def _next_direction(
    rng: np.random.Generator, direction: NDArray[np.float64], tuning: SketchTuning
) -> NDArray[np.float64]:
    """Return new directions: some turn from the old ones, the others are random."""
    turned = direction + rng.normal(0, tuning.turn, len(direction))
    return np.where(rng.random(len(direction)) < tuning.turning, turned, rng.uniform(0, 2 * np.pi, len(direction)))


class _EarlierStrokes:
    """Points along the strokes of many drawings. New strokes keep clear of them."""

    def __init__(self, count: int, tuning: SketchTuning) -> None:
        self._points: list[Array] = []
        self._count, self._tuning = count, tuning

    def add(self, start: Array, end: NDArray[np.floating]) -> None:
        """Add strokes from ``start`` to ``end``, both ``[N, 2]``."""
        self._points += [(start + (end - start) * part).astype(np.float32) for part in self._tuning.landmarks]

    def freest(self, places: list[tuple[Array, Array]], tries: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return for each drawing, ``[N]``, which of the ``places`` (start and end, ``[N, 2]`` each) has the most free
        paper.

        A drawing chooses among the first ``tries`` ``[N]`` of them.
        """
        if len(places) == 1:
            return np.zeros(self._count, dtype=np.int64)
        points = np.stack(self._points)
        middle = points.mean(axis=0)
        scores = []
        for start, end in places:
            nearest = [((points - place) ** 2).sum(axis=-1).min(axis=0) for place in ((start + end) / 2, end)]
            clearance = np.minimum(np.sqrt(np.minimum(*nearest)), self._tuning.clearance)
            scores.append(clearance - self._tuning.compactness * np.linalg.norm(end - middle, axis=-1))
        tried = np.arange(len(places))[:, None] < tries
        best: NDArray[np.integer] = np.where(tried, scores, -np.inf).argmax(axis=0)
        return best
