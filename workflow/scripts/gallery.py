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
    # Snakemake passes on the files in the order in which the rule lists them.
    vectors = {
        tuple(names): (Path(svg), Path(table))
        for names, svg, table in zip(params.drawn, source.svgs, source.tables, strict=True)
    }
    metrics = metrics_by_setting(pd.read_csv(source.interpolation), pd.read_csv(source.doodles))
    animations = [
        AnimationEntry(
            doodle,
            variant,
            method,
            std,
            Path(gif),
            Path(sprite),
            Path(record),
            metrics[variant, doodle, method, float(std)],
            *vectors.get((variant, doodle, method, std), ()),
        )
        for (variant, doodle, method, std), gif, sprite, record in zip(
            params.animations, source.animations, source.sprites, source.records, strict=True
        )
    ]
    strips = dict(zip(product(params.variants, params.doodles), map(Path, source.reconstructions), strict=True))
    matches = dict(zip(params.doodles, map(Path, source.matches), strict=False))  # none without a stroke variant
    doodles = [
        DoodleEntry(
            name, Path(keyframes), {variant: strips[variant, name] for variant in params.variants}, matches.get(name)
        )
        for name, keyframes in zip(params.doodles, source.keyframes, strict=True)
    ]
    made = of_job(snakemake)
    write_gallery(Path(snakemake.output[0]), doodles, animations, reports_link="../reports/index.html", provenance=made)
