"""A whole training: from an untrained network, or its checkpoint, to a trained model and its record."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from inkbridge.config.settings import Training, Variant, fingerprint
from inkbridge.data.shards import first_images, shard_attributes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.checkpoints import keep_others, locked_checkpoint
from inkbridge.models.device import Backend
from inkbridge.models.resident import ResidentFeed
from inkbridge.models.storage import REVISION, build
from inkbridge.models.together import run_team
from inkbridge.models.trainer import TRAINING, Data, Trainer, TrainingTuning, pairs_of
from inkbridge.support.errors import InkbridgeError
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
        identity = _identity(variant, settings, data)
        if backend.devices > 1:
            _check_shares(settings, backend)
            keep_others(checkpoint, identity)  # once, before several processes look for it
            run_team(_team_job(variant, settings, data, checkpoint, checkpoint_seconds, provenance, tuning), backend)
        trainer = _resumed(variant, settings, data, backend, checkpoint, tuning)  # of a team: at its end
        _run(trainer, checkpoint, checkpoint_seconds, identity, provenance)
        model = trainer.model
        model.eval()
        model.scaffold = None
        with trainer.uncompiled():
            model.standardise(first_images(data.train, tuning.standardisation_images)[0])
        return Trained(model, _record(trainer, variant), trainer.state.history)


def _identity(variant: Variant, settings: Training, data: Data) -> str:
    """Return what a checkpoint must have in common with the training that continues from it."""
    return fingerprint(variant, settings, [shard_attributes(shard) for shard in data.train], data.seed, REVISION)


def _resumed(
    variant: Variant, settings: Training, data: Data, backend: Backend, checkpoint: Path, tuning: TrainingTuning
) -> Trainer:
    """Return what trains ``variant``, from its checkpoint if there is one."""
    torch.manual_seed(torch_seed(data.seed, "weights"))
    model = build(variant).to(backend.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(model, settings, variant.budget, data, backend, tuning)
    trainer.resume(checkpoint, _identity(variant, settings, data))
    return trainer


def _check_shares(settings: Training, backend: Backend) -> None:
    """Raise :class:`InkbridgeError` unless all devices can have as many images and moving pairs of each batch."""
    pairs = pairs_of(settings)
    if pairs % backend.devices or (settings.batch_size - 2 * pairs) % backend.devices:
        raise InkbridgeError(
            f"training.batch_size: expected images and moving pairs that {backend.devices} devices can share evenly, "
            f"found {settings.batch_size - 2 * pairs} images and {pairs} pairs; change it, or compute.devices"
        )


def _team_job(
    variant: Variant,
    settings: Training,
    data: Data,
    checkpoint: Path,
    checkpoint_seconds: float,
    provenance: Provenance | None,
    tuning: TrainingTuning,
) -> dict[str, Any]:
    """Return what :func:`train_in_team` needs, as JSON holds it."""
    return {
        "variant": variant.model_dump(),
        "settings": settings.model_dump(),
        "data": {"train": [*map(str, data.train)], "validation": [*map(str, data.validation)], "seed": data.seed},
        "checkpoint": str(checkpoint),
        "checkpoint_seconds": checkpoint_seconds,
        "provenance": provenance,
        "tuning": asdict(tuning),
    }


def train_in_team(job: Mapping[str, Any], backend: Backend) -> None:
    """Train on this process's share of each batch, up to a finished checkpoint, as ``job`` of :func:`_team_job` says.

    The process that started the team holds the lock of the checkpoint.
    """
    variant, settings = Variant.model_validate(job["variant"]), Training.model_validate(job["settings"])
    paths = {split: [Path(path) for path in job["data"][split]] for split in ("train", "validation")}
    data, checkpoint = Data(paths["train"], paths["validation"], job["data"]["seed"]), Path(job["checkpoint"])
    tuning = TrainingTuning(**job["tuning"])
    trainer = _resumed(variant, settings, data, backend, checkpoint, tuning)
    _run(trainer, checkpoint, job["checkpoint_seconds"], _identity(variant, settings, data), job["provenance"])


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
            is_due = trainer.is_done or time.monotonic() - last_saved > checkpoint_seconds
            signal, is_due = trainer.agreed(received[0] if received else 0, is_due)
            if signal or is_due:
                trainer.save(checkpoint, identity, provenance)
                last_saved = time.monotonic()
            if signal:
                raise Interruption(signal, f"stopped at step {trainer.state.step}; the checkpoint is saved")
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
