"""Make one animation: a path through the latents of a doodle's keyframes, decoded, as GIF and sprite."""

from pathlib import Path

from inkbridge.decoding.decoder import load_doodle
from inkbridge.export.colours import chosen_colours
from inkbridge.export.formats import write_gif
from inkbridge.latent.paths import DoodlePath
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.web.playback import playback_of, write_playback
from inkbridge.web.sprites import write_sprite

with logged(snakemake.log[0], memory="animation.size or frames_per_segment"):
    params, wildcards, output = snakemake.params, snakemake.wildcards, snakemake.output
    path = DoodlePath(wildcards.doodle, wildcards.method, params.noise_std, **params.path)
    doodle = load_doodle(Path(snakemake.input[0]))
    frames = doodle.frames(path, params.size)
    about = playback_of(path, doodle.along(path), doodle.latents, params.size, params.frame_ms)
    made = of_job(snakemake, sources={"fit": doodle.provenance})
    write_gif(Path(output.gif), frames, params.frame_ms, chosen_colours(params.colours, doodle.ink), made)
    write_sprite(Path(output.sprite), frames, about.sprite, made)
    write_playback(Path(output.record), about, made)
