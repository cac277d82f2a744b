"""A training depends on its settings and its seed alone, even if it is killed and resumed."""

import itertools
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Training, Variant
from inkbridge.models import trainer
from inkbridge.models.autoencoder import Autoencoder, network_input
from inkbridge.models.checkpoints import locked_checkpoint
from inkbridge.models.device import Backend
from inkbridge.models.storage import read_tensors
from inkbridge.models.trainer import Data, Trainer, drawing_loss
from inkbridge.models.training import Trained, train
from inkbridge.models.watch import Watch
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
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda *given: (steps.append(1), step(*given))[1])
    return steps


def weights_of(trained: Trained) -> dict[str, bytes]:
    return {name: tensor.contiguous().numpy().tobytes() for name, tensor in trained.model.state_dict().items()}


def assert_same(one: Trained, other: Trained) -> None:
    assert weights_of(one) == weights_of(other)
    assert one.history == other.history


# --- a training ------------------------------------------------------------------------------------------


def test_training_learns_and_records_what_it_did(undisturbed, tiny, backend):
    history = undisturbed.history
    assert [row["images_seen"] for row in history] == [128, 224, 320, 416, 448]
    assert history[-1]["validation_loss"] < history[0]["validation_loss"]
    record = undisturbed.record
    assert record["images_seen"] == STEPS * 32
    assert record["validation_loss"] == history[-1]["validation_loss"]
    assert record["parameters"] == sum(weights.numel() for weights in undisturbed.model.parameters())
    assert record["settings"] == SETTINGS.model_dump()
    assert (record["architecture"], record["latent_dim"], record["seed"]) == ("conv", 8, 3)
    assert record.items() >= backend.describe().items(), "device and precision cannot differ silently"
    assert record["seconds"] > 0
    assert json.loads(json.dumps(record)) == record


def test_trained_model_has_latents_in_standard_units(undisturbed, drawings):
    assert not undisturbed.model.training
    with torch.no_grad():
        latents = undisturbed.model.encode(network_input(drawings, torch.device("cpu")))
    torch.testing.assert_close(latents.mean(dim=0), torch.zeros(8), rtol=0, atol=1e-3)
    torch.testing.assert_close(latents.std(dim=0), torch.ones(8), rtol=1e-3, atol=0)


@pytest.mark.slow
def test_model_depends_only_on_the_seed(undisturbed, tiny, data, backend, tmp_path):
    again = train(tiny, SETTINGS, data, backend, tmp_path / "again.safetensors")
    assert_same(again, undisturbed)
    assert [file.name for file in tmp_path.iterdir()] == ["again.safetensors"], "no checkpoint"
    other = train(tiny, SETTINGS, Data(data.train, data.validation, seed=4), backend, tmp_path / "other.safetensors")
    assert weights_of(other) != weights_of(undisturbed)


@pytest.mark.parametrize(("images", "steps"), [(1, 1), (96, 3), (100, 3), (120, 4)])
def test_budget_is_in_images_seen(images, steps, tiny, data, backend, tmp_path, count_steps):
    settings = SETTINGS.model_copy(update={"images": images})
    record = train(tiny, settings, data, backend, tmp_path / "checkpoint.safetensors").record
    assert len(count_steps) == steps
    assert record["images_seen"] == steps * 32


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0.5, 2.0])
def test_variant_may_be_trained_for_longer_than_others(budget, tiny, data, backend, tmp_path, count_steps):
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

    monkeypatch.setattr(trainer, "drawing_loss", note)
    settings = SETTINGS.model_copy(update={"images": 4 * batch, "batch_size": batch, "moving_pairs": share})
    train(tiny, settings, data, backend, tmp_path / "checkpoint.safetensors")
    shapes = (images, 64, 64), (pairs, 3, 64, 64)
    assert seen == [(*shapes, done) for done in (0, 0.25, 0.5, 0.75)]


def test_training_ends_if_the_loss_is_not_a_number(tiny, data, backend, tmp_path):
    wild = SETTINGS.model_copy(update={"learning_rate": float("inf")})
    with pytest.raises(
        InkbridgeError, match=r"expected a finite loss, found \w+ at step \d+ .*training\.learning_rate"
    ):
        train(tiny, wild, data, backend, tmp_path / "checkpoint.safetensors")
    assert list(tmp_path.iterdir()) == []


# --- killed and resumed ----------------------------------------------------------------------------------

KILLED = """
import json, os, signal, sys
from pathlib import Path
from inkbridge.models import checkpoints, trainer, training
from inkbridge.models.device import choose_backend
from inkbridge.config.settings import Compute, Training, Variant

job = json.loads(sys.argv[1])
draw, write_tensors, steps = trainer.drawing_loss, checkpoints.write_tensors, 0

def draw_or_die(model, *given):
    global steps
    steps += model.training
    if model.training and steps == job["fatal_step"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(model, *given)

def write_now_and_then(*arguments):
    if steps % job["steps_per_checkpoint"] == 0:
        write_tensors(*arguments)

trainer.drawing_loss, checkpoints.write_tensors = draw_or_die, write_now_and_then
backend = choose_backend(Compute(device="cpu", precision="float32"), threads=1)
data = trainer.Data([Path(path) for path in job["train"]], [Path(path) for path in job["validation"]], job["seed"])
variant, settings = Variant(**job["variant"]), Training(**job["settings"])
training.train(variant, settings, data, backend, Path(job["checkpoint"]), checkpoint_seconds=0)
"""


def steps_in(checkpoint: Path) -> int:
    steps: int = json.loads(read_tensors(checkpoint).about["progress"])["step"]
    return steps


@pytest.mark.slow
def test_killed_training_resumes_and_ends_with_the_same_weights(
    undisturbed, tiny, data, backend, tmp_path, count_steps
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    job = {
        "fatal_step": 11,
        "steps_per_checkpoint": 4,
        "train": [str(path) for path in data.train],
        "validation": [str(path) for path in data.validation],
        "seed": data.seed,
        "variant": tiny.model_dump(),
        "settings": SETTINGS.model_dump(),
        "checkpoint": str(checkpoint),
    }
    done = subprocess.run([sys.executable, "-c", KILLED, json.dumps(job)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert set(tmp_path.iterdir()) == {checkpoint, checkpoint.with_suffix(".lock")}
    assert steps_in(checkpoint) == 8
    assert_same(train(tiny, SETTINGS, data, backend, checkpoint), undisturbed)
    assert len(count_steps) == STEPS - 8, "finished steps are not repeated"


def interrupt_in_step(step: int, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send this process a signal once, during a training's step, counted from 1."""
    steps = itertools.count(1)

    def draw_or_interrupt(model: Autoencoder, *given: Any) -> torch.Tensor:
        if model.training and next(steps) == step:
            os.kill(os.getpid(), number)
        return drawing_loss(model, *given)

    monkeypatch.setattr(trainer, "drawing_loss", draw_or_interrupt)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_saves_and_restores_the_signal_handlers(
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
def test_signal_during_the_last_checkpoint_is_obeyed(tiny, data, backend, tmp_path, monkeypatch):
    checkpoint, save = tmp_path / "checkpoint.safetensors", Trainer.save

    def save_or_interrupt(self: Trainer, *given: Any) -> None:
        save(self, *given)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Trainer, "save", save_or_interrupt)
    with pytest.raises(KeyboardInterrupt, match="after the last step"):
        train(tiny, SETTINGS, data, backend, checkpoint)
    assert steps_in(checkpoint) == STEPS


@pytest.mark.slow
@pytest.mark.parametrize(("architecture", "step"), [*((name, 7) for name in ARCHITECTURES), ("strokes", 3)])
def test_every_variant_resumes_and_ends_with_the_same_weights(
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
def test_training_with_the_data_on_the_device_resumes_and_ends_with_the_same_weights(
    tiny, data, backend, undisturbed, tmp_path, monkeypatch
):
    resident = replace(backend, resident=True)
    whole = train(tiny, SETTINGS, data, resident, tmp_path / "whole.safetensors")
    assert whole.record["data_on_device"]
    assert "data_on_device" not in undisturbed.record
    assert weights_of(whole) != weights_of(undisturbed), "another order of the images"
    losses = [[row["validation_loss"] for row in trained.history] for trained in (whole, undisturbed)]
    assert losses[0] == pytest.approx(losses[1], rel=0.2)
    interrupt_in_step(5, signal.SIGTERM, monkeypatch)
    with pytest.raises(KeyboardInterrupt, match="step 5"):
        train(tiny, SETTINGS, data, resident, tmp_path / "interrupted.safetensors")
    assert_same(train(tiny, SETTINGS, data, resident, tmp_path / "interrupted.safetensors"), whole)


@pytest.mark.slow
@pytest.mark.parametrize("every", [5, 1000])
def test_looking_at_losses_now_and_then_changes_nothing(every, tiny, data, backend, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "Watch", lambda _, *given: Watch(every, *given))
    assert_same(train(tiny, SETTINGS, data, backend, tmp_path / "checkpoint.safetensors"), undisturbed)


def test_divergence_that_nobody_looked_at_is_found_before_a_checkpoint(tiny, data, backend, tmp_path, monkeypatch):
    def nan_from_step_6(model: Autoencoder, *given: Any) -> torch.Tensor:
        return drawing_loss(model, *given) * (float("nan") if model.training and given[2] > 5.5 / STEPS else 1)

    checkpoint = tmp_path / "checkpoint.safetensors"
    monkeypatch.setattr(trainer, "Watch", lambda _, *given: Watch(1000, *given))
    monkeypatch.setattr(trainer, "drawing_loss", nan_from_step_6)
    with pytest.raises(InkbridgeError, match="expected a finite loss, found nan at step 6"):
        train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)
    assert steps_in(checkpoint) == 6


@pytest.mark.slow
@pytest.mark.needs(shutil.which("g++") is not None, "g++, with which torch compiles networks for the CPU")
@pytest.mark.filterwarnings("ignore")  # torch's compiler uses functions that torch deprecates
def test_compiled_network_learns_the_same_each_time(tiny, data, backend, tmp_path):
    settings = SETTINGS.model_copy(update={"images": 3 * 32})
    compiled = replace(backend, compile=True)
    one, other, usual = (
        train(tiny, settings, data, chosen, tmp_path / f"{number}.safetensors")
        for number, chosen in enumerate((compiled, compiled, backend))
    )
    assert_same(one, other)
    assert one.record["compiled"]
    assert "compiled" not in usual.record
    assert one.history[-1]["validation_loss"] == pytest.approx(usual.history[-1]["validation_loss"], abs=1e-3)
    assert list(one.model.state_dict()) == list(usual.model.state_dict())


@pytest.mark.slow
def test_finished_training_is_not_repeated(undisturbed, tiny, data, backend, tmp_path, count_steps):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)
    assert steps_in(checkpoint) == STEPS
    count_steps.clear()
    assert_same(train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0), undisturbed)
    assert count_steps == []


@pytest.mark.slow
@pytest.mark.parametrize("change", ["settings", "seed", "variant", "data"])
def test_checkpoint_of_other_settings_is_not_used(
    change, tiny, data, backend, tmp_path, undisturbed, count_steps, caplog, monkeypatch
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    other = SETTINGS.model_copy(update={"learning_rate": 2e-3})
    of_others = {
        "settings": (tiny, other, data),
        "seed": (tiny, SETTINGS, Data(data.train, data.validation, seed=4)),
        "data": (tiny, SETTINGS, Data(data.train[:1], data.validation, data.seed)),
        "variant": (tiny.model_copy(update={"latent_dim": 9}), SETTINGS, data),
    }
    interrupt_in_step(2, signal.SIGTERM, monkeypatch)
    with pytest.raises(KeyboardInterrupt, match="step 2"):
        train(*of_others[change], backend, checkpoint)
    count_steps.clear()
    with caplog.at_level(logging.WARNING, logger="inkbridge"):
        found = train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)
    assert f"{checkpoint} was of other settings" in caplog.text
    assert len(count_steps) == STEPS
    assert_same(found, undisturbed)

    count_steps.clear()
    monkeypatch.setattr(trainer, "drawing_loss", drawing_loss)
    record = train(*of_others[change], backend, checkpoint).record
    assert len(count_steps) == STEPS - 2, "the other training continues where it was"
    assert "earlier" not in record


@pytest.mark.slow
def test_checkpoint_of_other_hardware_is_continued_and_the_change_is_recorded(
    undisturbed, tiny, data, backend, tmp_path, count_steps, caplog, monkeypatch
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    described = Backend.describe
    former = {"device_name": "another processor", "torch": "2.12.0"}
    for step, name in ((5, "device_name"), (3, "torch")):
        monkeypatch.setattr(Backend, "describe", lambda self, name=name: described(self) | {name: former[name]})
        interrupt_in_step(step, signal.SIGTERM, monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            train(tiny, SETTINGS, data, backend, checkpoint)
    monkeypatch.setattr(Backend, "describe", described)
    with caplog.at_level(logging.WARNING, logger="inkbridge"):
        found = train(tiny, SETTINGS, data, backend, checkpoint)
    assert len(count_steps) == STEPS
    assert_same(found, undisturbed)
    assert f"torch 2.12.0, now {torch.__version__}" in caplog.text
    here = backend.describe()
    assert found.record["earlier"] == [
        {**here, "device_name": "another processor", "steps": 5},
        {**here, "torch": "2.12.0", "steps": 3},
    ]
    assert "earlier" not in undisturbed.record


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_error_names_a_damaged_checkpoint(kept, tiny, data, backend, tmp_path):
    checkpoint = tmp_path / "checkpoint.safetensors"
    train(tiny, SETTINGS.model_copy(update={"images": 32}), data, backend, checkpoint, checkpoint_seconds=0)
    checkpoint.write_bytes(checkpoint.read_bytes()[:kept])
    with pytest.raises(InkbridgeError, match="checkpoint"):
        train(tiny, SETTINGS, data, backend, checkpoint, checkpoint_seconds=0)


def test_two_trainings_cannot_share_a_checkpoint(tiny, data, backend, tmp_path, monkeypatch):
    checkpoint = tmp_path / "checkpoint.safetensors"
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    with locked_checkpoint(checkpoint), pytest.raises(InkbridgeError, match="another process"):
        train(tiny, SETTINGS, data, backend, checkpoint)
    assert list(tmp_path.iterdir()) == []


def test_error_names_a_checkpoint_that_cannot_be_written(tiny, data, backend, tmp_path):
    (tmp_path / "models").touch()
    with pytest.raises(InkbridgeError, match=r"checkpoint\.safetensors: expected a writable path"):
        train(tiny, SETTINGS, data, backend, tmp_path / "models/checkpoint.safetensors")
