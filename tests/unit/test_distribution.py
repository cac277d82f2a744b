"""The wheel holds the package only, and draws without what only the pipeline needs; the source distribution holds the
whole project."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement
from PIL import Image

from inkbridge.config.shipped import SHIPPED
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
    assert {f"inkbridge/models/weights/{file.name}" for file in SHIPPED.values()} <= names
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


# --- the wheel alone -------------------------------------------------------------------------------------------------

ONLY_FOR_THE_PIPELINE = ("snakemake", "pandas", "matplotlib", "jinja2")
"""Some modules of the extra ``pipeline``. Jinja2 is among the requirements of torch."""


def required(requirement: Requirement, found: set[str]) -> set[str]:
    """Add to ``found`` the installed distributions that ``requirement`` needs, and return it."""
    if (requirement.marker is None or requirement.marker.evaluate({"extra": ""})) and requirement.name not in found:
        found.add(requirement.name)
        for needed in distribution(requirement.name).requires or []:
            required(Requirement(needed), found)
    return found


def link_distribution(name: str, site: Path) -> None:
    """Make an installed distribution visible in the folder ``site``."""
    for top in {file.parts[0] for file in distribution(name).files or []} - {"..", "__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution(name).locate_file(top))))


@pytest.fixture(scope="module")
def alone(distributions, tmp_path_factory) -> Path:
    """Return a virtual environment that has the wheel and what it requires, and nothing else.

    It needs no network: the requirements are links to those that are installed here.
    """
    place = tmp_path_factory.mktemp("alone") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    [site] = place.glob("lib/python*/site-packages")
    [wheel] = distributions.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(place / "bin/python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    [metadata] = site.glob("inkbridge-*.dist-info/METADATA")
    needed: set[str] = set()
    for text in message_from_bytes(metadata.read_bytes()).get_all("Requires-Dist"):
        required(Requirement(text), needed)
    for name in needed:
        link_distribution(name, site)
    return place


def run_alone(alone: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment ``alone`` in a folder that is in no clone."""
    hidden = {"PYTHONPATH", "INKBRIDGE_PROJECT", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [str(alone / "bin" / words[0]), *words[1:]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@needs_clone
@pytest.mark.slow
def test_wheel_alone_draws_outside_any_clone(alone, tmp_path) -> None:
    shutil.copy(ROOT / "resources/doodles/square.png", tmp_path / "cat.png")
    options = {"strokes64": [], "conv64": ["--variant", "conv64", "--no-fit"]}
    for name, words in options.items():
        made = run_alone(alone, tmp_path, "inkbridge", "animate", "cat.png", "-o", f"{name}.gif", *words)
        assert made.returncode == 0, made.stderr
        assert f"model {name}: shipped with inkbridge" in made.stderr
        with Image.open(tmp_path / f"{name}.gif") as film:
            assert (film.size, film.n_frames) == ((256, 256), 5 * 20 + 1)
    made = run_alone(alone, tmp_path, "inkbridge", "demo", "-o", "demo.svg")
    assert made.returncode == 0, made.stderr
    assert "model strokes64: shipped with inkbridge" in made.stderr


@needs_clone
@pytest.mark.slow
def test_wheel_alone_lists_its_models_and_says_what_the_pipeline_needs(alone, tmp_path) -> None:
    listed = run_alone(alone, tmp_path, "inkbridge", "models").stdout.splitlines()
    assert [line.split()[0] for line in listed[1:]] == list(SHIPPED)
    missing = f"from importlib.util import find_spec; print(*(n for n in {ONLY_FOR_THE_PIPELINE} if not find_spec(n)))"
    assert run_alone(alone, tmp_path, "python", "-c", missing).stdout == "snakemake pandas matplotlib\n"
    refused = run_alone(alone, tmp_path, "python", "-c", "import inkbridge.pipeline.jobs")
    assert refused.returncode == 1
    assert refused.stderr == (
        "inkbridge: the pipeline needs more packages than drawing: pip install 'inkbridge[pipeline]'\n"
    )
    (tmp_path / "config.yaml").write_text(
        "doodles: {a: {sheet: cat.png}}\nvariants: {small: {architecture: conv, channels: 8}}\n"
    )
    shutil.copy(ROOT / "resources/doodles/square.png", tmp_path / "cat.png")
    untrained = run_alone(alone, tmp_path, "inkbridge", "animate", "cat.png", "--variant", "small")
    assert "networks are trained in a clone of inkbridge: run there snakemake" in untrained.stderr
