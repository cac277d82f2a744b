"""The tables of the reports are made from the files that their job is given."""

from pathlib import Path

import pandas as pd
import pytest

from inkbridge.evaluation.tables import RECONSTRUCTION_METRICS, reconstruction_table
from inkbridge.pipeline.results import FILES_OF_TABLES
from inkbridge.pipeline.tables import make_table

SETTINGS = {"resamples": 100, "seed": 1}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[str]]:
    """Figures of two variants: of images, of keyframes, and of animations."""
    named: dict[str, list[str]] = {"images": [], "keyframes": [], "animations": []}
    for number, variant in enumerate(("one", "two")):
        figures = {name: [0.1 + number, 0.2, 0.4] for name in RECONSTRUCTION_METRICS}
        tables = {
            "images": {"variant": variant, "recipe": "post", "image": [0, 1, 2], **figures},
            "keyframes": {"variant": variant, "doodle": ["a", "a", "b"], "latents": "fitted", "keyframe": 0, **figures},
            "animations": {"variant": variant, "doodle": ["a", "b"], "ghosting": 0.5},
        }
        tables["keyframes"]["keyframe"] = [0, 1, 0]
        for name, columns in tables.items():
            file = tmp_path / variant / f"{name}.csv"
            file.parent.mkdir(exist_ok=True)
            pd.DataFrame(columns).to_csv(file, index=False)
            named[name].append(str(file))
    return named


@pytest.mark.parametrize(
    ("table", "settings", "rows"),
    [("reconstruction", SETTINGS, 2), ("doodles", SETTINGS, 4), ("interpolation", {}, 4), ("comparison", SETTINGS, 8)],
)
def test_each_table_is_made_from_its_files(
    table: str, settings: dict[str, int], rows: int, files: dict[str, list[str]]
) -> None:
    given = {name: files[name] for name in FILES_OF_TABLES[table]}
    assert len(make_table(table, given, settings)) == rows


def test_a_table_holds_the_rows_of_all_files_in_their_order(files: dict[str, list[str]]) -> None:
    given = {"images": files["images"]}
    rows = pd.concat(map(pd.read_csv, files["images"]), ignore_index=True)
    pd.testing.assert_frame_equal(make_table("reconstruction", given, SETTINGS), reconstruction_table(rows, 100, 1))


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected a table of the reports, found prices"):
        make_table("prices", {}, {})
