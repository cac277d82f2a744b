"""Compare the variants pair by pair on the images that all of them reconstructed."""

from inkbridge.jobs import logged
from inkbridge.provenance import of_job
from inkbridge.tables import comparison_table, read_tables, write_table

with logged(snakemake.log[0]):
    source, params = snakemake.input, snakemake.params
    images, keyframes = read_tables(source.images), read_tables(source.keyframes)
    table = comparison_table(images, keyframes, params.resamples, params.seed)
    write_table(snakemake.output.table, table, of_job(snakemake))
