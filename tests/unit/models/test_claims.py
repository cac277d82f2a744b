"""Trainings that run side by side use different GPUs."""

import os
import subprocess
import sys

import pytest
import torch

from inkbridge.models import claims
from inkbridge.models.claims import VISIBLE, claim_gpus, free_ones
from qa.paths import ROOT

OTHER = """
import sys
from pathlib import Path
from inkbridge.models.claims import free_ones

print(*free_ones(sys.argv[2:], 1, Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def released(monkeypatch):
    """After a test, nothing is claimed."""
    held = []
    monkeypatch.setattr(claims, "_held", held)
    yield
    for file in held:
        file.close()


def test_processes_take_different_gpus_and_release_them_when_they_end(tmp_path):
    command = [sys.executable, "-c", OTHER, str(tmp_path), "0", "1", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as other:
        assert other.stdout.readline().split() == ["0"]
        assert free_ones(["0", "1", "2"], 3, tmp_path) == [], "too few are free"
        assert free_ones(["0", "1", "2"], 1, tmp_path) == ["1"]
        assert free_ones(["0", "1", "2"], 1, tmp_path) == ["2"]
        assert free_ones(["0", "1", "2"], 1, tmp_path) == []
        other.kill()
        other.wait()
        assert free_ones(["0", "1", "2"], 1, tmp_path) == ["0"]


@pytest.mark.parametrize(
    ("visible", "count", "expected"),
    [(None, 1, "0"), (None, 2, "0,1"), ("2,3", 1, "2"), ("GPU-a,GPU-b", 1, "GPU-a"), ("3", 1, "3"), (None, 4, None)],
)
def test_other_gpus_are_hidden(visible, count, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(claims.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv(VISIBLE, raising=False)
    if visible:
        monkeypatch.setenv(VISIBLE, visible)
    claim_gpus(count)
    assert os.environ.get(VISIBLE) == expected
