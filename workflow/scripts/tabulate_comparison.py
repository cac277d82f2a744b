"""Compare the variants pair by pair on the images that all of them reconstructed."""

from inkbridge.jobs import logged
from inkbridge.tables import comparison_table, read_tables

with logged(snakemake.log[0]):
    images, keyframes = read_tables(snakemake.input.images), read_tables(snakemake.input.keyframes)
    table = comparison_table(images, keyframes, snakemake.params.resamples, snakemake.params.seed)
    table.to_csv(snakemake.output[0], index=False)
