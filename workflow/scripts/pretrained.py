"""Use the weights of one variant that come with the package, in place of a training."""

from pathlib import Path

import pandas as pd

from inkbridge.config.settings import Variant
from inkbridge.config.shipped import shipped_model
from inkbridge.evaluation.plots import training_plot, write_plot
from inkbridge.evaluation.tables import write_table
from inkbridge.models.storage import load_model, read_record, save_model
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.arrays import read_about
from inkbridge.support.provenance.carriers import find_provenance

with logged(snakemake.log[0]):
    shipped = shipped_model(snakemake.params.weights)
    model = load_model(shipped.file, shipped.variant)
    made = of_job(snakemake, sources={"weights": find_provenance(shipped.file)})
    history = pd.DataFrame(read_about(shipped.file)["history"]).astype({"images_seen": int})
    write_table(snakemake.output.history, history, made)
    write_plot(Path(snakemake.output.plot), training_plot({snakemake.wildcards.variant: history}), made)
    variant = Variant.model_validate(snakemake.params.variant)
    save_model(Path(snakemake.output.model), model, variant, read_record(shipped.file), made)
