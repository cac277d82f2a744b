"""Measure how one variant draws the keyframes of one doodle: by its encoder alone, and after fitting."""

from pathlib import Path

import torch

from inkbridge.config.settings import Variant
from inkbridge.decoding.decoder import load_doodle
from inkbridge.evaluation.tables import keyframe_metrics, write_table
from inkbridge.fitting.encoding import encode
from inkbridge.keyframes.storage import load_keyframes
from inkbridge.models.storage import load_model
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.provenance.carriers import find_provenance

with logged(snakemake.log[0], memory="the variant's channels"):
    torch.set_num_threads(snakemake.threads)
    keyframes = load_keyframes(Path(snakemake.input.keyframes)).images
    model = load_model(Path(snakemake.input.model), Variant.model_validate(snakemake.params.variant))
    drawn = {"encoder": encode(model, keyframes).doodle().keyframes()}
    if snakemake.params.fitted:
        drawn["fitted"] = load_doodle(Path(snakemake.input.fitted)).keyframes()
    names = {"variant": snakemake.wildcards.variant, "doodle": snakemake.wildcards.doodle}
    sources = {
        "fit": find_provenance(Path(snakemake.input.fitted)),
        "model": find_provenance(Path(snakemake.input.model)),
    }
    write_table(snakemake.output.table, keyframe_metrics(keyframes, drawn, **names), of_job(snakemake, sources=sources))
