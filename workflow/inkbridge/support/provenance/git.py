"""The versions behind a result: the commit of the source, Python and its libraries."""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

SOURCE_VARIABLE = "INKBRIDGE_SOURCE"
"""Environment variable that says the commit, with ``-dirty`` behind it or not, and goes before what git says."""

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
"""Distributions whose versions results may depend on."""

_UNKNOWN = "unknown"

_OTHER_CLONES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}

CHECKOUT = Path(__file__).parents[4]
"""Where the clone is that the package lies in; elsewhere git does not track this file there."""


def source_of(folder: Path) -> dict[str, Any]:
    """Return ``commit`` and ``dirty`` of the clone ``folder``, or what :data:`SOURCE_VARIABLE` says instead."""
    told = os.environ.get(SOURCE_VARIABLE) or _described_by_git(folder)
    if told in (None, _UNKNOWN):
        return {"commit": _UNKNOWN, "dirty": None}
    return {"commit": told.removesuffix("-dirty"), "dirty": told.endswith("-dirty")}


@cache
def _described_by_git(folder: Path) -> str | None:
    """Return the commit of ``folder``, with ``-dirty`` where a tracked file in it was changed; None where git knows
    nothing of inkbridge there."""
    package = Path(__file__).relative_to(CHECKOUT)
    if _git(folder, "ls-files", "--error-unmatch", "--", str(package)) is None:
        return None
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return None if commit is None or changed is None else commit + "-dirty" * bool(changed)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git answers of ``folder``, None where it is missing or refuses."""
    import subprocess  # most jobs need no git

    # Within a hook, git's own variables point to the clone that the hook is of.
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_CLONES}
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of Python and of :data:`LIBRARIES`, as far as they are installed, without their import."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:  # in an environment for some jobs alone
            continue
    return versions
