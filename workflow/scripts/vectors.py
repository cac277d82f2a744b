"""Write the strokes of a doodle at one noise std, by all its methods, as animated SVGs and as tables."""

from pathlib import Path

from inkbridge.decoding.decoder import load_doodle
from inkbridge.export.colours import chosen_colours
from inkbridge.export.vectors import write_stroke_table, write_svg
from inkbridge.latent.paths import DoodlePath
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0], memory="frames_per_segment"):
    params, names, output = snakemake.params, snakemake.wildcards, snakemake.output
    doodle = load_doodle(Path(snakemake.input[0]))
    for method, svg, table in zip(params.methods, output.svg, output.table, strict=True):
        strokes = doodle.strokes(DoodlePath(names.doodle, method, params.noise_std, **params.path))
        about = {
            "variant": names.variant,
            "doodle": names.doodle,
            "method": method,
            "noise_std": params.noise_std,
            **params.path,
        }
        made = of_job(snakemake, sources={"fit": doodle.provenance}, method=method)
        write_svg(Path(svg), strokes, params.frame_ms, chosen_colours(params.colours, doodle.ink), made)
        write_stroke_table(Path(table), strokes, params.frame_ms, about, made)
