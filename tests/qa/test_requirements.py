"""A machine that lacks a program skips its tests, but fails them in continuous integration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "tests/browser/install-chromium"


@pytest.mark.parametrize(("ci", "code", "outcome"), [("true", 1, "1 error"), ("", 0, "1 skipped")])
def test_without_a_browser_tests_of_pages_are_skipped_but_fail_in_CI(ci, code, outcome, tmp_path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    one = "tests/browser/test_gallery.py::test_gifs_are_shown_without_scripts"
    # Chromium is nowhere on this PATH; on macOS it would be found in /Applications.
    surroundings = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    ended = subprocess.run([*command, one], cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
    assert ended.returncode == code, ended.stdout
    assert outcome in ended.stdout
    assert "needs Chromium; install it with tests/browser/install-chromium" in ended.stdout


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
