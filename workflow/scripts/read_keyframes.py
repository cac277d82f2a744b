"""Read the keyframes of one doodle."""

import logging
from pathlib import Path

from inkbridge.doodles import read_keyframes, write_keyframes
from inkbridge.jobs import logged
from inkbridge.provenance import of_job
from inkbridge.rendering import grid, write_png

with logged(snakemake.log[0]):
    sheet = Path(snakemake.input.sheet)
    keyframes = read_keyframes(sheet, **snakemake.params.reading)
    for warning in keyframes.warnings:
        logging.getLogger("inkbridge").warning(warning)
    made = of_job(snakemake)
    write_keyframes(Path(snakemake.output.images), keyframes.images, made)
    write_png(Path(snakemake.output.strip), grid([keyframes.images], scale=2), made)
