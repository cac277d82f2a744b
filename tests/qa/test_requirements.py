"""A machine that lacks a program skips its tests, but fails them in continuous integration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from qa.chaos import machine, places
from qa.paths import ROOT
from tests.conftest import pytest_runtest_setup
from tests.needs import PRIVILEGED, WHY_NOT, privileges

INSTALL = ROOT / "tests/browser/install-chromium"


@pytest.mark.parametrize(("ci", "code", "outcome"), [("true", 1, "3 errors"), ("", 0, "3 skipped")])
def test_missing_programs_skip_tests_but_fail_them_in_CI(ci, code, outcome, tmp_path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    needy = [
        "tests/browser/test_gallery.py::test_gifs_are_shown_without_scripts",
        "tests/unit/support/provenance/test_git.py::test_clean_clone_has_its_commit",
        "tests/unit/support/test_locks.py::test_workflow_warns_once_for_all_its_jobs",
    ]
    # No program is on this PATH.
    surroundings = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    ended = subprocess.run([*command, *needy], cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
    assert ended.returncode == code, ended.stdout
    assert outcome in ended.stdout
    for what in ("Chromium; install it with tests/browser/install-chromium", "git", "gcc, and Linux's LD_PRELOAD"):
        assert f"needs {what}" in ended.stdout


@pytest.mark.parametrize("ci", ["true", ""])
def test_needs_that_CI_cannot_meet_skip_tests_everywhere(ci, monkeypatch):
    monkeypatch.setenv("CI", ci)
    one = SimpleNamespace(iter_markers=lambda name: [pytest.mark.needs(False, "a control group", False).mark])
    with pytest.raises(pytest.skip.Exception, match="needs a control group"):
        pytest_runtest_setup(one)


def test_linux_with_all_rights_meets_every_need(monkeypatch):
    if PRIVILEGED:
        assert WHY_NOT == ""
        assert machine.can_mount()
        assert places.can_be_nobody()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privileges() == (False, "; this process does not run as root")


def path_with(folder: Path, *commands: str, **scripts: str) -> str:
    """Return a PATH of one folder, with some commands of the system and some scripts."""
    folder.mkdir()
    for name in commands:
        (folder / name).symlink_to(shutil.which(name))
    for name, text in scripts.items():
        script = folder / name.replace("_", "-")
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("apt_get", [None, "exit 100"])
def test_an_installation_of_Chromium_that_fails_says_so(apt_get, tmp_path):
    scripts = {"apt_get": apt_get, "sudo": 'shift; exec "$@"'} if apt_get else {}
    path = path_with(tmp_path / "bin", "sh", "id", "env", **scripts)
    ended = subprocess.run([INSTALL], env={"PATH": path}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr


def test_nothing_is_installed_if_there_is_a_browser(tmp_path):
    path = path_with(tmp_path / "bin", "sh", "id", chromium="exit 1", apt_get="exit 1")
    ended = subprocess.run([INSTALL], env={"PATH": path}, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
