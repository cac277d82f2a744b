"""A studio that runs, the pages that show it, and figures that are drawn with the mouse."""

import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Locator, Page

Place = tuple[float, float]

SIDE = 256
"""Pixels of a keyframe."""

START = 30.0
"""Seconds in which the server must answer, on a machine that does much else."""

PATIENT = 60_000
"""Milliseconds in which the worker must have drawn or read something."""


def jack(arms: float, legs: float) -> list[list[Place]]:
    """Return the lines of a jumping jack whose arms and legs are spread by these angles, from hanging down."""
    head = [(128 + 22 * math.cos(turn), 60 + 22 * math.sin(turn)) for turn in [n * math.pi / 8 for n in range(17)]]
    limbs = [
        [(128.0, y), (128 + side * length * math.sin(angle), y + length * math.cos(angle))]
        for y, length, angle in ((98.0, 62.0, arms), (150.0, 80.0, legs))
        for side in (-1, 1)
    ]
    return [head, [(128.0, 82.0), (128.0, 150.0)], *limbs]


JACK = (jack(0.5, 0.15), jack(2.4, 0.6))
"""Lines of two keyframes."""


def drawing_of(*figures: Sequence[Sequence[Place]]) -> dict[str, Any]:
    """Return the content of a project file with these lines in its keyframes."""
    keyframes = [
        {
            "id": f"key{number}",
            "strokes": [
                {"id": f"line{at}", "tool": "pen", "width": 10, "points": [[x, y, 0.5] for x, y in line]}
                for at, line in enumerate(lines)
            ],
        }
        for number, lines in enumerate(figures)
    ]
    look = {"frames_per_segment": 4, "size": 64, "frame_ms": 40}
    return {"format": "inkbridge-drawing", "version": 1, "size": SIDE, "keyframes": keyframes, "look": look}


class Studio:
    """A server on a project file, in a process of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Start the server, again on the same port, and wait until it says its address."""
        call = "from inkbridge.cli.main import main; main()"
        options = ["studio", self.file.name, "--no-browser", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", call, *options],
            cwd=self.file.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if found := re.search(r"http://\S+", line):
                self.address = found.group()
                return
        raise AssertionError(f"the studio did not start: {said}")

    def kill(self) -> None:
        """End the server as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(START)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def put(self, drawing: Mapping[str, Any]) -> None:
        """Replace the drawing, as another page would."""
        with urlopen(f"{self.address}drawing") as answer:
            base = json.load(answer)["revision"]
        headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}"}
        body = json.dumps({"base": base, "drawing": drawing}).encode()
        urlopen(Request(f"{self.address}drawing", body, headers, method="PUT")).close()

    def saved(self) -> dict[str, Any]:
        """Return the content of the project file."""
        return json.loads(self.file.read_text("utf-8"))

    def lines(self) -> list[int]:
        """Return the number of strokes in each keyframe of the project file."""
        return [len(keyframe["strokes"]) for keyframe in self.saved()["keyframes"]] if self.file.exists() else []


class Visitor:
    """Opens pages of studios, and notes what they complain of and ask for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.asked: list[str] = []

    def open(self, studio: Studio, context: BrowserContext | None = None, **settings: Any) -> Page:
        """Open the page, in a new window or as another tab of a ``context``, and wait until it can be drawn on."""
        if context is None:
            context = self._browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
            context.set_default_timeout(15_000)
            self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.errors.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(studio.address)
        page.wait_for_selector("body[data-ready]", state="attached")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sheet(page: Page) -> Locator:
    return page.locator("#sheet")


def drag(page: Page, line: Sequence[Place], on: Locator | None = None, steps: int = 4, lift: bool = True) -> None:
    """Move the pressed mouse along a line, in pixels of the keyframe, on the sheet or another element."""
    box = (on or sheet(page)).bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"] / SIDE, box["y"] + y * box["height"] / SIDE) for x, y in line]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    if lift:
        page.mouse.up()


def draw(page: Page, lines: Sequence[Sequence[Place]]) -> None:
    for line in lines:
        drag(page, line, steps=2 if len(line) > 4 else 6)


def until(page: Page, condition: str, value: Any = None, seconds: float = 15.0) -> None:
    """Wait until a condition in JavaScript holds. Playwright's own way of waiting compiles text in the page, which the
    page does not allow."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, value):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(30)


def saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    until(page, "window.studio.whole === window.studio.saver.saved && !window.studio.saver.busy")


def revision_saved(page: Page) -> int:
    saved(page)
    return page.evaluate("window.studio.saver.base")


def plays(page: Page) -> None:
    """Wait until the preview of what is drawn plays."""
    revision = revision_saved(page)
    shown = "revision => Number(document.querySelector('.preview').dataset.revision) >= revision"
    until(page, shown, revision, PATIENT / 1000)


def strokes(page: Page) -> list[int]:
    """Return the number of strokes in each keyframe, as the page has them."""
    return page.evaluate("window.studio.drawing.keyframes.map((keyframe) => keyframe.strokes.length)")
