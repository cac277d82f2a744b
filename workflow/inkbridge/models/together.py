"""One training on several devices of this machine: starts a team by torchrun, and is the program of its processes.

The team trains from a checkpoint to a checkpoint. The process that starts it waits, passes signals on, and reads what
the first process of the team reports: a line of JSON each.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import distributed

from inkbridge.models.device import Backend, set_up
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.signals import Interruption, handling_signals

log = logging.getLogger("inkbridge.models.together")


def run_team(job: Mapping[str, Any], backend: Backend) -> None:
    """Train as ``job`` says, in ``backend.devices`` processes, until its checkpoint is finished.

    Raises :class:`InkbridgeError` and :class:`Interruption` as the processes do.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "job.json")
        file.write_text(json.dumps({**job, "backend": _as_json(backend)}))
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        command += [str(backend.devices), "-m", __name__, str(file)]
        # The team has a session of its own: it gets each signal once, from here.
        with (
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=_environment(),
            ) as team,
            handling_signals(team.send_signal),
        ):
            assert team.stdout is not None
            ends = [end for end in map(_reported, team.stdout) if end is not None]
    if ends:
        raise ends[0]
    if team.returncode:
        raise RuntimeError(f"torchrun ended with exit code {team.returncode}; its errors are above")


def _environment() -> dict[str, str]:
    """Return the environment of the team: it finds the package that this process uses."""
    package = Path(__file__).parents[2]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    # torchrun would warn that it sets the number of threads. The processes set it themselves.
    return {"OMP_NUM_THREADS": "1"} | os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _as_json(backend: Backend) -> dict[str, Any]:
    return {
        "device": backend.device.type,
        "precision": str(backend.precision).removeprefix("torch."),
        "threads": backend.threads,
        "resident": backend.resident,
        "devices": backend.devices,
        "compile": backend.compile,
    }


def _reported(line: str) -> BaseException | None:
    """Log what the team reports. Returns the exception with which it ends, if the line reports one."""
    with suppress(ValueError):
        report = json.loads(line)
        if "error" in report:
            return InkbridgeError(report["error"])
        if "signal" in report:
            return Interruption(report["signal"], report["text"])
        logging.getLogger(report["name"]).log(report["level"], "%s", report["text"])
        return None
    log.warning("%s", line.rstrip())
    return None


# --- a process of the team -------------------------------------------------------------------------------


class _Reporter(logging.Handler):
    """Writes log records as lines of JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        _report({"name": record.name, "level": record.levelno, "text": record.getMessage()})


def _report(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _backend(given: Mapping[str, Any]) -> Backend:
    """Return the backend of this process: each has a device of its own."""
    place = given["device"] if given["device"] == "cpu" else f"{given['device']}:{os.environ['LOCAL_RANK']}"
    rest = {name: value for name, value in given.items() if name not in ("device", "precision")}
    return Backend(torch.device(place), getattr(torch, given["precision"]), **rest)


def main() -> None:
    """Train as the file says that is the only argument. The first process of the team reports how it goes."""
    from inkbridge.models.training import train_in_team  # which starts teams with this module

    job = json.loads(Path(sys.argv[1]).read_text())
    backend = _backend(job.pop("backend"))
    set_up(backend)
    distributed.init_process_group("gloo" if backend.device.type == "cpu" else "nccl")
    leads = distributed.get_rank() == 0
    if leads:
        logging.getLogger("inkbridge").setLevel(logging.INFO)
        logging.getLogger("inkbridge").addHandler(_Reporter())
    try:
        train_in_team(job, backend)
    except InkbridgeError as error:
        if leads:
            _report({"error": str(error)})
    except Interruption as interruption:
        if leads:
            _report({"signal": interruption.number, "text": str(interruption)})
    finally:
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
