"""Put the first images of a shard on one sheet, several rows for each recipe."""

from pathlib import Path

from inkbridge.data.shards import check_whole, read_images, read_recipes
from inkbridge.evaluation.plots import sample_sheet
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import find_provenance

with logged(snakemake.log[0]):
    shard = Path(snakemake.input[0])
    check_whole(shard)
    made = of_job(snakemake, sources={"shard": find_provenance(shard)})
    write_png(Path(snakemake.output[0]), sample_sheet(read_images(shard), read_recipes(shard)), made)
