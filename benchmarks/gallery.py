"""How fast a gallery of 500 animations, opened from disk, shows its first picture; how long sprites take to write.

Needs the animations of a finished run in ``results`` or in the folder of ``--results``. It publishes them several
times, under new names, until there are 500, in a temporary folder.
"""

import argparse
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence
from playwright.sync_api import Browser

from inkbridge.evaluation.labels import LABELS
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
"""A script that runs before the page's own: it notes when the first canvas has been drawn and shown."""


def publish(results: Path, folder: Path) -> None:
    """Write a gallery of 500 animations: those of ``results``, several times, under new names of their doodles."""
    sprites = sorted((results / "animations").glob("*/*/*.webp"))
    metrics = dict.fromkeys(LABELS, 0.0)
    animations, doodles = [], {}
    for number, sprite in enumerate(islice(cycle(sprites), COUNT)):
        variant, doodle, (method, noise) = *sprite.parts[-3:-1], sprite.stem.split("_std")
        name = f"{doodle}{number // len(sprites) or ''}"
        doodles[name] = DoodleEntry(name, results / "doodles" / doodle / "keyframes.png", {})
        gif, record = sprite.with_suffix(".gif"), sprite.with_suffix(".json")
        animations.append(AnimationEntry(name, variant, method, noise, gif, sprite, record, metrics))
    write_gallery(folder, list(doodles.values()), animations)


def load(browser: Browser, page_file: Path, **settings: Any) -> tuple[float, int]:
    """Return the time to the first picture, in milliseconds, and how many sprites loaded in the first second."""
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
    """Return how long some sprites take to write, in seconds, including the reduction of their frames."""
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
        publish(results, folder)
        publishing, page = time.perf_counter() - began, folder / "index.html"
        kilobytes = f"mean {statistics.mean(sizes) / 1e3:.0f} kB, largest {max(sizes) / 1e3:.0f} kB"
        print(f"{len(sizes)} sprites of {min(frames)}–{max(frames)} frames: {kilobytes}; ", end="")
        print(f"written in {statistics.median(seconds):.2f} s each")
        print(f"page of {COUNT} animations: {page.stat().st_size / 1e6:.2f} MB, published in {publishing:.1f} s")
        with running() as browser:
            for name, viewport in {"desktop": (1440, 900), "phone": (390, 844)}.items():
                size = {"width": viewport[0], "height": viewport[1]}
                loads = [load(browser, page, viewport=size) for _ in range(LOADS)]
                times, asked = zip(*loads, strict=True)
                print(f"first picture, {name}: median {statistics.median(times):.0f} ms, ", end="")
                print(f"slowest of {LOADS} {max(times):.0f} ms; sprites loaded: {max(asked)}")


if __name__ == "__main__":
    main()
