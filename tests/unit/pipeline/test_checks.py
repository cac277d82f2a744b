"""Checks before any job starts, and of the logs of jobs that failed."""

from pathlib import Path

import pytest

from inkbridge.pipeline import checks
from inkbridge.support.errors import InkbridgeError


def test_yaml_is_checked_and_json_left_to_snakemake(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("seed: 1\n")
    (tmp_path / "tabs.json").write_text('{\n\t"seed": 1\n}')
    checks.check_yaml([tmp_path / "good.yaml", tmp_path / "tabs.json"])
    (tmp_path / "twice.yaml").write_text("seed: 1\nseed: 2\n")
    with pytest.raises(InkbridgeError, match=r"twice\.yaml: .*line 2"):
        checks.check_yaml([tmp_path / "good.yaml", tmp_path / "twice.yaml"])


def test_a_variant_may_not_have_the_name_of_a_rule() -> None:
    checks.check_variant_names(["conv64"], ["train", "fit"])
    with pytest.raises(InkbridgeError, match=r"variants\.train: expected a name that no rule has; found 'train'"):
        checks.check_variant_names(["conv64", "train"], ["train", "fit"])


@pytest.mark.parametrize(
    ("text", "killed"),
    [
        ("died with <Signals.SIGKILL: 9>.", True),
        ("died with <Signals.SIGABRT: 6>.", True),
        ("returned non-zero exit status 137.", True),
        ("failed, SLURM status is: 'OUT_OF_MEMORY'.", True),
        ("slurmstepd: error: StepId=8.batch exceeded memory limit (105889792 > 104857600), being killed", True),
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=8.batch.", True),
        ("failed, SLURM status is: 'CANCELLED'.", False),
        ("returned non-zero exit status 1.", False),
        ("died with <Signals.SIGTERM: 15>.", False),
    ],
)
def test_killed_jobs_are_found_in_the_log(text: str, killed: bool, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"Command 'python x.py' {text}\n")
    (tmp_path / "other").write_text("")
    assert checks.some_job_was_killed([str(tmp_path / "other"), str(tmp_path / "log")]) is killed
