"""Fit latents and a copy of a variant's decoder to one doodle."""

from dataclasses import replace
from pathlib import Path

from inkbridge.config.settings import Compute, Fitting, Variant
from inkbridge.decoding.decoder import save_doodle
from inkbridge.export.montage import grid
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit, fitting_backend
from inkbridge.keyframes.storage import load_keyframes
from inkbridge.models.device import choose_backend
from inkbridge.models.storage import load_model
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import find_provenance
from inkbridge.support.provenance.record import PROVENANCE_KEY

with logged(snakemake.log[0], memory="the variant's channels"):
    params = snakemake.params
    variant, settings = Variant.model_validate(params.variant), Fitting.model_validate(params.fitting)
    model = load_model(Path(snakemake.input.model), variant)
    chosen = choose_backend(Compute.model_validate(params.compute), snakemake.threads)
    backend = fitting_backend(model, settings.enabled, chosen)
    keyframes = load_keyframes(Path(snakemake.input.keyframes))
    encoded = encode(model.to(backend.device), keyframes.images)
    doodle = encoded.doodle()
    rows = [keyframes.images, doodle.keyframes()]
    if settings.enabled:
        doodle = fit(encoded, keyframes, params.loop, settings, backend, params.seed).doodle()
        rows.append(doodle.keyframes())
    made = of_job(snakemake, backend.describe(), {"model": find_provenance(Path(snakemake.input.model))})
    write_png(Path(snakemake.output.strip), grid(rows, scale=2), made)
    doodle = replace(doodle, ink=keyframes.ink)
    save_doodle(Path(snakemake.output.fitted), doodle, {"variant": params.variant, PROVENANCE_KEY: made})
