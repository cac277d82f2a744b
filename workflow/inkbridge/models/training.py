"""A whole training: from an untrained network, or its checkpoint, to a trained model and its record."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inkbridge.config.settings import Training, Variant, fingerprint
from inkbridge.data.shards import first_images, shard_attributes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.checkpoints import locked_checkpoint
from inkbridge.models.device import Backend
from inkbridge.models.resident import ResidentFeed
from inkbridge.models.storage import REVISION, build
from inkbridge.models.trainer import TRAINING, Data, Trainer, TrainingTuning
from inkbridge.support.progress import PROGRESS_LOGGER
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.seeds import torch_seed
from inkbridge.support.signals import Interruption, handling_signals

progress_log = logging.getLogger(PROGRESS_LOGGER)

_PROGRESS_SECONDS = 15.0
"""Seconds between two lines of progress."""

_CHECKPOINT_SECONDS = 60.0
"""Seconds between two checkpoints. A killed training loses at most this time."""


@dataclass(frozen=True)
class Trained:
    """A trained model, the record of its training, and its loss curves: a mapping for each measurement."""

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
    tuning: TrainingTuning = TRAINING,
) -> Trained:
    """Train ``variant`` for its budget, from ``checkpoint`` if there is one of the same settings.

    A checkpoint is saved every ``checkpoint_seconds``, after the last step, and on SIGINT, SIGTERM or SIGHUP; these
    then raise :class:`Interruption`. On the same machine with the same threads, a resumed training ends with the same
    weights as an uninterrupted one. If another machine continues it, the record says so. ``provenance`` goes into
    checkpoints.

    Raises :class:`InkbridgeError` if the training diverges (and keeps the last checkpoint), if the checkpoint is
    damaged, or if another process trains with it.
    """
    with locked_checkpoint(checkpoint):
        torch.manual_seed(torch_seed(data.seed, "weights"))
        model = build(variant).to(backend.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        shards = [shard_attributes(shard) for shard in data.train]
        identity = fingerprint(variant, settings, shards, data.seed, REVISION)
        trainer = Trainer(model, settings, variant.budget, data, backend, tuning)
        trainer.resume(checkpoint, identity)
        _run(trainer, checkpoint, checkpoint_seconds, identity, provenance)
        model.eval()
        model.scaffold = None
        model.standardise(first_images(data.train, tuning.standardisation_images)[0])
        return Trained(model, _record(trainer, variant), trainer.state.history)


def _run(
    trainer: Trainer, checkpoint: Path, checkpoint_seconds: float, identity: str, provenance: Provenance | None
) -> None:
    """Take the steps that are left, and save checkpoints."""
    started = time.monotonic() - trainer.state.seconds
    last_saved = time.monotonic()
    reporter = _ProgressReporter(trainer)
    received: list[int] = []
    with handling_signals(received.append):  # signals are noted, and handled between two steps
        for batch in trainer.batches():
            trainer.step(batch)
            trainer.state.seconds = time.monotonic() - started
            reporter.report()
            signals = received.copy()
            if signals or trainer.is_done or time.monotonic() - last_saved > checkpoint_seconds:
                trainer.save(checkpoint, identity, provenance)
                last_saved = time.monotonic()
            if signals:
                raise Interruption(signals[0], f"stopped at step {trainer.state.step}; the checkpoint is saved")
        if received:  # while the last checkpoint was saved
            raise Interruption(received[0], "stopped after the last step; the checkpoint is saved")


def _record(trainer: Trainer, variant: Variant) -> dict[str, Any]:
    """Return the record of a training: its budget, speed, settings and hardware. ``earlier`` lists what else computed
    steps, if anything did."""
    seen, seconds = trainer.state.step * trainer.settings.batch_size, trainer.state.seconds
    earlier = trainer.state.earlier
    return {
        "architecture": variant.architecture,
        "parameters": sum(weights.numel() for weights in trainer.model.parameters()),
        "latent_dim": variant.latent_dim,
        "images_seen": seen,
        "images_per_second": round(seen / seconds, 1),
        "seconds": round(seconds, 1),
        "validation_loss": trainer.state.history[-1]["validation_loss"],
        **trainer.backend.describe(),
        **({"data_on_device": True} if isinstance(trainer.feed, ResidentFeed) else {}),
        **({"earlier": earlier} if earlier else {}),
        "seed": trainer.data.seed,
        "settings": trainer.settings.model_dump(),
    }


class _ProgressReporter:
    """Logs a line of progress every quarter of a minute. Trainings run side by side, and progress bars that share a
    terminal would overwrite each other."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.first_step, self.started = trainer.state.step, time.monotonic()
        self.reported = self.started

    def report(self) -> None:
        """Log speed, the last loss that is known and the time left, if it is time for the next line."""
        now = time.monotonic()
        if now - self.reported < _PROGRESS_SECONDS:
            return
        self.reported = now
        step, steps = self.trainer.state.step, self.trainer.steps
        seconds_per_step = (now - self.started) / (step - self.first_step)
        minutes, seconds = divmod(round((steps - step) * seconds_per_step), 60)
        speed = self.trainer.settings.batch_size / seconds_per_step
        done, loss = 100 * step / steps, self.trainer.watch.latest
        progress_log.info("%.0f %%, %.0f images/s, loss %.4f, %d:%02d left", done, speed, loss, minutes, seconds)
