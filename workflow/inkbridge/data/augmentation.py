"""Synthetic drawings, varied while a network trains: flips, rotations, and moving pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.data.recipes import RECIPES
from inkbridge.data.shapes import stack
from inkbridge.data.shards import read_recipes, read_strokes
from inkbridge.strokes.bezier import Kind, StrokeSets, interpolate
from inkbridge.strokes.raster import paint
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images


def augment(images: Images, rng: np.random.Generator) -> Images:
    """Return ``images`` ``[N, ..., S, S]``, each of the N randomly flipped or rotated to one of 8 orientations."""
    choices = rng.integers(0, 2, (3, len(images)), dtype=np.uint8).astype(bool)
    transposed, flipped, mirrored = choices.reshape(3, len(images), *[1] * (images.ndim - 1))
    images = np.where(transposed, images.swapaxes(-1, -2), images)
    images = np.where(flipped, images[..., ::-1, :], images)
    return np.where(mirrored, images[..., ::-1], images)


@dataclass(frozen=True)
class WarpTuning:
    """What tunes the random movements of moving pairs. Lengths are in pixels of the cell."""

    bumps: int = 4
    """Number of places in a drawing that are pushed aside, together with everything near them."""
    bump_margin: float = 8.0
    """Distance of those places from the border."""
    bump_spread: tuple[float, float] = (7.0, 20.0)
    """Range of the standard deviation of a bump. Bumps are so smooth that strokes that meet still meet."""
    push: float = 9.0
    """Standard deviation of a push, along x and along y."""
    push_strength: tuple[float, float] = (0.2, 1.0)
    """Range of the factor on all pushes of one drawing."""
    rotation: float = 0.25
    """Standard deviation of the rotation, in radians."""
    log_scale: float = 0.12
    """Standard deviation of the logarithm of the scale."""
    shift: float = 3.0
    """Standard deviation of the shift, along x and along y."""
    growing_drawings: float = 0.25
    """Part of the drawings in which strokes shrink towards their starts (or grow, seen backwards)."""
    growing_strokes: float = 0.3
    """Part of the strokes of such a drawing that shrink."""
    shrunken: float = 0.02
    """Part of its length that is left of such a stroke."""


WARP = WarpTuning()
"""The tuning of every moving pair."""


class MovingPairs:
    """Drawings that move, made while a network trains: drawings from the shards, and randomly warped copies of them.

    The pairs of a step depend only on the seed and the number of the step. Memory holds the strokes of one shard at a
    time.
    """

    STEPS_PER_SHARD = 1000
    """Steps that use the strokes of one shard before the next one is read."""

    def __init__(self, paths: Sequence[Path], seed: int) -> None:
        self._paths, self._seed = paths, seed
        self._shard = -1
        self._strokes: StrokeSets
        self._blurs: NDArray[np.float64]

    def __call__(self, step: int, count: int) -> Images:
        """Return ``uint8 [count, 3, 64, 64]``: the start, the true in-between halfway, and the end of movements."""
        if not count:
            return np.empty((0, 3, CELL, CELL), dtype=np.uint8)
        rng = random_stream(self._seed, "moving pairs", step)
        shard_rng = random_stream(self._seed, "moving shard", step // self.STEPS_PER_SHARD)
        self._open(int(shard_rng.integers(len(self._paths))))
        chosen = rng.integers(0, len(self._strokes), count)
        start, blurs = _bendable(self._strokes.take(chosen)), self._blurs[chosen]
        end = random_warp(rng, start)
        halfway = interpolate(start, end, 0.5)
        return np.stack([paint(strokes, blurs) for strokes in (start, halfway, end)], axis=1)

    def _open(self, shard: int) -> None:
        if shard != self._shard:
            self._shard, path = shard, self._paths[shard]
            self._strokes = read_strokes(path)
            blur_of = {name: recipe.blur for name, recipe in RECIPES.items()}
            self._blurs = np.array([blur_of[name] for name in read_recipes(path)])


def _bendable(strokes: StrokeSets) -> StrokeSets:
    """Return ``strokes`` with lines turned into curves, because a movement may bend them."""
    kinds = np.where(strokes.kinds == Kind.LINE, np.uint8(Kind.QUADRATIC), strokes.kinds)
    return StrokeSets(strokes.values, kinds, strokes.offsets)


def random_warp(rng: np.random.Generator, strokes: StrokeSets, tuning: WarpTuning = WARP) -> StrokeSets:
    """Return the same strokes after a random movement, so that each pair of drawings has a true in-between.

    Each drawing is bent: Gaussian bumps push some places aside, together with everything near them, so that strokes
    that meet still meet. Then it is rotated, scaled and shifted as a whole. In some drawings, strokes shrink towards
    their starts.
    """
    owners = strokes.owners()
    points = strokes.values[:, :8].reshape(-1, 4, 2)
    bent = _bend(rng, points, owners, len(strokes), tuning)
    moved = _move_whole(rng, points, bent, owners, len(strokes), tuning)
    growing = (rng.random(len(strokes)) < tuning.growing_drawings)[owners]
    growing &= rng.random(len(points)) < tuning.growing_strokes
    growing &= strokes.kinds != Kind.ELLIPSE  # an arc alone would leave its ellipse
    shrunken = moved[:, :1] + tuning.shrunken * (moved - moved[:, :1])
    values = strokes.values.copy()
    values[:, :8] = np.where(growing[:, None, None], shrunken, moved).reshape(-1, 8)
    return StrokeSets(values, strokes.kinds, strokes.offsets)


def _bend(
    rng: np.random.Generator,
    points: NDArray[np.floating],
    owners: NDArray[np.int64],
    count: int,
    tuning: WarpTuning,
) -> NDArray[np.float64]:
    """Return ``points`` ``[M, 4, 2]`` pushed aside by the Gaussian bumps of their drawings, which ``owners`` ``[M]``
    names."""
    margin = tuning.bump_margin
    centres = rng.uniform(margin, CELL - margin, (count, tuning.bumps, 2))
    spreads = rng.uniform(*tuning.bump_spread, (count, tuning.bumps))
    pushes = rng.normal(0, tuning.push, (count, tuning.bumps, 2)) * rng.uniform(*tuning.push_strength, (count, 1, 1))
    distances = ((points[:, None] - centres[owners][:, :, None]) ** 2).sum(axis=-1)
    nearness = np.exp(-distances / (2 * spreads[owners] ** 2)[:, :, None])
    bent: NDArray[np.float64] = points + (nearness[..., None] * pushes[owners][:, :, None]).sum(axis=1)
    return bent


def _move_whole(
    rng: np.random.Generator,
    points: NDArray[np.floating],
    bent: NDArray[np.float64],
    owners: NDArray[np.int64],
    count: int,
    tuning: WarpTuning,
) -> NDArray[np.float64]:
    """Return ``bent`` ``[M, 4, 2]`` rotated, scaled and shifted, each drawing around the middle of its ``points``."""
    angle, scale = rng.normal(0, tuning.rotation, count), np.exp(rng.normal(0, tuning.log_scale, count))
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    number = np.maximum(np.bincount(owners, minlength=count), 1)
    middles = stack(*(np.bincount(owners, points[..., axis].mean(axis=1), count) / number for axis in (0, 1)))
    moved = np.einsum("ijm,mkj->mki", rotation[:, :, owners], bent - middles[owners][:, None])
    moved += (middles + rng.normal(0, tuning.shift, (count, 2)))[owners][:, None]
    return moved
