"""A job ends with the conventional exit code, reports why, and does not outlive its Snakemake."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from inkbridge.config.settings import Compute
from inkbridge.pipeline.jobs import RUN_VARIABLE, compute_of, logged, run_id
from inkbridge.support.errors import InkbridgeError, is_out_of_memory
from inkbridge.support.signals import Interruption


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The package's logger is as it was: ``logged`` leaves its handlers to a process that ends."""
    log = logging.getLogger("inkbridge")
    before = log.handlers.copy()
    yield
    for handler in set(log.handlers) - set(before):
        log.removeHandler(handler)
        handler.close()


def end_of(act: Callable[[], object], folder: Path, memory: str = "") -> tuple[object, str]:
    """Return the exit code of a job that does ``act``, and its log."""
    log = folder / "job.log"
    with pytest.raises(SystemExit) as end, logged(log, memory):
        act()
    return end.value.code, log.read_text()


def fail(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_user_errors_are_reported_without_a_traceback(tmp_path, capsys):
    code, log = end_of(fail(InkbridgeError("tree.png: expected a sheet")), tmp_path)
    assert code == 1
    assert "tree.png: expected a sheet" in log
    assert "Traceback" not in log
    assert f"{tmp_path.name}/job: tree.png: expected a sheet" in capsys.readouterr().err


def test_internal_errors_are_reported_with_a_traceback(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(ValueError, match="odd"), logged(log):
        raise ValueError("odd")
    assert "please report it" in log.read_text()
    assert "Traceback" in log.read_text()


def ask_too_much_of_numpy() -> None:
    np.empty((1 << 50,), dtype=np.uint8)


def ask_too_much_of_torch() -> None:
    torch.empty(1 << 50)


def ask_too_much_of_opencv() -> None:
    cv2.resize(np.zeros((2, 2), np.uint8), (1 << 30, 1 << 20))


def ask_too_much_and_wrap_it() -> None:
    try:
        ask_too_much_of_numpy()
    except MemoryError as error:
        raise InkbridgeError("results/dataset/train/0.h5: cannot be read") from error


@pytest.mark.parametrize(
    "act",
    [
        ask_too_much_of_numpy,
        ask_too_much_of_torch,
        ask_too_much_of_opencv,
        ask_too_much_and_wrap_it,
        fail(MemoryError()),
        fail(OSError(12, "Cannot allocate memory")),
        fail(RuntimeError("std::bad_alloc")),
    ],
)
def test_out_of_memory_message_names_the_setting_to_lower(act, tmp_path):
    code, log = end_of(act, tmp_path, "training.batch_size")
    assert code == 1
    assert "memory ran out" in log
    assert "lower training.batch_size, or give the job more memory" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "error", [InkbridgeError("out of memory.png: no"), FileNotFoundError(2, "No such file", "out of memory.png")]
)
def test_error_that_mentions_memory_in_a_file_name_is_not_out_of_memory(error):
    assert not is_out_of_memory(error)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_sets_the_exit_code_of_a_job(number, code, tmp_path):
    former = signal.getsignal(number)
    found, log = end_of(lambda: os.kill(os.getpid(), number), tmp_path)
    assert found == code
    assert f"interrupted by {number.name}" in log
    assert signal.getsignal(number) == former


def test_an_interruption_wrapped_by_a_library_is_recognised(tmp_path):
    def act() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException as error:  # as Numba does
            raise SystemError("a function returned a result with an exception set") from error

    code, log = end_of(act, tmp_path)
    assert code == 143
    assert "interrupted by SIGTERM" in log
    assert "Traceback" not in log


def test_the_message_of_an_interruption_is_logged(tmp_path):
    assert end_of(fail(Interruption(signal.SIGTERM, "stopped at step 9")), tmp_path)[0] == 143
    assert "stopped at step 9" in (tmp_path / "job.log").read_text()


def test_an_unwritable_log_is_reported(tmp_path, capsys):
    (tmp_path / "logs").touch()
    with pytest.raises(SystemExit) as end, logged(tmp_path / "logs" / "job.log"):
        pass
    assert end.value.code == 1
    assert "the log cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("device", "gpus", "used"),
    [("auto", 0, "cpu"), ("auto", None, "cpu"), ("auto", 1, "auto"), ("cuda", 0, "cuda"), ("cpu", 1, "cpu")],
)
def test_a_job_uses_a_gpu_only_if_it_has_declared_one(device, gpus, used):
    resources = {} if gpus is None else {"gpu": gpus}
    job = SimpleNamespace(params=SimpleNamespace(compute={"device": device, "threads": 3}), resources=resources)
    assert compute_of(job) == Compute(device=used, threads=3)


JOB = """
import sys, time
from inkbridge.pipeline.jobs import logged
with logged(sys.argv[1]):
    print("begun", flush=True)
    time.sleep(60)
"""


AS_ON_MACOS = """
import os, pathlib
for name in ("pidfd_open", "sched_getaffinity"):
    vars(os).pop(name, None)  # macOS itself has neither
def missing(path, *given, **named):
    raise FileNotFoundError(2, "No such file or directory", str(path))
pathlib.Path.readlink = pathlib.Path.read_text = missing  # there is no /proc
"""


def job_of(run: str, log: Path, system: str = "") -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", system + JOB, str(log)]
    environment = {**os.environ, RUN_VARIABLE: run}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def mark_of(pid: int, system: str = "") -> str:
    """Return what `run_id` returns in another process of this namespace."""
    return f"{pid} {os.uname().nodename}" if system else run_id().replace(str(os.getpid()), str(pid), 1)


@pytest.mark.parametrize("system", ["", AS_ON_MACOS])
def test_a_job_does_not_start_after_its_snakemake_has_ended(system, tmp_path):
    run = subprocess.Popen(["true"])
    run.wait()
    job = job_of(mark_of(run.pid, system), tmp_path / "job.log", system)
    assert job.communicate(timeout=20)[0] == b""
    assert job.returncode == 143


@pytest.mark.parametrize("elsewhere", ["container", "other machine"])
def test_a_job_elsewhere_ignores_processes_with_the_number_of_its_snakemake(elsewhere, tmp_path):
    run = subprocess.Popen(["true"])
    run.wait()
    _, boot, namespace = run_id().split(" ")
    place = f"{boot} pid:[1]" if elsewhere == "container" else f"another-boot {namespace}"
    job = job_of(f"{run.pid} {place}", tmp_path / "job.log")
    assert job.stdout is not None
    with job.stdout:
        assert job.stdout.readline() == b"begun\n"
    job.kill()
    job.wait()


@pytest.mark.parametrize("system", ["", AS_ON_MACOS])
def test_a_job_ends_when_its_snakemake_ends(system, tmp_path):
    run = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    job = job_of(mark_of(run.pid, system), tmp_path / "job.log", system)
    assert job.stdout is not None
    with job.stdout:
        assert job.stdout.readline() == b"begun\n"
        time.sleep(0.3)
        assert job.poll() is None
        run.kill()
        run.wait()
        assert job.wait(timeout=10) == 143
    assert "SIGTERM" in (tmp_path / "job.log").read_text()
