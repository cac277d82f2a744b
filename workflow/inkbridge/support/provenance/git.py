"""The versions behind a result: the commit of the source, Python and its libraries."""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

SOURCE_VARIABLE = "INKBRIDGE_SOURCE"
"""Environment variable that names the commit in place of git, with or without ``-dirty`` at its end."""

LIBRARIES = (
    "torch",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "scikit-image",
    "numba",
    "pillow",
    "h5py",
    "safetensors",
    "pandas",
    "matplotlib",
    "snakemake",
)
"""Distributions that results may depend on."""

_UNKNOWN = "unknown"

_OTHER_CLONES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
"""Variables that git sets when it runs a hook. They point to the clone of the hook."""

CHECKOUT = Path(__file__).parents[4]
"""Folder of the clone that holds the package. If the package is installed elsewhere, there is no Snakefile in it."""


def source_of(folder: Path) -> dict[str, Any]:
    """Return ``commit`` and ``dirty`` of the clone ``folder``, from :data:`SOURCE_VARIABLE` if it is set."""
    source = os.environ.get(SOURCE_VARIABLE) or _described_by_git(folder)
    if source in (None, _UNKNOWN):
        return {"commit": _UNKNOWN, "dirty": None}
    return {"commit": source.removesuffix("-dirty"), "dirty": source.endswith("-dirty")}


@cache
def _described_by_git(folder: Path) -> str | None:
    """Return the commit of ``folder``, with ``-dirty`` at its end if a tracked file was changed.

    Returns None if ``folder`` is not a clone of inkbridge.
    """
    package = Path(__file__).relative_to(CHECKOUT)
    if _git(folder, "ls-files", "--error-unmatch", "--", str(package)) is None:
        return None
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return None if commit is None or changed is None else commit + "-dirty" * bool(changed)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return git's answer for ``folder``, or None if git is missing or fails."""
    import subprocess  # most jobs need no git

    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_CLONES}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the installed :data:`LIBRARIES`, without importing them."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:  # in an environment that serves only some jobs
            continue
    return versions
