"""Read the keyframes of one doodle."""

import logging
from pathlib import Path

from inkbridge.config.settings import find_sheet
from inkbridge.export.montage import grid
from inkbridge.keyframes.storage import write_keyframes
from inkbridge.pipeline.drawings import read_doodle
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png

with logged(snakemake.log[0]):
    clone = Path(snakemake.scriptdir).resolve().parents[1]
    drawing = find_sheet(snakemake.params.drawing, Path(), clone)
    keyframes = read_doodle(drawing, snakemake.params.reading)
    for warning in keyframes.warnings:
        logging.getLogger("inkbridge").warning(warning)
    made = of_job(snakemake)
    write_keyframes(Path(snakemake.output.images), keyframes, made)
    write_png(Path(snakemake.output.strip), grid([keyframes.images], scale=2), made)
