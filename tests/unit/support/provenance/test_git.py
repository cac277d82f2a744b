"""A record names the commit of the source and the versions of the libraries."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkbridge.support.provenance.git import SOURCE_VARIABLE, library_versions, source_of
from tests.needs import needs_git


def test_versions_are_those_of_the_libraries_without_importing_torch() -> None:
    import torch

    assert library_versions()["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert library_versions()["numpy"] == np.__version__
    module = "inkbridge.support.provenance.git"
    code = f"import sys, {module} as git; git.library_versions(); print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    answer = subprocess.run(["git", *who, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a project with the package in it."""
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    module = tmp_path / "clone/workflow/inkbridge/support/provenance/git.py"
    module.parent.mkdir(parents=True)
    module.write_text("1\n")
    git(tmp_path / "clone", "init", "--quiet")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "--quiet", "-m", "first")
    return tmp_path / "clone"


@needs_git
def test_clean_clone_has_its_commit(clone: Path) -> None:
    (clone / "untracked").write_text("a note")
    assert source_of(clone) == {"commit": git(clone, "rev-parse", "HEAD"), "dirty": False}


@needs_git
def test_changed_tracked_file_makes_a_clone_dirty(clone: Path) -> None:
    (clone / "workflow/inkbridge/support/provenance/git.py").write_text("2\n")
    assert source_of(clone) == {"commit": git(clone, "rev-parse", "HEAD"), "dirty": True}


@needs_git
def test_folder_in_another_clone_does_not_get_the_commit_of_that_clone(clone: Path) -> None:
    outside = clone / "build"
    shutil.copytree(clone / "workflow", outside / "workflow")
    assert source_of(outside) == {"commit": "unknown", "dirty": None}


@needs_git
def test_variables_of_git_do_not_lead_to_another_clone(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(clone / "nowhere"))
    assert source_of(clone)["dirty"] is False


def test_without_git_the_commit_is_unknown_or_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert source_of(tmp_path / "somewhere") == {"commit": "unknown", "dirty": None}
    monkeypatch.setenv(SOURCE_VARIABLE, "feed")
    assert source_of(tmp_path / "somewhere") == {"commit": "feed", "dirty": False}
