"""What distinguishes the points of a drawing from each other, besides their distances along the ink."""

from dataclasses import dataclass

import numpy as np

from inkbridge.support.types import Floats
from inkbridge.tracing.graph import Edge, places_along
from inkbridge.tracing.samples import Samples

_UNIT = 32.0
"""Pixels of the cell that count as one: half of its side."""

_NEIGHBOURHOODS = (4.0, 8.0)
"""Standard deviations, in pixels along the ink, of the neighbourhoods whose middles points are compared with."""


@dataclass(frozen=True)
class FeatureWeights:
    """How much each feature counts, relative to the squared distance of places in units of half a cell."""

    neighbourhood: float = 3.0
    """Squared difference of the offsets from the middles of the neighbourhoods. They know left from right, which
    distances along the ink do not."""
    tangent: float = 0.02
    """1 minus the absolute cosine of the angle between the strokes."""
    bend: float = 0.03
    """Squared difference, in radians, of how much the strokes bend."""
    ends: float = 0.02
    """Squared difference of the closeness to a loose end (1) or a junction (−1)."""
    corners: float = 0.1
    """Difference, in radians, of how much the strokes bend: only for the exact map, which must lead corners to
    corners."""


WEIGHTS = FeatureWeights()
"""The default weights."""


@dataclass(frozen=True)
class Features:
    """Features of N samples: places ``[N, 2]`` and ``offsets``, one ``[N, 2]`` for each neighbourhood, in units of half
    a cell; unit ``tangents`` ``[N, 2]``; ``bends`` ``[N]`` in radians; ``ends`` ``[N]``."""

    places: Floats
    offsets: tuple[Floats, ...]
    tangents: Floats
    bends: Floats
    ends: Floats


def features_of(samples: Samples) -> Features:
    """Return the features of ``samples``."""
    offsets = tuple(_offsets(samples, size) / _UNIT for size in _NEIGHBOURHOODS)
    bends = [bends_of(edge, samples.places[samples.edges == number]) for number, edge in enumerate(samples.graph.edges)]
    return Features(samples.points / _UNIT, offsets, samples.tangents, np.concatenate(bends), _closeness(samples))


def costs(one: Features, other: Features, weights: FeatureWeights = WEIGHTS) -> Floats:
    """Return how much each sample of ``one`` differs from each of ``other``: ``float64 [N, M]``."""
    total = _squared(one.places, other.places)
    for here, there in zip(one.offsets, other.offsets, strict=True):
        total = total + weights.neighbourhood * _squared(here, there)
    total = total + weights.tangent * (1 - np.abs(one.tangents @ other.tangents.T))
    total = total + weights.bend * (one.bends[:, None] - other.bends) ** 2
    return total + weights.ends * (one.ends[:, None] - other.ends) ** 2


def corner_costs(one: Features, other: Features, weights: FeatureWeights = WEIGHTS) -> Floats:
    """Return the extra costs of the exact map: ``float64 [N, M]``."""
    return weights.corners * np.abs(one.bends[:, None] - other.bends)


def _squared(one: Floats, other: Floats) -> Floats:
    return ((one[:, None] - other) ** 2).sum(axis=-1)


def _offsets(samples: Samples, size: float) -> Floats:
    near = np.exp(-0.5 * (samples.distances / size) ** 2)
    return samples.points - near @ samples.points / near.sum(axis=1, keepdims=True)


def bends_of(edge: Edge, places: Floats, reach: float = 3.0) -> Floats:
    """Return by how many radians an edge turns within ``reach`` pixels of its ``places``; 0 near loose ends."""
    along = places_along(edge.points)
    length, closed = along[-1], edge.start == edge.end
    reach = min(reach, length / 6 + 1e-6)

    def at(wanted: Floats) -> Floats:
        wanted = np.mod(wanted, max(length, 1e-9)) if closed else wanted.clip(0, length)
        return np.interp(wanted, along, edge.points[:, 0]) + 1j * np.interp(wanted, along, edge.points[:, 1])

    before, here, after = at(places - reach), at(places), at(places + reach)
    turns = np.abs(np.angle((here - before).conj() * (after - here)))
    inside = closed | ((places >= reach / 2) & (places <= length - reach / 2))
    return np.where(inside, turns, 0.0)


def _closeness(samples: Samples, reach: float = 3.0) -> Floats:
    degrees, edges = samples.graph.degrees(), samples.graph.edges
    kinds = np.where(degrees == 1, 1.0, np.where(degrees > 2, -1.0, 0.0))
    starts = np.array([kinds[edge.start] for edge in edges])[samples.edges]
    ends = np.array([kinds[edge.end] for edge in edges])[samples.edges]
    rest = np.array([edge.length for edge in edges])[samples.edges] - samples.places
    return starts * np.exp(-samples.places / reach) + ends * np.exp(-rest / reach)
