"""Make one GIF: a path through the latents of a doodle's keyframes, decoded."""

from pathlib import Path

from inkbridge.decoding import load_doodle
from inkbridge.formats import write_gif
from inkbridge.interpolation import DoodlePath
from inkbridge.jobs import logged

with logged(snakemake.log[0], memory="animation.size or animation.frames_per_segment"):
    params, wildcards = snakemake.params, snakemake.wildcards
    path = DoodlePath(wildcards.doodle, wildcards.method, params.noise_std, **params.path)
    frames = load_doodle(Path(snakemake.input[0])).frames(path, params.size)
    write_gif(Path(snakemake.output[0]), frames, params.frame_ms)
