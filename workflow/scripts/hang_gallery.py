"""Publish all GIFs and the page that shows them."""

from itertools import product
from pathlib import Path

from inkbridge.gallery import Animation, Doodle, write_gallery
from inkbridge.jobs import logged

with logged(snakemake.log[0]):
    params, source = snakemake.params, snakemake.input
    # Snakemake hands the files on in the order of the products that named them.
    settings = product(params.variants, params.doodles, params.methods, params.noise_stds)
    animations = [
        Animation(doodle, variant, method, std, Path(file))
        for (variant, doodle, method, std), file in zip(settings, source.animations, strict=True)
    ]
    strips = dict(zip(product(params.variants, params.doodles), map(Path, source.reconstructions), strict=True))
    doodles = [
        Doodle(name, Path(keyframes), {variant: strips[variant, name] for variant in params.variants})
        for name, keyframes in zip(params.doodles, source.keyframes, strict=True)
    ]
    write_gallery(Path(snakemake.output[0]), doodles, animations, reports_link="../reports/index.html")
