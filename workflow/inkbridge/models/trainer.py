"""One step of a training, and what it needs: the network, its optimiser, its data, and its state."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inkbridge import CELL
from inkbridge.config.settings import Training
from inkbridge.data.shards import first_images
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.checkpoints import TrainingState, load_checkpoint, save_checkpoint
from inkbridge.models.device import Backend
from inkbridge.models.feeds import AheadFeed, Batch, Feed, HostFeed
from inkbridge.models.muon import Muon
from inkbridge.models.resident import ResidentFeed, fits
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.models.team import Team
from inkbridge.models.watch import Watch
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Images

log = logging.getLogger("inkbridge.models.training")


@dataclass(frozen=True)
class TrainingTuning:
    """The numbers that tune every training, in addition to the settings of the configuration."""

    gradient_norm: float = 1.0
    """Longer gradients are shortened to this, so that a single odd batch does not throw the network off."""
    diverged_loss: float = 2.0
    """Mean loss, in nats per pixel, above which a training has diverged: three times the loss of a network that gives
    every pixel a probability of one half."""
    diverged_steps: int = 32
    """Number of steps over which that mean is taken."""
    steps_between_looks: int = 32
    """Number of steps on a GPU after which their losses are looked at."""
    validation_images: int = 2048
    """Number of images over which the validation loss is averaged, or all if there are fewer."""
    standardisation_images: int = 4096
    """Number of training images that give the latents their units, or all if there are fewer."""


TRAINING = TrainingTuning()
"""The default tuning of trainings."""


@dataclass(frozen=True)
class Data:
    """The shards of the splits, and the seed of their order and augmentation."""

    train: Sequence[Path]
    validation: Sequence[Path]
    seed: int


def pairs_of(settings: Training) -> int:
    """Return the number of moving pairs in each batch."""
    return min(round(settings.moving_pairs * settings.batch_size / 2), settings.batch_size // 2)


class Trainer:
    """A network with its optimiser, data and state."""

    def __init__(
        self,
        model: Autoencoder,
        settings: Training,
        budget: float,
        data: Data,
        backend: Backend,
        tuning: TrainingTuning = TRAINING,
    ) -> None:
        self.model, self.settings, self.data = model, settings, data
        self.backend, self.tuning = backend, tuning
        self.steps = max(1, round(settings.images * budget / settings.batch_size))
        self.state = TrainingState()
        self.optimiser = Muon(model.parameters(), settings.learning_rate, settings.weight_decay)
        self.validation = first_images(data.validation, tuning.validation_images)[0]
        self.pairs = pairs_of(settings)
        if backend.compile:
            for part in (model.encoder, model.decoder, model.scaffold):
                if part is not None:
                    part.compile()
        self.team = Team(backend.device)
        self.steps_between_looks = 1 if backend.device.type == "cpu" else tuning.steps_between_looks
        self.watch = Watch(self.steps_between_looks, tuning.diverged_steps, tuning.diverged_loss, self.team.mean)
        self._loss = self.team.joined(_Loss(model, backend), takes_turns=model.scaffold is not None)

    @property
    def is_done(self) -> bool:
        """Whether the budget is used up."""
        return self.state.step >= self.steps

    @cached_property
    def feed(self) -> Feed:
        """Where the batches come from: the device if the data may lie there and fit, else the CPU."""
        parts = (self.data.train, self.data.seed, self.settings.batch_size, self.pairs)
        if self.backend.resident and fits(self.data.train, self.backend.device):
            return ResidentFeed(*parts, self.backend.device, self.team.share)
        feed = HostFeed(*parts, self.team.share)
        return feed if self.backend.device.type == "cpu" else AheadFeed(feed)

    def batches(self) -> Iterator[Batch]:
        """Yield the batches that are left of the budget."""
        return self.feed.batches(self.state.step, self.steps)

    def step(self, batch: Batch) -> None:
        """Take one step of the optimiser on ``batch``.

        Raises :class:`InkbridgeError` if the training diverges. On a GPU, it may raise it some steps later.
        """
        rate = self._set_learning_rate()
        loss = self._loss(batch.images, batch.pairs, self.state.step / self.steps)
        self.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.tuning.gradient_norm)
        self.state.losses += self.watch.add(self.state.step, rate, loss, norm)
        self.optimiser.step()
        self._count(rate)

    def look(self) -> None:
        """Look at the losses of all steps. Raises :class:`InkbridgeError` if the training has diverged."""
        self.state.losses += self.watch.look()

    def agreed(self, signal: int, is_due: bool) -> tuple[int, bool]:
        """Return what :meth:`Team.agreed` returns. A team agrees after the steps whose losses are looked at, and after
        the last one; between them, nothing happens."""
        if self.team.is_alone or self.is_done or self.state.step % self.steps_between_looks == 0:
            return self.team.agreed(signal, is_due)
        return 0, False

    def uncompiled(self) -> AbstractContextManager[object]:
        """Return a context in which networks run as they are. Only steps are compiled: torch compiles anew for each
        number of images, and gives up after some."""
        return torch.compiler.set_stance("force_eager") if self.backend.compile else nullcontext()

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Return the mean loss on the validation images."""
        self.model.eval()
        none = np.empty((0, 3, CELL, CELL), dtype=np.uint8)
        parts = np.split(self.validation, range(256, len(self.validation), 256))
        done = self.state.step / self.steps
        with self.uncompiled():
            losses = [float(drawing_loss(self.model, part, none, done, self.backend)) * len(part) for part in parts]
        self.model.train()
        return sum(losses) / len(self.validation)

    def save(self, checkpoint: Path, identity: str, provenance: Provenance | None) -> None:
        """Write a checkpoint. Raises :class:`InkbridgeError` and keeps the last one if a weight is not finite. One
        process of a team writes."""
        self.look()
        largest = torch.stack([weights.detach().abs().max() for weights in self.model.parameters()]).max()
        self.watch.check_finite("weight", float(largest), self.state.step, self._learning_rate)
        backend = self.backend.describe()
        if self.team.leads:
            save_checkpoint(checkpoint, self.model, self.optimiser, self.state, identity, backend, provenance)

    def resume(self, checkpoint: Path, identity: str) -> None:
        """Continue from ``checkpoint`` if there is one with the same ``identity``, whatever computed it."""
        state = load_checkpoint(checkpoint, self.model, self.optimiser, identity, self.backend.describe())
        if state is not None:
            self.state = state
            log.info("continuing from %s at step %d of %d", checkpoint, state.step, self.steps)

    def _set_learning_rate(self) -> float:
        rate = self.settings.learning_rate * learning_rate_factor(self.state.step, self.steps, self.settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    @property
    def _learning_rate(self) -> float:
        return float(self.optimiser.param_groups[0]["lr"])

    def _count(self, rate: float) -> None:
        """Count a step. After every ``validation_every`` images, measure the loss and add a row to the history."""
        state, batch, every = self.state, self.settings.batch_size, self.settings.validation_every
        state.step += 1
        seen = state.step * batch
        if seen // every > (seen - batch) // every or state.step == self.steps:
            self.look()
            row = {
                "images_seen": seen,
                "learning_rate": rate,
                "training_loss": float(np.mean(state.losses)),
                "validation_loss": self.validation_loss(),
            }
            state.history.append(row)
            state.losses.clear()
            log.info("%d images: training loss %.4f, validation loss %.4f", seen, *list(row.values())[2:])


class _Loss(nn.Module):
    """:func:`drawing_loss` as a module, whose gradients torch can average over a team."""

    def __init__(self, model: Autoencoder, backend: Backend) -> None:
        super().__init__()
        self.model, self.backend = model, backend

    def forward(self, images: Images | Tensor, pairs: Images | Tensor, done: float) -> Tensor:
        return drawing_loss(self.model, images, pairs, done, self.backend)


def drawing_loss(
    model: Autoencoder, images: Images | Tensor, pairs: Images | Tensor, done: float, backend: Backend
) -> Tensor:
    """Return the loss, in nats per pixel, of ``images`` ``uint8 [B, 64, 64]`` and moving ``pairs``
    ``uint8 [P, 3, 64, 64]`` (start, in-between, end), arrays or tensors on the device.

    Images, starts and ends are encoded and decoded. The mean of a pair's latents should be decoded to its in-between.
    ``done`` is the part of the training that is done.
    """
    drawings = network_input(_in_order(images, pairs), backend.device)
    encoded = len(drawings) - len(pairs)
    with backend.autocast():
        latents = model.encoder(drawings[:encoded])
        first, last = latents[len(images) : encoded - len(pairs)], latents[encoded - len(pairs) :]
        return model.loss(torch.cat([latents, (first + last) / 2]), drawings, len(pairs), done)


def _in_order(images: Images | Tensor, pairs: Images | Tensor) -> Images | Tensor:
    """Return images, and all starts, ends and in-betweens of pairs, in this order."""
    start, halfway, end = pairs.swapaxes(0, 1)
    if isinstance(images, Tensor):
        return torch.cat([images, start, end, halfway])
    return np.concatenate([images, start, end, halfway])
