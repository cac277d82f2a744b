"""A process that has imported what jobs import, and forks a process for each of them.

Importing libraries and loading compiled kernels takes longer than drawing a GIF. So Snakemake starts its scripts by
:mod:`inkbridge.pipeline.fork_client`, which asks this server for a process: it shares the server's memory, where all of
that is done. When a script first runs, the server imports what the script imports and calls its function ``prepare``,
if there is one, and does nothing else.

A job that is killed is like any other that is killed. A client that is killed takes its job with it; so does Snakemake.
Linux alone has what this takes (``pidfd``); elsewhere, each job starts its own Python.
"""

import ast
import atexit
import gc
import json
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkbridge.pipeline.fork_client import STARTED
from inkbridge.support.signals import ENDING

CLIENT = str(Path(__file__).with_name("fork_client.py"))
"""The script that Snakemake starts in place of each job's script."""


def start(python: str) -> str:
    """Start a server that ends with this process. Return the command that runs a script in a job of it, quoted for a
    shell; ``python`` itself, a command as well, if this system has no such servers."""
    if not _can_serve():
        return python
    folder = Path(tempfile.mkdtemp(prefix="inkbridge-"))  # which no other user can enter
    place = folder / "server"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(place))
        except OSError:  # the path is too long, or the file system has no sockets
            shutil.rmtree(folder)
            return python
        listener.listen()
        parent = os.pidfd_open(os.getpid())
        words = [*shlex.split(python), "-m", __name__, str(listener.fileno()), str(parent), str(folder)]
        server = subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[listener.fileno(), parent])
        os.close(parent)
    atexit.register(_end, server, folder)
    return f"{python} -I -S {shlex.quote(CLIENT)} {shlex.quote(str(place))}"


def _end(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    server.kill()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _can_serve() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # not Linux, an old one, or a sandbox that forbids the call
        return False
    return True


class Server:
    """The loop of a server: ``listener`` is its socket, ``parent`` a pidfd of the process with which it ends."""

    def __init__(self, listener: socket.socket, parent: int) -> None:
        self._listener, self._parent = listener, parent
        self._jobs: dict[int, tuple[int, socket.socket]] = {}
        """pidfd of a job → its process, and the connection to its client."""
        self._prepared: set[str] = set()
        self._heeded = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}

    def serve(self) -> str | None:
        """Return the script to run, in the process of a job; None, in the server, after its parent has ended."""
        while True:
            ready, _, _ = select.select([self._parent, self._listener.fileno(), *self._jobs], [], [])
            if self._parent in ready:
                return None
            for file in ready:
                if file in self._jobs:
                    self._report(file)
                elif (script := self._fork()) is not None:
                    return script

    def _fork(self) -> str | None:
        """Start a job. Return its script in its process, None in the server."""
        connection, _ = self._listener.accept()
        request, files = _receive(connection)
        if request is None:  # the client was killed
            connection.close()
            return None
        self._prepare(request["script"])
        process = os.fork()
        if process == 0:
            self._become(connection, request, files)
            return str(request["script"])
        for file in files:
            os.close(file)
        self._jobs[os.pidfd_open(process)] = process, connection
        _send(connection, STARTED)
        return None

    def _prepare(self, script: str) -> None:
        """Import what ``script`` imports, so that jobs of its rule find it imported, and call its ``prepare``."""
        rule = script.split(".")[-2]
        if rule in self._prepared:
            return
        self._prepared.add(rule)
        statements = ast.parse(Path(script).read_bytes()).body
        wanted: list[ast.stmt] = [
            one for one in statements if isinstance(one, ast.Import | ast.ImportFrom | ast.FunctionDef)
        ]
        found: dict[str, Any] = {}
        with suppress(Exception, SystemExit):  # the script will fail in the same way, in its own job
            exec(compile(ast.Module(wanted, []), script, "exec"), found)
            if "prepare" in found:
                found["prepare"]()
        gc.collect()
        gc.freeze()  # looking for garbage would copy the memory that jobs share

    def _become(self, connection: socket.socket, request: dict[str, Any], files: list[int]) -> None:
        """Turn a copy of the server into the process that the client asked for."""
        os.setpgid(0, 0)  # Ctrl-C ends the client, and the client's end ends this process: it gets one signal, not two
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        self._listener.close()
        for job, (_, other) in self._jobs.items():
            os.close(job)
            other.close()
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        for number, handler in self._heeded.items():
            signal.signal(number, handler)
        with suppress(OSError):  # so that top and ps tell jobs apart
            Path("/proc/self/comm").write_text(request["script"].split(".")[-2])
        threading.Thread(target=_end_with_client, args=(connection,), daemon=True).start()

    def _report(self, job: int) -> None:
        """Tell the client how its job has ended."""
        process, connection = self._jobs.pop(job)
        os.close(job)
        _, status = os.waitpid(process, 0)
        _send(connection, b"%d" % os.waitstatus_to_exitcode(status))
        connection.close()


def _receive(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Return a client's request, None if it was killed before, and its standard streams."""
    files: list[int] = []
    with suppress(OSError):
        _, files, _, _ = socket.recv_fds(connection, 1, 3)
        if line := connection.makefile("rb").readline():
            return json.loads(line), files
    for file in files:
        os.close(file)
    return None, []


def _send(connection: socket.socket, answer: bytes) -> None:
    with suppress(OSError):  # the client was killed
        connection.sendall(answer)


def _end_with_client(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.recv(1)  # it sends nothing more, so this waits for its end
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    listener, parent, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    script = Server(socket.socket(fileno=listener), parent).serve()
    if script is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    sys.argv = [script]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
