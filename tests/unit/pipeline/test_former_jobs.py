"""Jobs that a killed Snakemake has left on a Slurm cluster are ended, those of other folders are not."""

import logging
from pathlib import Path

import pytest

from inkbridge.pipeline import former_jobs

SQUEUE = """#!/bin/sh
echo "asked $*" >> "{folder}/calls"
for job in 11 12 13; do
    if [ -e "{folder}/$job" ]; then cat "{folder}/$job"; fi
done
"""

SCANCEL = """#!/bin/sh
echo "cancelled $*" >> "{folder}/calls"
for job in "$@"; do rm "{folder}/$job"; done
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file for each job of a queue, and programs that list and cancel them first on the path."""
    folder = tmp_path / "queue"
    folder.mkdir()
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(former_jobs, "_POLL_SECONDS", 0.01)
    return folder


def test_only_jobs_that_log_into_this_folder_are_ended(queue, tmp_path, caplog):
    here, elsewhere = tmp_path / "my run", tmp_path / "my run 2"
    for job, folder in (("11", here), ("12", elsewhere), ("13", here)):
        log = folder / ".snakemake/slurm_logs/rule_train/conv64" / f"{job}.log"
        (queue / job).write_text(f"{job}            |{log}  \n")
    assert former_jobs.running(here) == ["11", "13"]
    with caplog.at_level(logging.WARNING, logger="inkbridge"):
        former_jobs.end(here)
    assert "ending 2 Slurm jobs" in caplog.text
    assert "cancelled 11 13" in (queue / "calls").read_text()
    assert former_jobs.running(here) == []
    assert former_jobs.running(elsewhere) == ["12"]


def test_nothing_is_cancelled_in_an_empty_queue_or_without_slurm(queue, tmp_path, monkeypatch):
    former_jobs.end(tmp_path)
    assert "cancelled" not in (queue / "calls").read_text()
    monkeypatch.setenv("PATH", "/nowhere")
    former_jobs.end(tmp_path)
    assert former_jobs.running(tmp_path) == []
