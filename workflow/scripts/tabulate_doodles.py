"""Gather the figures of the doodles' keyframes: variant × doodle, encoder alone and fitted."""

from inkbridge.jobs import logged
from inkbridge.tables import doodles_table, read_tables

with logged(snakemake.log[0]):
    doodles_table(read_tables(snakemake.input.keyframes)).to_csv(snakemake.output[0], index=False)
