"""Time to make the gallery's GIFs and sprites: one Snakemake job each, compared with one process that makes them all.

Needs the fits of a finished run in ``results/fits``. Makes every GIF twice, in temporary folders.
"""

import os
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageSequence

ROOT = Path(__file__).resolve().parents[1]


def one_process_seconds(folder: Path) -> float:
    """Return the time of one process for all GIFs, including its imports, in seconds."""
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--alone", str(folder)], check=True, cwd=ROOT)
    return time.perf_counter() - started


def all_in_one_process(folder: Path) -> None:
    from inkbridge.config.settings import Configuration
    from inkbridge.decoding.decoder import load_doodle
    from inkbridge.export.colours import chosen_colours
    from inkbridge.export.formats import write_gif
    from inkbridge.latent.paths import DoodlePath
    from inkbridge.web.playback import playback_of, write_playback
    from inkbridge.web.sprites import write_sprite

    settings = Configuration.read(yaml.safe_load((ROOT / "config.yaml").read_text()))
    for variant, name in product(settings.variants, settings.doodles):
        doodle = load_doodle(ROOT / f"results/fits/{variant}/{name}.safetensors")
        animation, loop = settings.animation_of(name), settings.doodles[name].loop
        for method, std in product(animation.methods, animation.noise_std):
            path = DoodlePath(name, method, std, animation.frames_per_segment, loop, settings.seed)
            frames = doodle.frames(path, animation.size)
            gif = folder / f"{variant}/{name}/{method}_std{std}.gif"
            playback = playback_of(path, doodle.along(path), doodle.latents, animation.size, animation.frame_ms)
            write_gif(gif, frames, animation.frame_ms, chosen_colours(animation.colours, doodle.ink))
            write_sprite(gif.with_suffix(".webp"), frames, playback.sprite)
            write_playback(gif.with_suffix(".json"), playback)


def shown(gif: Path) -> np.ndarray:
    """Return the frames of a GIF; whole files would differ in their provenance."""
    with Image.open(gif) as animation:
        return np.stack([np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(animation)])


def fan_out_seconds(folder: Path, gifs: list[str]) -> float:
    """Return the time of Snakemake for the same GIFs, including its start, in seconds."""
    (folder / "results").mkdir()
    for part in ("fits", "models", "dataset", "doodles"):
        (folder / "results" / part).symlink_to(ROOT / "results" / part)
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--directory", str(folder), "--quiet", "all"]
    only = ["--allowed-rules", "animate", "--rerun-triggers", "mtime"]
    started = time.perf_counter()
    subprocess.run([*command, *only, "--", *gifs], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        alone_folder, fan_folder = Path(root, "alone"), Path(root, "fan")
        fan_folder.mkdir()
        alone = one_process_seconds(alone_folder)
        gifs = [str(gif.relative_to(alone_folder)) for gif in sorted(alone_folder.glob("*/*/*.gif"))]
        fan = fan_out_seconds(fan_folder, [f"results/animations/{gif}" for gif in gifs])
        same = all(
            np.array_equal(shown(alone_folder / gif), shown(fan_folder / "results/animations" / gif)) for gif in gifs
        )
    print(f"{len(gifs)} GIFs on {os.cpu_count()} cores: one process {alone:.1f} s, a job each {fan:.1f} s")
    print(f"ratio {fan / alone:.2f}; the same pictures: {same}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        all_in_one_process(Path(sys.argv[2]))
    else:
        main()
