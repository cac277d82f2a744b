"""Gather the figures of the animations: variant × doodle × method × std."""

from inkbridge.evaluation.tables import read_tables, write_table
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0]):
    write_table(snakemake.output.table, read_tables(snakemake.input.animations), of_job(snakemake))
