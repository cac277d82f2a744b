"""Tests begin with the signals as a shell in the foreground hands them on, whatever ran pytest; and a run of the
workflow with which others are compared."""

import signal
from pathlib import Path

import pytest

from qa.chaos import kills


def pytest_configure() -> None:
    # In the background of a script SIGINT is ignored, under nohup SIGHUP, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, kills.Durations]:
    """A finished run on two cores, and how long its jobs took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, kills.measure(folder)
