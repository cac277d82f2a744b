"""The tables of the reports, made from the files of metrics that their job is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from inkbridge.evaluation.tables import (
    comparison_table,
    doodles_table,
    read_tables,
    reconstruction_table,
    training_table,
)


def make_table(name: str, files: Mapping[str, Sequence[str]], settings: Mapping[str, int]) -> pd.DataFrame:
    """Return the table ``name``; :data:`inkbridge.pipeline.results.FILES_OF_TABLES` lists tables and their ``files``.

    ``settings`` are those of :func:`inkbridge.pipeline.results.settings_of_table`.
    """
    match name:
        case "reconstruction":
            return reconstruction_table(read_tables(files["images"]), **settings)
        case "doodles":
            return doodles_table(read_tables(files["keyframes"]), **settings)
        case "interpolation":
            return read_tables(files["animations"])
        case "comparison":
            return comparison_table(read_tables(files["images"]), read_tables(files["keyframes"]), **settings)
        case "training":
            from inkbridge.models.storage import read_record  # which imports torch

            return training_table({Path(model).parent.name: read_record(Path(model)) for model in files["models"]})
    raise ValueError(f"expected a table of the reports, found {name}")
