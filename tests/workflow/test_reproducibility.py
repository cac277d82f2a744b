"""The same configuration and seed give the same bytes on any number of cores, and every result says how it was made.

``tests/qa/test_chaos.py`` compares all files of two whole runs, one of them on eight cores."""

import os
from pathlib import Path

import pytest

from inkbridge import __version__
from inkbridge.config.settings import Configuration, fingerprint
from inkbridge.support.provenance.carriers import read_provenance
from inkbridge.support.provenance.git import LIBRARIES, SOURCE_VARIABLE
from qa.chaos.kills import Durations
from qa.chaos.runs import complete
from qa.tiny import tiny_settings
from tests.workflow.conftest import run_snakemake

pytestmark = pytest.mark.slow


def test_one_core_and_two_give_the_same_shards_and_keyframes(
    undisturbed: tuple[Path, Durations], tmp_path: Path
) -> None:
    other, _ = undisturbed
    kinds = ("dataset/*/*.h5", "doodles/*/keyframes.npy")
    names = sorted(str(file.relative_to(other)) for kind in kinds for file in other.glob(f"results/{kind}"))
    assert len(names) == 4 + 1
    complete(tmp_path, *names, cores=1)
    for name in names:
        assert (tmp_path / name).read_bytes() == (other / name).read_bytes(), name


def test_another_seed_gives_other_bytes(finished: Path, tmp_path: Path) -> None:
    name = "results/dataset/test/0.h5"
    result = run_snakemake(tmp_path, name, on_top={"seed": 7})
    assert result.code == 0, result.text
    assert (tmp_path / name).read_bytes() != (finished / name).read_bytes()


def test_every_result_has_a_record_of_how_it_was_made(finished: Path) -> None:
    results = finished / "results"
    files = [file for file in results.rglob("[!.]*") if file.is_file() and results / "logs" not in file.parents]
    assert {file.suffix for file in files} == {
        *(".h5", ".npy", ".png", ".safetensors", ".csv", ".json", ".gif", ".webp", ".svg", ".html")
    }
    settings = Configuration.read(tiny_settings())
    commit, _, dirty = os.environ[SOURCE_VARIABLE].partition("-")
    for file in files:
        record = read_provenance(file)
        assert record["version"] == __version__
        assert (record["commit"], record["dirty"]) == (commit, None if commit == "unknown" else dirty == "dirty")
        assert record["configuration"] == fingerprint(settings)
        assert record["seed"] == settings.seed
        assert set(record["versions"]) == {"python", *LIBRARIES}
        assert (record["device"], record["threads"]) == ("cpu", 1)
        assert record["step"].startswith("rule ")


def test_the_record_of_a_gif_names_the_training_of_its_network(finished: Path) -> None:
    record = read_provenance(finished / "results/animations/conv64/tree/cubic_std0.8.gif")
    assert record["step"] == "rule animate"
    assert record["names"] == {"variant": "conv64", "doodle": "tree", "method": "cubic", "std": "0.8"}
    model = read_provenance(finished / "results/models/conv64/model.safetensors")
    for name in ("device_name", "precision"):
        assert record["sources"]["model"].get(name, record.get(name)) == model[name]
    assert "shards" in record["sources"]


def test_the_folder_of_the_gallery_has_a_record(finished: Path) -> None:
    assert read_provenance(finished / "results/gifs")["step"] == "rule gallery"
