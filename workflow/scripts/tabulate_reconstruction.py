"""Gather the figures of the test split: variant × recipe, with intervals."""

from inkbridge.jobs import logged
from inkbridge.tables import read_tables, reconstruction_table

with logged(snakemake.log[0]):
    table = reconstruction_table(read_tables(snakemake.input.images), snakemake.params.resamples, snakemake.params.seed)
    table.to_csv(snakemake.output[0], index=False)
