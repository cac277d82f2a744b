"""Random puppets: trees of limbs whose joints turn, so that every point of a pose is known in every other pose."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from benchmarks.scenes.scene import Points, Scene, Strokes
from benchmarks.scenes.shapes import arc, direction, limb, smooth, turned
from inkbridge import CELL
from inkbridge.support.seeds import random_stream

MOST_JOINTS = 3
"""Joints of a limb."""

MARGIN = 5.0
"""Pixels kept free along the border of the cell."""

LARGEST = 2.5
"""The most that a puppet is enlarged to fill the cell."""

Form = Literal["straight", "curved", "round"]


@dataclass(frozen=True)
class Limb:
    """A limb on the limb with number ``parent`` (−1: it is the first one), at ``place`` along it, in [0, 1].

    ``angle`` is the angle in degrees against the parent's direction there; against the outward one if that is round.
    ``lengths`` are those of its parts, or the half axes of a round one. ``gap``: how far from the parent it starts.
    """

    parent: int
    place: float
    angle: float
    lengths: tuple[float, ...]
    form: Form = "straight"
    gap: float = 0.0


@dataclass(frozen=True)
class Puppet:
    """Limbs, each after its parent. ``scale`` and ``shift`` bring them into the cell."""

    limbs: tuple[Limb, ...]
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    def draw(self, joints: Points, lengths: Points, turn: float, x: float, y: float) -> Strokes:
        """Return the strokes of a pose: angles of the joints, three for each limb, and factors on its length."""
        drawn: list[Points] = []
        turns = np.reshape(joints, (len(self.limbs), MOST_JOINTS))
        for one, angles, length in zip(self.limbs, turns, lengths, strict=True):
            if one.parent < 0:
                start, heading = np.array([x, y]), float(turn)
            else:
                start, heading = _on(drawn[one.parent], self.limbs[one.parent], one.place)
            drawn.append(_drawn(one, start, heading, angles, float(length)))
        return {f"limb {n}": self.scale * points + np.array(self.shift) for n, points in enumerate(drawn)}


def _on(points: Points, parent: Limb, place: float) -> tuple[Points, float]:
    """Return the point at a place along a drawn limb, and the direction there."""
    number = min(int(place * (len(points) - 1)), len(points) - 2)
    share = place * (len(points) - 1) - number
    away = points[number + 1] - points[number]
    start = (1 - share) * points[number] + share * points[number + 1]
    outward = start - points[:-1].mean(axis=0) if parent.form == "round" else away
    return start, float(np.degrees(np.arctan2(*outward)))


def _drawn(one: Limb, start: Points, heading: float, angles: Points, factor: float) -> Points:
    heading += one.angle + float(angles[0])
    start = start + one.gap * direction(heading)
    if one.form == "round":
        across, along = factor * one.lengths[0], factor * one.lengths[-1]
        # The circle starts where it touches its parent.
        return turned(arc(start + along * direction(0), (across, along), 180, 540), heading, start)
    headings = heading + np.concatenate([[0], np.cumsum(angles[1:])])
    chain = limb(start, *((factor * length, float(way)) for length, way in zip(one.lengths, headings, strict=False)))
    return smooth(*chain) if one.form == "curved" else chain


def random_puppet(rng: np.random.Generator) -> Puppet:
    """Return a random puppet: a body, mostly mirrored limbs on it, limbs on limbs, perhaps a head, eyes, a ball."""
    limbs = [_body(rng)]
    if rng.random() < 0.5:
        outward = 0 if limbs[0].form == "round" else 180
        limbs.append(Limb(0, 0.0, rng.normal(outward, 10), (rng.uniform(3, 6),), "round"))
        if rng.random() < 0.4:
            limbs += [Limb(1, place, 180, (0.8,), "round", gap=1.8) for place in (0.3, 0.7)]
    for _ in range(rng.integers(1, 4)):
        limbs += _limbs_on_body(rng, limbs[0])
    for _ in range(rng.integers(0, 3)):
        parent = int(rng.integers(len(limbs)))
        if limbs[parent].form != "round":
            limbs.append(Limb(parent, rng.choice([0.5, 1.0]), rng.normal(0, 70), _lengths(rng, 2, 3, 8), _form(rng)))
    if rng.random() < 0.2:
        limbs.append(Limb(0, 1.0, rng.uniform(-180, 180), (rng.uniform(1, 5),), "round", gap=rng.uniform(5, 14)))
    return Puppet(tuple(limbs))


def _body(rng: np.random.Generator) -> Limb:
    angle = rng.choice([0.0, 90.0]) + rng.normal(0, 10)
    if rng.random() < 0.4:
        return Limb(-1, 0, angle, tuple(rng.uniform(4, 10, 2)), "round")
    return Limb(-1, 0, angle, _lengths(rng, 2, 7, 14), _form(rng))


def _limbs_on_body(rng: np.random.Generator, body: Limb) -> Iterator[Limb]:
    place = rng.choice([0.0, 1.0, rng.uniform(0, 1)])
    angle, lengths, form = rng.uniform(20, 140), _lengths(rng, 3, 5, 13), _form(rng)
    if body.form == "round":
        angle -= 80
    yield Limb(0, float(place), angle, lengths, form)
    if rng.random() < 0.65:
        yield Limb(0, float(1 - place if body.form == "round" else place), -angle, lengths, form)


def _lengths(rng: np.random.Generator, most: int, shortest: float, longest: float) -> tuple[float, ...]:
    return tuple(rng.uniform(shortest, longest, rng.integers(1, most + 1)).tolist())


def _form(rng: np.random.Generator) -> Form:
    return "curved" if rng.random() < 0.3 else "straight"


def puppet_scene(seed: int, name: str, keyframes: int) -> Scene:
    """Return a random puppet that takes as many random poses, as a scene. ``name`` decides about everything."""
    rng = random_stream(seed, "puppet", name)
    puppet = random_puppet(rng)
    poses = _random_poses(rng, len(puppet.limbs), keyframes)
    bare = Scene(name, "development", puppet.draw, poses)
    points = np.concatenate([np.concatenate(list(bare.strokes(k).values())) for k in range(keyframes)])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(LARGEST, (CELL - 2 * MARGIN) / max(high - low)) * rng.uniform(0.8, 1)
    x, y = CELL / 2 - scale * (low + high) / 2
    return replace(bare, draw=replace(puppet, scale=scale, shift=(x, y)).draw)


def _random_poses(rng: np.random.Generator, limbs: int, keyframes: int) -> dict[str, Any]:
    lengths = np.exp(rng.normal(0, 0.05, (keyframes, limbs)))
    if rng.random() < 0.2:
        lengths[:, rng.integers(limbs)] *= rng.uniform(0.25, 1, keyframes)
    spread = rng.uniform(8, 45)
    return {
        "joints": rng.normal(0, spread, (keyframes, limbs * MOST_JOINTS)).clip(-110, 110),
        "lengths": lengths,
        "turn": rng.normal(0, rng.choice([5.0, 25.0]), keyframes),
        "x": rng.normal(0, 4, keyframes),
        "y": rng.normal(0, 4, keyframes),
    }
