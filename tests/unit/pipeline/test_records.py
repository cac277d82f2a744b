"""A job records what its run knows."""

import json
from types import SimpleNamespace

import pytest

from inkbridge.pipeline.records import PROVENANCE_VARIABLE, earlier_hardware, for_jobs, of_job
from inkbridge.support.provenance.git import SOURCE_VARIABLE, library_versions

JOB = SimpleNamespace(rule="animate", wildcards={"doodle": "tree", "std": "0.8"})
"""A ``snakemake`` object, as far as records need one."""


def test_job_records_what_its_run_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOURCE_VARIABLE, "0123abcd")
    monkeypatch.setenv(PROVENANCE_VARIABLE, for_jobs("cafe", 7))
    monkeypatch.setenv(SOURCE_VARIABLE, "changed since")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    made = of_job(JOB)
    assert made["step"] == "rule animate"
    assert made["names"] == {"doodle": "tree", "std": "0.8"}
    assert (made["commit"], made["dirty"]) == ("0123abcd", False)
    assert made["threads"] == 3
    assert "prefix" not in made


def test_results_of_one_job_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROVENANCE_VARIABLE, for_jobs("cafe", 7))
    assert of_job(JOB, method="linear")["names"] == {"doodle": "tree", "std": "0.8", "method": "linear"}


def test_job_in_another_environment_records_the_versions_there(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {**json.loads(for_jobs("cafe", 7)), "prefix": "/elsewhere", "versions": {"numpy": "0"}}
    monkeypatch.setenv(PROVENANCE_VARIABLE, json.dumps(elsewhere))
    assert of_job(JOB)["versions"] == library_versions()


def test_a_model_records_the_hardware_that_computed_its_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROVENANCE_VARIABLE, for_jobs("cafe", 7))
    backend = {"device": "cpu", "device_name": "this", "precision": "float32", "threads": 1, "torch": "2.13.0"}
    made = of_job(JOB, backend)
    assert earlier_hardware(made, {"settings": {}}) == {}
    earlier = [{**backend, "device": "cuda", "device_name": "that", "torch": "2.12.0", "steps": 5}]
    training = {"earlier": [*earlier, {**backend, "threads": 2, "torch": made["versions"]["torch"], "steps": 3}]}
    sources = of_job(JOB, backend, earlier_hardware(made, training))["sources"]
    assert sources == {
        "training to step 5": {"device": "cuda", "device_name": "that", "versions": {"torch": "2.12.0"}},
        "training to step 8": {"threads": 2},
    }
