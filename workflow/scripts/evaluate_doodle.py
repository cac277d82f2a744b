"""Measure one variant on one doodle: its keyframes, encoder alone and fitted, and every animation."""

from pathlib import Path

import numpy as np
import torch

from inkbridge.config import Variant
from inkbridge.decoding import load_doodle
from inkbridge.fitting import encode
from inkbridge.interpolation import DoodlePath
from inkbridge.jobs import logged
from inkbridge.models.storage import load_model
from inkbridge.tables import animation_figures, keyframe_figures

with logged(snakemake.log[0]):
    params, wildcards = snakemake.params, snakemake.wildcards
    torch.set_num_threads(snakemake.threads)
    names = {"variant": wildcards.variant, "doodle": wildcards.doodle}
    keyframes = np.load(snakemake.input.keyframes)
    model, _ = load_model(Path(snakemake.input.model), Variant.model_validate(params.variant))
    encoded, fitted = encode(model, keyframes).doodle(), load_doodle(Path(snakemake.input.fitted))
    figures = keyframe_figures(keyframes, {"encoder": encoded.keyframes(), "fitted": fitted.keyframes()}, **names)
    figures.to_csv(snakemake.output.keyframes, index=False)
    paths = [
        DoodlePath(wildcards.doodle, method, std, **params.path)
        for method in params.methods
        for std in params.noise_stds
    ]
    animation_figures(fitted, keyframes, paths, **names).to_csv(snakemake.output.animations, index=False)
