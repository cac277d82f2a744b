"""Moving pairs of drawings, traced, with the true correspondence of their samples."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning.puppets import puppet_scene
from benchmarks.scenes.scene import PEN, Points, Scene, Strokes, carried
from inkbridge.data.augmentation import random_warp
from inkbridge.data.recipes import RECIPES
from inkbridge.data.sketch import sample_sketch
from inkbridge.matching.features import features_of
from inkbridge.strokes.bezier import Kind, StrokeSets, bernstein
from inkbridge.strokes.raster import paint
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Array, Floats, Integers
from inkbridge.tracing.samples import Samples, sample
from inkbridge.tracing.skeleton import trace

SPACING = 1.2
"""Pixels between samples, as when drawings are matched."""

FEWEST, MOST = 30, 140
"""Samples of a drawing, as when drawings are matched."""

NEARNESS = 1.0
"""Standard deviation, in pixels, of how near to its true place a sample must be to be taken for the true match."""

SHORTEST = 8.0
"""Pixels of ink below which a drawing is left out."""

_OFFSETS = (4.0, 8.0, 16.0)
"""Standard deviations, in pixels along the ink, of the neighbourhoods from whose middles offsets are measured."""

_UNIT = 16.0
"""Pixels that count as one in what the network sees."""


@dataclass(frozen=True)
class Inputs:
    """What the network sees of the N samples of a drawing.

    ``vectors`` ``float32 [N, V, 2]`` turn with the drawing: the place relative to the middle of the drawing, offsets
    from the middles of neighbourhoods, and the tangent, last. ``scalars`` ``float32 [N, F]`` do not. ``distances``
    ``float32 [N, N]`` are those along the ink, in units of 16 pixels.
    """

    vectors: Array
    scalars: Array
    distances: Array


@dataclass(frozen=True)
class Example:
    """Two drawings, and how likely each sample of one is the true match of each of the other: ``there`` ``float32
    [N, M]`` and ``back`` ``[M, N]``. Rows add up to 1, or are 0 if no sample is near the true place."""

    one: Inputs
    other: Inputs
    there: Array
    back: Array


def inputs_of(samples: Samples) -> Inputs:
    """Return what the network sees of ``samples``."""
    features, distances = features_of(samples), samples.distances
    weights = samples.masses / samples.masses.sum()
    vectors = [samples.points - weights @ samples.points]
    for size in _OFFSETS:
        near = np.exp(-0.5 * (distances / size) ** 2) * samples.masses
        vectors.append(samples.points - near @ samples.points / near.sum(axis=1, keepdims=True))
    same_part = samples.parts[:, None] == samples.parts
    far = distances.max(axis=1)
    scalars = [
        features.bends,
        features.ends,
        samples.widths / np.median(samples.widths) - 1,
        far / max(float(far.max()), 1e-6),
        far / _UNIT / 4,
        distances @ weights / max(float(far.max()), 1e-6),
        same_part @ weights,
        *((distances < reach) @ samples.masses / reach / 4 for reach in _OFFSETS),
    ]
    return Inputs(
        np.stack([*(vector / _UNIT for vector in vectors), samples.tangents], axis=1).astype(np.float32),
        np.stack(scalars, axis=1).astype(np.float32),
        (distances / _UNIT).astype(np.float32),
    )


def sampled(drawing: NDArray[np.uint8]) -> Samples | None:
    """Return samples of a drawing, or None if it is nearly blank."""
    graph = trace(drawing)
    length = sum(edge.length for edge in graph.edges)
    return sample(graph, int(np.clip(length / SPACING, FEWEST, MOST))) if length > SHORTEST else None


def true_matches(one: Points, other: Points, before: Strokes, after: Strokes) -> Array:
    """Return how likely each point of ``one`` ``[N, 2]`` is the true match of each of ``other`` ``[M, 2]``: ``float32
    [N, M]``, rows that add up to 1 or are 0.

    A point lies on the stroke that is nearest to it in ``before``. Its match lies on the same stroke in ``after``, near
    the place to which that stroke carries it.
    """
    names = [name for name in before if name in after]
    on_strokes = [carried(one, before[name], after[name]) for name in names]
    apart, places = (np.stack([found[side] for found in on_strokes]) for side in (0, 1))
    there = np.stack([carried(other, after[name], before[name])[0] for name in names])
    stroke: Integers = apart.argmin(axis=0)
    place = places[stroke, np.arange(len(one))]
    off: Floats = np.square(place[:, None] - other).sum(axis=2)
    is_on_stroke = (there <= there.min(axis=0) + PEN / 2)[stroke]
    likely = np.exp(-0.5 * off / NEARNESS**2) * is_on_stroke * (off < (3 * NEARNESS) ** 2)
    total = likely.sum(axis=1, keepdims=True)
    return np.where(total > 0.1, likely / np.maximum(total, 1e-6), 0).astype(np.float32)


def example_of(one: Samples, other: Samples, before: Strokes, after: Strokes) -> Example:
    """Return the example of two drawings whose strokes are known."""
    there = true_matches(one.points, other.points, before, after)
    back = true_matches(other.points, one.points, after, before)
    return Example(inputs_of(one), inputs_of(other), there, back)


def examples_of(scene: Scene) -> Iterator[Example]:
    """Yield the examples of all pairs of keyframes of a scene."""
    drawn = [(scene.drawn(k), sampled(image)) for k, image in enumerate(scene.keyframes())]
    for (before, one), (after, other) in itertools.combinations(drawn, 2):
        if one is not None and other is not None:
            yield example_of(one, other, before, after)


def puppet_examples(seed: int, puppets: int, keyframes: int = 4) -> Iterator[Example]:
    """Yield the examples of random puppets, six for each of them if they have four poses."""
    for number in range(puppets):
        yield from examples_of(puppet_scene(seed, f"training {number}", keyframes))


def sketch_examples(seed: int, count: int) -> Iterator[Example]:
    """Yield examples of synthetic sketches and their copies after a random movement, of which ``random_warp`` tells."""
    rng = random_stream(seed, "moving sketches")
    sketches = sample_sketch(rng, count)
    # A movement bends lines.
    start = replace(sketches, kinds=np.where(sketches.kinds == Kind.LINE, np.uint8(Kind.QUADRATIC), sketches.kinds))
    end = random_warp(rng, start)
    images = [paint(strokes, RECIPES["sketch"].blur) for strokes in (start, end)]
    for number, (one, other) in enumerate(zip(*images, strict=True)):
        samples = sampled(one), sampled(other)
        if samples[0] is not None and samples[1] is not None:
            yield example_of(samples[0], samples[1], _polylines(start, number), _polylines(end, number))


def _polylines(strokes: StrokeSets, image: int) -> Strokes:
    rows = range(strokes.offsets[image], strokes.offsets[image + 1])
    weights = bernstein(np.linspace(0, 1, 17)).astype(np.float64)
    return {f"stroke {row}": weights @ strokes.values[row, :8].reshape(4, 2) for row in rows}
