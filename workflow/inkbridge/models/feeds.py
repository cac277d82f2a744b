"""What a training learns from, step by step: from shards on the CPU, or from a dataset that lies on the device."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from torch import Tensor

from inkbridge.data.augmentation import MovingPairs, augment
from inkbridge.data.loader import shuffled_batches
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images


@dataclass(frozen=True)
class Batch:
    """What one step learns from: ``images`` ``uint8 [B, 64, 64]``, and moving ``pairs`` ``uint8 [P, 3, 64, 64]``: the
    start, the true in-between halfway, and the end of movements. Arrays, or tensors on the device."""

    images: Images | Tensor
    pairs: Images | Tensor


@dataclass(frozen=True)
class Share:
    """The part of each batch that one of several processes learns from: each ``of``-th image, from ``number`` on."""

    number: int = 0
    of: int = 1

    @property
    def rows(self) -> slice:
        """The rows of a batch that belong to this share."""
        return slice(self.number, None, self.of)


ALL = Share()
"""All of each batch."""


class Feed(Protocol):
    """Where batches come from. Those of a step depend only on the seed and the number of the step."""

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        """Yield the batches of the steps from ``first`` up to ``last``, which is left out."""


class HostFeed:
    """Batches that the CPU reads from shards, turns and paints, as arrays. Memory holds a part of the shards.

    A batch has ``size`` images, counting the starts and the ends of its ``pairs``.
    """

    def __init__(self, paths: Sequence[Path], seed: int, size: int, pairs: int, share: Share = ALL) -> None:
        self._paths, self._seed, self._size, self._pairs, self._share = paths, seed, size, pairs, share
        self._moving_pairs = MovingPairs(paths, seed)

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        rows = self._share.rows
        stream = shuffled_batches(self._paths, self._size, self._seed, first)
        for step, images in zip(range(first, last), stream, strict=False):
            pairs = self._moving_pairs(step, self._pairs)
            rng = random_stream(self._seed, "turns", step)
            images, pairs = augment(images[2 * self._pairs :], rng), augment(pairs, rng)
            yield Batch(images[rows], pairs[rows])


class AheadFeed:
    """The batches of another feed, each made by a second thread while the one before is in use. A GPU need not wait for
    the CPU then, unless the CPU is slower."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        batches = chain(self._feed.batches(first, last), [None])
        with ThreadPoolExecutor(1) as maker:
            waiting = maker.submit(next, batches)
            while (ready := waiting.result()) is not None:
                waiting = maker.submit(next, batches)
                yield ready
