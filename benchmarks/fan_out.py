"""The gallery's GIFs and sprites, a job each under Snakemake, against one process that decodes and encodes them all.

Needs the fits of a finished run in ``results/fits``; makes every GIF twice in temporary folders.
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
    """Return the time of one process, as many threads as torch likes, for all GIFs, its imports included."""
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--alone", str(folder)], check=True, cwd=ROOT)
    return time.perf_counter() - started


def all_in_one_process(folder: Path, settings: dict) -> None:
    from inkbridge.decoding.decoder import load_doodle
    from inkbridge.export.formats import write_gif
    from inkbridge.latent.paths import DoodlePath
    from inkbridge.web.playback import playback_of, write_playback
    from inkbridge.web.sprites import write_sprite

    animation = settings["animation"]
    for variant, (doodle, about) in product(settings["variants"], settings["doodles"].items()):
        doodle_fit = load_doodle(ROOT / f"results/fits/{variant}/{doodle}.safetensors")
        for method, std in product(animation["methods"], animation["noise_std"]):
            steps, loop = animation["frames_per_segment"], about.get("loop", False)
            path = DoodlePath(doodle, method, std, steps, loop, settings["seed"])
            frames = doodle_fit.frames(path, animation["size"])
            gif = folder / f"{variant}/{doodle}/{method}_std{std}.gif"
            made = playback_of(path, doodle_fit.latents, animation["size"], animation["frame_ms"])
            write_gif(gif, frames, animation["frame_ms"])
            write_sprite(gif.with_suffix(".webp"), frames, made.sprite)
            write_playback(gif.with_suffix(".json"), made)


def shown(gif: Path) -> np.ndarray:
    """Return all frames; the records in the files tell the two sides apart."""
    with Image.open(gif) as animation:
        return np.stack([np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(animation)])


def fan_out_seconds(folder: Path, gifs: list[str]) -> float:
    """Return the time of Snakemake for the same GIFs, its own start included."""
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
        all_in_one_process(Path(sys.argv[2]), yaml.safe_load((ROOT / "config.yaml").read_text()))
    else:
        main()
