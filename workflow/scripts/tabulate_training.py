"""Gather the records of the trainings that stand in the models."""

from pathlib import Path

from inkbridge.evaluation.tables import training_table, write_table
from inkbridge.models.storage import read_record
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0]):
    models = zip(snakemake.params.variants, snakemake.input.models, strict=True)
    records = {variant: read_record(Path(model)) for variant, model in models}
    write_table(snakemake.output.table, training_table(records), of_job(snakemake))
