"""Run the tests on other Pythons, with the lowest, the pinned and the newest versions that ``pyproject.toml`` admits.

Run by ``make test-matrix``. Prints a table. The exit status is 1 if anything failed, or if nothing could be tried. Each
combination has its own environment and its own copy of the clone in ``build/matrix``, which stay there: the next call
installs only what is missing.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.matrix.requirements import lowest_constraints
from qa.paths import ROOT

PYTHONS = ("3.11", "3.12", "3.13")
VERSIONS = ("lowest", "pinned", "newest")
TESTS = ("tests/unit", "tests/workflow/test_pipeline.py")
"""The tests in each combination: the unit tests, and the whole workflow on the tiny configuration."""

_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "results")


@dataclass(frozen=True)
class Combination:
    """One Python with one choice of versions, in ``folder``."""

    python: str
    versions: str
    folder: Path

    def run(self, pip_options: Sequence[str], tests: Sequence[str]) -> str:
        """Run the tests and return ``passed``, or what went wrong. All output goes into a log."""
        interpreter = f"python{self.python}"
        if not _runs(interpreter):
            return f"no {interpreter} here"
        clone = self._copied()
        with (self.folder / "log.txt").open("w") as log:
            for name, command in self._steps(interpreter, pip_options, tests).items():
                print("$", *command, file=log, flush=True)
                ended = subprocess.run(command, cwd=clone, stdout=log, stderr=subprocess.STDOUT)
                if ended.returncode:
                    return f"{name} failed: {self.folder / 'log.txt'}"
        return "passed"

    def _steps(self, interpreter: str, pip_options: Sequence[str], tests: Sequence[str]) -> dict[str, list[str]]:
        python = str(self.folder / "venv/bin/python")
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--prefer-binary", *pip_options]
        return {
            "environment": [interpreter, "-m", "venv", str(self.folder / "venv")],
            "installation": [*install, *self._constraint(), "--editable", f"{self.folder / 'clone'}[pipeline,dev]"],
            "list": [python, "-m", "pip", "list", "--format", "freeze"],
            "tests": [python, "-m", "pytest", "-q", *tests],
        }

    def _constraint(self) -> list[str]:
        """Return pip's options that choose the versions."""
        if self.versions == "newest":
            return ["--upgrade", "--upgrade-strategy", "eager"]
        file = ROOT / "constraints.txt"
        if self.versions == "lowest":
            file = self.folder / "lowest.txt"
            file.write_text("\n".join(lowest_constraints()) + "\n", encoding="utf-8")
        return ["--constraint", str(file)]

    def _copied(self) -> Path:
        """Return a fresh copy of the clone, because an editable installation writes into its folder."""
        copy = self.folder / "clone"
        shutil.rmtree(copy, ignore_errors=True)
        return Path(shutil.copytree(ROOT, copy, symlinks=True, ignore=_LEFT_OUT))


def _runs(interpreter: str) -> bool:
    """Return whether an interpreter runs: pyenv has a command for each that it knows, installed or not."""
    found = shutil.which(interpreter) is not None
    return found and subprocess.run([interpreter, "--version"], capture_output=True).returncode == 0


def main(arguments: argparse.Namespace) -> int:
    outcomes = []
    print("| Python | versions | |\n| --- | --- | --- |", flush=True)
    for python in arguments.pythons:
        for versions in arguments.versions:
            combination = Combination(python, versions, arguments.folder.absolute() / f"{python}-{versions}")
            outcome = combination.run(arguments.pip.split(), arguments.tests)
            print(f"| {python} | {versions} | {outcome} |", flush=True)
            outcomes.append(outcome)
    return int("passed" not in outcomes or any("failed" in outcome for outcome in outcomes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m qa.matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pythons",
        nargs="+",
        default=PYTHONS,
        metavar="PYTHON",
        help="versions of interpreters on the PATH, such as 3.12",
    )
    parser.add_argument("--versions", nargs="+", default=VERSIONS, choices=VERSIONS, help="versions of packages to try")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="TEST", help="tests to run, as pytest names them")
    parser.add_argument("--pip", default="", metavar="OPTIONS", help="more options of pip install, in one argument")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/matrix", help="place of the environments")
    sys.exit(main(parser.parse_args()))
