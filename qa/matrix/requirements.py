"""The requirements in ``pyproject.toml``, and constraints for pip with the lowest versions that they admit."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from qa.paths import ROOT


def requirements(pyproject: Path = ROOT / "pyproject.toml", extra: str | None = None) -> dict[str, Requirement]:
    """Return name → requirement of the package, or of one of its extras."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    texts = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, texts)}


def lowest(requirement: Requirement) -> str:
    """Return the lowest version that a requirement admits. Raises ValueError if it has no lower bound."""
    bounds = [part.version for part in requirement.specifier if part.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{requirement}: expected one lower bound")
    return bounds[0]


def lowest_constraints() -> Iterator[str]:
    """Yield a line of a file for pip's ``--constraint`` for each requirement, including those of the
    pipeline and of the tests."""
    for requirement in {**requirements(), **requirements(extra="pipeline"), **requirements(extra="dev")}.values():
        yield f"{requirement.name}=={lowest(requirement)}"
