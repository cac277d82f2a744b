"""A Slurm cluster on this machine: a controller and two nodes, each a process with a port and a folder of its own.

It needs root and Debian's packages (``apt-get install munge slurmctld slurmd slurm-client``). Slurm reads its
configuration from ``/etc/slurm/slurm.conf``, because the steps of its jobs know no other place. A cluster that is
already configured there is left alone. Nodes have no accounting, so ``squeue`` says how jobs ended.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
_GPUS = CONFIGURATION.with_name("gres.conf")
PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client")
"""Debian's packages with the programs below."""

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel")
_OURS = "# A cluster for tests of inkbridge; it may be removed.\n"
_MUNGE_SOCKET = Path("/run/munge/munge.socket.2")
_FAKE_GPU = "/dev/null"
"""The device of the GPU that node n2 pretends to have: Slurm places jobs on it, and nothing can compute on it."""

PATIENCE = 60.0
"""Seconds to wait for a daemon or a node."""


def why_not() -> str:
    """Return why no cluster can be started here; empty if one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "root on Linux"
    if missing := [program for program in _PROGRAMS if shutil.which(program, path=_PATH) is None]:
        return f"Slurm: {', '.join(missing)} not found; apt-get install {' '.join(PACKAGES)}"
    if CONFIGURATION.exists() and not CONFIGURATION.read_text().startswith(_OURS):
        return f"a machine that belongs to no cluster; found {CONFIGURATION}"
    return ""


def can_be_had() -> bool:
    """Return whether continuous integration can meet what :func:`why_not` asks for: root, and Debian's packages."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


_PATH = os.pathsep.join(["/usr/sbin", "/sbin", os.environ.get("PATH", "")])


@dataclass
class Cluster:
    """A running cluster. :meth:`kill_node` takes a node down, as a power cut does."""

    folder: Path
    """Of spools, states and logs."""
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    """Name of a daemon (``slurmctld``, ``n1``, ``n2``, ``munged``) → its process."""

    def start(self, name: str, *command: str, user: str | None = None) -> None:
        """Start a daemon that stays in the foreground."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": _PATH, "LANG": "C.UTF-8"},
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )

    def start_node(self, name: str) -> None:
        """Start a node, or start it again, and wait until it is idle."""
        self.start(name, "slurmd", "-D", "-N", name)
        _wait_until(lambda: name in self.nodes("idle"), f"node {name} is idle", self.folder)

    def nodes(self, state: str) -> list[str]:
        """Return the nodes in a ``state`` of ``sinfo``."""
        return ask("sinfo", "--noheader", "--Node", "--states", state, "--format", "%N").split()

    def kill_node(self, name: str) -> None:
        """Kill a node's daemon and all that runs on the node, at once."""
        _kill([self.processes.pop(name).pid, *_tree(_stewards(jobs(node=name)))])

    def stop(self) -> None:
        """End all jobs and daemons that this cluster has started."""
        if running := jobs():
            ask("scancel", "--signal=KILL", *running)
            ask("scancel", *running)
            with suppress(AssertionError):
                _wait_until(lambda: not _stewards(running), "jobs have ended", self.folder)
        _kill(_tree(_stewards(running)))
        for process in reversed(self.processes.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running() -> Iterator[Cluster]:
    """Run a cluster until the block ends. :func:`why_not` must be empty."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inkbridge-slurm-")))
        CONFIGURATION.parent.mkdir(exist_ok=True)
        for place, text in ((CONFIGURATION, _configuration(folder)), (_GPUS, _gpus())):
            place.write_text(text)
            stack.callback(place.unlink, missing_ok=True)
        cluster = Cluster(folder)
        stack.callback(cluster.stop)
        _start_munge(cluster)
        cluster.start("slurmctld", "slurmctld", "-D", "-c")
        _wait_until(lambda: "UP" in ask("scontrol", "ping"), "slurmctld answers", folder)
        for name in ("n1", "n2"):
            cluster.start_node(name)
        yield cluster


def ask(*command: str) -> str:
    """Return what a command of Slurm prints, empty if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, "PATH": _PATH})
    return done.stdout if done.returncode == 0 else ""


def jobs(*states: str, node: str = "") -> list[str]:
    """Return the numbers of the jobs in ``states``, by default of those that wait or run, on a ``node`` or on all."""
    chosen = ["--states", ",".join(states)] if states else []
    return ask("squeue", "--noheader", "--format", "%i", *chosen, *(["--nodelist", node] if node else [])).split()


def details(job: str) -> dict[str, str]:
    """Return what ``scontrol`` knows of a job, name → value."""
    words = ask("scontrol", "--oneliner", "show", "job", job).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def _configuration(folder: Path) -> str:
    lines = {
        "ClusterName": "inkbridge",
        "SlurmctldHost": f"{os.uname().nodename}(127.0.0.1)",
        "AuthType": "auth/munge",
        "AuthInfo": "cred_expire=10",
        "SlurmUser": "root",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "MpiDefault": "none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_CPU_Memory",
        "AccountingStorageType": "accounting_storage/none",
        "JobAcctGatherType": "jobacct_gather/linux",
        "JobAcctGatherFrequency": "task=1",
        "JobAcctGatherParams": "OverMemoryKill",
        "ReturnToService": "2",
        "SlurmdTimeout": "10",
        "KillWait": "20",
        "SlurmctldPort": "17000",
        "StateSaveLocation": str(folder / "state"),
        "SlurmdSpoolDir": str(folder / "spool-%n"),
        "SlurmctldPidFile": str(folder / "slurmctld.pid"),
        "SlurmdPidFile": str(folder / "slurmd-%n.pid"),
        "SlurmdParameters": "config_overrides",
        "GresTypes": "gpu",
    }
    text = _OURS + "".join(f"{name}={value}\n" for name, value in lines.items())
    (folder / "state").mkdir()
    for number, name in enumerate(("n1", "n2"), start=1):
        (folder / f"spool-{name}").mkdir()
        text += (
            f"NodeName={name} NodeHostname={os.uname().nodename} NodeAddr=127.0.0.1 Port={17000 + number} CPUs=4 "
            f"RealMemory=6000{' Gres=gpu:1' if name == 'n2' else ''}\n"
        )
    return text + "PartitionName=main Nodes=n1,n2 Default=YES State=UP DefaultTime=60\n"


def _gpus() -> str:
    return f"{_OURS}NodeName=n2 Name=gpu File={_FAKE_GPU}\n"


def _start_munge(cluster: Cluster) -> None:
    """Start the daemon that signs Slurm's messages, as its own user, unless it runs."""
    if _MUNGE_SOCKET.exists() and ask("munge", "-n"):
        return
    owner = pwd.getpwnam("munge")
    for folder in (_MUNGE_SOCKET.parent, Path("/var/log/munge"), Path("/var/lib/munge")):
        folder.mkdir(exist_ok=True)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    cluster.start("munged", "munged", "--foreground", "--force", user="munge")
    _wait_until(lambda: bool(ask("munge", "-n")), "munged answers", cluster.folder)


def _wait_until(is_so: Callable[[], bool], what: str, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            logs = "\n".join(log.read_text(errors="replace")[-1000:] for log in folder.glob("*.log"))
            raise AssertionError(f"expected that {what} within {PATIENCE:.0f} s; found:\n{logs}")
        time.sleep(0.2)


def _stewards(jobs_of: Sequence[str]) -> list[int]:
    """Return the processes ``slurmstepd`` that look after the steps of jobs."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if words.startswith("slurmstepd: [") and words[13:].split("]")[0].split(".")[0] in jobs_of:
                found.append(int(entry.name))
    return found


def _tree(roots: Sequence[int]) -> list[int]:
    """Return ``roots`` and all their descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = list(roots)
    for process in found:
        found += [child for child, parent in parents.items() if parent == process and child not in found]
    return found


def _kill(processes: Sequence[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
