"""``pyproject.toml``, ``constraints.txt`` and ``envs`` agree on what inkbridge needs."""

import ast
import sys
import tomllib
from collections import ChainMap
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from qa.matrix.requirements import lowest, lowest_constraints, requirements
from qa.paths import PACKAGE, ROOT

ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))

CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "opencv-python-headless": "opencv",
    "torch": "pytorch",
}
"""Name on PyPI → another name on conda-forge."""

NOT_IN_JOBS = {"snakemake", "click", "av", "pyyaml", "ruamel-yaml"}
"""What Snakemake itself and the command line need: jobs in an environment of conda do not."""

PIPELINE_ROOMS = {"evaluation", "pipeline", "web"}
"""Rooms that only the pipeline uses, but for ``evaluation.summaries``."""

EXTRAS = ("pdf", "heic", "svg", "studio")
"""Extras of commands: those that read more kinds of files, and the studio."""

IMPORTED_AS = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pillow-heif": "pillow_heif",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "resvg-py": "resvg_py",
    "ruamel-yaml": "ruamel",
}

COME_WITH_TORCH = {"triton"}
"""What torch brings along where it supports GPUs. Nothing else needs it."""


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.name)
def test_conda_environments_have_the_ranges_of_pyproject(environment) -> None:
    content = yaml.safe_load(environment.read_text(encoding="utf-8"))
    found = {
        name: SpecifierSet(versions) for name, _, versions in (each.partition(" ") for each in content["dependencies"])
    }
    python = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    expected = {
        CONDA_NAMES.get(name, name): requirement.specifier
        for name, requirement in {**requirements(), **requirements(extra="pipeline")}.items()
        if name not in NOT_IN_JOBS
    }
    assert found == {"python": SpecifierSet(python), **expected}
    assert content["channels"] == ["conda-forge", "nodefaults"]


def test_conda_environments_exist() -> None:
    assert ENVIRONMENTS


def test_pinned_versions_are_within_the_required_ranges() -> None:
    extras = [requirements(extra=name) for name in ("pipeline", "slurm", "dev", "dist", "docs", *EXTRAS)]
    for name, requirement in ChainMap(requirements(), *extras).items():
        assert pinned()[name] in requirement.specifier, requirement


def test_every_requirement_has_one_lower_bound_which_the_lowest_constraints_use() -> None:
    lines = dict(line.split("==") for line in lowest_constraints())
    assert len(lines) == len({**requirements(), **requirements(extra="pipeline"), **requirements(extra="dev")})
    assert lines["numpy"] == lowest(requirements()["numpy"])
    with pytest.raises(ValueError, match="one lower bound"):
        lowest(Requirement("numpy<3"))


def imported_packages(files: Iterable[Path]) -> set[str]:
    """Return the packages that some modules import, without the standard library, inkbridge, and what torch brings."""
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"inkbridge"} - COME_WITH_TORCH


def test_requirements_are_exactly_the_packages_that_drawing_imports() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in PIPELINE_ROOMS]
    others = {name for extra in EXTRAS for name in requirements(extra=extra)}
    assert imported_packages(files) == {IMPORTED_AS.get(name, name) for name in {*requirements(), *others}}


def test_extra_has_exactly_the_packages_that_only_the_pipeline_imports() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "workflow/scripts").glob("*.py")]
    extras = [requirements(extra=name) for name in ("pipeline", *EXTRAS)]
    required = {IMPORTED_AS.get(name, name) for name in ChainMap(requirements(), *extras)}
    assert imported_packages(files) | {"snakemake"} == required
    assert not set(requirements()) & set(requirements(extra="pipeline"))
