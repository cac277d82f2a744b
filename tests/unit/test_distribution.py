"""The wheel holds the package only; the source distribution holds the whole project."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from qa.paths import ROOT

BUILD = "from setuptools import build_meta; build_meta.build_sdist('dist'); build_meta.build_wheel('dist')"

needs_clone = pytest.mark.needs(
    (ROOT / ".git").exists() and shutil.which("git") is not None, "a clone, and git, which says what belongs to it"
)


def tracked_files() -> list[str]:
    """Return the files that git knows, links left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def project_table() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory) -> Path:
    """Return the folder of a wheel and a source distribution, built from a copy of the tracked files."""
    copy = tmp_path_factory.mktemp("project")
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True)
    return copy / "dist"


@needs_clone
def test_wheel_holds_every_file_of_the_package_and_nothing_else(distributions) -> None:
    with ZipFile(next(distributions.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = {name.removeprefix("workflow/") for name in tracked_files() if name.startswith("workflow/inkbridge/")}
    assert names == package
    assert "inkbridge/py.typed" in names
    assert any(name.startswith("inkbridge/web/templates/") for name in names)


@needs_clone
def test_source_distribution_holds_every_tracked_file(distributions) -> None:
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert not set(tracked_files()) - names


@needs_clone
def test_metadata_says_what_pyproject_says(distributions) -> None:
    with ZipFile(next(distributions.glob("*.whl"))) as wheel:
        content = wheel.read(next(name for name in wheel.namelist() if name.endswith("/METADATA")))
    metadata, project = message_from_bytes(content), project_table()
    assert metadata["Version"] == project["version"]
    assert metadata["Author"] == "The inkbridge developers"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("Classifier") == project["classifiers"]


def test_version_is_the_same_everywhere() -> None:
    version = project_table()["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    assert f"\n## [{version}] - {citation['date-released']}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
