"""A training is its settings and its seed: the same again, killed and continued, or not at all."""

import itertools
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Training, Variant
from inkbridge.data.augmentation import MovingPairs, augment
from inkbridge.models import training
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.device import Backend
from inkbridge.models.schedule import learning_rate_factor
from inkbridge.models.storage import build, read_tensors
from inkbridge.models.training import Data, Trained, drawing_loss, train
from inkbridge.support import locks
from inkbridge.support.errors import InkbridgeError

STEPS = 14
SETTINGS = Training(images=STEPS * 32, batch_size=32, validation_every=100)


@pytest.fixture(scope="module")
def data(train_shards: list[Path], validation_shards: list[Path]) -> Data:
    return Data(train_shards, validation_shards, seed=3)


@pytest.fixture(scope="module")
def undisturbed(tiny: Variant, data: Data, backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tiny, SETTINGS, data, backend, tmp_path_factory.mktemp("run") / "checkpoint.safetensors")


@pytest.fixture
def count_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one entry with each step that is taken."""
    steps: list[int] = []
    step = training._Trainer.step
    monkeypatch.setattr(training._Trainer, "step", lambda *given: (steps.append(1), step(*given))[1])
    return steps


def weights_of(trained: Trained) -> dict[str, bytes]:
    return {name: tensor.contiguous().numpy().tobytes() for name, tensor in trained.model.state_dict().items()}


def assert_same(one: Trained, other: Trained) -> None:
    assert weights_of(one) == weights_of(other)
    assert one.history == other.history


# --- a training ------------------------------------------------------------------------------------------


def test_a_training_learns_and_says_what_it_did(undisturbed, tiny, backend):
    history = undisturbed.history
    assert [row["images_seen"] for row in history] == [128, 224, 320, 416, 448]
    assert history[-1]["validation_loss"] < 0.95 * history[0]["validation_loss"]
    record = undisturbed.record
    assert record["images_seen"] == STEPS * 32
    assert record["validation_loss"] == history[-1]["validation_loss"]
    assert record["parameters"] == sum(weights.numel() for weights in undisturbed.model.parameters())
    assert record["settings"] == SETTINGS.model_dump()
    assert (record["architecture"], record["latent_dim"], record["seed"]) == ("conv", 8, 3)
    assert record.items() >= backend.describe().items(), "device and precision cannot differ silently"
    assert record["seconds"] > 0
    assert json.loads(json.dumps(record)) == record


def test_a_trained_model_has_latents_in_standard_units(undisturbed, drawings):
    assert not undisturbed.model.training
    with torch.no_grad():
        latents = undisturbed.model.encode(network_input(drawings, torch.device("cpu")))
    torch.testing.assert_close(latents.mean(dim=0), torch.zeros(8), rtol=0, atol=1e-3)
    torch.testing.assert_close(latents.std(dim=0), torch.ones(8), rtol=1e-3, atol=0)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_and_another_another(undisturbed, tiny, data, backend, tmp_path):
    again = train(tiny, SETTINGS, data, backend, tmp_path / "again.safetensors")
    assert_same(again, undisturbed)
    assert [file.name for file in tmp_path.iterdir()] == ["again.safetensors"], "what an end undisturbed leaves"
    other = train(tiny, SETTINGS, Data(data.train, data.validation, seed=4), backend, tmp_path / "other.safetensors")
    assert weights_of(other) != weights_of(undisturbed)


@pytest.mark.parametrize(("images", "steps"), [(1, 1), (96, 3), (100, 3), (120, 4)])
def test_the_budget_is_in_images_seen(images, steps, tiny, data, backend, tmp_path, count_steps):
    settings = SETTINGS.model_copy(update={"images": images})
    record = train(tiny, settings, data, backend, tmp_path / "checkpoint.safetensors").record
    assert len(count_steps) == steps
    assert record["images_seen"] == steps * 32


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0.5, 2.0])
def test_a_variant_may_be_trained_for_longer_than_others(budget, tiny, data, backend, tmp_path, count_steps):
    variant, settings = tiny.model_copy(update={"budget": budget}), SETTINGS.model_copy(update={"images": 128})
    record = train(variant, settings, data, backend, tmp_path / "checkpoint.safetensors").record
    assert record["images_seen"] == 128 * budget == 32 * len(count_steps)


@pytest.mark.parametrize(
    ("share", "batch", "images", "pairs"),
    [(0.0, 32, 32, 0), (0.375, 32, 20, 6), (1.0, 32, 0, 16), (1.0, 3, 1, 1), (1.0, 1, 1, 0)],
)
def test_each_step_has_its_share_of_moving_pairs(
    share, batch, images, pairs, tiny, data, backend, tmp_path, monkeypatch
):
    seen = []

    def note(model: Autoencoder, *given: Any) -> torch.Tensor:
        if model.training:
            seen.append((given[0].shape, given[1].shape, given[2]))
        return drawing_loss(model, *given)

    monkeypatch.setattr(training, "drawing_loss", note)
    settings = SETTINGS.model_copy(update={"images": 4 * batch, "batch_size": batch, "moving_pairs": share})
    train(tiny, settings, data, backend, tmp_path / "checkpoint.safetensors")
    shapes = (images, 64, 64), (pairs, 3, 64, 64)
    assert seen == [(*shapes, progress) for progress in (0, 0.25, 0.5, 0.75)]


def test_a_loss_that_is_not_a_number_ends_the_training(tiny, data, backend, tmp_path):
    wild = SETTINGS.model_copy(update={"learning_rate": float("inf")})
    with pytest.raises(
        InkbridgeError, match=r"expected a finite loss, found \w+ at step \d+ .*training\.learning_rate"
    ):
        train(tiny, wild, data, backend, tmp_path / "checkpoint.safetensors")
    assert list(tmp_path.iterdir()) == []


# --- killed and continued --------------------------------------------------------------------------------

KILLED = """
import json, os, sys
from pathlib import Path
from inkbridge.models import training
from inkbridge.models.device import choose_backend
from inkbridge.config.settings import Compute, Training, Variant

job = json.loads(sys.argv[1])
draw, write_tensors, steps = training.drawing_loss, training.write_tensors, 0

def draw_or_die(model, *given):
    global steps
    steps += model.training
    if model.training and steps == job["fatal_step"]:
        os.kill(os.getpid(), job["signal"])
    return draw(model, *given)

def write_now_and_then(*arguments):
    if steps % job["steps_per_checkpoint"] == 0:
        write_tensors(*arguments)

training.drawing_loss, training.write_tensors = draw_or_die, write_now_and_then
backend = choose_backend(Compute(device="cpu", precision="float32"), threads=1)
data = training.Data([Path(path) for path in job["train"]], [Path(path) for path in job["validation"]], job["seed"])
variant, settings = Variant(**job["variant"]), Training(**job["settings"])
try:
    training.train(variant, settings, data, backend, Path(job["checkpoint"]), checkpoint_seconds=0)
except KeyboardInterrupt as interruption:
    sys.exit(f"interrupted: {interruption}")
"""


@pytest.fixture
def killed(tiny: Variant, data: Data, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that trains in another process, which gets a signal in the midst of a step."""

    def run(fatal_step: int, number: signal.Signals, steps_per_checkpoint: int = 1) -> Any:
        job = {
            "fatal_step": fatal_step,
            "signal": int(number),
            "steps_per_checkpoint": steps_per_checkpoint,
            "train": [str(path) for path in data.train],
            "validation": [str(path) for path in data.validation],
            "seed": data.seed,
            "variant": tiny.model_dump(),
            "settings": SETTINGS.model_dump(),
            "checkpoint": str(tmp_path / "checkpoint.safetensors"),
        }
        return subprocess.run([sys.executable, "-c", KILLED, json.dumps(job)], capture_output=True, text=True)

    return run


def steps_in(checkpoint: Path) -> int:
    steps: int = json.loads(read_tensors(checkpoint).about["progress"])["step"]
    return steps


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_checkpoint", [1, 4])
def test_a_killed_training_continues_and_ends_with_the_same_weights(
    steps_per_checkpoint, killed, undisturbed, tiny, data, backend, tmp_path, count_steps
):
    fatal_step = int(np.random.default_rng(steps_per_checkpoint).integers(6, STEPS))
    done = killed(fatal_step, signal.SIGKILL, steps_per_checkpoint)
    assert done.returncode == -signal.SIGKILL, done.stderr
    checkpoint = tmp_path / "checkpoint.safetensors"
    assert set(tmp_path.iterdir()) == {checkpoint, checkpoint.with_suffix(".lock")}
    saved = steps_in(checkpoint)
    assert saved == (fatal_step - 1) // steps_per_checkpoint * steps_per_checkpoint
    assert_same(train(tiny, SETTINGS, data, backend, checkpoint), undisturbed)
    assert len(count_steps) == STEPS - saved, "the steps that were done are not done again"


@pytest.mark.slow
def test_a_terminated_training_saves_and_continues(killed, undisturbed, tiny, data, backend, tmp_path, count_steps):
    done = killed(9, signal.SIGTERM)
    assert done.returncode == 1
    assert "interrupted: stopped at step 9; the checkpoint is saved" in done.stderr
    assert steps_in(tmp_path / "checkpoint.safetensors") == 9
    assert_same(train(tiny, SETTINGS, data, backend, tmp_path / "checkpoint.safetensors"), undisturbed)
    assert len(count_steps) == STEPS - 9


def interrupt_in_step(step: int, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send this process a signal in the midst of a training's step, counted from 1, once."""
    steps = itertools.count(1)

    def draw_or_interrupt(model: Autoencoder, *given: Any) -> torch.Tensor:
        if model.training and next(steps) == step:
            os.kill(os.getpid(), number)
        return drawing_loss(model, *given)

    monkeypatch.setattr(training, "drawing_loss", draw_or_interrupt)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_saves_and_hands_the_signals_back(
    number, undisturbed, tiny, data, backend, tmp_path, monkeypatch
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    interrupt_in_step(4, number, monkeypatch)
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt, match="step 4"):
        train(tiny, SETTINGS, data, backend, checkpoint)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    assert steps_in(checkpoint) == 4
    assert weights_of(train(tiny, SETTINGS, data, backend, checkpoint)) == weights_of(undisturbed)


@pytest.mark.slow
def test_a_signal_that_comes_while_the_last_checkpoint_is_saved_is_heeded(tiny, data, backend, tmp_path, monkeypatch):
    checkpoint, save = tmp_path / "checkpoint.safetensors", training._Trainer.save

    def save_or_interrupt(self: training._Trainer, *given: Any) -> None:
        save(self, *given)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training._Trainer, "save", save_or_interrupt)
    with pytest.raises(KeyboardInterrupt, match="after the last step"):
        train(tiny, SETTINGS, data, backend, checkpoint)
    assert steps_in(checkpoint) == STEPS


@pytest.mark.slow
@pytest.mark.parametrize(("architecture", "step"), [*((name, 7) for name in ARCHITECTURES), ("strokes", 3)])
def test_every_variant_continues_and_ends_with_the_same_weights(
    architecture, step, tiny, data, backend, tmp_path, monkeypatch
):
    variant = tiny.model_copy(update={"architecture": architecture})
    settings = Training(images=80, batch_size=8, validation_every=40)
    whole = train(variant, settings, data, backend, tmp_path / "whole.safetensors")
    interrupt_in_step(step, signal.SIGTERM, monkeypatch)
    with pytest.raises(KeyboardInterrupt, match=f"step {step}"):
        train(variant, settings, data, backend, tmp_path / "interrupted.safetensors")
    assert_same(train(variant, settings, data, backend, tmp_path / "interrupted.safetensors"), whole)
    assert whole.model.scaffold is None
    assert whole.record["parameters"] == sum(weights.numel() for weights in whole.model.parameters())


@pytest.mark.slow
def test_a_training_that_was_done_is_not_done_again(undisturbed, tiny, data, backend, tmp_path, count_steps):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)
    assert steps_in(checkpoint) == STEPS
    count_steps.clear()
    assert_same(train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0), undisturbed)
    assert count_steps == []


@pytest.mark.slow
@pytest.mark.parametrize("change", ["settings", "seed", "variant", "data"])
def test_a_checkpoint_of_other_settings_is_left_aside(
    change, tiny, data, backend, tmp_path, undisturbed, count_steps, caplog
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    few = SETTINGS.model_copy(update={"images": 64})
    of_others = {
        "settings": (tiny, few, data),
        "seed": (tiny, SETTINGS, Data(data.train, data.validation, seed=4)),
        "data": (tiny, SETTINGS, Data(data.train[:1], data.validation, data.seed)),
        "variant": (tiny.model_copy(update={"latent_dim": 9}), SETTINGS, data),
    }
    train(*of_others[change], backend, checkpoint, checkpoint_seconds=0)
    count_steps.clear()
    with caplog.at_level(logging.WARNING, logger="inkbridge"):
        found = train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)
    assert f"{checkpoint} is of other settings" in caplog.text
    assert len(count_steps) == STEPS
    assert_same(found, undisturbed)


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_damaged_checkpoint_is_an_error_that_names_it(kept, tiny, data, backend, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train(tiny, SETTINGS.model_copy(update={"images": 32}), data, backend, checkpoint, checkpoint_seconds=0)
    checkpoint.write_bytes(checkpoint.read_bytes()[:kept])
    with pytest.raises(InkbridgeError, match="checkpoint"):
        train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)


# --- its parts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("steps", [10, 1000])
def test_the_learning_rate_rises_in_a_line_and_falls_along_half_a_cosine(steps, warmup):
    factors = np.array([learning_rate_factor(step, steps, warmup) for step in range(steps)])
    rising = int(np.ceil(warmup * steps))
    assert (factors > 0).all()
    assert (factors <= 1).all()
    assert factors.max() > 0.95
    assert (np.diff(factors[: rising + 1]) > 0).all()
    assert (np.diff(factors[rising:]) < 0).all()
    np.testing.assert_allclose(np.diff(factors[:rising], n=2), 0, atol=1e-12)
    assert factors[-1] < 4 / steps
    middle = rising + (steps - rising) // 2
    assert factors[middle] == pytest.approx(0.5, abs=2 / (steps - rising))


def test_even_one_step_has_a_learning_rate():
    assert 0 < learning_rate_factor(0, 1, 0.05) <= 1


def test_images_are_turned_to_their_8_orientations_and_only_those():
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    orientations = {np.rot90(one, quarter).tobytes() for one in (image, image[:, ::-1]) for quarter in range(4)}
    assert len(orientations) == 8
    turned = augment(np.repeat(image[None], 800, axis=0), np.random.default_rng(1))
    assert turned.shape == (800, 64, 64)
    assert turned.dtype == np.uint8
    found = [one.tobytes() for one in turned]
    assert set(found) == orientations
    assert min(found.count(one) for one in orientations) > 60, "each is equally likely"


def test_the_drawings_of_a_moving_pair_are_turned_alike():
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    pairs = np.broadcast_to(image, (50, 3, 64, 64))
    turned = augment(pairs, np.random.default_rng(1))
    assert turned.shape == pairs.shape
    np.testing.assert_array_equal(turned, np.broadcast_to(turned[:, :1], pairs.shape))
    np.testing.assert_array_equal(turned[:, 0], augment(pairs[:, 0], np.random.default_rng(1)))


class Listener(Autoencoder):
    """An autoencoder that notes what its loss is given; a latent is where the ink of an image is."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Flatten(), torch.nn.Sequential(), 64 * 64)

    def decode(self, latents: torch.Tensor, size: int = 64) -> torch.Tensor:
        raise NotImplementedError

    def loss(self, latents: torch.Tensor, images: torch.Tensor, pairs: int, progress: float) -> torch.Tensor:
        self.heard = latents.unflatten(1, (64, 64)), images[:, 0], pairs, progress
        return images.sum()


@pytest.mark.parametrize("count", [0, 3])
def test_what_stands_halfway_is_drawn_from_the_mean_of_both_latents(count, train_shards, drawings, backend):
    pairs, model = MovingPairs(train_shards, 1)(0, count), Listener()
    drawing_loss(model, drawings[:5], pairs, 0.3, backend)
    latents, images, heard, progress = model.heard
    assert (heard, progress) == (count, 0.3)
    start, halfway, end = (pairs[:, part] / np.float32(255) for part in range(3))
    alone = drawings[:5] / np.float32(255)
    np.testing.assert_allclose(images, np.concatenate([alone, start, end, halfway]))
    np.testing.assert_allclose(latents, np.concatenate([alone, start, end, (start + end) / 2]))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("count", [0, 3])
def test_a_training_begins_with_the_cross_entropy_of_pixels(count, architecture, tiny, train_shards, drawings, backend):
    model = build(tiny.model_copy(update={"architecture": architecture}))
    pairs = MovingPairs(train_shards, 1)(0, count)
    loss = drawing_loss(model, drawings[:5], pairs, 0.0, backend)
    images = network_input(np.concatenate([drawings[:5], *pairs.swapaxes(0, 1)[[0, 2, 1]]]), torch.device("cpu"))
    latents = model.encoder(images)
    latents = torch.cat([latents[: 5 + 2 * count], (latents[5 : 5 + count] + latents[5 + count : 5 + 2 * count]) / 2])
    logits = (model.scaffold or model.decoder)(latents)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, images)
    torch.testing.assert_close(loss, expected)


def test_turning_keeps_each_image_in_its_place(drawings):
    turned = augment(drawings, np.random.default_rng(2))
    np.testing.assert_array_equal(turned.sum(axis=(1, 2)), drawings.sum(axis=(1, 2)))
    np.testing.assert_array_equal(turned, augment(drawings, np.random.default_rng(2)))
    assert (turned != drawings).any(axis=(1, 2)).mean() > 0.7


def test_two_trainings_do_not_share_a_checkpoint(tiny, data, backend, tmp_path, monkeypatch):
    checkpoint = tmp_path / "checkpoint.safetensors"
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    with training._locked_checkpoint(checkpoint), pytest.raises(InkbridgeError, match="another process"):
        train(tiny, SETTINGS, data, backend, checkpoint)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_has_no_place_is_told(tiny, data, backend, tmp_path):
    (tmp_path / "models").touch()
    with pytest.raises(InkbridgeError, match=r"checkpoint\.safetensors: expected a writable path"):
        train(tiny, SETTINGS, data, backend, tmp_path / "models/checkpoint.safetensors")
