"""The command, run in this process or as it is installed, and a project whose networks are tiny: what they draw is
worthless, but that they draw it as asked can be tested."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from qa.paths import ROOT
from tests.tiny_project import write_project

SHEETS = ROOT / "resources/doodles"
COMMAND = Path(sys.executable).with_name("inkbridge")

TREE_FRAMES = 6 * 3 + 1
"""Frames of an animation of tree.png in the project."""


@dataclass(frozen=True)
class Said:
    """The outcome of a command: its exit code, and both streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two models and one doodle, which tests leave as it is."""
    doodles: dict[str, dict[str, object]] = {"turning": {"sheet": str(SHEETS / "square.png"), "loop": True}}
    return write_project(tmp_path_factory.mktemp("project"), doodles)


@pytest.fixture
def copied_project(project: Path, tmp_path: Path) -> Path:
    """A copy of the project that a test may change."""
    return Path(shutil.copytree(project, tmp_path / "copy"))


@pytest.fixture
def configure(copied_project: Path) -> Callable[..., Path]:
    """A function that replaces sections of the copied project's configuration, and returns its folder."""

    def replace_sections(**sections: object) -> Path:
        file = copied_project / "config.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | sections, sort_keys=False))
        return copied_project

    return replace_sections


@pytest.fixture
def run(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INKBRIDGE_PROJECT", str(project))
    [entry] = entry_points(group="console_scripts", name="inkbridge")
    main = entry.load()

    def inkbridge(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["inkbridge", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return inkbridge


@pytest.fixture
def run_installed(project: Path, tmp_path: Path) -> Run:
    """A function that runs the installed command in an empty folder, which takes seconds longer."""

    def inkbridge(*words: object) -> Said:
        command = [str(COMMAND), *map(str, words)]
        environment = {**os.environ, "INKBRIDGE_PROJECT": str(project)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return inkbridge
