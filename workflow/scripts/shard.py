"""Write one shard of the synthetic data."""

from pathlib import Path

from inkbridge.data.shards import ShardKey, write_shard
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job

with logged(snakemake.log[0], memory="dataset.shard_size"):
    wildcards = snakemake.wildcards
    key = ShardKey(**snakemake.params.shard, split=wildcards.split, index=int(wildcards.index))
    write_shard(Path(snakemake.output[0]), key, of_job(snakemake))
