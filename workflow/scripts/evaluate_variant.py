"""Measure how well one variant reconstructs the test split, image by image, and draw examples."""

from pathlib import Path

import torch

from inkbridge.config.settings import Variant
from inkbridge.data.shards import check_shard, first_images
from inkbridge.evaluation.tables import image_metrics, write_table
from inkbridge.export.montage import grid
from inkbridge.models.storage import load_model
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import distinct_records, find_provenance

with logged(snakemake.log[0], memory="evaluation.images"):
    torch.set_num_threads(snakemake.threads)
    shards = [Path(shard) for shard in snakemake.input.test]
    for shard in shards:
        check_shard(shard, snakemake.params.shard)
    model = load_model(Path(snakemake.input.model), Variant.model_validate(snakemake.params.variant))
    images, recipes = first_images(shards, snakemake.params.images)
    reconstructions = model.reconstruct(images)
    metrics = image_metrics(
        images, reconstructions, variant=snakemake.wildcards.variant, recipe=recipes, image=range(len(images))
    )
    sources = {"model": find_provenance(Path(snakemake.input.model)), **distinct_records("test shards", shards)}
    made = of_job(snakemake, sources=sources)
    write_table(snakemake.output.images, metrics, made)
    write_png(Path(snakemake.output.picture), grid([images[:12], reconstructions[:12]], scale=2), made)
