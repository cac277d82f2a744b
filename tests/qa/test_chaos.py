"""A short version of ``make chaos``: most kinds of faults, and proof that the harness sees what is lost."""

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from inkbridge.data import shards
from inkbridge.models.watch import Watch
from inkbridge.support import arrays, png
from inkbridge.support.arrays import read_arrays, write_arrays
from inkbridge.support.files import atomic_write
from qa.chaos import damage, disk, divergence, kills, machine, memory, places, reruns, signals, twice
from qa.chaos.__main__ import LOST, NOT_INJECTED, Chaos, enter_namespace, exit_status
from qa.chaos.runs import Run, differences, finished_files
from qa.chaos.tally import Tally
from tests.needs import PRIVILEGED, WHY_NOT, memory_can_be_limited

needs_mounts = pytest.mark.needs(machine.can_mount(), f"the right to mount a disk{WHY_NOT}", PRIVILEGED)
needs_control_group = pytest.mark.needs(
    machine.usable_limiter() is not None, f"a control group that limits memory{WHY_NOT}", memory_can_be_limited()
)
needs_another_user = pytest.mark.needs(
    places.can_be_nobody(), f"the right to become another user, and setpriv{WHY_NOT}", os.geteuid() == 0
)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def assert_nothing_lost(tally: Tally, least: int) -> None:
    assert not tally.lost, "\n".join(tally.lost)
    assert tally.injected >= least


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [1, 3])
def test_a_file_is_whole_after_its_writers_were_killed(together, tmp_path):
    assert_nothing_lost(kills.kill_writers(tmp_path, 40, rng(), together), 40)


def test_a_flipped_byte_is_found_anywhere(tmp_path):
    assert_nothing_lost(damage.flip_shards(tmp_path, 400, rng()), 400)
    assert_nothing_lost(damage.flip_models(tmp_path, 60, rng()), 60)


def test_malicious_files_are_refused_and_run_nothing(tmp_path):
    assert_nothing_lost(damage.pretend(tmp_path), 10)


def test_a_diverging_training_keeps_a_checkpoint_of_finite_numbers(tmp_path):
    assert_nothing_lost(divergence.diverge(tmp_path), 4)


@needs_mounts
def test_full_disk_is_reported_and_damages_nothing(tmp_path):
    assert_nothing_lost(disk.fill_disk_of_writers(tmp_path, 20, rng()), 20)


# --- runs ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_runs_on_eight_cores_give_the_same_bytes_as_an_undisturbed_run_on_two(undisturbed, tmp_path):
    reference, durations = undisturbed
    for tally in kills.Campaign(tmp_path / "disturbed", reference, durations, 3, rng(), cores=8)():
        assert_nothing_lost(tally, 1)
    assert differences(tmp_path / "disturbed", reference) == []


@pytest.mark.slow
def test_killed_rerun_loses_only_its_own_output(undisturbed, tmp_path):
    assert_nothing_lost(reruns.kill_reruns(undisturbed[0], tmp_path, ["fit"]), 1)


@pytest.mark.slow
@pytest.mark.alone
def test_an_interrupted_training_saves_in_time_and_reports_its_signal(undisturbed, tmp_path):
    assert_nothing_lost(signals.interrupt_training(undisturbed[0], tmp_path, 2, rng()), 2)


@pytest.mark.slow
@pytest.mark.alone
def test_a_training_ends_with_its_snakemake(undisturbed, tmp_path):
    assert_nothing_lost(signals.orphan_training(undisturbed[0], tmp_path, 2, rng()), 2)


@pytest.mark.slow
def test_too_little_memory_names_what_to_lower(undisturbed, tmp_path):
    assert_nothing_lost(memory.starve(undisturbed[0], tmp_path, [1200 * machine.MIB], ["shard"]), 1)


@pytest.mark.slow
def test_a_clone_works_in_a_path_with_odd_names(undisturbed, tmp_path):
    target = "results/dataset/samples.png"
    assert_nothing_lost(places.visit(undisturbed[0], tmp_path, [places.a_clone_with_odd_names], [target]), 1)


@pytest.mark.slow
def test_a_second_snakemake_is_refused(undisturbed, tmp_path):
    target = "results/dataset/samples.png"
    assert_nothing_lost(twice.run_twice(undisturbed[0], tmp_path, 1, rng(), target), 1)


# --- the harness itself -------------------------------------------------------------------------------------


@contextmanager
def write_in_place(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path


@pytest.mark.parametrize("together", [1, 3])
def test_writing_in_place_is_caught(together, tmp_path, monkeypatch):
    for module in (arrays, png, shards):
        monkeypatch.setattr(module, "atomic_write", write_in_place)
    tally = kills.kill_writers(tmp_path, 40, rng(), together)
    assert any("half written" in line for line in tally.lost)


def test_shards_without_a_checksum_are_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "check_whole", lambda path: None)
    assert damage.flip_shards(tmp_path, 400, rng()).lost


def test_models_without_a_checksum_are_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_digest", lambda blank: "1" * 64)
    assert damage.flip_models(tmp_path, 60, rng()).lost


def test_checking_losses_only_is_caught(tmp_path, monkeypatch):
    refuse = Watch.check_finite
    monkeypatch.setattr(
        Watch, "check_finite", lambda self, name, *found: refuse(self, name, *found) if name == "loss" else None
    )
    assert any("has values that are not finite" in line for line in divergence.diverge(tmp_path).lost)


@needs_mounts
def test_an_unreported_full_disk_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr("inkbridge.support.files._raise_if_disk_full", lambda *_: None)
    assert disk.fill_disk_of_writers(tmp_path, 8, rng()).lost


@pytest.mark.slow
@pytest.mark.parametrize(
    "victim",
    ["animations/conv64/tree/linear_std0.8.gif", "dataset/train/0.h5", "reports/index.html", "gifs/index.html"],
)
def test_difference_of_one_byte_is_detected(victim, undisturbed, tmp_path):
    copy = Path(shutil.copytree(undisturbed[0], tmp_path / "copy"))
    assert differences(copy, undisturbed[0]) == []
    path = copy / "results" / victim
    path.unlink()
    assert differences(copy, undisturbed[0]) == [f"{victim}: is missing"]
    assert differences(copy, undisturbed[0], partly=True) == []
    path.write_bytes((undisturbed[0] / "results" / victim).read_bytes()[:-1])
    assert differences(copy, undisturbed[0], partly=True) == [f"{victim}: differs"]


@pytest.mark.slow
def test_different_weight_is_detected_and_different_duration_ignored(undisturbed, tmp_path):
    copy = Path(shutil.copytree(undisturbed[0], tmp_path / "copy"))
    model = copy / "results/models/conv64/model.safetensors"
    stored = read_arrays(model)
    about = {**stored.about, "training": {**stored.about["training"], "seconds": 1234}}
    write_arrays(model, stored.arrays, about)
    assert differences(copy, undisturbed[0]) == []
    next(iter(stored.arrays.values())).flat[0] += 1e-6
    write_arrays(model, stored.arrays, about)
    assert differences(copy, undisturbed[0]) == ["models/conv64/model.safetensors: differs"]


def test_partial_file_counts_as_a_difference_in_a_finished_run(tmp_path):
    for name in ("one", "other"):
        with atomic_write(tmp_path / name / "results/table.csv") as temporary:
            temporary.write_text("1")
    (tmp_path / "one/results/.table.partial.csv").touch()
    assert differences(tmp_path / "one", tmp_path / "other") == [".table.partial.csv: exists, but should not"]
    assert differences(tmp_path / "one", tmp_path / "other", partly=True) == []


def test_a_run_can_be_killed_with_all_its_jobs(tmp_path):
    run = Run(tmp_path, "results/dataset/train/0.h5")
    machine.wait_for(run.jobs)
    run.kill_all()
    assert run.process.returncode == -9
    machine.wait_for(lambda: not run.jobs(), timeout=5)


def test_lost_finished_file_is_detected(tmp_path):
    for name in ("one", "other"):
        for file in ("a.csv", "b.csv"):
            with atomic_write(tmp_path / name / "results" / file) as temporary:
                temporary.write_text("1")
    (tmp_path / "one/results/a.csv").unlink()
    folders = tmp_path / "one", tmp_path / "other"
    assert differences(*folders, partly=True, kept={"b.csv"}) == []
    assert differences(*folders, partly=True, kept={"a.csv", "b.csv"}) == ["a.csv: was finished, and is lost"]


@pytest.mark.slow
def test_only_files_of_completed_jobs_count_as_finished(undisturbed, tmp_path):
    copy = Path(shutil.copytree(undisturbed[0], tmp_path / "copy"))
    shard = "dataset/train/0.h5"
    assert {shard, "gifs/index.html", "models/conv64/model.safetensors"} <= finished_files(copy)
    for record in (copy / ".snakemake/metadata").rglob("*"):
        if record.is_file() and base64.urlsafe_b64decode(record.name).decode() == f"results/{shard}":
            shutil.copy(record, copy / ".snakemake/incomplete" / record.name)
    assert finished_files(undisturbed[0]) - finished_files(copy) == {shard}


def test_a_signal_reaches_a_process_and_its_descendants():
    command = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    parent = subprocess.Popen([sys.executable, "-c", command])
    (child,) = machine.wait_for(lambda: machine.descendants(parent.pid))
    machine.signal_tree(parent.pid, signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    machine.wait_for(lambda: not Path("/proc", str(child), "exe").exists(), timeout=5)
    with pytest.raises(ProcessLookupError):
        machine.signal_tree(parent.pid, signal.SIGKILL)


@needs_control_group
def test_a_control_group_kills_a_process_that_takes_too_much_memory():
    greedy = f"x = bytearray({128 * machine.MIB})\nfor place in range(0, len(x), 4096): x[place] = 1"
    with machine.LIMITERS[machine.usable_limiter()](64 * machine.MIB) as before:
        assert subprocess.run([*before, sys.executable, "-c", "print()"]).returncode == 0
        killed = subprocess.run([*before, sys.executable, "-c", greedy])
    assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


def test_folder_that_is_not_a_control_group_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    for version in ("cgroup v1", "cgroup v2"):
        with pytest.raises(OSError), machine.LIMITERS[version](machine.MIB):
            pass
    assert [path.name for path in tmp_path.rglob("*")] == ["memory"]


def test_memory_is_limited_through_the_files_of_cgroup_v2(tmp_path, monkeypatch):
    (tmp_path / "cgroup.subtree_control").write_text("cpu")
    group = tmp_path / f"inkbridge-chaos-{os.getpid()}"
    group.mkdir()
    monkeypatch.setattr(Path, "mkdir", lambda path: None)
    monkeypatch.setattr(Path, "rmdir", lambda path: None)
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    for name in ("memory.max", "memory.swap.max", "cgroup.procs"):
        (group / name).touch()
    with machine.LIMITERS["cgroup v2"](machine.MIB) as before:
        assert f"{group}/cgroup.procs" in before[2]
    contents = {name: (tmp_path / name).read_text() for name in ("cgroup.subtree_control",)}
    contents |= {file.name: file.read_text() for file in group.iterdir()}
    assert contents == {
        "cgroup.subtree_control": "+memory",
        "memory.max": str(machine.MIB),
        "memory.swap.max": "0",
        "cgroup.procs": "",
    }


def test_faults_that_cannot_be_injected_change_the_exit_status(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "can_mount", lambda: False)
    monkeypatch.setattr(kills, "measure", lambda folder: {})
    tallies = list(Chaos(tmp_path, 0, 0).run(["disk"]))
    assert "**not injected**" in tallies[0].row()
    assert exit_status(tallies) == NOT_INJECTED != 0
    assert exit_status([*tallies, Tally("x", lost=["y"])]) == LOST != NOT_INJECTED
    assert exit_status([Tally("x", injected=1)]) == 0


def test_memory_limits_that_cannot_be_set_are_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "usable_limiter", lambda: None)
    tally = memory.starve(tmp_path, tmp_path, [], [])
    assert "cgroup v1, cgroup v2, systemd-run" in tally.row()
    assert exit_status([tally]) == NOT_INJECTED


@needs_another_user
def test_users_without_rights_mount_small_disks_in_a_namespace():
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    allowed = subprocess.run([*as_nobody, "unshare", "--user", "true"], capture_output=True).returncode == 0
    assert machine.can_mount_in_a_namespace(as_nobody) == allowed


def test_chaos_restarts_in_a_namespace_if_it_cannot_mount_otherwise(monkeypatch):
    started = []
    monkeypatch.setattr(os, "execvp", lambda file, words: started.append(words))
    monkeypatch.setenv("INKBRIDGE_CHAOS", "")
    monkeypatch.delenv("INKBRIDGE_CHAOS")
    monkeypatch.setattr(machine, "can_mount", lambda: False)
    monkeypatch.setattr(machine, "can_mount_in_a_namespace", lambda: True)
    for _ in range(2):
        enter_namespace()
    assert [words[:3] for words in started] == [list(machine.NAMESPACE)]
    monkeypatch.delenv("INKBRIDGE_CHAOS")
    monkeypatch.setattr(machine, "can_mount", lambda: True)
    enter_namespace()
    assert len(started) == 1


def test_a_writer_that_does_not_write_is_reported(tmp_path, monkeypatch):
    process = os.getpid()

    def write(path: Path, content: int) -> None:
        if os.getpid() != process:
            raise OSError("no")
        path.write_bytes(bytes([content]))
        time.sleep(0.05)

    monkeypatch.setattr(kills, "writers", lambda: {"file": write})
    assert any("ended by itself" in line for line in kills.kill_writers(tmp_path, 20, rng()).lost)


def test_failed_part_becomes_a_row_and_the_next_part_runs(tmp_path, monkeypatch):
    chaos = Chaos(tmp_path, 0, 0)
    monkeypatch.setattr(kills, "measure", lambda folder: {})
    monkeypatch.setattr(divergence, "diverge", lambda folder: {}["x"])
    monkeypatch.setattr(memory, "starve", lambda *given: Tally("memory", injected=3))
    failed, other = chaos.run(["divergence", "memory"])
    assert failed.lost == ["divergence: KeyError: 'x'"]
    assert other.survived == 3


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("train: x.h5: the disk is full: 3 kB of it were written", True),
        ('File "/x/site-packages/snakemake/persistence.py", line 1\nOSError: No space left on device', True),
        ('File "/x/workflow/inkbridge/shards.py", line 1\nOSError: No space left on device', False),
        ('File "/x/.snakemake/scripts/tmpx.train.py", line 1\nthe disk is full', False),
        ("CalledProcessError", False),
    ],
)
def test_a_traceback_does_not_count_as_a_report_of_a_full_disk(text, reported):
    assert disk.reports_full_disk(text) == reported
