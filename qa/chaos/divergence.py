"""A training that diverges: it ends with advice, and its checkpoint holds numbers only."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from inkbridge.config.settings import Compute, Training
from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.models import trainer, training
from inkbridge.models.device import choose_backend
from inkbridge.support.arrays import read_arrays
from qa.chaos.damage import SHARD, TINY
from qa.chaos.disk import refusal
from qa.chaos.tally import Tally

_FIRST_BAD_STEP = 8


def diverge(folder: Path) -> Tally:
    """Make the loss or the gradient NaN, let the loss overflow, and train with a learning rate that diverges."""
    tally = Tally("NaN or divergence in training")
    data = trainer.Data([_shard(folder, "train")], [_shard(folder, "validation")], 3)
    backend = choose_backend(Compute(device="cpu", precision="float32"), threads=1)
    settings = Training(images=200 * 16, batch_size=16, validation_every=100_000)
    draw = trainer.drawing_loss

    def wrong_loss(model: Any, *given: Any) -> Tensor:
        return draw(model, *given) * (float("nan") if model.training and steps() > _FIRST_BAD_STEP else 1)

    def wrong_gradient(model: Any, *given: Any) -> Tensor:
        loss = draw(model, *given)
        weights = next(model.parameters())
        return loss + (weights.sum() * 0).sqrt() if model.training and steps() > _FIRST_BAD_STEP else loss

    def overflowing_loss(model: Any, *given: Any) -> Tensor:
        return draw(model, *given) * (1e38 if model.training and steps() > _FIRST_BAD_STEP else 1)

    cases: dict[str, tuple[Callable[..., Tensor], float]] = {
        "loss NaN": (wrong_loss, 1e-3),
        "gradient NaN": (wrong_gradient, 1e-3),
        "loss infinite": (overflowing_loss, 1e-3),
        "learning rate 1": (draw, 1.0),
    }
    for name, (loss, rate) in cases.items():
        taken = iter(range(1_000_000))

        def steps(taken: Iterator[int] = taken) -> int:
            return next(taken)

        checkpoint = folder / f"{name}.safetensors"
        changed = settings.model_copy(update={"learning_rate": rate})
        trainer.drawing_loss = loss
        try:
            message = refusal(partial(training.train, TINY, changed, data, backend, checkpoint, 0))
        finally:
            trainer.drawing_loss = draw
        tally.inject(name)
        tally.lose(*_what_is_wrong(name, message, checkpoint))
    return tally


def _what_is_wrong(name: str, message: str, checkpoint: Path) -> list[str]:
    if not all(words in message for words in ("diverged", "at step", "learning rate", "training.learning_rate")):
        return [f"{name}: {message!r}"]
    if not checkpoint.exists():
        return [f"{name}: no checkpoint was kept"]
    if not all(np.isfinite(array).all() for array in read_arrays(checkpoint).arrays.values()):
        return [f"{name}: the checkpoint has values that are not finite"]
    return []


def _shard(folder: Path, split: str) -> Path:
    path = folder / split / "0.h5"
    write_shard(path, ShardKey(**SHARD, split=split, index=0))
    return path
