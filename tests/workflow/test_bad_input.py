"""Mistakes end a run early with one clear message, and leave nothing half written."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qa.paths import ROOT
from tests.workflow.conftest import run_snakemake

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("on_top", "expected"),
    [
        (
            {"colour": "red", "animation": {"frame_ms": 10}},
            ["colour: unknown key", "animation.frame_ms: ", "at least 20"],
        ),
        ({"variants": {"train": {"architecture": "conv"}}}, ["variants.train", "a name that no rule has"]),
        (
            {"pretrained": True},
            ["variants.conv64.pretrained: expected a network whose", "found architecture conv"],
        ),
        ({"animation": {"frames_per_segment": 1000, "size": 1024}}, ["6001 frames of 1024×1024", "animation.size"]),
    ],
)
def test_an_invalid_configuration_is_refused_before_any_job(
    tmp_path: Path, on_top: dict[str, object], expected: list[str]
) -> None:
    result = run_snakemake(tmp_path, on_top=on_top)
    assert result.code != 0
    for words in expected:
        assert words in result.text
    assert "Traceback" not in result.text
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (b"# caf\xe9\n", []),
        (b"seed: 1\nseed: 2\n", ['duplicate key "seed"', "line {line}"]),
    ],
)
def test_a_file_that_is_not_yaml_is_refused_with_its_line(tmp_path: Path, added: bytes, expected: list[str]) -> None:
    shutil.copy(ROOT / "Snakefile", tmp_path)
    for linked in ("workflow", "profiles"):
        (tmp_path / linked).symlink_to(ROOT / linked)
    text = (ROOT / "config.yaml").read_bytes()
    (tmp_path / "config.yaml").write_bytes(text + added)
    command = [sys.executable, "-m", "snakemake", "--dry-run"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    told = result.stdout + result.stderr
    assert result.returncode != 0
    for words in ("config.yaml: expected YAML in UTF-8", *expected):
        assert words.format(line=text.count(b"\n") + 1) in told
    assert "Traceback" not in told


def test_duplicate_key_in_a_second_configuration_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("seed: 1\nseed: 2\n")
    result = run_snakemake(tmp_path, options=[str(tmp_path / "mine.yaml")])  # after those of --configfile
    assert result.code != 0
    assert 'duplicate key "seed"' in result.text
    assert "mine.yaml" in result.text


def test_an_unknown_variant_is_not_a_target(tmp_path: Path) -> None:
    result = run_snakemake(tmp_path, "conv65")
    assert result.code != 0
    assert "conv65" in result.text


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that may be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def test_a_truncated_shard_stops_training(copy: Path) -> None:
    shard = copy / "results/dataset/train/0.h5"
    shard.write_bytes(shard.read_bytes()[:-2000])
    _refused(copy, "results/models/conv64/model.safetensors", "train", "train/0.h5")


def test_a_shard_of_another_configuration_stops_training(copy: Path) -> None:
    shutil.copy(copy / "results/dataset/train/0.h5", copy / "results/dataset/train/1.h5")
    _refused(copy, "results/models/conv64/model.safetensors", "train", "another configuration")


def test_a_model_of_another_variant_stops_fitting(copy: Path) -> None:
    models = copy / "results/models"
    shutil.copy(models / "strokes64/model.safetensors", models / "conv64/model.safetensors")
    _refused(copy, "results/fits/conv64/tree.safetensors", "fit", "another variant")


def _refused(folder: Path, target: str, rule: str, words: str) -> None:
    # Only the rule in question may run: the damaged file would be remade otherwise, were it older than its inputs.
    result = run_snakemake(folder, target, options=("--forcerun", rule, "--allowed-rules", rule))
    assert result.code != 0
    assert words in result.text
    assert "Traceback" not in result.text
    assert not (folder / target).exists()
