"""Starts the server on this machine, says where it is, and opens the browser."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn

from inkbridge.drawings.drawing import Drawing
from inkbridge.studio.app import Studio, app_of
from inkbridge.studio.guard import Guard
from inkbridge.studio.store import claim, open_drawing, release
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.signals import handling_signals, interrupt

PORT = 8177
"""The usual port. It is the same each time, so that the browser finds what it has kept."""

MOST_CONNECTIONS = 100
"""Connections at once."""


def serve(path: Path, project: Path, port: int | None, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the drawing in the file ``path`` until the process is asked to end.

    ``port``: None for :data:`PORT`, or a free one if that is taken. ``browser``: whether to open it.
    Raises :class:`InkbridgeError` if the drawing is damaged, open in another studio, or the port is taken.
    """
    drawing = open_drawing(path)
    lock = claim(path)
    try:
        with _listening(port) as listener:
            _serve(path, drawing, project, listener, browser, say)
    finally:
        release(path, lock)


def _serve(
    path: Path, drawing: Drawing, project: Path, listener: socket.socket, browser: bool, say: Callable[[str], None]
) -> None:
    token, ticket = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    port = listener.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"

    def ready() -> None:
        say(f"{path}: draw it at {origin}/{token}/")
        say("The address is for you alone: whoever has it can change the drawing. Ctrl-C ends the studio.")
        if browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=(f"{origin}/{ticket}/",), daemon=True).start()

    async def main() -> None:
        studio = Studio(path, drawing, project)
        settings = uvicorn.Config(
            Guard(app_of(studio), token, port, ticket if browser else None),
            log_level="error",
            access_log=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=32 << 10,
            http="h11",
            ws="none",
            server_header=False,
            proxy_headers=False,
        )
        server = _Server(settings, studio.events.end, ready)
        with handling_signals(server.asked_to_end):
            await server.serve(sockets=[listener])
        studio.store.save()
        if path.exists():
            say(f"{path}: saved")
        if server.asked not in (None, signal.SIGINT):
            interrupt(server.asked)

    asyncio.run(main())


class _Server(uvicorn.Server):
    """Calls ``ready`` when it answers, and ``ending`` when it is asked to end: streams of events end only then."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None], ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending, self._ready = ending, ready
        self.asked: int | None = None

    def asked_to_end(self, number: int) -> None:
        """Take a signal: Ctrl-C is how one ends the studio, and no interruption."""
        self.asked = number
        self.should_exit = True

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override] # it only enters it
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)


def _has_screen() -> bool:
    """Return whether a browser would have a window of its own. Without one, Python starts one in the terminal."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in names)


def _listening(port: int | None) -> socket.socket:
    """Return a socket that listens on this machine alone."""
    for number in (PORT, 0) if port is None else (port,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", number))
            return listener
        except OSError as error:
            listener.close()
            refused = error
    raise InkbridgeError(
        f"--port {port}: expected a free port, found that it is taken ({refused.strerror}); leave it out"
    )
