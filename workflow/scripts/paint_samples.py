"""Gather the first images of a shard in a sheet, a row block for each recipe."""

from pathlib import Path

from inkbridge.jobs import logged
from inkbridge.provenance import carried_by, of_job
from inkbridge.rendering import write_png
from inkbridge.reports import sample_sheet
from inkbridge.shards import check_whole, read_images, read_recipes

with logged(snakemake.log[0]):
    shard = Path(snakemake.input[0])
    check_whole(shard)
    made = of_job(snakemake, sources={"shard": carried_by(shard)})
    write_png(Path(snakemake.output[0]), sample_sheet(read_images(shard), read_recipes(shard)), made)
