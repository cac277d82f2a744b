"""Gather the figures of the animations: variant × doodle × method × std."""

from inkbridge.jobs import logged
from inkbridge.provenance import of_job
from inkbridge.tables import read_tables, write_table

with logged(snakemake.log[0]):
    write_table(snakemake.output.table, read_tables(snakemake.input.animations), of_job(snakemake))
