"""One step of a training, and what it needs: the network, its optimiser, its data, and its state."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inkbridge import CELL
from inkbridge.config.settings import Training
from inkbridge.data.augmentation import MovingPairs, augment
from inkbridge.data.loader import shuffled_batches
from inkbridge.data.shards import first_images
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.checkpoints import TrainingState, load_checkpoint, save_checkpoint
from inkbridge.models.device import Backend
from inkbridge.models.muon import Muon
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.seeds import random_stream
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
        self.moving_pairs = MovingPairs(data.train, data.seed)
        self.pairs = min(round(settings.moving_pairs * settings.batch_size / 2), settings.batch_size // 2)
        self.recent: deque[float] = deque(maxlen=tuning.diverged_steps)

    @property
    def is_done(self) -> bool:
        """Whether the budget is used up."""
        return self.state.step >= self.steps

    def batches(self) -> Iterator[Images]:
        """Yield the batches that are left of the budget."""
        batch, start = self.settings.batch_size, self.state.step
        endless = shuffled_batches(self.data.train, batch, self.data.seed, start)
        for _, images in zip(range(start, self.steps), endless, strict=False):
            yield images

    def step(self, images: Images) -> float:
        """Take one step of the optimiser on ``images`` ``uint8 [B, 64, 64]`` and return the loss.

        Raises :class:`InkbridgeError` if the training diverges.
        """
        rate = self._set_learning_rate()
        pairs = self.moving_pairs(self.state.step, self.pairs)
        rng = random_stream(self.data.seed, "turns", self.state.step)
        images, pairs = augment(images[2 * self.pairs :], rng), augment(pairs, rng)
        loss = drawing_loss(self.model, images, pairs, self.state.step / self.steps, self.backend)
        self.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.tuning.gradient_norm)
        value = loss.item()
        # Checked before the optimiser uses them: one gradient that is not a number makes all weights not a number.
        self._check_finite("loss", value)
        self._check_finite("gradient", norm.item())
        self.optimiser.step()
        self._check_recent_losses(value)
        self._count(value, rate)
        return value

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Return the mean loss on the validation images."""
        self.model.eval()
        none = np.empty((0, 3, CELL, CELL), dtype=np.uint8)
        parts = np.split(self.validation, range(256, len(self.validation), 256))
        done = self.state.step / self.steps
        losses = [float(drawing_loss(self.model, part, none, done, self.backend)) * len(part) for part in parts]
        self.model.train()
        return sum(losses) / len(self.validation)

    def save(self, checkpoint: Path, identity: str, provenance: Provenance | None) -> None:
        """Write a checkpoint. Raises :class:`InkbridgeError` and keeps the last one if a weight is not finite."""
        for weights in self.model.parameters():
            self._check_finite("weight", float(weights.detach().abs().max()))
        save_checkpoint(checkpoint, self.model, self.optimiser, self.state, identity, provenance)

    def resume(self, checkpoint: Path, identity: str) -> None:
        """Continue from ``checkpoint`` if there is one with the same ``identity``."""
        state = load_checkpoint(checkpoint, self.model, self.optimiser, identity)
        if state is not None:
            self.state = state
            log.info("continuing from %s at step %d of %d", checkpoint, state.step, self.steps)

    def _set_learning_rate(self) -> float:
        rate = self.settings.learning_rate * learning_rate_factor(self.state.step, self.steps, self.settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _count(self, loss: float, rate: float) -> None:
        """Count a step. After every ``validation_every`` images, measure the loss and add a row to the history."""
        state, batch, every = self.state, self.settings.batch_size, self.settings.validation_every
        state.step += 1
        state.losses.append(loss)
        seen = state.step * batch
        if seen // every > (seen - batch) // every or state.step == self.steps:
            row = {
                "images_seen": seen,
                "learning_rate": rate,
                "training_loss": float(np.mean(state.losses)),
                "validation_loss": self.validation_loss(),
            }
            state.history.append(row)
            state.losses.clear()
            log.info("%d images: training loss %.4f, validation loss %.4f", seen, *list(row.values())[2:])

    def _check_finite(self, name: str, value: float) -> None:
        if not np.isfinite(value):
            raise self._divergence(f"a finite {name}", value)

    def _check_recent_losses(self, loss: float) -> None:
        self.recent.append(loss)
        steps, most = self.tuning.diverged_steps, self.tuning.diverged_loss
        if len(self.recent) == steps and np.mean(self.recent) > most:
            raise self._divergence(f"a mean loss below {most} over {steps} steps", float(np.mean(self.recent)))

    def _divergence(self, expected: str, found: float) -> InkbridgeError:
        return InkbridgeError(
            f"training diverged: expected {expected}, found {found:.4g} at step {self.state.step} with learning "
            f"rate {self.optimiser.param_groups[0]['lr']:.2g}; lower training.learning_rate and run again"
        )


def drawing_loss(model: Autoencoder, images: Images, pairs: Images, done: float, backend: Backend) -> Tensor:
    """Return the loss, in nats per pixel, of ``images`` ``uint8 [B, 64, 64]`` and moving ``pairs``
    ``uint8 [P, 3, 64, 64]`` (start, in-between, end).

    Images, starts and ends are encoded and decoded. The mean of a pair's latents should be decoded to its in-between.
    ``done`` is the part of the training that is done.
    """
    start, halfway, end = pairs.swapaxes(0, 1)
    drawings = network_input(np.concatenate([images, start, end, halfway]), backend.device)
    encoded = len(drawings) - len(pairs)
    with backend.autocast():
        latents = model.encoder(drawings[:encoded])
        first, last = latents[len(images) : encoded - len(pairs)], latents[encoded - len(pairs) :]
        return model.loss(torch.cat([latents, (first + last) / 2]), drawings, len(pairs), done)
