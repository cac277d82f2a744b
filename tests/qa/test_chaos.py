"""A short version of ``make chaos``: faults of most kinds, and proof that the harness sees what is lost."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from inkbridge.data import shards
from inkbridge.models import training
from inkbridge.support import arrays, png
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.files import atomic_write
from qa.chaos import damage, faults, kills, places
from qa.chaos.__main__ import Chaos
from qa.chaos.runs import Run, differences
from qa.chaos.tally import Tally

root = pytest.mark.skipif(not faults.can_mount(), reason="only root can mount a small disk")


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def assert_nothing_lost(tally: Tally, least: int) -> None:
    assert not tally.lost, "\n".join(tally.lost)
    assert tally.injected >= least


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [1, 3])
def test_a_file_whose_writers_are_killed_is_whole(together, tmp_path):
    assert_nothing_lost(kills.kill_writers(tmp_path, 40, rng(), together), 40)


def test_a_flipped_byte_is_found_wherever_it_is(tmp_path):
    assert_nothing_lost(damage.flip_shards(tmp_path, 400, rng()), 400)
    assert_nothing_lost(damage.flip_models(tmp_path, 60, rng()), 60)


def test_files_that_pretend_are_refused_and_run_nothing(tmp_path):
    assert_nothing_lost(damage.pretend(tmp_path), 10)


def test_a_training_that_diverges_keeps_a_checkpoint_of_numbers(tmp_path):
    assert_nothing_lost(faults.diverge(tmp_path), 4)


@root
def test_a_full_disk_is_told_and_damages_nothing(tmp_path):
    assert_nothing_lost(faults.fill_disk_of_writers(tmp_path, 20, rng()), 20)


# --- runs ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_runs_end_with_the_results_of_an_undisturbed_one(undisturbed, tmp_path):
    reference, durations = undisturbed
    for tally in kills.Campaign(tmp_path / "disturbed", reference, durations, 6, rng())():
        assert_nothing_lost(tally, 0)


@pytest.mark.slow
def test_an_interrupted_training_saves_in_time_and_ends_with_the_code_of_its_signal(undisturbed, tmp_path):
    assert_nothing_lost(faults.interrupt_training(undisturbed[0], tmp_path, 2, rng()), 2)


@pytest.mark.slow
def test_a_training_ends_with_its_snakemake(undisturbed, tmp_path):
    assert_nothing_lost(faults.orphan_training(undisturbed[0], tmp_path, 2, rng()), 2)


@pytest.mark.slow
def test_too_little_memory_names_what_to_lower(undisturbed, tmp_path):
    assert_nothing_lost(faults.starve(undisturbed[0], tmp_path, [1200 * faults.MIB], ["shard"]), 1)


@pytest.mark.slow
def test_a_clone_may_lie_where_names_are_odd(undisturbed, tmp_path):
    assert_nothing_lost(places.visit(undisturbed[0], tmp_path, [places.a_clone_with_odd_names]), 1)


@pytest.mark.slow
def test_a_second_snakemake_is_refused(undisturbed, tmp_path):
    target = "results/dataset/samples.png"
    assert_nothing_lost(faults.run_twice(undisturbed[0], tmp_path, 1, rng(), target), 1)


# --- the harness itself -------------------------------------------------------------------------------------


@contextmanager
def write_in_place(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path


@pytest.mark.parametrize("together", [1, 3])
def test_writers_in_place_are_caught(together, tmp_path, monkeypatch):
    for module in (arrays, png, shards):
        monkeypatch.setattr(module, "atomic_write", write_in_place)
    tally = kills.kill_writers(tmp_path, 80, rng(), together)
    assert any("half written" in line for line in tally.lost)


def test_shards_without_a_checksum_are_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "check_whole", lambda path: None)
    assert damage.flip_shards(tmp_path, 400, rng()).lost


def test_models_without_a_checksum_are_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_digest", lambda blank: "1" * 64)
    assert damage.flip_models(tmp_path, 60, rng()).lost


def test_a_check_of_losses_alone_is_caught(tmp_path, monkeypatch):
    refuse = training._Trainer._refuse_divergence
    monkeypatch.setattr(
        training._Trainer, "_refuse_divergence", lambda self, name, value: name == "loss" and refuse(self, name, value)
    )
    assert any("holds what is no number" in line for line in faults.diverge(tmp_path).lost)


@root
def test_a_disk_that_is_full_without_words_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr("inkbridge.support.files._raise_if_disk_full", lambda *_: None)
    assert faults.fill_disk_of_writers(tmp_path, 8, rng()).lost


@pytest.mark.slow
@pytest.mark.parametrize(
    "victim",
    ["animations/conv64/tree/linear_std0.8.gif", "dataset/train/0.h5", "reports/index.html", "gifs/index.html"],
)
def test_one_byte_that_differs_is_seen(victim, undisturbed, tmp_path):
    copy = Path(shutil.copytree(undisturbed[0], tmp_path / "copy"))
    assert differences(copy, undisturbed[0]) == []
    path = copy / "results" / victim
    path.unlink()
    assert differences(copy, undisturbed[0]) == [f"{victim}: is missing"]
    assert differences(copy, undisturbed[0], partly=True) == []
    path.write_bytes((undisturbed[0] / "results" / victim).read_bytes()[:-1])
    assert differences(copy, undisturbed[0], partly=True) == [f"{victim}: differs"]


@pytest.mark.slow
def test_one_weight_that_differs_is_seen_and_another_duration_is_not(undisturbed, tmp_path):
    copy = Path(shutil.copytree(undisturbed[0], tmp_path / "copy"))
    model = copy / "results/models/conv64/model.safetensors"
    stored = read_arrays(model)
    about = {**stored.about, "training": {**stored.about["training"], "seconds": 1234}}
    write_arrays(model, stored.arrays, about)
    assert differences(copy, undisturbed[0]) == []
    next(iter(stored.arrays.values())).flat[0] += 1e-6
    write_arrays(model, stored.arrays, about)
    assert differences(copy, undisturbed[0]) == ["models/conv64/model.safetensors: differs"]


def test_what_a_killed_writer_left_is_a_difference_in_a_finished_run(tmp_path):
    for name in ("one", "other"):
        with atomic_write(tmp_path / name / "results/table.csv") as temporary:
            temporary.write_text("1")
    (tmp_path / "one/results/.table.partial.csv").touch()
    assert differences(tmp_path / "one", tmp_path / "other") == [".table.partial.csv: is there, but should not"]
    assert differences(tmp_path / "one", tmp_path / "other", partly=True) == []


def test_a_run_can_be_killed_with_all_its_jobs(tmp_path):
    run = Run(tmp_path, "results/dataset/train/0.h5")
    faults.wait_for(run.jobs)
    run.kill_all()
    assert run.process.returncode == -9
    faults.wait_for(lambda: not run.jobs(), timeout=5)


def test_a_writer_that_does_not_write_is_told(tmp_path, monkeypatch):
    process = os.getpid()

    def write(path: Path, content: int) -> None:
        if os.getpid() != process:
            raise OSError("no")
        path.write_bytes(bytes([content]))
        time.sleep(0.05)

    monkeypatch.setattr(kills, "writers", lambda: {"file": write})
    assert any("ended by itself" in line for line in kills.kill_writers(tmp_path, 20, rng()).lost)


def test_a_part_that_fails_is_a_row_and_the_next_part_is_tried(tmp_path, monkeypatch):
    chaos = Chaos(tmp_path, 0, 0)
    monkeypatch.setattr(kills, "measure", lambda folder: {})
    monkeypatch.setattr(faults, "diverge", lambda folder: {}["x"])
    monkeypatch.setattr(faults, "starve", lambda *given: Tally("memory", injected=3))
    failed, other = chaos.run(["divergence", "memory"])
    assert failed.lost == ["divergence: KeyError: 'x'"]
    assert other.survived == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("train: x.h5: the disk is full: 3 kB of it were written", True),
        ('File "/x/site-packages/snakemake/persistence.py", line 1\nOSError: No space left on device', True),
        ('File "/x/workflow/inkbridge/shards.py", line 1\nOSError: No space left on device', False),
        ('File "/x/.snakemake/scripts/tmpx.train.py", line 1\nthe disk is full', False),
        ("CalledProcessError", False),
    ],
)
def test_a_traceback_of_a_job_does_not_tell_that_the_disk_is_full(text, told):
    assert faults.tells_full_disk(text) == told
