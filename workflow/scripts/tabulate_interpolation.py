"""Gather the figures of the animations: variant × doodle × method × std."""

from inkbridge.jobs import logged
from inkbridge.tables import read_tables

with logged(snakemake.log[0]):
    read_tables(snakemake.input.animations).to_csv(snakemake.output[0], index=False)
