"""The workflow on a real Slurm of two nodes on this machine. ``make test-slurm`` runs all of this, ``make test`` only
the first test.

Results equal those of a run on this machine, whatever happens to jobs, a node, or Snakemake itself."""

import fcntl
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.chaos.kills import Durations
from qa.chaos.runs import SMALL, Launch, Run, complete, differences, unlock
from qa.paths import ROOT
from qa.slurm import cluster
from qa.slurm.cluster import Cluster

PLUGIN = ROOT / "build/slurm"
"""Where ``make`` puts the executor plugin: in .venv, every Snakemake would take longer to start."""

WHY_NOT = cluster.why_not() or ("" if PLUGIN.is_dir() else f"the executor plugin in {PLUGIN}: make build/slurm/ready")

pytestmark = [pytest.mark.slow, pytest.mark.needs(not WHY_NOT, WHY_NOT, cluster.can_be_had())]

PATIENCE = 900.0
"""Seconds to wait for something that a job does. Most of them go into starting Snakemake twice for a job."""

TRAINING = {**SMALL, "training": {"images": 12_000, "batch_size": 32, "validation_every": 1_000}}
"""Settings with a training long enough to be disturbed."""

MODEL = "results/models/conv64/model.safetensors"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster; parallel test processes have it one after the other."""
    base = tmp_path_factory.getbasetemp()
    top = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (top / "slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with cluster.running() as running:
            yield running


def on_slurm(folder: Path, *targets: str, settings: Any = SMALL, options: tuple[str, ...] = ()) -> Run:
    """Start the workflow on the cluster, with the profile that users get. Slurm's own defaults suit large clusters."""
    places = ("--workflow-profile", str(ROOT / "workflow/profiles/slurm"), "--latency-wait", "5")
    quick = ("--slurm-init-seconds-before-status-checks", "1", "--slurm-no-account", "--slurm-status-command", "squeue")
    path = os.pathsep.join([str(PLUGIN), str(ROOT / "workflow")])
    launch = Launch(environment={**os.environ, "PYTHONPATH": path})
    return Run(folder, *targets, cores=4, settings=settings, options=(*places, *quick, *options), launch=launch)


def wait_for(found: Callable[[], Any], what: str, run: Run) -> Any:
    """Return what ``found`` returns as soon as it is not empty."""
    deadline = time.monotonic() + PATIENCE
    while not (one := found()):
        assert time.monotonic() < deadline, f"{what} did not happen: {run.text[-3000:]}"
        assert run.running, f"the run ended before {what}: {run.text[-3000:]}"
        time.sleep(0.3)
    return one


# --- what continuous integration runs ----------------------------------------------------------------------


def test_grouped_jobs_run_on_a_node_and_give_the_bytes_of_a_local_run(
    slurm: Cluster, undisturbed: tuple[Path, Durations], tmp_path: Path
) -> None:
    reference, _ = undisturbed
    shards = [f"results/dataset/{name}.h5" for name in ("train/0", "train/1", "test/0")]
    run = on_slurm(tmp_path, *shards)
    (job,) = wait_for(cluster.jobs, "the submission", run)
    asked = cluster.details(job)
    assert run.wait() == 0, run.text
    assert asked["Comment"] == "rule_shards_shard", "one submission for three small jobs"
    assert (asked["NumCPUs"], asked["MinMemoryNode"], asked["Requeue"]) == ("3", "1800M", "1")
    assert asked["TimeLimit"] == "00:21:00"
    for shard in shards:
        assert (tmp_path / shard).read_bytes() == (reference / shard).read_bytes(), shard


# --- make test-slurm ---------------------------------------------------------------------------------------


@pytest.mark.slurm
def test_whole_workflow_on_two_nodes_equals_a_local_run(
    slurm: Cluster, undisturbed: tuple[Path, Durations], tmp_path: Path
) -> None:
    reference, _ = undisturbed
    run = on_slurm(tmp_path)
    found: dict[str, dict[str, str]] = {}
    while run.running:
        found |= {job: cluster.details(job) for job in cluster.jobs("RUNNING")}
        time.sleep(1)
    assert run.wait() == 0, run.text
    assert differences(tmp_path, reference) == []
    kinds = {one["Comment"].split("_wildcards")[0] for one in found.values()}
    assert {"rule_train", "rule_evaluate_variant", "rule_shards_shard"} <= kinds
    assert any("animate" in kind and "fit" in kind for kind in kinds), "a fit goes with its animations"
    assert not any(local in kind for kind in kinds for local in ("table", "gallery", "samples", "report_page"))
    assert {one["NodeList"] for one in found.values()} == {"n1", "n2"}
    assert all(one["MinMemoryNode"] != "0" and one["TimeLimit"] != "UNLIMITED" for one in found.values())


@pytest.mark.slurm
def test_training_survives_its_snakemake_its_cancellation_and_its_node(
    slurm: Cluster, undisturbed: tuple[Path, Durations], tmp_path: Path
) -> None:
    """Snakemake is killed and started again, the job is cancelled, and its node dies. Each time, the training goes on
    from its checkpoint, in the end with the weights of an undisturbed one."""
    reference, _ = undisturbed
    folder, local = tmp_path / "slurm", tmp_path / "local"
    for place in (folder, local):
        shutil.copytree(reference / "results/dataset", place / "results/dataset")
    log = folder / "results/logs/train/conv64.log"

    run = on_slurm(folder, MODEL, settings=TRAINING)
    wait_for(lambda: _trains(log), "the training", run)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    (orphan,) = cluster.jobs("RUNNING")
    unlock(folder)

    run = on_slurm(folder, MODEL, settings=TRAINING)
    steps = [wait_for(lambda: _continues(log), "the training after Snakemake's end", run)]
    assert f"ending 1 Slurm jobs that a former Snakemake left in this folder: {orphan}" in run.text

    wait_for(lambda: _trains(log), "the training after Snakemake's end", run)
    (cancelled,) = cluster.jobs("RUNNING")
    log.unlink()
    cluster.ask("scancel", cancelled)
    steps.append(wait_for(lambda: _continues(log), "the training after its cancellation", run))

    wait_for(lambda: _trains(log), "the training after its cancellation", run)
    (killed,) = cluster.jobs("RUNNING")
    node = cluster.details(killed)["NodeList"]
    log.unlink()
    slurm.kill_node(node)
    try:
        steps.append(wait_for(lambda: _continues(log), "the training on the other node", run))
        assert cluster.jobs("RUNNING") == [killed], "Slurm itself has started it again"
        assert cluster.details(killed)["NodeList"] != node
        assert run.wait(PATIENCE) == 0, run.text
    finally:
        slurm.start_node(node)
    assert 0 < steps[0] <= steps[1] <= steps[2]
    complete(local, MODEL, settings=TRAINING)
    assert differences(folder, local) == []


@pytest.mark.slurm
def test_job_over_its_memory_is_told_which_setting_to_lower(slurm: Cluster, tmp_path: Path) -> None:
    few = ("--set-resources", "shard:mem_mb=100", "--retries", "0")
    run = on_slurm(tmp_path, "results/dataset/test/0.h5", options=few)
    assert run.wait() != 0, run.text
    assert "A job was killed" in run.text
    assert "dataset.shard_size" in run.text
    assert "--set-resources RULE:mem_mb" in run.text


@pytest.mark.slurm
def test_gpus_are_asked_for_by_configuration_alone_and_a_cluster_has_many(
    slurm: Cluster, undisturbed: tuple[Path, Durations], tmp_path: Path
) -> None:
    reference, _ = undisturbed
    shutil.copytree(reference / "results/dataset", tmp_path / "results/dataset")
    models = [f"results/models/{variant}/model.safetensors" for variant in ("conv64", "strokes64")]
    options = ("--retries", "0", "--keep-going")  # the profile's limit, gpu: 1, is one of a job, not of the cluster
    run = on_slurm(tmp_path, *models, settings={**SMALL, "compute": {"device": "cuda"}}, options=options)
    wait_for(lambda: len(cluster.jobs()) == 2, "both submissions", run)
    asked = [cluster.details(job) for job in cluster.jobs()]
    run.wait()
    assert [one["TresPerJob"] for one in asked] == ["gres:gpu:1"] * 2
    assert {one["NodeList"] for one in asked} <= {"n2", "(null)"}
    assert all(int(one["MinMemoryNode"].rstrip("M")) > 4000 for one in asked), "CUDA takes memory of its own"


def _trains(log: Path) -> bool:
    """Return whether a training has measured its loss since its log was begun."""
    return log.exists() and "training loss" in log.read_text()


def _continues(log: Path) -> int:
    """Return the step at which a training says that it continues, 0 if it has not said so."""
    found = re.search(r"continuing from \S+ at step (\d+)", log.read_text()) if log.exists() else None
    return int(found[1]) if found else 0
