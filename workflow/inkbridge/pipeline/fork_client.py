"""Runs a script in a process that the fork server forks. Started in place of Python, with a script as its argument.

It starts in a hundredth of a second, because it imports nothing but the standard library: Snakemake calls it as
``python -I -S fork_client.py SOCKET SCRIPT``. It ends as the script does: with its exit code, or by its signal. If no
server answers, it becomes an ordinary Python.
"""

import json
import os
import signal
import socket
import sys

STARTED = b"\n"
"""What the server answers as soon as it has forked. The exit code follows, as a decimal number."""


def main(place: str, script: str) -> None:
    exit_code = None if script.endswith(".train.py") else run(place, script)  # a training has time to start
    if exit_code is None:
        os.execv(sys.executable, [sys.executable, script])
    if exit_code < 0:
        if -exit_code != signal.SIGKILL:  # which cannot be set
            signal.signal(-exit_code, signal.SIG_DFL)
        os.kill(os.getpid(), -exit_code)
    sys.exit(exit_code)


def run(place: str, script: str) -> int | None:
    """Return the exit code of ``script``, negative if a signal ended it, or None if no server has started it."""
    folder = os.getcwd()  # noqa: PTH109 - importing pathlib takes as long as all the rest
    request = {"script": script, "folder": folder, "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # the script says what happened
        try:
            server.connect(place)
            socket.send_fds(server, [b" "], [0, 1, 2])
            server.sendall(json.dumps(request).encode() + b"\n")
            if server.recv(1) != STARTED:
                return None
        except OSError:
            return None
        try:
            answer = server.recv(16)
        except OSError:
            answer = b""
    # Without an answer, both the server and the script were killed.
    return int(answer) if answer else -signal.SIGKILL


if __name__ == "__main__":
    main(*sys.argv[1:])
