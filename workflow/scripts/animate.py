"""Animate a doodle at one noise std, by all its methods: GIFs and sprites, and how well the frames move."""

from pathlib import Path

from inkbridge import CELL
from inkbridge.decoding.decoder import load_doodle
from inkbridge.evaluation.tables import animation_metrics, write_table
from inkbridge.export.colours import chosen_colours
from inkbridge.export.formats import write_gif
from inkbridge.keyframes.storage import load_keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.web.playback import playback_of, write_playback
from inkbridge.web.sprites import write_sprite


def prepare() -> None:
    """Load what jobs of doodles that are made of strokes need, once for all of them (:mod:`pipeline.fork_server`)."""
    from inkbridge.strokes.shape_raster import load_kernels

    load_kernels()


with logged(snakemake.log[0], memory="animation.size or frames_per_segment"):
    params, names, output = snakemake.params, snakemake.wildcards, snakemake.output
    paths = [DoodlePath(names.doodle, method, params.noise_std, **params.path) for method in params.methods]
    doodle = load_doodle(Path(snakemake.input.fitted))
    sources = {"fit": doodle.provenance}
    animated = {}
    for path, gif, sprite, playback in zip(paths, output.gif, output.sprite, output.playback, strict=True):
        frames, animated[path] = doodle.frames_at_sizes(path, (params.size, CELL))
        about = playback_of(path, doodle.along(path), doodle.latents, params.size, params.frame_ms)
        made = of_job(snakemake, sources=sources, method=path.method)
        write_gif(Path(gif), frames, params.frame_ms, chosen_colours(params.colours, doodle.ink), made)
        write_sprite(Path(sprite), frames, about.sprite, made)
        write_playback(Path(playback), about, made)
    keyframes = load_keyframes(Path(snakemake.input.keyframes)).images
    metrics = animation_metrics(doodle, keyframes, animated, variant=names.variant, doodle=names.doodle)
    write_table(output.table, metrics, of_job(snakemake, sources=sources))
