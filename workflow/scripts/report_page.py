"""Write the page of the reports."""

import os
from pathlib import Path

import pandas as pd

from inkbridge.pipeline.jobs import logged
from inkbridge.pipeline.records import of_job
from inkbridge.web.report_page import write_report_page

with logged(snakemake.log[0]):
    source, page, variants = snakemake.input, Path(snakemake.output[0]), snakemake.params.variants
    names = ("reconstruction", "doodles", "interpolation", "training", "comparison")
    pictures = {"Samples of the synthetic drawings": source.samples} | {
        f"{variant}: test drawings above, reconstructions below": picture
        for variant, picture in zip(variants, source.pictures, strict=True)
    }
    write_report_page(
        page,
        tables={name: pd.read_csv(source[name]) for name in names},
        histories={name: pd.read_csv(file) for name, file in zip(variants, source.histories, strict=True)},
        pictures={title: os.path.relpath(picture, page.parent) for title, picture in pictures.items()},
        provenance=of_job(snakemake),
    )
