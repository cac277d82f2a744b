"""How the workflow and the gallery grow: a dry run, and the gallery's page, with 288, 2,000 and 10,000 GIFs.

The doodles are the project's sheets, under new names, each with a dot of its own: no two have the same content. The
animations of the page are drawn from no network: the size of the page and the time to show it do not depend on what is
drawn.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from playwright.sync_api import Browser

from benchmarks.gallery import load
from inkbridge.config.settings import Configuration
from inkbridge.evaluation.labels import LABELS
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.types import Images
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from inkbridge.web.playback import playback_of, write_playback
from inkbridge.web.sprites import write_sprite
from tests.browser.chromium import running

ROOT = Path(__file__).resolve().parents[1]

COUNTS = (288, 2_000, 10_000)
LOADS = 5


def doodles_for(count: int, settings: Configuration, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of as many doodles as make at least ``count`` GIFs, and write their sheets into ``folder``."""
    each = len(settings.variants) * len(settings.animation.methods) * len(settings.animation.noise_std)
    entries = {}
    for number in range(-(-count // each)):
        base = list(settings.doodles)[number % len(settings.doodles)]
        name = f"{base}{number // len(settings.doodles) or ''}"
        with Image.open(ROOT / settings.doodles[base].sheet) as picture:
            sheet = np.array(picture.convert("L"))
        sheet[np.unravel_index(number, (8, 64))] = 128  # in a corner, where it is no ink
        Image.fromarray(sheet).save(folder / f"{name}.png")
        entries[name] = {"sheet": f"{name}.png", "loop": settings.doodles[base].loop}
    return entries


def dry_run(folder: Path) -> str:
    """Return how long a dry run takes, its processor time, its peak memory, and the number of jobs."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(folder / "doodles.yaml"), "--directory", str(folder), "--", "results/gifs"]
    began = time.perf_counter()
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        log.seek(0)
        jobs = [line.split()[1] for line in log if line.startswith("total ")]
    if status:
        raise SystemExit(f"the dry run failed; see {folder / 'log'}")
    busy, megabytes = (
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20,
    )
    return f"{seconds:.1f} s ({busy:.1f} s of processor time), {megabytes:.0f} MiB, {jobs[-1]} jobs"


def publish(count: int, settings: Configuration, names: list[str], folder: Path) -> float:
    """Write a gallery with ``count`` GIFs, and return how many seconds that took."""
    animations, doodles = [], []
    picture = folder / "keyframes.png"
    Image.fromarray(np.zeros((64, 7 * 66 - 2), np.uint8)).save(picture)
    latents = np.random.default_rng(0).normal(0, 1, (7, 64)).astype(np.float32)
    for name in names:
        doodles.append(DoodleEntry(name, picture, dict.fromkeys(settings.variants, picture), picture))
    drawn = one_animation(folder, settings, latents)
    rows = product(names, settings.variants, settings.animation.methods, map(str, settings.animation.noise_std))
    for name, variant, method, std in rows:
        gif, sprite, playback = drawn[method, std]
        figures = dict.fromkeys(LABELS, 0.123)
        draws_strokes = settings.variants[variant].architecture == "strokes"
        vectors = (gif.with_suffix(".svg"), gif.with_suffix(".h5")) if draws_strokes else ()
        animations.append(AnimationEntry(name, variant, method, std, gif, sprite, playback, figures, *vectors))
    began = time.perf_counter()
    write_gallery(folder / "gifs", doodles, animations[:count])
    return time.perf_counter() - began


def one_animation(
    folder: Path, settings: Configuration, latents: "np.ndarray[Any, Any]"
) -> dict[tuple[str, str], tuple[Path, Path, Path]]:
    """Write an animation for each method and noise, and return its GIF, sprite and playback."""
    files = {}
    for method, std in product(settings.animation.methods, settings.animation.noise_std):
        gif = folder / "animations" / f"{method}_std{std}.gif"
        path = DoodlePath("tree", method, float(std), settings.animation.frames_per_segment, loop=False, seed=1)
        about = playback_of(path, path.through(latents), latents, settings.animation.size, settings.animation.frame_ms)
        frames: Images = np.zeros((about.sprite.frames, about.sprite.side, about.sprite.side), np.uint8)
        frames[:, 20:40, 20:90] = 255
        write_sprite(gif.with_suffix(".webp"), frames, about.sprite)
        write_playback(gif.with_suffix(".json"), about)
        Image.fromarray(frames[0]).save(gif)
        for suffix in (".svg", ".h5"):
            gif.with_suffix(suffix).touch()
        files[method, str(std)] = gif, gif.with_suffix(".webp"), gif.with_suffix(".json")
    return files


def measure(count: int, settings: Configuration, browser: Browser, folder: Path) -> None:
    entries = doodles_for(count, settings, folder)
    (folder / "doodles.yaml").write_text(yaml.safe_dump({"doodles": entries}, sort_keys=False))
    for what in ("first", "next"):  # the first dry run reads all sheets
        print(f"{count} GIFs, {what} dry run: {dry_run(folder)}", flush=True)
    publishing = publish(count, settings, list(entries), folder)
    page = folder / "gifs" / "index.html"
    times = [load(browser, page, viewport={"width": 1440, "height": 900})[0] for _ in range(LOADS)]
    print(f"{count} GIFs, page: {page.stat().st_size / 1e6:.2f} MB, published in {publishing:.1f} s; ", end="")
    print(
        f"first picture: median {statistics.median(times):.0f} ms, slowest of {LOADS} {max(times):.0f} ms", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=COUNTS)
    settings = Configuration.read(yaml.safe_load((ROOT / "config.yaml").read_text()))
    for count in parser.parse_args().counts:
        with tempfile.TemporaryDirectory() as root, running() as browser:
            measure(count, settings, browser, Path(root))


if __name__ == "__main__":
    main()
