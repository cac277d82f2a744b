"""Try each input in its own process, with little time and memory. It must write, print and start nothing."""

import math
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inkbridge.support.errors import InkbridgeError

SECONDS = 10.0  # of processor time for one input
PATIENCE = 60.0  # seconds on the clock for one input: one that waits for ever takes no processor time
MEBIBYTES = 1024.0  # of the process of one input, with all libraries
BUILDING_SECONDS = 120.0  # making an input may take longer than reading it
ADDRESS_SPACE = 16 << 30  # bytes: protects the machine's memory
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect")
CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree")

Verdict = Literal["right", "refused", "wrong"]


@dataclass(frozen=True)
class Input:
    """One input, ready to be tried.

    text: how it was made. read: tries it. judge: says what is wrong with the result, or None. programs: whether trying
    it starts programs, which may write into the working directory. writes: whether trying it may itself write there,
    and into the folder for temporary files, which must be empty afterwards.
    """

    text: str
    read: Callable[[], Any]
    judge: Callable[[Any], str | None]
    programs: bool = False
    writes: bool = False


Family = Callable[[np.random.Generator, Path], Input]


@dataclass(frozen=True)
class Task:
    """Input number `index` of the family `name`, made from `seed`."""

    name: str
    seed: int
    index: int

    def generator(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), self.index])


@dataclass(frozen=True)
class Outcome:
    """The result of one input. reason: what is wrong, or the message of a refusal."""

    task: Task
    verdict: Verdict
    reason: str
    text: str = ""
    seconds: float = 0.0
    mebibytes: float = 0.0


@dataclass
class _Trial:
    """A task that runs."""

    task: Task
    process: Any
    connection: Connection
    folder: Path
    begun: float
    text: str = ""  # known as soon as the input is made


def try_all(tasks: Iterable[Task], families: Mapping[str, Family], jobs: int = 2) -> Iterator[Outcome]:
    """Try every task, `jobs` at a time, in any order."""
    waiting, running = iter(tasks), list[_Trial]()
    try:
        while True:
            while len(running) < jobs and (task := next(waiting, None)) is not None:
                running.append(_start(task, families[task.name]))
            if not running:
                return
            wait([trial.connection for trial in running], timeout=0.5)
            for trial in list(running):
                outcome = _news(trial)
                if outcome is not None:
                    running.remove(trial)
                    _end(trial)
                    yield outcome
    finally:
        for trial in running:
            _end(trial)


def _start(task: Task, family: Family) -> _Trial:
    context = multiprocessing.get_context("fork")
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, task, family, folder), daemon=True)
    process.start()
    theirs.close()
    return _Trial(task, process, ours, folder, time.monotonic())


def _news(trial: _Trial) -> Outcome | None:
    """Return the outcome, or None if there is none yet."""
    try:
        while trial.connection.poll():
            message = trial.connection.recv()
            if isinstance(message, Outcome):
                return message
            trial.text, trial.begun = message, time.monotonic()
    except EOFError:
        trial.process.join()
        code = trial.process.exitcode
        if code == -signal.SIGXCPU:
            return Outcome(trial.task, "wrong", f"still busy after {SECONDS:.0f} s", trial.text, SECONDS)
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return Outcome(trial.task, "wrong", f"the process died: {how}", trial.text)
    seconds = time.monotonic() - trial.begun
    if trial.text and seconds > PATIENCE:
        return Outcome(trial.task, "wrong", f"not done after {seconds:.0f} s", trial.text, seconds)
    if seconds > BUILDING_SECONDS:
        return Outcome(trial.task, "wrong", "the input could not be made in time")
    return None


def _end(trial: _Trial) -> None:
    trial.process.kill()
    trial.process.join()
    trial.connection.close()
    shutil.rmtree(trial.folder, ignore_errors=True)


def _child(connection: Connection, task: Task, family: Family, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    noise = _silenced(folder / "noise")
    try:
        outcome = _tried(connection, task, family, folder, noise)
    except BaseException:  # an error of the harness itself
        outcome = Outcome(task, "wrong", "the harness failed: " + traceback.format_exc())
    connection.send(outcome)
    connection.close()
    os._exit(0)


def _silenced(file: Path) -> Path:
    """Redirect the output of this process, that of C libraries included, into a file."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    return file


def _tried(connection: Connection, task: Task, family: Family, folder: Path, noise: Path) -> Outcome:
    for name in ("input", "work", "temporary"):
        (folder / name).mkdir()
    tempfile.tempdir = str(folder / "temporary")
    os.chdir(folder / "work")
    made = family(task.generator(), folder / "input")
    connection.send(made.text)
    before = _listing(folder, made)
    _forget_peak()
    deeds = [] if made.programs else _watched(folder if made.writes else None)
    begun = time.process_time()
    most = math.ceil(begun + SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    failure, result = "", None
    try:
        result = made.read()
    except InkbridgeError as error:
        result = error
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        failure = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    seconds, mebibytes, acts = time.process_time() - begun, _peak(), list(deeds)
    if made.programs:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, mebibytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    sys.stdout.flush()
    sys.stderr.flush()
    complaints = [
        failure,
        f"took {seconds:.1f} s" if seconds > SECONDS else "",
        f"took {mebibytes:.0f} MiB" if mebibytes > MEBIBYTES else "",
        f"out of memory: {result}" if _out_of_memory(result) else "",
        f"printed {noise.read_bytes()[:200]!r}" if noise.stat().st_size else "",
        f"did {acts[0]}" if acts else "",
        "changed files" if _listing(folder, made) != before else "",
        "left temporary files" if made.writes and any((folder / "temporary").iterdir()) else "",
        "" if failure else made.judge(result) or "",
    ]
    reason = "; ".join(filter(None, complaints))
    refused = isinstance(result, InkbridgeError) or (made.programs and getattr(result, "returncode", 0) != 0)
    verdict: Verdict = "wrong" if reason else "refused" if refused else "right"
    shown = reason or (str(result)[:1000] if refused else "")
    return Outcome(task, verdict, shown, made.text, seconds, mebibytes)


def _out_of_memory(result: object) -> bool:
    while isinstance(result, BaseException):
        if isinstance(result, MemoryError):
            return True
        result = result.__cause__ or result.__context__
    return False


def _listing(folder: Path, made: Input) -> list[tuple[str, int, int]]:
    """Return every file below a folder with its size and time, except output and what programs may write."""
    found = []
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder:
            free = {"work"} if made.programs else {"work", "temporary"} if made.writes else set()
            folders[:] = [name for name in folders if name not in free]
        for name in (*folders, *names):
            status = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - names that are not text
            found.append((os.path.join(parent, name), status.st_size, status.st_mtime_ns))  # noqa: PTH118
    return sorted(entry for entry in found if entry[0] != str(folder / "noise"))


def _watched(free: Path | None) -> list[str]:
    """Return a list that grows with every attempt to write a file, start a program or reach a network. Files in the
    folder ``free`` may be written."""
    deeds: list[str] = []

    def is_free(place: object) -> bool:
        if free is None or not isinstance(place, str | bytes | os.PathLike):
            return False
        return Path(os.path.realpath(os.fsdecode(place))).is_relative_to(os.path.realpath(free))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        writes = writes and arguments[0] != os.devnull
        if (event in CHANGING or writes) and is_free(arguments[0]):
            return
        if writes or event in FORBIDDEN or event in CHANGING:
            deeds.append(f"{event} {arguments[0]!r}")

    sys.addaudithook(hook)
    return deeds


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the peak memory of this process since `_forget_peak`, in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
