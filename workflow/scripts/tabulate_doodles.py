"""Gather the figures of the doodles' keyframes: variant × doodle, encoder alone and fitted, with intervals."""

from inkbridge.evaluation.tables import doodles_table, read_tables, write_table
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0]):
    keyframes, params = read_tables(snakemake.input.keyframes), snakemake.params
    write_table(snakemake.output.table, doodles_table(keyframes, params.resamples, params.seed), of_job(snakemake))
