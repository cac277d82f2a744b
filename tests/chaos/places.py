"""Unusual places and environments: all of them work, and give the results of any other."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.faults import can_mount
from tests.chaos.runs import SMALL, Run, differences
from tests.chaos.tally import Tally
from tests.workflow.conftest import ROOT

_PART = ("results/animations/conv64/tree/linear_std0.gif",)
"""What is made in each place: it takes a shard, a training, a fit and an animation."""

_ODD = "with spaces, ä and 画"


def visit(reference: Path, folder: Path) -> Tally:
    """Run the workflow in each place, and compare what it makes with ``reference``."""
    tally = Tally("unusual places")
    for place in PLACES:
        if place is _read_only_sources and not can_mount():
            continue
        name = place.__name__[1:].replace("_", " ")
        with place(folder / place.__name__) as arguments:
            run = Run(arguments.pop("folder"), *_PART, settings=SMALL, **arguments)
            tally.inject(name)
            if run.wait() != 0:
                tally.lose(f"{name}: {run.text[-1500:]}")
            elif wrong := differences(run.folder, reference, partly=True):
                tally.lose(f"{name}: {wrong}")
            if not (run.folder / _PART[0]).exists():
                tally.lose(f"{name}: nothing was made")
    return tally


def _environment(**changes: str | None) -> Mapping[str, str]:
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@contextmanager
def _results_with_odd_names(folder: Path) -> Iterator[dict[str, object]]:
    yield {"folder": folder / _ODD}


@contextmanager
def _a_clone_with_odd_names(folder: Path) -> Iterator[dict[str, object]]:
    """The sources, and an interpreter, in a path with spaces."""
    source = folder / _ODD / "inkbridge"
    _copy_source(source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", source / ".venv"], check=True)
    site = next((source / ".venv/lib").glob("python*/site-packages"))
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "borrowed.pth").write_text(f"{packages}\n{source / 'workflow'}\n", encoding="utf-8")
    yield {"folder": folder / _ODD / "work", "source": source, "python": str(source / ".venv/bin/python")}


@contextmanager
def _read_only_sources(folder: Path) -> Iterator[dict[str, object]]:
    """The sources on a file system that is mounted to be read alone: permissions do not bind root."""
    source = folder / "inkbridge"
    _copy_source(source)
    subprocess.run(["mount", "--bind", source, source], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", source], check=True)
    try:
        yield {
            "folder": folder / "work",
            "source": source,
            "environment": _environment(PYTHONPATH=f"{source}/workflow"),
        }
    finally:
        subprocess.run(["umount", "--lazy", source], check=True)


@contextmanager
def _another_TMPDIR(folder: Path) -> Iterator[dict[str, object]]:
    temporary = folder / "temporary files"
    temporary.mkdir(parents=True)
    yield {"folder": folder / "work", "environment": _environment(TMPDIR=str(temporary))}


@contextmanager
def _no_HOME(folder: Path) -> Iterator[dict[str, object]]:
    yield {"folder": folder / "work", "environment": _environment(HOME=None, XDG_CACHE_HOME=None)}


@contextmanager
def _a_HOME_that_cannot_be_made(folder: Path) -> Iterator[dict[str, object]]:
    yield {"folder": folder / "work", "environment": _environment(HOME="/proc/nowhere", XDG_CACHE_HOME=None)}


@contextmanager
def _a_locale_of_C(folder: Path) -> Iterator[dict[str, object]]:
    unset = {name: None for name in os.environ if name.startswith("LC_")}
    yield {"folder": folder / _ODD, "environment": _environment(**unset, LC_ALL="C", LANG="C", PYTHONUTF8=None)}


PLACES = (
    _results_with_odd_names,
    _a_clone_with_odd_names,
    _read_only_sources,
    _another_TMPDIR,
    _no_HOME,
    _a_HOME_that_cannot_be_made,
    _a_locale_of_C,
)


def _copy_source(place: Path) -> None:
    """Copy what git has of the project, as a clone does."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if not name.startswith(("docs/", "tests/")) and (ROOT / name).exists():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name, follow_symlinks=False)
