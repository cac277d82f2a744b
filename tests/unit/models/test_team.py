"""Two processes that train together learn what one process learns. On a machine without GPUs, they use the CPU."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from inkbridge.config.settings import Compute, Configuration, Training
from inkbridge.models.device import Backend, choose_backend
from inkbridge.models.storage import read_tensors
from inkbridge.models.team import Team
from inkbridge.models.trainer import Data
from inkbridge.models.training import Trained, train
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.signals import Interruption
from qa.paths import ROOT

STEPS, BATCH = 200, 16
SETTINGS = Training(images=STEPS * BATCH, batch_size=BATCH, validation_every=20 * BATCH, learning_rate=0.01)


@pytest.fixture
def data(train_shards, validation_shards) -> Data:
    return Data(train_shards, validation_shards, seed=3)


@pytest.fixture
def two(backend: Backend) -> Backend:
    return replace(backend, devices=2)


def steps_in(checkpoint: Path) -> int:
    return json.loads(read_tensors(checkpoint).about["progress"])["step"] if checkpoint.exists() else 0


def interrupt_after(step: int, checkpoint: Path) -> None:
    """Send this process SIGTERM as soon as ``checkpoint`` has come so far."""

    def wait() -> None:
        while steps_in(checkpoint) < step:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def assert_same_losses(found: Trained, expected: Trained) -> None:
    assert len(found.history) == len(expected.history)
    for one, other in zip(found.history, expected.history, strict=True):
        assert one["training_loss"] == pytest.approx(other["training_loss"], abs=1e-3)
        assert one["validation_loss"] == pytest.approx(other["validation_loss"], abs=1e-3)


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_even_if_interrupted(tiny, data, backend, two, tmp_path):
    alone = train(tiny, SETTINGS, data, backend, tmp_path / "alone.safetensors")
    assert len(alone.history) == 10
    checkpoint = tmp_path / "two.safetensors"
    interrupt_after(40, checkpoint)
    with pytest.raises(Interruption, match="stopped at step"):
        train(tiny, SETTINGS, data, two, checkpoint, checkpoint_seconds=0.5)
    assert 40 <= steps_in(checkpoint) < STEPS
    found = train(tiny, SETTINGS, data, two, checkpoint)
    assert_same_losses(found, alone)
    assert found.record["devices"] == 2
    assert "devices" not in alone.record


@pytest.mark.slow
def test_two_processes_share_a_dataset_on_the_device(tiny, data, backend, two, tmp_path):
    variant, short = tiny.model_copy(update={"architecture": "strokes"}), SETTINGS.model_copy(update={"images": 480})
    one, other = (
        train(variant, short, data, replace(chosen, resident=True), tmp_path / f"{chosen.devices}.safetensors")
        for chosen in (backend, two)
    )
    assert_same_losses(one, other)


@pytest.mark.slow
def test_divergence_in_a_team_is_an_error_with_the_same_message(tiny, data, two, tmp_path):
    wild = SETTINGS.model_copy(update={"learning_rate": 1.0})
    with pytest.raises(InkbridgeError, match=r"training diverged: expected .* at step .*training\.learning_rate"):
        train(tiny, wild, data, two, tmp_path / "checkpoint.safetensors")


LEFT_ALONE = """
import json, sys
from pathlib import Path
from inkbridge.config.settings import Compute, Training, Variant
from inkbridge.models.device import choose_backend
from inkbridge.models.trainer import Data
from inkbridge.models.training import train

variant, settings, train_shards, validation_shards, checkpoint = json.loads(sys.argv[1])
data = Data([Path(one) for one in train_shards], [Path(one) for one in validation_shards], 3)
backend = choose_backend(Compute(device="cpu", precision="float32", devices=2), 1)
train(Variant(**variant), Training(**settings), data, backend, Path(checkpoint), checkpoint_seconds=0)
"""


def processes_that_name(path: Path) -> list[str]:
    """Return the command lines of running processes with ``path`` in them."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(path) in command:
            found.append(command)
    return found


@pytest.mark.slow
@pytest.mark.needs(Path("/proc/self/cmdline").exists(), "Linux's /proc", sys.platform == "linux")
def test_team_ends_if_the_process_that_started_it_is_killed(tiny, data, tmp_path):
    checkpoint, temporary = tmp_path / "checkpoint.safetensors", tmp_path / "of team"
    temporary.mkdir()
    endless = SETTINGS.model_copy(update={"images": 10**6})
    shards = ([str(path) for path in paths] for paths in (data.train, data.validation))
    given = json.dumps([tiny.model_dump(), endless.model_dump(), *shards, str(checkpoint)])
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT / "workflow")}
    with subprocess.Popen([sys.executable, "-c", LEFT_ALONE, given], env=environment) as starter:
        while not checkpoint.exists():
            assert starter.poll() is None
            time.sleep(0.1)
        assert len(processes_that_name(temporary)) >= 3, "torchrun and two processes"
        starter.kill()
    deadline = time.monotonic() + 60
    while processes_that_name(temporary):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_batch_that_cannot_be_shared_evenly_is_refused(tiny, data, backend, tmp_path):
    with pytest.raises(
        InkbridgeError, match=r"training\.batch_size: .* found 12 images and 2 pairs; .*compute\.devices"
    ):
        train(tiny, SETTINGS, data, replace(backend, devices=3), tmp_path / "checkpoint.safetensors")


def test_team_of_one_agrees_with_itself(backend):
    team = Team(backend.device)
    assert (team.is_alone, team.leads) == (True, True)
    assert team.agreed(15, False) == (15, False)
    assert team.agreed(0, True) == (0, True)


def test_devices_are_recorded_and_remake_nothing_unless_set(machine):
    machine(2)
    assert "devices" not in Compute().model_dump()
    assert Compute(devices=2).model_dump()["devices"] == 2
    assert Compute(devices=2, compile=True, threads=3).of_fit() == Compute(threads=3)
    chosen = choose_backend(Compute(device="cpu", devices=2), threads=1)
    assert chosen.devices == chosen.describe()["devices"] == 2
    assert "devices" not in replace(chosen, devices=1).describe()


def test_devices_are_a_setting_with_a_range():
    with pytest.raises(InkbridgeError, match=r"compute\.devices"):
        Configuration.read({"doodles": {}, "variants": {}, "compute": {"devices": 0}})
