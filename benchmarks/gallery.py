"""How fast a gallery of 500 animations shows its first picture, opened from disk, and how long its sprites take.

Needs the animations of a finished run in ``results``, or in the folder that is given; hangs them under other names
until there are 500, in a temporary folder.
"""

import argparse
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence
from playwright.sync_api import Browser

from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from inkbridge.web.playback import read_playback
from inkbridge.web.sprites import SpriteLayout, write_sprite
from tests.browser.chromium import running

ROOT = Path(__file__).resolve().parents[1]

COUNT = 500
LOADS = 7

WATCH = """
addEventListener("DOMContentLoaded", () => new MutationObserver((changes, observer) => {
    if (!changes.some(({ target }) => target.dataset.frame)) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => (window.firstPicture = performance.now())));
}).observe(document, { subtree: true, attributeFilter: ["data-frame"] }));
"""
"""Run before the page's own script: tells when the first canvas has been drawn on and shown."""


def hang(results: Path, folder: Path) -> None:
    """Write a gallery of 500 animations: those of ``results``, again under other names of their doodles."""
    sprites = sorted((results / "animations").glob("*/*/*.webp"))
    figures = dict.fromkeys(["ghosting", "ink_deviation", "fragments", "widening", "mse"], 0.0)
    animations, doodles = [], {}
    for number, sprite in enumerate(islice(cycle(sprites), COUNT)):
        variant, doodle, (method, noise) = *sprite.parts[-3:-1], sprite.stem.split("_std")
        name = f"{doodle}{number // len(sprites) or ''}"
        doodles[name] = DoodleEntry(name, results / "doodles" / doodle / "keyframes.png", {})
        gif, record = sprite.with_suffix(".gif"), sprite.with_suffix(".json")
        animations.append(AnimationEntry(name, variant, method, noise, gif, sprite, record, figures))
    write_gallery(folder, list(doodles.values()), animations)


def load(browser: Browser, page_file: Path, **settings: object) -> tuple[float, int]:
    """Return how many milliseconds the first picture took, and how many sprites were asked for in the first second."""
    context = browser.new_context(**settings)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(WATCH)
    page.goto(page_file.as_uri())
    page.wait_for_function("window.firstPicture")
    milliseconds = page.evaluate("window.firstPicture")
    page.wait_for_timeout(max(0, 1000 - milliseconds))
    context.close()
    return milliseconds, sum(address.endswith(".webp") for address in asked)


def encoding_seconds(results: Path, folder: Path) -> list[float]:
    """Return how long some sprites take to write, frames of their GIFs made smaller included."""
    seconds = []
    for gif in sorted((results / "animations").glob("*/*/*_std0.8.gif"))[::6]:
        with Image.open(gif) as picture:
            frames = np.stack([np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(picture)])
        began = time.perf_counter()
        write_sprite(folder / "sprite.webp", frames, SpriteLayout.of(len(frames), frames.shape[1]))
        seconds.append(time.perf_counter() - began)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    results = parser.parse_args().results
    sizes = [sprite.stat().st_size for sprite in (results / "animations").glob("*/*/*.webp")]
    frames = [read_playback(record).sprite.frames for record in (results / "animations").glob("*/*/*.json")]
    with tempfile.TemporaryDirectory() as root:
        seconds = encoding_seconds(results, Path(root))
        folder = Path(root, "gifs")
        began = time.perf_counter()
        hang(results, folder)
        hanging, page = time.perf_counter() - began, folder / "index.html"
        kilobytes = f"mean {statistics.mean(sizes) / 1e3:.0f} kB, largest {max(sizes) / 1e3:.0f} kB"
        print(f"{len(sizes)} sprites of {min(frames)}–{max(frames)} frames: {kilobytes}; ", end="")
        print(f"written in {statistics.median(seconds):.2f} s each")
        print(f"page of {COUNT} animations: {page.stat().st_size / 1e6:.2f} MB, hung in {hanging:.1f} s")
        with running() as browser:
            for name, viewport in {"desktop": (1440, 900), "phone": (390, 844)}.items():
                size = {"width": viewport[0], "height": viewport[1]}
                loads = [load(browser, page, viewport=size) for _ in range(LOADS)]
                times, asked = zip(*loads, strict=True)
                print(f"first picture, {name}: median {statistics.median(times):.0f} ms, ", end="")
                print(f"slowest of {LOADS} {max(times):.0f} ms; sprites asked for: {max(asked)}")


if __name__ == "__main__":
    main()
