"""Make ``studio.webp``: the studio, in which a jumping jack is drawn with the mouse and moves.

Run it in the project's folder, with Chromium: ``python -m docs.pictures.make_studio``.
"""

import io
import itertools
import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.chromium import running
from tests.browser.studio import Place, Studio, Visitor, plays, sheet

PLACE = Path(__file__).with_name("studio.webp")

WINDOW = {"width": 1000, "height": 720}
WIDTH = 640
SIDE = 256
FRAME_MS = 80
STEPS = 5
"""Moves of the mouse for each picture."""


def figure(arms: float, elbows: float, legs: float, up: float) -> list[list[Place]]:
    """Return the lines of a figure whose limbs are turned by these angles from hanging down."""
    neck, hips = (128.0, 92.0 - up), (128.0, 146.0 - up)
    head = [
        (128 + 21 * math.sin(turn), 71 - up - 21 * math.cos(turn)) for turn in (n * math.pi / 14 for n in range(30))
    ]

    def limb(start: Place, side: int, first: float, second: float, length: float) -> list[Place]:
        middle = (start[0] + side * length * math.sin(first), start[1] + length * math.cos(first))
        end = (middle[0] + side * length * math.sin(second), middle[1] + length * math.cos(second))
        return [start, middle, end]

    arm, leg = (neck[0], neck[1] + 14), hips
    return [
        head,
        [neck, hips],
        *(limb(arm, side, arms, elbows, 34) for side in (-1, 1)),
        *(limb(leg, side, legs, legs - 0.1, 42) for side in (-1, 1)),
    ]


KEYFRAMES = (figure(0.6, 0.15, 0.2, 0), figure(1.9, 2.7, 0.75, 14))


def picture(page: Page) -> Image.Image:
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        height = round(shot.height * WIDTH / shot.width)
        return shot.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)


def drawing(page: Page, lines: Sequence[Sequence[Place]]) -> Iterator[Image.Image]:
    """Draw lines and yield pictures meanwhile."""
    box = sheet(page).bounding_box()
    assert box is not None
    scale = box["width"] / SIDE
    for line in lines:
        long = [
            (a[0] + (b[0] - a[0]) * part / 6, a[1] + (b[1] - a[1]) * part / 6)
            for a, b in itertools.pairwise(line)
            for part in range(6 if len(line) < 5 else 1)
        ]
        places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in [*long, line[-1]]]
        page.mouse.move(*places[0])
        page.mouse.down()
        for number, place in enumerate(places[1:]):
            page.mouse.move(*place)
            if number % STEPS == STEPS - 1:
                yield picture(page)
        page.mouse.up()
        yield picture(page)


def scenes(page: Page) -> Iterator[Image.Image]:
    page.locator("[name=after]").select_option("0")
    yield from drawing(page, KEYFRAMES[0])
    page.keyboard.press("n")
    yield picture(page)
    yield from drawing(page, KEYFRAMES[1])
    plays(page)
    page.wait_for_timeout(500)
    page.evaluate("window.studio.player.toggle(true)")
    frames = page.evaluate("window.studio.player.preview.frames")
    for _ in range(3):
        for frame in range(0, frames, 2):
            page.evaluate("frame => window.studio.player.seek(frame)", frame)
            yield picture(page)


def main() -> None:
    with running() as browser, tempfile.TemporaryDirectory() as folder:
        studio, visitor = Studio(Path(folder) / "jack.inkbridge"), Visitor(browser)
        page = visitor.open(studio, viewport=WINDOW, color_scheme="light")
        first, *others = scenes(page)
        first.save(PLACE, save_all=True, append_images=others, duration=FRAME_MS, loop=0, quality=60, method=6)
        visitor.close()
        studio.end()
    print(f"{PLACE}: {1 + len(others)} frames, {PLACE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
