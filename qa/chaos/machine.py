"""What the machine allows: small disks, limited memory, and signals to a process with all its descendants."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

MIB = 1 << 20

NAMESPACE = ("unshare", "--map-root-user", "--mount")
"""The command that gives a user without root rights mounts of their own, on systems that allow it."""

_CGROUPS = Path("/sys/fs/cgroup")


def wait_for(condition: Callable[[], Any], timeout: float = 120) -> Any:
    """Return the result of ``condition`` as soon as it is true. Raises AssertionError after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {timeout:.0f} s"
        time.sleep(0.02)
    return found


def signal_tree(pid: int, number: int) -> None:
    """Send a signal to a process and all its descendants. Raises ProcessLookupError if the process has ended."""
    tree = [pid, *descendants(pid)]
    os.kill(pid, number)
    for child in tree[1:]:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue  # it ended with its parent


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    try:
        lists = [task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has ended
        return []
    children = [int(word) for words in lists for word in words.split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]


# --- small disks --------------------------------------------------------------------------------------------


@cache
def can_mount() -> bool:
    """Return whether this process may mount file systems; it mounts one to find out."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="inkbridge-mount-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)
    return mounted.returncode == 0


def can_mount_in_a_namespace(before: Sequence[str] = ()) -> bool:
    """Return whether a process may mount file systems after :data:`NAMESPACE`. ``before`` starts that command."""
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="inkbridge-mount-") as folder:
        command = [*before, *NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", folder]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system of ``size`` bytes in memory at ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


# --- limited memory -----------------------------------------------------------------------------------------

Limiter = Callable[[int], AbstractContextManager[Sequence[str]]]
"""A function that makes a control group of so many bytes and yields the words that start a command in it."""


@contextmanager
def _group_of_version_1(limit: int) -> Iterator[Sequence[str]]:
    with _group(_CGROUPS / "memory", "memory.limit_in_bytes") as group:
        (group / "memory.limit_in_bytes").write_text(str(limit))
        yield _enter(group)


@contextmanager
def _group_of_version_2(limit: int) -> Iterator[Sequence[str]]:
    switch = _CGROUPS / "cgroup.subtree_control"
    if switch.exists() and "memory" not in switch.read_text().split():
        switch.write_text("+memory")
    with _group(_CGROUPS, "memory.max") as group:
        (group / "memory.max").write_text(str(limit))
        if (group / "memory.swap.max").exists():
            (group / "memory.swap.max").write_text("0")
        yield _enter(group)


@contextmanager
def _scope_of_systemd(limit: int) -> Iterator[Sequence[str]]:
    user = () if os.geteuid() == 0 else ("--user",)
    yield ("systemd-run", *user, "--quiet", "--scope", f"--property=MemoryMax={limit}", "--property=MemorySwapMax=0")


@contextmanager
def _group(parent: Path, knob: str) -> Iterator[Path]:
    """Make a control group and remove it at the end. Raises OSError if it has no file ``knob`` to limit memory."""
    group = parent / f"inkbridge-chaos-{os.getpid()}"
    group.mkdir()
    try:
        (group / knob).stat()
    except OSError:
        group.rmdir()
        raise
    try:
        yield group
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text().strip())
        group.rmdir()


def _enter(group: Path) -> Sequence[str]:
    return ("bash", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "bash")


LIMITERS: dict[str, Limiter] = {
    "cgroup v1": _group_of_version_1,
    "cgroup v2": _group_of_version_2,
    "systemd-run": _scope_of_systemd,
}
"""The ways to limit a control group's memory, in the order in which they are tried."""


@cache
def usable_limiter() -> str | None:
    """Return the name of the first limiter that kills a process which takes too much memory, or None."""
    return next((name for name, limiter in LIMITERS.items() if _limits(limiter)), None)


def _limits(limiter: Limiter) -> bool:
    """Return whether a limiter starts processes, and kills one that takes twice the memory allowed."""
    greedy = f"x = bytearray({128 * MIB})\nfor place in range(0, len(x), 4096): x[place] = 1"
    try:
        with limiter(64 * MIB) as before:
            modest = subprocess.run([*before, "true"], capture_output=True, check=False)
            killed = subprocess.run([*before, "python3", "-c", greedy], capture_output=True, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return modest.returncode == 0 and killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
