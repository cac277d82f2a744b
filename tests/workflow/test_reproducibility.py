"""The same configuration and seed give the same bytes, however many cores there are, and every result says how it was
made."""

import os
from pathlib import Path

import pytest
import yaml

from inkbridge import __version__
from inkbridge.config import Configuration, fingerprint
from inkbridge.provenance import LIBRARIES, SOURCE, read_provenance
from tests.chaos.runs import differences
from tests.workflow.conftest import ROOT, TINY, run_snakemake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of another run of the whole workflow, on eight cores where the first one had two."""
    folder = tmp_path_factory.mktemp("again")
    result = run_snakemake(folder, cores=("--cores", "8"))
    assert result.code == 0, result.text
    return folder


def test_two_runs_give_the_same_bytes_but_for_the_time_they_took(finished: Path, again: Path) -> None:
    assert differences(again, finished) == []


def test_one_core_and_eight_give_the_same_shards_and_keyframes(again: Path, tmp_path: Path) -> None:
    kinds = ("dataset/*/*.h5", "doodles/*/keyframes.npy")
    names = sorted(str(file.relative_to(again)) for kind in kinds for file in again.glob(f"results/{kind}"))
    assert len(names) == 4 + 2
    result = run_snakemake(tmp_path, *names, cores=("--cores", "1"))
    assert result.code == 0, result.text
    for name in names:
        assert (tmp_path / name).read_bytes() == (again / name).read_bytes(), name


def test_another_seed_gives_other_bytes(finished: Path, tmp_path: Path) -> None:
    name = "results/dataset/test/0.h5"
    result = run_snakemake(tmp_path, name, on_top={"seed": 7})
    assert result.code == 0, result.text
    assert (tmp_path / name).read_bytes() != (finished / name).read_bytes()


def test_every_result_carries_how_it_was_made(finished: Path) -> None:
    results = finished / "results"
    files = [file for file in results.rglob("[!.]*") if file.is_file() and results / "logs" not in file.parents]
    assert {file.suffix for file in files} == {
        *(".h5", ".npy", ".png", ".safetensors", ".csv", ".json", ".gif", ".webp", ".svg", ".html")
    }
    settings = Configuration.read(_on_top(yaml.safe_load((ROOT / "config.yaml").read_text()), TINY))
    commit, _, dirty = os.environ[SOURCE].partition("-")
    for file in files:
        record = read_provenance(file)
        assert record["version"] == __version__
        assert (record["commit"], record["dirty"]) == (commit, None if commit == "unknown" else dirty == "dirty")
        assert record["configuration"] == fingerprint(settings)
        assert record["seed"] == settings.seed
        assert set(record["versions"]) == {"python", *LIBRARIES}
        assert (record["device"], record["threads"]) == ("cpu", 1)
        assert record["step"].startswith("rule ")


def _on_top(below: object, above: object) -> object:
    """Put a configuration on top of another, as Snakemake does."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _on_top(below.get(key), value) for key, value in above.items()}


def test_a_gif_tells_what_its_network_was_trained_on(finished: Path) -> None:
    record = read_provenance(finished / "results/animations/conv64/tree/cubic_std0.8.gif")
    assert record["step"] == "rule animate"
    assert record["names"] == {"variant": "conv64", "doodle": "tree", "method": "cubic", "std": "0.8"}
    model = read_provenance(finished / "results/models/conv64/model.safetensors")
    for name in ("device_name", "precision"):
        assert record["sources"]["model"].get(name, record.get(name)) == model[name]
    assert "shards" in record["sources"]


def test_the_folder_of_the_gallery_tells_it_too(finished: Path) -> None:
    assert read_provenance(finished / "results/gifs")["step"] == "rule gallery"
