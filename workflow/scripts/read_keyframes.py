"""Read the keyframes of one doodle."""

import logging
from pathlib import Path

import numpy as np

from inkbridge.doodles import read_keyframes
from inkbridge.files import whole_file
from inkbridge.jobs import logged
from inkbridge.rendering import grid, write_png

with logged(snakemake.log[0]):
    sheet = Path(snakemake.input.sheet)
    keyframes = read_keyframes(sheet, **snakemake.params.reading)
    for warning in keyframes.warnings:
        logging.getLogger("inkbridge").warning(warning)
    with whole_file(Path(snakemake.output.images)) as temporary:
        np.save(temporary, keyframes.images)
    write_png(Path(snakemake.output.strip), grid([keyframes.images], scale=2))
