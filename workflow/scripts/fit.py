"""Fit latents and a copy of a variant's decoder to one doodle."""

from pathlib import Path

from inkbridge.compute import choose_backend
from inkbridge.config import Compute, Fitting, Variant
from inkbridge.decoding import save_doodle
from inkbridge.doodles import load_keyframes
from inkbridge.fitting import encode, fit
from inkbridge.jobs import logged
from inkbridge.models.storage import load_model
from inkbridge.provenance import carried_by, of_job
from inkbridge.rendering import grid, write_png

with logged(snakemake.log[0], memory="the variant's channels"):
    params = snakemake.params
    backend = choose_backend(Compute.model_validate(params.compute), snakemake.threads)
    variant, settings = Variant.model_validate(params.variant), Fitting.model_validate(params.fitting)
    model = load_model(Path(snakemake.input.model), variant)
    keyframes = load_keyframes(Path(snakemake.input.keyframes))
    encoded = encode(model.to(backend.device), keyframes)
    doodle = encoded.doodle()
    rows = [keyframes, doodle.keyframes()]
    if settings.enabled:
        doodle = fit(encoded, keyframes, params.loop, settings, backend, params.seed).doodle()
        rows.append(doodle.keyframes())
    made = of_job(snakemake, backend.describe(), {"model": carried_by(Path(snakemake.input.model))})
    write_png(Path(snakemake.output.strip), grid(rows, scale=2), made)
    save_doodle(Path(snakemake.output.fitted), doodle, {"variant": params.variant, "provenance": made})
