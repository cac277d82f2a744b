"""Matches with other features than the hand-made ones, and how good they are."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.learning.examples import inputs_of
from benchmarks.learning.network import FeatureNetwork, differences
from benchmarks.scenes.scene import Scene, mismatch, paint
from inkbridge import CELL
from inkbridge.evaluation.animations import fractions
from inkbridge.evaluation.motion_metrics import MOMENTS, motion_metrics
from inkbridge.matching import features, match
from inkbridge.matching.arcs import Arcs
from inkbridge.matching.matches import Match
from inkbridge.matching.strands import strands_of
from inkbridge.support.types import Floats, Frames, Images
from inkbridge.tracing.graph import Graph
from inkbridge.tracing.samples import Samples, sample
from inkbridge.tracing.skeleton import trace

Costs = Callable[[Samples, Samples], Floats]
"""How much each sample of one drawing differs from each of another one: ``float64 [N, M]``."""

Matcher = Callable[[Graph, Graph], Match]

CLOSE = 2.0
"""Pixels from its true match within which a sample counts as matched."""


def hand_made(one: Samples, other: Samples) -> Floats:
    """Return the costs of the package."""
    return features.costs(features.features_of(one), features.features_of(other))


def none(one: Samples, other: Samples) -> Floats:
    """Return the same costs for all: only distances along the ink are left."""
    return np.zeros((len(one), len(other)))


def learned(network: FeatureNetwork, weight: float) -> Costs:
    """Return costs of learned features."""
    return lambda one, other: weight * differences(network, inputs_of(one), inputs_of(other))


def added(*parts: Costs) -> Costs:
    """Return the sum of costs."""
    return lambda one, other: np.sum([part(one, other) for part in parts], axis=0)


def matcher(costs: Costs) -> Matcher:
    """Return what matches two drawings with ``costs`` instead of the hand-made ones."""

    def matched(one: Graph, other: Graph) -> Match:
        with _replaced(costs):
            return match.match(one, other)

    return matched


def best_of(*matchers: Matcher) -> Matcher:
    """Return what matches two drawings in several ways and takes the match of least cost."""

    def matched(one: Graph, other: Graph) -> Match:
        found = [matcher(one, other) for matcher in matchers]
        return min(found, key=lambda one: one.cost)

    return matched


@dataclass(frozen=True)
class _Known(features.Features):
    """Hand-made features, and the samples that they describe."""

    samples: Samples


@contextmanager
def _replaced(costs: Costs) -> Iterator[None]:
    """Match with ``costs`` for a while. Without any, corners do not count either, and one weight of them is enough."""

    def features_of(samples: Samples) -> _Known:
        return _Known(**vars(features.features_of(samples)), samples=samples)

    def costs_of(one: _Known, other: _Known) -> Floats:
        return costs(one.samples, other.samples)

    replaced: dict[str, Any] = {"features_of": features_of, "costs": costs_of}
    if costs is none:
        replaced |= {"corner_costs": lambda one, other: none(one.samples, other.samples), "STRUCTURES": (0.95,)}
    match.forget_matches()
    try:
        with mock.patch.multiple(match, **replaced):
            yield
    finally:
        match.forget_matches()


def nearest_are_true(costs: Costs, scene: Scene) -> float:
    """Return the part of the samples of a scene's keyframes whose most similar sample in the next keyframe, by
    ``costs`` alone, is close to the true match."""
    found = []
    samples = [sample(trace(image), 100) for image in scene.keyframes()]
    for number, (one, other) in enumerate(itertools.pairwise(samples)):
        chosen = other.points[costs(one, other).argmin(axis=1)]
        found.append(mismatch(one.points, chosen, scene.drawn(number), scene.drawn(number + 1)) <= CLOSE)
    return float(np.concatenate(found).mean())


def matched_are_true(matches: Sequence[Match], scene: Scene) -> float:
    """Return the part of the points of a scene's matches, about a pixel apart, that are close to the true place."""
    found = []
    for number, one in enumerate(matches):
        pairs = [pair for pair in one.pairs if not pair.is_extra]
        here, there = (np.concatenate([getattr(pair, side).points for pair in pairs]) for side in ("one", "other"))
        found.append(mismatch(here, there, scene.drawn(number), scene.drawn(number + 1)) <= CLOSE)
    return float(np.concatenate(found).mean())


def animated(graphs: Sequence[Graph], matches: Sequence[Match], frames_per_segment: int) -> Frames:
    """Return the frames that matches alone draw, without the painter: ``uint8 [(K − 1)·n + 1, 64, 64]``. Those at which
    nothing is measured stay blank."""
    strands = strands_of(graphs, matches)
    cuts = np.cumsum([len(strand.points[0]) for strand in strands])[:-1]
    frames = np.zeros((len(matches) * frames_per_segment + 1, CELL, CELL), np.uint8)
    steps = [round(moment * frames_per_segment) for moment in MOMENTS]
    for segment in range(len(matches)):
        sides = ([strand.points[segment + side] for strand in strands] for side in (0, 1))
        for step, points in zip(steps, Arcs(*sides).at(np.array(steps) / frames_per_segment), strict=True):
            lines = np.split(points, cuts)
            frames[segment * frames_per_segment + step] = paint({str(n): line for n, line in enumerate(lines)})
    return frames


def figures(matcher: Matcher, keyframes: Images, truth: Frames, scene: Scene | None) -> dict[str, float]:
    """Return how well the matches of ``matcher`` alone move keyframes, and how many of them are true, if the ``scene``
    tells."""
    graphs = [trace(image) for image in keyframes]
    matches = [matcher(one, other) for one, other in itertools.pairwise(graphs)]
    steps = (len(truth) - 1) // len(matches)
    frames = animated(graphs, matches, steps)
    found = motion_metrics(fractions(frames), fractions(truth), fractions(keyframes), steps)
    true = {} if scene is None else {"matched": matched_are_true(matches, scene)}
    return {**true, **found}
