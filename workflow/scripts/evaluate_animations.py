"""Measure the frames that one variant draws between the keyframes of one doodle, at one noise std, by each method."""

from pathlib import Path

from inkbridge.decoding.decoder import load_doodle
from inkbridge.evaluation.tables import animation_metrics, write_table
from inkbridge.keyframes.storage import load_keyframes
from inkbridge.latent.paths import DoodlePath
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0], memory="animation.frames_per_segment"):
    params, wildcards = snakemake.params, snakemake.wildcards
    paths = [DoodlePath(wildcards.doodle, method, params.noise_std, **params.path) for method in params.methods]
    fitted, keyframes = load_doodle(Path(snakemake.input.fitted)), load_keyframes(Path(snakemake.input.keyframes))
    metrics = animation_metrics(fitted, keyframes.images, paths, variant=wildcards.variant, doodle=wildcards.doodle)
    write_table(snakemake.output.table, metrics, of_job(snakemake, sources={"fit": fitted.provenance}))
