"""A dataset that lies on the device, where it is shuffled, turned and moved.

The random numbers of a step come from a generator of the device, with a seed of that step. So a training that continues
sees what an uninterrupted one sees. A CPU and a GPU draw other numbers from the same seed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkbridge import CELL
from inkbridge.data.recipes import RECIPES
from inkbridge.data.shards import open_shard, read_images, read_recipes, read_strokes
from inkbridge.models.feeds import ALL, Batch, Share
from inkbridge.models.movements import Drawings, paint_pairs, warped
from inkbridge.strokes.bezier import VALUES
from inkbridge.support.seeds import torch_seed

_SHARE_OF_MEMORY = 0.5
"""Most of the free memory of a device that a dataset may take. Networks and their gradients need the rest."""


def fits(paths: Sequence[Path], device: torch.device) -> bool:
    """Return whether the images and strokes of some shards fit into the memory of ``device``."""
    if device.type == "cpu":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return sum(map(_size, paths)) < _SHARE_OF_MEMORY * free


def _size(path: Path) -> int:
    """Return the number of bytes of the images and strokes of a shard, without compression."""
    with open_shard(path) as file:
        return int(file["images"].size + 4 * VALUES * len(file["strokes/values"]))


class ResidentFeed:
    """Batches as tensors on ``device``. Everything else is as in :class:`inkbridge.models.feeds.HostFeed`, but not the
    order of the images, nor their turns and movements."""

    def __init__(
        self, paths: Sequence[Path], seed: int, size: int, pairs: int, device: torch.device, share: Share = ALL
    ) -> None:
        self._seed, self._size, self._pairs, self._share = seed, size, pairs, share
        self._images = read_all_images(paths, device)
        self._drawings = read_drawings(paths, device)
        self._generator = torch.Generator(device)
        self._orders: dict[int, Tensor] = {}

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        rows, alone = self._share.rows, self._size - 2 * self._pairs
        for step in range(first, last):
            chosen = self.chosen(step)[2 * self._pairs :]
            generator = self._seeded("step", step)
            turns = torch.randint(0, 2, (3, alone + self._pairs), generator=generator, device=generator.device).bool()
            images = turned(self._images[chosen[rows]], turns[:, :alone][:, rows])
            yield Batch(images, turned(self._moving_pairs(generator), turns[:, alone:][:, rows]))

    def chosen(self, step: int) -> Tensor:
        """Return the rows ``[size]`` of the images of a step. In each epoch, every image has one turn."""
        total, first = len(self._images), step * self._size
        epochs = range(first // total, (first + self._size - 1) // total + 1)
        self._orders = {epoch: self._orders.get(epoch, self._order(epoch)) for epoch in epochs}
        start = first - epochs.start * total
        return torch.cat(list(self._orders.values()))[start : start + self._size]

    def _order(self, epoch: int) -> Tensor:
        if epoch in self._orders:
            return self._orders[epoch]
        generator = self._seeded("epoch", epoch)
        return torch.randperm(len(self._images), generator=generator, device=generator.device)

    def _moving_pairs(self, generator: torch.Generator) -> Tensor:
        """Return the moving pairs of this share, ``uint8 [P, 3, 64, 64]``."""
        if not self._pairs:
            return torch.empty((0, 3, CELL, CELL), dtype=torch.uint8, device=generator.device)
        count, device = len(self._drawings.counts), generator.device
        chosen = torch.randint(0, count, (self._pairs,), generator=generator, device=device)
        start = self._drawings.take(chosen)
        end = warped(start, generator)
        return paint_pairs(start, end, self._share.rows)

    def _seeded(self, *names: str | int) -> torch.Generator:
        return self._generator.manual_seed(torch_seed(self._seed, "resident", *names))


def turned(images: Tensor, turns: Tensor) -> Tensor:
    """Return ``images`` ``[N, ..., S, S]`` in the orientations that ``turns`` ``bool [3, N]`` choose: transposed,
    upside down, mirrored. See :func:`inkbridge.data.augmentation.augment`."""
    transposed, flipped, mirrored = turns.reshape(3, len(images), *[1] * (images.ndim - 1))
    images = torch.where(transposed, images.swapaxes(-1, -2), images)
    images = torch.where(flipped, images.flip(-2), images)
    return torch.where(mirrored, images.flip(-1), images)


def read_all_images(paths: Sequence[Path], device: torch.device) -> Tensor:
    """Return the images of some shards, ``uint8 [N, 64, 64]``, on ``device``. The host holds one shard at a time."""
    sizes = []
    for path in paths:
        with open_shard(path) as file:
            sizes.append(len(file["images"]))
    images = torch.empty((sum(sizes), CELL, CELL), dtype=torch.uint8, device=device)
    for part, path in zip(images.split(sizes), paths, strict=True):
        part.copy_(torch.from_numpy(read_images(path)))
    return images


def read_drawings(paths: Sequence[Path], device: torch.device) -> Drawings:
    """Return the strokes of all images of some shards on ``device``."""
    sets = [read_strokes(path) for path in paths]
    blur_of = {name: recipe.blur for name, recipe in RECIPES.items()}
    blurs = np.array([blur_of[name] for path in paths for name in read_recipes(path)], dtype=np.float32)
    counts = np.concatenate([np.diff(strokes.offsets) for strokes in sets])
    values = np.concatenate([strokes.values for strokes in sets])
    kinds = np.concatenate([strokes.kinds for strokes in sets])

    def there(array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(device)

    starts = there(np.cumsum(counts) - counts)
    return Drawings(there(values), there(kinds), there(counts), starts, there(blurs), int(counts.max()))
