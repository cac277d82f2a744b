"""A record says how a result was made, and what differs in its sources."""

from inkbridge import __version__
from inkbridge.support.provenance.git import LIBRARIES
from inkbridge.support.provenance.record import Provenance, result_record


def test_record_names_version_commit_settings_step_and_machine(made: Provenance) -> None:
    assert made["version"] == __version__
    assert (made["commit"], made["dirty"]) == ("0123abcd", True)
    assert (made["configuration"], made["seed"]) == ("cafe", 7)
    assert (made["step"], made["names"]["std"]) == ("rule animate", 0.8)
    assert made["device"] == "cpu"
    assert made["precision"] == "float32"
    assert made["threads"] >= 1
    assert set(made["versions"]) == {"python", *LIBRARIES}
    assert "sources" not in made


BACKEND = {"device": "cuda", "device_name": "GPU", "precision": "bfloat16", "threads": 2, "torch": "2"}


def test_record_of_a_source_contains_only_differences(run: Provenance) -> None:
    model = result_record({**run, "commit": "older"}, "rule train", {"variant": "a"}, BACKEND)
    fit = result_record(run, "rule fit", {"variant": "a", "doodle": "b"}, {**BACKEND, "threads": 1}, {"model": model})
    assert fit["sources"] == {"model": {"commit": "older", "dirty": model["dirty"], "threads": 2}}
    gif = result_record(run, "rule animate", {"variant": "a"}, None, {"fit": fit})
    assert gif["sources"]["fit"].items() >= {"device": "cuda", "precision": "bfloat16", "device_name": "GPU"}.items()
    assert gif["sources"]["model"].items() >= {"commit": "older", "device": "cuda", "precision": "bfloat16"}.items()
    assert "commit" not in gif["sources"]["fit"]


def test_record_of_a_source_contains_only_versions_that_differ(run: Provenance) -> None:
    older = {**run, "versions": {**run["versions"], "torch": "1.0"}}
    made = result_record(run, "rule fit", {}, sources={"model": result_record(older, "rule train", {}), "other": None})
    assert made["sources"] == {"model": {"versions": {"torch": "1.0"}}}
