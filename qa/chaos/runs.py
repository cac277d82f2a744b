"""Runs of the workflow that may be disturbed, and the comparison of the results of two runs."""

import atexit
import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from inkbridge.pipeline import fork_server
from inkbridge.support.arrays import read_arrays
from inkbridge.support.errors import InkbridgeError
from qa.chaos.machine import signal_tree
from qa.paths import ROOT
from qa.tiny import TINY

SMALL: dict[str, Any] = {
    **TINY,
    "doodles": dict.fromkeys(["makeman", "square", "brain", "neuron", "dancer", "walker", "jumpingjack"]),
    "training": {**TINY["training"], "images": 1024},
    "animation": {**TINY["animation"], "methods": ["linear"], "noise_std": [0.8]},
}
"""The tiny configuration with one doodle, one method and one std: all rules in less than a minute."""

TIMED = ("seconds", "images_per_second")
"""The figures that differ between any two runs."""

_SOURCE = {"INKBRIDGE_SOURCE": "chaos"}
"""The commit in the records of all results. It is fixed, because results are compared while the sources may change."""


@dataclass(frozen=True)
class Job:
    """A job of a run: its process and its script, ``train`` for example."""

    pid: int
    script: str


@dataclass(frozen=True)
class Launch:
    """How Snakemake is started."""

    source: Path = ROOT
    """The project's folder."""
    python: str = sys.executable
    environment: Mapping[str, str] | None = None
    """All environment variables, or None for those of this process."""
    before: Sequence[str] = ()
    """Words that start the command, such as those of :mod:`qa.chaos.machine`'s limiters."""


class Run:
    """Snakemake in a session and process group of its own, with its output in ``folder/run.log``."""

    def __init__(
        self,
        folder: Path,
        *targets: str,
        options: Sequence[str] = (),
        settings: Mapping[str, Any] = SMALL,
        cores: int = 2,
        launch: Launch = Launch(),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "settings.yaml"
        configuration.write_text(yaml.safe_dump(dict(settings)))
        self.folder, self.log = folder, folder / "run.log"
        snakemake = [*launch.before, launch.python, "-m", "snakemake", "--snakefile", str(launch.source / "Snakefile")]
        places = ["--directory", str(folder), "--configfile", str(configuration)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*snakemake, "--cores", str(cores), *places, *options, "--", *targets],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=launch.source,
                env={**(os.environ if launch.environment is None else launch.environment), **_SOURCE},
                start_new_session=True,
                preexec_fn=_heed_signals,
            )
        atexit.register(self._leave_nothing)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def wait(self, timeout: float = 600) -> int:
        """Return the exit code. A run that does not end in time is killed with all its jobs."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def jobs(self) -> list[Job]:
        """Return the running jobs."""
        return jobs_in(self.folder)

    def some_job(self) -> Job | None:
        """Return one of the running jobs, or None if there is none."""
        return next(iter(self.jobs()), None)

    def _leave_nothing(self) -> None:
        """Kill the run when this process ends: in its own session, it does not receive Ctrl-C."""
        if self.running:
            self.kill_all()

    def kill_all(self) -> None:
        """Kill Snakemake and its jobs at once, as a power cut does."""
        signal_tree(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _heed_signals() -> None:
    """Restore the signals that ``nohup`` and shells ignore in background programs; children inherit that."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def jobs_in(folder: Path) -> list[Job]:
    """Return the jobs that run in ``folder``, whoever started them; none on systems without ``/proc``."""
    if not Path("/proc").is_dir():
        return []
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [job for entry in entries if (job := _job(entry, str(folder.absolute())))]


def _job(entry: Path, folder: str) -> Job | None:
    """Return the job that a process runs, if it runs one: a script, or what the fork server has forked for it."""
    try:
        words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        name, place = (entry / "comm").read_text().strip(), (entry / "cwd").readlink()
    except OSError:  # it has ended
        return None
    if fork_server.__name__ in words:
        return None if name.startswith("python") or str(place) != folder else Job(int(entry.name), name)
    script = next((word for word in words if word.startswith(f"{folder}/.snakemake/scripts/")), None)
    match = script and re.fullmatch(r"tmp\w+\.(\w+)\.py", Path(script).name)
    return Job(int(entry.name), match[1]) if match and fork_server.CLIENT not in words else None


def complete(folder: Path, *targets: str, **options: Any) -> None:
    """Run the workflow in ``folder`` to its end. Raises AssertionError with Snakemake's output if it fails."""
    run = Run(folder, *targets, **options)
    assert run.wait() == 0, run.text


def unlock(folder: Path) -> None:
    """Remove the locks that a killed Snakemake leaves, as Snakemake asks the user to do."""
    complete(folder, options=("--unlock",))


def differences(folder: Path, reference: Path, partly: bool = False, kept: Collection[str] = ()) -> list[str]:
    """Return how the results of two runs differ, one line a file.

    partly: ``folder`` may lack files, except those in ``kept``, which an earlier run had finished.

    All bytes count, except the times that a training took: in a model's record, in the table of trainings, and on the
    page that shows this table. Logs do not count. A partial file left by a killed writer is a difference only in a
    finished run.
    """
    found, expected = _files(folder / "results"), _files(reference / "results")
    extra, missing = found - expected, expected - found
    lines = [f"{name}: exists, but should not" for name in sorted(extra) if not (partly and _hidden(name))]
    lines += [f"{name}: is missing" for name in sorted(missing) if not partly]
    lines += [f"{name}: was finished, and is lost" for name in sorted(missing & set(kept)) if partly]
    for name in sorted(found & expected):
        one, other = folder / "results" / name, reference / "results" / name
        if one.read_bytes() != other.read_bytes() and _content(one) != _content(other):
            lines.append(f"{name}: differs")
    return lines


def finished_files(folder: Path) -> set[str]:
    """Return the results that Snakemake regards as finished in ``folder``: recorded, and not marked as incomplete."""
    complete = _recorded(folder, "metadata") - _recorded(folder, "incomplete")
    return {name for name in _files(folder / "results") if any(f"results/{name}".startswith(one) for one in complete)}


def _recorded(folder: Path, kind: str) -> set[str]:
    """Return the paths of outputs that Snakemake keeps as file names in Base64, below ``.snakemake/KIND``."""
    records = (folder / ".snakemake" / kind).rglob("*")
    return {base64.urlsafe_b64decode(record.name).decode() for record in records if record.is_file()}


def _files(results: Path) -> set[str]:
    names = (str(path.relative_to(results)) for path in results.rglob("*") if path.is_file())
    return {name for name in names if not name.startswith("logs/") and "checkpoint." not in name}


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in Path(name).parts)


def _content(path: Path) -> Any:
    """Return what is compared of a file: all but the times of trainings."""
    if path.name == "model.safetensors":
        return _model(path)
    if path.match("reports/training.csv"):
        return pd.read_csv(path).drop(columns=list(TIMED)).to_csv()
    if path.match("reports/index.html"):
        return _page(path)
    return path.read_bytes()


def _model(path: Path) -> Any:
    try:
        stored = read_arrays(path)
    except InkbridgeError as error:
        return str(error)
    record = {name: value for name, value in stored.about["training"].items() if name not in TIMED}
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in stored.arrays.items()}
    return arrays, {**stored.about, "training": record}


def _page(path: Path) -> str:
    """Return the page of the reports with empty cells for the times of trainings."""
    text = path.read_text()
    for value in pd.read_csv(path.with_name("training.csv"))[list(TIMED)].to_numpy().ravel():
        text = text.replace(f">{value:#.4g}</td>", "></td>", 1)
    return text
