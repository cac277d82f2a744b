"""Unusual places and environments: the workflow runs in all of them, with the same results."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from qa.chaos.machine import can_mount
from qa.chaos.runs import SMALL, Launch, Run, differences
from qa.chaos.tally import Tally
from qa.paths import ROOT

_PART = ("results/animations/conv64/tree/linear_std0.8.gif",)
"""The default target: it takes shards, a training, a fit and an animation."""

_NOBODY = 65534

_READS_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""Options of setpriv: the interpreter may be where that user cannot read it."""

_AS_NOBODY = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *_READS_ALL)

Place = Callable[[Path], AbstractContextManager[tuple[Path, Launch]]]
"""A function that prepares a place in a folder, and yields the working directory and the start of a run there."""

_ODD = "with spaces, ä and 画"


def visit(
    reference: Path, folder: Path, chosen: Sequence[Place] | None = None, targets: Sequence[str] = _PART
) -> Tally:
    """Make ``targets`` in all places, or those ``chosen``, and compare the results with ``reference``."""
    tally = Tally("unusual places")
    for place in chosen or PLACES:
        name = place.__name__.replace("_", " ")
        if not NEEDS.get(place, lambda: True)():
            tally.skip(f"{name}: this user may not set it up")
            continue
        with place(folder / place.__name__) as (work, launch):
            run = Run(work, *targets, settings=SMALL, launch=launch)
            tally.inject(name)
            if run.wait() != 0:
                tally.lose(f"{name}: {run.text[-1500:]}")
            elif wrong := differences(run.folder, reference, partly=True):
                tally.lose(f"{name}: {wrong}")
            elif not (run.folder / targets[0]).exists():
                tally.lose(f"{name}: nothing was made")
    return tally


def _environment(**changes: str | None) -> Mapping[str, str]:
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@contextmanager
def results_with_odd_names(folder: Path) -> Iterator[tuple[Path, Launch]]:
    yield folder / _ODD, Launch()


@contextmanager
def a_clone_with_odd_names(folder: Path) -> Iterator[tuple[Path, Launch]]:
    """The sources and an interpreter, in a path with spaces."""
    source = folder / _ODD / "inkbridge"
    _copy_source(source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", source / ".venv"], check=True)
    site = next((source / ".venv/lib").glob("python*/site-packages"))
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "borrowed.pth").write_text(f"{packages}\n{source / 'workflow'}\n", encoding="utf-8")
    yield folder / _ODD / "work", Launch(source=source, python=str(source / ".venv/bin/python"))


@contextmanager
def read_only_sources(folder: Path) -> Iterator[tuple[Path, Launch]]:
    """The sources on a file system that is mounted read-only: permissions do not bind root."""
    source = folder / "inkbridge"
    _copy_source(source)
    subprocess.run(["mount", "--bind", source, source], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", source], check=True)
    try:
        yield folder / "work", Launch(source=source, environment=_environment(PYTHONPATH=f"{source}/workflow"))
    finally:
        subprocess.run(["umount", "--lazy", source], check=True)


@contextmanager
def another_TMPDIR(folder: Path) -> Iterator[tuple[Path, Launch]]:
    temporary = folder / "temporary files"
    temporary.mkdir(parents=True)
    yield folder / "work", Launch(environment=_environment(TMPDIR=str(temporary)))


@contextmanager
def no_HOME(folder: Path) -> Iterator[tuple[Path, Launch]]:
    yield folder / "work", Launch(environment=_environment(HOME=None, XDG_CACHE_HOME=None))


@contextmanager
def a_user_without_HOME_or_rights(folder: Path) -> Iterator[tuple[Path, Launch]]:
    """A user who may read everything but write only into the working directory, run as the Makefile does."""
    work = folder / "work"
    (work / "cache").mkdir(parents=True)
    for path in (work, work / "cache"):
        os.chown(path, _NOBODY, _NOBODY)
    closed = {path: path.stat().st_mode for path in work.parents if not path.stat().st_mode & 1}
    try:
        for path, mode in closed.items():
            path.chmod(mode | 0o011)
        environment = _environment(HOME=None, XDG_CACHE_HOME=str(work / "cache"))
        yield work, Launch(environment=environment, before=_AS_NOBODY)
    finally:
        for path, mode in closed.items():
            path.chmod(mode)


def can_be_nobody() -> bool:
    """Return whether this process may run commands as another user."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    return subprocess.run([*_AS_NOBODY, "true"], capture_output=True, check=False).returncode == 0


@contextmanager
def a_locale_of_C(folder: Path) -> Iterator[tuple[Path, Launch]]:
    unset = {name: None for name in os.environ if name.startswith("LC_")}
    changes = {**unset, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": None}
    yield folder / _ODD, Launch(environment=_environment(**changes))


PLACES = (
    results_with_odd_names,
    a_clone_with_odd_names,
    read_only_sources,
    another_TMPDIR,
    no_HOME,
    a_user_without_HOME_or_rights,
    a_locale_of_C,
)

NEEDS: Mapping[Place, Callable[[], bool]] = {
    read_only_sources: can_mount,
    a_user_without_HOME_or_rights: can_be_nobody,
}
"""Place → a function that returns whether it can be set up here."""


def _copy_source(place: Path) -> None:
    """Copy the files of a clone, or of an archive of one, that the project needs to run."""
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "results", "docs", "tests")
    shutil.copytree(ROOT, place, symlinks=True, ignore=left_out, dirs_exist_ok=True)
