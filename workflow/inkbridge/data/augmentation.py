"""Synthetic drawings, varied while a network trains: flips, rotations, and moving pairs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.data.recipes import RECIPES, stack
from inkbridge.data.shards import read_recipes, read_strokes
from inkbridge.strokes.bezier import Kind, StrokeSets, mixed
from inkbridge.strokes.raster import paint
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images


def augment(images: Images, rng: np.random.Generator) -> Images:
    """Return ``images`` ``[N, ..., S, S]``, each of the N flipped or rotated to one of 8 orientations, at random."""
    choices = rng.integers(0, 2, (3, len(images)), dtype=np.uint8).astype(bool)
    transposed, flipped, mirrored = choices.reshape(3, len(images), *[1] * (images.ndim - 1))
    images = np.where(transposed, images.swapaxes(-1, -2), images)
    images = np.where(flipped, images[..., ::-1, :], images)
    return np.where(mirrored, images[..., ::-1], images)


def _bendable(strokes: StrokeSets) -> StrokeSets:
    """Return ``strokes`` whose lines are painted as curves: a movement may bend them."""
    kinds = np.where(strokes.kinds == Kind.LINE, np.uint8(Kind.QUADRATIC), strokes.kinds)
    return StrokeSets(strokes.values, kinds, strokes.offsets)


_SWAP = 1000
"""Steps for which moving pairs are made from the drawings of one shard."""


class MovingPairs:
    """Drawings that move, made while a network trains: drawings of the shards, moved at random.

    What a step gets depends on the seed and its number alone. One shard's strokes are in memory at a time.
    """

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
        self._open(int(random_stream(self._seed, "moving shard", step // _SWAP).integers(len(self._paths))))
        chosen = rng.integers(0, len(self._strokes), count)
        start, blurs = _bendable(self._strokes.take(chosen)), self._blurs[chosen]
        end = random_warp(rng, start)
        return np.stack([paint(strokes, blurs) for strokes in (start, mixed(start, end, 0.5), end)], axis=1)

    def _open(self, shard: int) -> None:
        if shard != self._shard:
            self._shard, path = shard, self._paths[shard]
            self._strokes = read_strokes(path)
            blur_of = {name: recipe.blur for name, recipe in RECIPES.items()}
            self._blurs = np.array([blur_of[name] for name in read_recipes(path)])


_BUMPS = 4
"""Places of a moving drawing that are pushed aside, with all that is near."""

_GROWING = (0.25, 0.3)
"""Part of the moving drawings in which strokes grow from a point, and part of the strokes that do there."""


def random_warp(rng: np.random.Generator, strokes: StrokeSets) -> StrokeSets:
    """Return the same strokes after a random movement, so that each pair of drawings has a true in-between.

    Each drawing is turned, scaled and shifted as a whole, and bent: some places are pushed aside, and what is near goes
    with them (Gaussian bumps of 7–20 px), so that strokes that meet still meet. In some, strokes shrink to the
    point that they start from.
    """
    count, owners = len(strokes), strokes.owners()
    points = strokes.values[:, :8].reshape(-1, 4, 2)
    centres, spreads = rng.uniform(8, CELL - 8, (count, _BUMPS, 2)), rng.uniform(7, 20, (count, _BUMPS))
    pushes = rng.normal(0, 9, (count, _BUMPS, 2)) * rng.uniform(0.2, 1, (count, 1, 1))
    distances = ((points[:, None] - centres[owners][:, :, None]) ** 2).sum(axis=-1)
    nearness = np.exp(-distances / (2 * spreads[owners] ** 2)[:, :, None])
    bent = points + (nearness[..., None] * pushes[owners][:, :, None]).sum(axis=1)
    angle, scale = rng.normal(0, 0.25, count), np.exp(rng.normal(0, 0.12, count))
    turning = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    number = np.maximum(np.bincount(owners, minlength=count), 1)
    middles = stack(*(np.bincount(owners, points[..., axis].mean(axis=1), count) / number for axis in (0, 1)))
    around = np.einsum("ijm,mkj->mki", turning[:, :, owners], bent - middles[owners][:, None])
    around += (middles + rng.normal(0, 3, (count, 2)))[owners][:, None]
    growing = (rng.random(count) < _GROWING[0])[owners] & (rng.random(len(points)) < _GROWING[1])
    growing &= strokes.kinds != Kind.ELLIPSE  # an arc alone would leave its ellipse
    around = np.where(growing[:, None, None], around[:, :1] + 0.02 * (around - around[:, :1]), around)
    values = strokes.values.copy()
    values[:, :8] = around.reshape(-1, 8)
    return StrokeSets(values, strokes.kinds, strokes.offsets)
