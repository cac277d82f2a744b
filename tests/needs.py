"""What tests need of the machine. A test whose need is not met is skipped; in CI it fails, if CI could meet the need.

A need is the mark ``@pytest.mark.needs(met, what)``, or ``needs(met, what, possible)`` if not every CI can meet it:
macOS has no control groups, and only root may mount a disk.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

ON_LINUX = sys.platform == "linux"

_SYSTEM_ADMINISTRATION = 21
"""The bit of CAP_SYS_ADMIN, see capabilities(7)."""


def privileges() -> tuple[bool, str]:
    """Return whether this process may administer a Linux system, and words that say why if it may not."""
    if not ON_LINUX:
        return False, "; only Linux has it"
    if os.geteuid() != 0:
        return False, "; this process does not run as root"
    status = Path("/proc/self/status").read_text()
    capabilities = int(next(line for line in status.splitlines() if line.startswith("CapEff")).split()[1], base=16)
    if not capabilities >> _SYSTEM_ADMINISTRATION & 1:
        return False, "; root has no such rights in an unprivileged container"
    return True, ""


PRIVILEGED, WHY_NOT = privileges()
"""What :func:`privileges` returns."""


def memory_can_be_limited() -> bool:
    """Return whether root can make a control group that limits memory.

    In a container ``/sys`` is often read-only. With version 2, the top group of a container holds processes, so that
    none of its groups can get limits; only the top group of the system has no file ``cgroup.type``.
    """
    top = Path("/sys/fs/cgroup")
    group = top / "memory" if (top / "memory").is_dir() else top
    if not PRIVILEGED or not group.is_dir() or os.statvfs(group).f_flag & os.ST_RDONLY:
        return False
    controllers = top / "cgroup.controllers"
    return group != top or (
        controllers.exists() and "memory" in controllers.read_text().split() and not (top / "cgroup.type").exists()
    )


needs_linux = pytest.mark.needs(ON_LINUX, "Linux", ON_LINUX)
needs_git = pytest.mark.needs(shutil.which("git") is not None, "git")
needs_preload = pytest.mark.needs(ON_LINUX and shutil.which("gcc") is not None, "gcc, and Linux's LD_PRELOAD", ON_LINUX)
