"""Train one variant."""

from pathlib import Path

import pandas as pd

from inkbridge.config.settings import Training, Variant
from inkbridge.data.shards import check_shard
from inkbridge.evaluation.plots import training_plot, write_plot
from inkbridge.evaluation.tables import write_table
from inkbridge.models.device import choose_backend
from inkbridge.models.storage import save_model
from inkbridge.models.training import Data, train
from inkbridge.pipeline.jobs import compute_of, logged
from inkbridge.pipeline.records import earlier_hardware, of_job
from inkbridge.support.provenance.carriers import distinct_records

with logged(snakemake.log[0], memory="training.batch_size or the variant's channels"):
    variant = Variant.model_validate(snakemake.params.variant)
    shards = [Path(shard) for shard in (*snakemake.input.train, *snakemake.input.validation)]
    for shard in shards:
        check_shard(shard, snakemake.params.shard)
    data = Data(
        [Path(shard) for shard in snakemake.input.train],
        [Path(shard) for shard in snakemake.input.validation],
        snakemake.params.shard["seed"],
    )
    backend = choose_backend(compute_of(snakemake), snakemake.threads)
    model_file = Path(snakemake.output.model)
    checkpoint = model_file.with_name("checkpoint.safetensors")
    sources = distinct_records("shards", shards)
    made = of_job(snakemake, backend.describe(), sources)
    settings = Training.model_validate(snakemake.params.training)
    trained = train(variant, settings, data, backend, checkpoint, provenance=made)
    made = of_job(snakemake, backend.describe(), {**sources, **earlier_hardware(made, trained.record)})
    history = pd.DataFrame(trained.history)
    write_table(snakemake.output.history, history, made)
    write_plot(Path(snakemake.output.plot), training_plot({snakemake.wildcards.variant: history}), made)
    save_model(model_file, trained.model, variant, trained.record, made)
    checkpoint.unlink(missing_ok=True)
