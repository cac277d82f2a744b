"""Time to make the gallery's GIFs, sprites and their metrics: in the jobs of Snakemake, compared with one process.

Needs the fits and keyframes of a finished run in ``results`` or in the folder of ``--results``. Makes every GIF twice,
in temporary folders.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image, ImageSequence

ROOT = Path(__file__).resolve().parents[1]


def seconds_of(command: list[str], **options: Any) -> tuple[float, float]:
    """Return how long a command runs, and how much processor time it and its children take."""
    began, before = time.perf_counter(), _busy()
    subprocess.run(command, check=True, cwd=ROOT, **options)
    return time.perf_counter() - began, _busy() - before


def _busy() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def all_in_one_process(folder: Path, results: Path, doodles: Sequence[str]) -> None:
    from inkbridge import CELL
    from inkbridge.config.settings import Configuration
    from inkbridge.decoding.decoder import load_doodle
    from inkbridge.evaluation.tables import animation_metrics, write_table
    from inkbridge.export.colours import chosen_colours
    from inkbridge.export.formats import write_gif
    from inkbridge.keyframes.storage import load_keyframes
    from inkbridge.latent.paths import DoodlePath
    from inkbridge.web.playback import playback_of, write_playback
    from inkbridge.web.sprites import write_sprite

    settings = Configuration.read(yaml.safe_load((ROOT / "config.yaml").read_text()))
    for variant, name in product(settings.variants, doodles or settings.doodles):
        doodle = load_doodle(results / f"fits/{variant}/{name}.safetensors")
        keyframes = load_keyframes(results / f"doodles/{name}/keyframes.npy").images
        animation, loop = settings.animation_of(name), settings.doodles[name].loop
        for std in animation.noise_std:
            paths = [
                DoodlePath(name, method, std, animation.frames_per_segment, loop, settings.seed)
                for method in animation.methods
            ]
            animated = {}
            for path in paths:
                frames, animated[path] = doodle.frames_at_sizes(path, (animation.size, CELL))
                gif = folder / f"{variant}/{name}/{path.method}_std{std}.gif"
                playback = playback_of(path, doodle.along(path), doodle.latents, animation.size, animation.frame_ms)
                write_gif(gif, frames, animation.frame_ms, chosen_colours(animation.colours, doodle.ink))
                write_sprite(gif.with_suffix(".webp"), frames, playback.sprite)
                write_playback(gif.with_suffix(".json"), playback)
            metrics = animation_metrics(doodle, keyframes, animated, variant=variant, doodle=name)
            write_table(str(folder / f"{variant}/{name}/std{std}.csv"), metrics)


def shown(gif: Path) -> np.ndarray:
    """Return the frames of a GIF; whole files would differ in their provenance."""
    with Image.open(gif) as animation:
        return np.stack([np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(animation)])


def fan_out_seconds(folder: Path, results: Path, gifs: list[str]) -> tuple[float, float]:
    """Return the time of Snakemake for the same GIFs, including its start, and its processor time."""
    (folder / "results").mkdir()
    for part in ("fits", "models", "dataset", "doodles"):
        (folder / "results" / part).symlink_to(results / part)
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--directory", str(folder), "--quiet", "all"]
    only = ["--allowed-rules", "animate", "--rerun-triggers", "mtime"]
    return seconds_of([*command, *only, "--", *gifs], stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--doodles", nargs="*", default=[], help="only these doodles")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    results = options.results.resolve()
    if options.alone is not None:
        all_in_one_process(options.alone, results, options.doodles)
        return
    with tempfile.TemporaryDirectory() as root:
        alone_folder, fan_folder = Path(root, "alone"), Path(root, "fan")
        fan_folder.mkdir()
        alone, alone_busy = seconds_of(
            [sys.executable, __file__, *sys.argv[1:], "--results", str(results), "--alone", str(alone_folder)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        gifs = [str(gif.relative_to(alone_folder)) for gif in sorted(alone_folder.glob("*/*/*.gif"))]
        fan, fan_busy = fan_out_seconds(fan_folder, results, [f"results/animations/{gif}" for gif in gifs])
        same = all(
            np.array_equal(shown(alone_folder / gif), shown(fan_folder / "results/animations" / gif)) for gif in gifs
        )
    print(f"{len(gifs)} GIFs on {os.cpu_count()} cores: one process {alone:.1f} s, Snakemake's jobs {fan:.1f} s")
    print(f"ratio {fan / alone:.2f}; of processor time {fan_busy / alone_busy:.2f}; the same pictures: {same}")


if __name__ == "__main__":
    main()
