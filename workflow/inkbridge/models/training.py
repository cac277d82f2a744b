"""The training loop: a budget of images, a schedule, checkpoints, progress."""

import json
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from inkbridge import CELL
from inkbridge.config.settings import Training, Variant, fingerprint
from inkbridge.data.augmentation import MovingPairs, augment
from inkbridge.data.loader import shuffled_batches
from inkbridge.data.shards import first_images, shard_attributes
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.device import Backend
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.models.storage import REVISION, build, read_tensors, write_tensors
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import how_to_remake, unwritable
from inkbridge.support.locks import locked
from inkbridge.support.progress import PROGRESS_LOGGER
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance
from inkbridge.support.seeds import random_stream, torch_seed
from inkbridge.support.signals import Interruption, handling_signals
from inkbridge.support.types import Images

log = logging.getLogger(__name__)

progress_log = logging.getLogger(PROGRESS_LOGGER)

_VALIDATION_IMAGES = 2048
"""Images that the validation loss is the mean of."""

_STANDARDISATION_IMAGES = 4096
"""Training images that give the latents their units."""

_PROGRESS_SECONDS = 15.0
"""Seconds between two lines of progress."""

_CHECKPOINT_SECONDS = 60.0
"""Seconds between two checkpoints: what a killed training loses at most."""

_GRADIENT_NORM = 1.0
"""Longer gradients are shortened to this: a single odd batch must not throw the network off."""

_DIVERGED = 2.0
"""Loss in nats per pixel, three times that of a network that says one half of each: a mean above it is divergence."""

_RECENT = 32
"""Steps whose losses that mean is of."""


@dataclass(frozen=True)
class Data:
    """The shards of the splits, and the seed that their images are shuffled and turned with."""

    train: Sequence[Path]
    validation: Sequence[Path]
    seed: int


@dataclass
class TrainingState:
    """How far a training has come: all that a checkpoint holds beside the tensors."""

    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    """Training losses since the last row of the history."""


@dataclass(frozen=True)
class Trained:
    """A trained model, the record of its training, and its loss curves, a mapping for each measurement."""

    model: Autoencoder
    record: Mapping[str, Any]
    history: list[dict[str, float]]


def train(
    variant: Variant,
    settings: Training,
    data: Data,
    backend: Backend,
    checkpoint: Path,
    checkpoint_seconds: float = _CHECKPOINT_SECONDS,
    provenance: Provenance | None = None,
) -> Trained:
    """Train ``variant`` for its budget, from ``checkpoint`` where there is one of the same settings.

    A checkpoint is saved every ``checkpoint_seconds``, after the last step, and where SIGINT, SIGTERM or SIGHUP comes,
    upon which :class:`Interruption` is raised. A training that went on from a checkpoint ends with the same weights as
    one that was not interrupted, on the same machine with the same threads. ``provenance`` goes into checkpoints.

    Raises :class:`InkbridgeError` where the training diverges, which leaves the checkpoint as it was, where the
    checkpoint is damaged, or where another process trains with it.
    """
    with _locked_checkpoint(checkpoint):
        return _train(variant, settings, data, backend, checkpoint, checkpoint_seconds, provenance)


def _train(
    variant: Variant,
    settings: Training,
    data: Data,
    backend: Backend,
    checkpoint: Path,
    checkpoint_seconds: float,
    provenance: Provenance | None,
) -> Trained:
    torch.manual_seed(torch_seed(data.seed, "weights"))
    model = build(variant).to(backend.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    shards = [shard_attributes(shard) for shard in data.train]
    identity = fingerprint(variant, settings, shards, data.seed, backend.describe(), REVISION)
    trainer = _Trainer(model, settings, variant.budget, data, backend, identity)
    trainer.resume(checkpoint)
    started = time.monotonic() - trainer.progress.seconds
    last_saved = time.monotonic()
    reporter = _Reporter(trainer)
    received: list[int] = []
    with handling_signals(received.append):  # they are noted, and obeyed between two steps
        for batch in trainer.batches():
            loss = trainer.step(batch)
            trainer.progress.seconds = time.monotonic() - started
            reporter.tell(loss)
            signals = received.copy()
            if signals or trainer.is_done or time.monotonic() - last_saved > checkpoint_seconds:
                trainer.save(checkpoint, provenance)
                last_saved = time.monotonic()
            if signals:
                raise Interruption(signals[0], f"stopped at step {trainer.progress.step}; the checkpoint is saved")
        if received:  # while the last checkpoint was saved
            raise Interruption(received[0], "stopped after the last step; the checkpoint is saved")
    model.eval()
    model.scaffold = None
    model.standardise(first_images(data.train, _STANDARDISATION_IMAGES)[0])
    return Trained(model, trainer.record(variant), trainer.progress.history)


class _Trainer:
    """A network with its optimiser, and where it stands in its budget."""

    def __init__(
        self, model: Autoencoder, settings: Training, budget: float, data: Data, backend: Backend, identity: str
    ) -> None:
        self.model, self.settings, self.data = model, settings, data
        self.backend, self.identity = backend, identity
        self.steps = max(1, round(settings.images * budget / settings.batch_size))
        self.progress = TrainingState()
        self.optimiser = torch.optim.AdamW(
            model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.validation = first_images(data.validation, _VALIDATION_IMAGES)[0]
        self.moving_pairs = MovingPairs(data.train, data.seed)
        self.pairs = min(round(settings.moving_pairs * settings.batch_size / 2), settings.batch_size // 2)
        self.recent: deque[float] = deque(maxlen=_RECENT)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of the budget."""
        return self.progress.step >= self.steps

    def batches(self) -> Iterator[Images]:
        """Yield the batches that are left of the budget."""
        batch, start = self.settings.batch_size, self.progress.step
        endless = shuffled_batches(self.data.train, batch, self.data.seed, start)
        for _, images in zip(range(start, self.steps), endless, strict=False):
            yield images

    def step(self, images: Images) -> float:
        """Take one step of the optimiser on ``images`` and return the loss."""
        rate = self.settings.learning_rate * learning_rate_factor(self.progress.step, self.steps, self.settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        pairs = self.moving_pairs(self.progress.step, self.pairs)
        rng = random_stream(self.data.seed, "turns", self.progress.step)
        images, pairs = augment(images[2 * self.pairs :], rng), augment(pairs, rng)
        loss = drawing_loss(self.model, images, pairs, self.progress.step / self.steps, self.backend)
        self.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), _GRADIENT_NORM)
        value = loss.item()
        # Before the optimiser takes them: a gradient that is not a number makes all weights such.
        self._refuse_divergence("loss", value)
        self._refuse_divergence("gradient", norm.item())
        self.optimiser.step()
        self.recent.append(value)
        if len(self.recent) == _RECENT and np.mean(self.recent) > _DIVERGED:
            raise self._divergence(f"a mean loss below {_DIVERGED} over {_RECENT} steps", float(np.mean(self.recent)))
        self._count(value, rate)
        return value

    def _refuse_divergence(self, name: str, value: float) -> None:
        if not np.isfinite(value):
            raise self._divergence(f"a finite {name}", value)

    def _divergence(self, expected: str, found: float) -> InkbridgeError:
        return InkbridgeError(
            f"training diverged: expected {expected}, found {found:.4g} at step {self.progress.step} with learning "
            f"rate {self.optimiser.param_groups[0]['lr']:.2g}; lower training.learning_rate and run again"
        )

    def _count(self, loss: float, rate: float) -> None:
        """Note a step; where one more ``validation_every`` is full, measure and add a row to the history."""
        progress, batch, every = self.progress, self.settings.batch_size, self.settings.validation_every
        progress.step += 1
        progress.losses.append(loss)
        seen = progress.step * batch
        if seen // every > (seen - batch) // every or progress.step == self.steps:
            row = {
                "images_seen": seen,
                "learning_rate": rate,
                "training_loss": float(np.mean(progress.losses)),
                "validation_loss": self.validation_loss(),
            }
            progress.history.append(row)
            progress.losses.clear()
            log.info("%d images: training loss %.4f, validation loss %.4f", seen, *list(row.values())[2:])

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Return the mean loss on the validation images."""
        self.model.eval()
        none = np.empty((0, 3, CELL, CELL), dtype=np.uint8)
        parts = np.split(self.validation, range(256, len(self.validation), 256))
        progress = self.progress.step / self.steps
        losses = [float(drawing_loss(self.model, part, none, progress, self.backend)) * len(part) for part in parts]
        self.model.train()
        return sum(losses) / len(self.validation)

    def save(self, checkpoint: Path, provenance: Provenance | None) -> None:
        """Write a checkpoint: weights, the optimiser's moments, progress, how it was made.

        Raises :class:`InkbridgeError` where the weights are no longer finite numbers, and leaves the last one.
        """
        for weights in self.model.parameters():
            self._refuse_divergence("weight", float(weights.detach().abs().max()))
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for number, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": tensor for name, tensor in moments.items()}
        about = {"identity": self.identity, "progress": json.dumps(asdict(self.progress)), PROVENANCE_KEY: provenance}
        write_tensors(checkpoint, tensors, about)

    def resume(self, checkpoint: Path) -> None:
        """Go on from ``checkpoint`` where there is one; one of other settings, data or hardware is left aside."""
        if not checkpoint.exists():
            return
        stored = read_tensors(checkpoint)
        if stored.about.get("identity") != self.identity:
            log.warning("%s is of other settings, data or hardware: training begins anew", checkpoint)
            return
        try:
            self._restore(stored.tensors)
            self.progress = TrainingState(**json.loads(stored.about["progress"]))
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise InkbridgeError(
                f"{checkpoint}: not a checkpoint of this network ({error}); {how_to_remake(checkpoint)}"
            ) from error
        log.info("going on from %s at step %d of %d", checkpoint, self.progress.step, self.steps)

    def _restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take weights and the optimiser's moments from the tensors of a checkpoint."""
        self.model.load_state_dict(_with_prefix(tensors, "model."))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _with_prefix(tensors, "optimiser.").items():
            number, moment = name.split(".")
            state.setdefault(int(number), {})[moment] = tensor
        self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": state})
        for weights, moments in self.optimiser.state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                # The fused optimiser walks through weights and moments as they lie in memory: in the same order.
                moments[name] = torch.empty_like(weights).copy_(moments[name])

    def record(self, variant: Variant) -> dict[str, Any]:
        """Return what is to be known of a training: its budget, speed and hardware."""
        seen, seconds = self.progress.step * self.settings.batch_size, self.progress.seconds
        return {
            "architecture": variant.architecture,
            "parameters": sum(weights.numel() for weights in self.model.parameters()),
            "latent_dim": variant.latent_dim,
            "images_seen": seen,
            "images_per_second": round(seen / seconds, 1),
            "seconds": round(seconds, 1),
            "validation_loss": self.progress.history[-1]["validation_loss"],
            **self.backend.describe(),
            "seed": self.data.seed,
            "settings": self.settings.model_dump(),
        }


def drawing_loss(model: Autoencoder, images: Images, pairs: Images, progress: float, backend: Backend) -> Tensor:
    """Return how far the model's drawings are from ``images`` ``uint8 [B, 64, 64]`` and moving ``pairs``
    ``uint8 [P, 3, 64, 64]``, in nats per pixel: a pair's start and end are encoded, and the mean of both latents is to
    be drawn as what stands halfway."""
    start, halfway, end = pairs.swapaxes(0, 1)
    drawings = network_input(np.concatenate([images, start, end, halfway]), backend.device)
    encoded = len(drawings) - len(pairs)
    with backend.autocast():
        latents = model.encoder(drawings[:encoded])
        first, last = latents[len(images) : encoded - len(pairs)], latents[encoded - len(pairs) :]
        return model.loss(torch.cat([latents, (first + last) / 2]), drawings, len(pairs), progress)


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@contextmanager
def _locked_checkpoint(checkpoint: Path) -> Iterator[None]:
    """Hold a lock beside ``checkpoint``: a training may outlive the Snakemake that started it and was killed."""
    with ExitStack() as stack:
        try:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(checkpoint.with_suffix(".lock")))
        except BlockingIOError:
            raise InkbridgeError(
                f"{checkpoint}: another process still trains with it; wait for it, or end it, and run again"
            ) from None
        except OSError as error:
            raise unwritable(checkpoint, error) from error
        yield


class _Reporter:
    """Tells the progress of a training, a line every quarter of a minute: trainings run side by side, and bars that
    share a terminal would overwrite each other."""

    def __init__(self, trainer: _Trainer) -> None:
        self.trainer = trainer
        self.first_step, self.started = trainer.progress.step, time.monotonic()
        self.told = self.started

    def tell(self, loss: float) -> None:
        """Tell speed, ``loss`` and the time left, where it is time to."""
        now = time.monotonic()
        if now - self.told < _PROGRESS_SECONDS:
            return
        self.told = now
        step, steps = self.trainer.progress.step, self.trainer.steps
        seconds_per_step = (now - self.started) / (step - self.first_step)
        minutes, seconds = divmod(round((steps - step) * seconds_per_step), 60)
        speed = self.trainer.settings.batch_size / seconds_per_step
        progress_log.info(
            "%.0f %%, %.0f images/s, loss %.4f, %d:%02d left", 100 * step / steps, speed, loss, minutes, seconds
        )
