"""Draw what each stroke of a doodle's keyframes becomes."""

import logging
from pathlib import Path

from inkbridge.keyframes.storage import load_keyframes
from inkbridge.matching.doodle import match_doodle
from inkbridge.matching.pictures import picture_of
from inkbridge.matching.report import describe
from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.support.png import write_png

with logged(snakemake.log[0]):
    keyframes = load_keyframes(Path(snakemake.input[0]))
    matched = match_doodle(keyframes.originals, snakemake.params.loop, keyframes.marks)
    for line in describe(matched):
        logging.getLogger("inkbridge").info(line)
    write_png(Path(snakemake.output[0]), picture_of(matched), of_job(snakemake))
