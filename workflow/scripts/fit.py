"""Fit latents and a copy of a variant's decoder to one doodle, and measure how well both draw its keyframes."""

from dataclasses import replace
from pathlib import Path

from inkbridge.config.settings import Fitting, Variant
from inkbridge.decoding.decoder import save_doodle
from inkbridge.evaluation.tables import keyframe_metrics, write_table
from inkbridge.export.montage import grid
from inkbridge.fitting.encoding import encode
from inkbridge.fitting.fit import fit, fitting_backend
from inkbridge.keyframes.storage import load_keyframes
from inkbridge.models.device import choose_backend
from inkbridge.models.storage import load_model
from inkbridge.pipeline.jobs import compute_of, logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import find_provenance
from inkbridge.support.provenance.record import PROVENANCE_KEY


def prepare() -> None:
    """Load what fits of strokes need, once for all of them (:mod:`pipeline.fork_server`)."""
    from inkbridge.strokes.shape_raster import load_kernels

    load_kernels()


with logged(snakemake.log[0], memory="the variant's channels"):
    params, output = snakemake.params, snakemake.output
    variant, settings = Variant.model_validate(params.variant), Fitting.model_validate(params.fitting)
    model = load_model(Path(snakemake.input.model), variant)
    chosen = choose_backend(compute_of(snakemake), snakemake.threads)
    backend = fitting_backend(model, settings.enabled, chosen)
    keyframes = load_keyframes(Path(snakemake.input.keyframes))
    encoded = encode(model.to(backend.device), keyframes.images)
    doodle = encoded.doodle()
    drawn = {"encoder": doodle.keyframes()}
    if settings.enabled:
        doodle = fit(encoded, keyframes, params.loop, settings, backend, params.seed).doodle()
        drawn["fitted"] = doodle.keyframes()
    made = of_job(snakemake, backend.describe(), {"model": find_provenance(Path(snakemake.input.model))})
    write_png(Path(output.strip), grid([keyframes.images, *drawn.values()], scale=2), made)
    write_table(output.table, keyframe_metrics(keyframes.images, drawn, **dict(snakemake.wildcards.items())), made)
    save_doodle(
        Path(output.fitted), replace(doodle, ink=keyframes.ink), {"variant": params.variant, PROVENANCE_KEY: made}
    )
