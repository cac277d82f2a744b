"""How fast the studio's page is: ``python -m benchmarks.studio``. It draws with the mouse in Chromium.

First the time from the command to a page that can be drawn on. Then, on a sheet of 512 pixels with 60 strokes and with
500: *answer*, the time in which the page paints a move of the pointer; *shown*, the time from that move until the
picture is complete, which includes waiting for the screen's next frame (16.7 ms at 60 Hz); *lift*, the time to end a
stroke; *undo*, and *other keyframe*, the time to show another one.
"""

import json
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.chromium import running
from tests.browser.studio import Studio, Visitor

SIDE = 512
STARTS = 3
STROKES = 12

_WATCH = """() => {
    const sheet = document.querySelector("#sheet");
    const times = (window.times = { answer: [], shown: [], lift: [] });
    let began = 0;
    addEventListener("pointermove", () => (began = performance.now()), true);
    addEventListener("pointerup", () => (began = performance.now()), true);
    sheet.addEventListener("pointermove", (event) => {
        if (!event.buttons) return;
        times.answer.push(performance.now() - began);
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel(); // its message comes after the frame has been painted
            port1.onmessage = () => times.shown.push(performance.now() - event.timeStamp);
            port2.postMessage(0);
        });
    });
    sheet.addEventListener("pointerup", () => times.lift.push(performance.now() - began));
}"""

_DO = """(act) => {
    const { studio } = window;
    const began = performance.now();
    if (act === "undo") studio.undo();
    else studio.film.go(1);
    studio.stage.layers.ink.getContext("2d").getImageData(0, 0, 1, 1); // wait until it is painted
    return performance.now() - began;
}"""


def line(number: int, points: int = 60) -> list[tuple[float, float]]:
    """Return a winding line across the sheet."""
    angle, shift = 0.7 * number, 60 + 392 * (number * 0.618 % 1)
    along = [8 * step - 240 for step in range(points)]
    return [
        (
            256 + x * math.cos(angle) - 20 * math.sin(x / 25) * math.sin(angle),
            shift / 2 + 128 + x * math.sin(angle) + 20 * math.sin(x / 25) * math.cos(angle),
        )
        for x in along
    ]


def drawing(strokes: int) -> dict[str, Any]:
    """Return a drawing of two keyframes with so many strokes each, half of them with changing pressure."""
    keyframes = [
        {
            "id": f"key{key}",
            "strokes": [
                {
                    "id": f"line{n}",
                    "width": 6,
                    "points": [[x, y, 0.5 + 0.3 * (n % 2) * math.sin(x / 30)] for x, y in line(n)],
                }
                for n in range(strokes)
            ],
        }
        for key in range(2)
    ]
    return {"format": "inkbridge-drawing", "version": 1, "size": SIDE, "keyframes": keyframes}


def measured(page: Page) -> dict[str, Sequence[float]]:
    """Draw strokes with the mouse and return milliseconds of each kind."""
    box = page.locator("#sheet").bounding_box()
    assert box is not None
    scale = box["width"] / SIDE
    page.evaluate(_WATCH)
    for number in range(STROKES):
        places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in line(number + 7, 40)]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
    page.wait_for_timeout(500)
    times: dict[str, Sequence[float]] = page.evaluate("window.times")
    times["undo"] = [page.evaluate(_DO, "undo") for _ in range(STROKES)]
    times["other keyframe"] = [page.evaluate(_DO, "next") for _ in range(STROKES)]
    return times


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="studio-"))
    with running() as browser:
        opened = []
        for number in range(STARTS):
            began = time.perf_counter()
            studio = Studio(folder / f"start{number}.inkbridge")
            visitor = Visitor(browser)
            visitor.open(studio)
            opened.append(time.perf_counter() - began)
            visitor.close()
            studio.end()
        print(f"to a page that can be drawn on: best {min(opened):.2f} s, median {statistics.median(opened):.2f} s")
        for strokes in (60, 500):
            file = folder / f"{strokes}.inkbridge"
            file.write_text(json.dumps(drawing(strokes)), "utf-8")
            studio = Studio(file)
            visitor = Visitor(browser)
            page = visitor.open(studio)
            for name, values in measured(page).items():
                print(
                    f"{strokes} strokes, {name}: median {statistics.median(values):.1f} ms, "
                    f"95 % within {sorted(values)[math.ceil(0.95 * len(values)) - 1]:.1f} ms"
                )
            visitor.close()
            studio.end()


if __name__ == "__main__":
    main()
