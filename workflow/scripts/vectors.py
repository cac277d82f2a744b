"""Write the strokes of one animation as an animated SVG and as a table."""

from pathlib import Path

from inkbridge.decoding.decoder import load_doodle
from inkbridge.export.colours import chosen_colours
from inkbridge.export.vectors import write_stroke_table, write_svg
from inkbridge.latent.paths import DoodlePath
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0], memory="frames_per_segment"):
    params, wildcards, output = snakemake.params, snakemake.wildcards, snakemake.output
    path = DoodlePath(wildcards.doodle, wildcards.method, params.noise_std, **params.path)
    doodle = load_doodle(Path(snakemake.input[0]))
    strokes = doodle.strokes(path)
    about = {
        "variant": wildcards.variant,
        "doodle": wildcards.doodle,
        "method": wildcards.method,
        "noise_std": params.noise_std,
        **params.path,
    }
    made = of_job(snakemake, sources={"fit": doodle.provenance})
    write_svg(Path(output.svg), strokes, params.frame_ms, chosen_colours(params.colours, doodle.ink), made)
    write_stroke_table(Path(output.table), strokes, params.frame_ms, about, made)
