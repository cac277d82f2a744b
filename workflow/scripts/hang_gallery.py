"""Publish all GIFs and the page that shows them."""

from itertools import product
from pathlib import Path

import pandas as pd

from inkbridge.evaluation.tables import metrics_by_setting
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery

with logged(snakemake.log[0]):
    params, source = snakemake.params, snakemake.input
    # Snakemake hands the files on in the order of the products that named them.
    settings = product(params.variants, params.doodles, params.methods, params.noise_stds)
    drawn = product(params.stroke_variants, params.doodles, params.methods, params.noise_stds)
    pairs = zip(map(Path, source.svgs), map(Path, source.tables), strict=True)
    vectors = dict(zip(drawn, pairs, strict=True))
    figures = metrics_by_setting(pd.read_csv(source.interpolation), pd.read_csv(source.doodles))
    files = zip(map(Path, source.animations), map(Path, source.sprites), map(Path, source.records), strict=True)
    animations = [
        AnimationEntry(
            doodle,
            variant,
            method,
            std,
            *own,
            figures[variant, doodle, method, float(std)],
            *vectors.get((variant, doodle, method, std), ()),
        )
        for (variant, doodle, method, std), own in zip(settings, files, strict=True)
    ]
    strips = dict(zip(product(params.variants, params.doodles), map(Path, source.reconstructions), strict=True))
    doodles = [
        DoodleEntry(name, Path(keyframes), {variant: strips[variant, name] for variant in params.variants})
        for name, keyframes in zip(params.doodles, source.keyframes, strict=True)
    ]
    made = of_job(snakemake)
    write_gallery(Path(snakemake.output[0]), doodles, animations, reports_link="../reports/index.html", provenance=made)
