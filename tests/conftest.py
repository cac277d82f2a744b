"""What all tests share: signals as in a foreground shell, requirements of the machine, and finished runs."""

import fcntl
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qa.chaos import kills

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Share = Callable[[str, Callable[[Path], object]], Path]
"""A function that returns a session's folder of some name, after one of the test processes has filled it."""


def pytest_configure() -> None:
    # Scripts ignore SIGINT in the background, nohup ignores SIGHUP, and child processes would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # Triton reads this when it is first imported, by whichever test. Without a GPU, its interpreter runs the kernels.
    if not Path("/dev/nvidiactl").exists():
        os.environ["TRITON_INTERPRET"] = "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine lacks: ``@pytest.mark.needs(met, "what, and how to get it")``.

    In continuous integration (``CI=true``) such a test fails, so that CI cannot pass without running it. A third
    argument of False says that CI cannot meet the need on this system: then the test is skipped there too.
    """
    for marker in item.iter_markers("needs"):
        met, what, *possible = marker.args
        if not met:
            end = pytest.fail if os.environ.get("CI") == "true" and all(possible) else pytest.skip
            end(f"needs {what}")


@pytest.fixture(scope="session")
def share(tmp_path_factory: pytest.TempPathFactory) -> Share:
    """A function that fills a folder once a session, whichever of the parallel test processes asks first."""
    base = tmp_path_factory.getbasetemp()
    top = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder_of(name: str, fill: Callable[[Path], object]) -> Path:
        folder, done = top / name, top / f"{name}.done"
        with (top / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The one Chromium of a test process: Playwright cannot start a second one beside it."""
    from tests.browser.chromium import running  # most tests need no browser

    with running() as browser:
        yield browser


@pytest.fixture(scope="session")
def undisturbed(share: Share) -> tuple[Path, kills.Durations]:
    """A finished run on two cores, and how long its jobs took. Tests must not change the run."""
    folder = share("undisturbed", lambda folder: _write_durations(folder, kills.measure(folder)))
    return folder, json.loads((folder / "durations.json").read_text())


def _write_durations(folder: Path, durations: kills.Durations) -> None:
    (folder / "durations.json").write_text(json.dumps(durations))
