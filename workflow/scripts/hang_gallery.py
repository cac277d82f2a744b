"""Publish all GIFs and the page that shows them."""

from itertools import product
from pathlib import Path

from inkbridge.gallery import Animation, Doodle, write_gallery
from inkbridge.jobs import logged

with logged(snakemake.log[0]):
    params, source = snakemake.params, snakemake.input
    # Snakemake hands the files on in the order of the products that named them.
    settings = product(params.variants, params.doodles, params.methods, params.noise_stds)
    drawn = product(params.stroke_variants, params.doodles, params.methods, params.noise_stds)
    pairs = zip(map(Path, source.svgs), map(Path, source.tables), strict=True)
    vectors = dict(zip(drawn, pairs, strict=True))
    animations = [
        Animation(doodle, variant, method, std, Path(file), *vectors.get((variant, doodle, method, std), ()))
        for (variant, doodle, method, std), file in zip(settings, source.animations, strict=True)
    ]
    strips = dict(zip(product(params.variants, params.doodles), map(Path, source.reconstructions), strict=True))
    doodles = [
        Doodle(name, Path(keyframes), {variant: strips[variant, name] for variant in params.variants})
        for name, keyframes in zip(params.doodles, source.keyframes, strict=True)
    ]
    write_gallery(Path(snakemake.output[0]), doodles, animations, reports_link="../reports/index.html")
