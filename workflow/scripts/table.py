"""Make one table of the reports."""

from inkbridge.evaluation.tables import write_table
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.pipeline.tables import make_table

with logged(snakemake.log[0]):
    table = make_table(snakemake.wildcards.table, dict(snakemake.input.items()), snakemake.params.settings)
    write_table(snakemake.output.table, table, of_job(snakemake))
