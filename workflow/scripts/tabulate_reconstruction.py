"""Gather the figures of the test split: variant × recipe, with intervals."""

from inkbridge.evaluation.tables import read_tables, reconstruction_table, write_table
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0]):
    images, params = read_tables(snakemake.input.images), snakemake.params
    write_table(snakemake.output.table, reconstruction_table(images, params.resamples, params.seed), of_job(snakemake))
