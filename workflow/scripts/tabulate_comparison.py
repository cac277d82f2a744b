"""Compare the variants pair by pair on the images that all of them reconstructed."""

from inkbridge.evaluation.tables import comparison_table, read_tables, write_table
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0]):
    source, params = snakemake.input, snakemake.params
    images, keyframes = read_tables(source.images), read_tables(source.keyframes)
    table = comparison_table(images, keyframes, params.resamples, params.seed)
    write_table(snakemake.output.table, table, of_job(snakemake))
