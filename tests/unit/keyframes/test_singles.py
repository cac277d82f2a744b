"""Pictures of a folder may differ in paper, light and pen; each becomes the drawing on it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes.reading import read_cells, read_keyframes
from tests.unit.keyframes.sheets import drawing
from tests.unit.keyframes.test_printed import overlap

INPUTS = Path(__file__).resolve().parents[3].parent / "shared/inputs/04_papers"


def coloured(index: int, paper: tuple[int, int, int], ink: tuple[int, int, int], side: int = 128) -> Image.Image:
    opacity = drawing(index, side)[..., None] / 255
    return Image.fromarray((np.array(paper) * (1 - opacity) + np.array(ink) * opacity).round().astype(np.uint8))


def assert_read(folder: Path, count: int) -> None:
    found = read_keyframes(folder)
    assert len(found.images) == count and found.warnings == ()
    assert min(overlap(one, drawing(index)) for index, one in enumerate(found.images)) > 0.8


@pytest.mark.parametrize(
    "second",
    [((150, 140, 120), (10, 10, 10)), ((255, 255, 255), (170, 170, 170)), ((0, 0, 0), (255, 255, 255))],
    ids=["darker paper", "pencil", "light ink"],
)
def test_pictures_may_differ_in_paper_and_pen(second, tmp_path):
    white = (255, 255, 255), (0, 0, 0)
    for index, (paper, ink) in enumerate([white, second, white]):
        coloured(index, paper, ink).save(tmp_path / f"{index}.png")
    assert_read(tmp_path, 3)


def test_photographs_in_uneven_light_are_read(tmp_path):
    rng = np.random.default_rng(0)
    rows, columns = np.linspace(-1, 1, 600)[:, None], np.linspace(-1, 1, 600)[None]
    for index in range(3):
        light = (1 - 0.15 * (1 + columns * (-1) ** index)) * (1 - 0.1 * (rows**2 + columns**2))
        paper = np.asarray(coloured(index, (235, 230, 220), (40, 40, 60), 600)) * light[..., None]
        noisy = (paper + rng.normal(0, 3, paper.shape)).clip(0, 255)
        Image.fromarray(noisy.astype(np.uint8)).save(tmp_path / f"{index}.jpg", quality=88)
    assert_read(tmp_path, 3)


@pytest.mark.skipif(not INPUTS.exists(), reason="the files of reports are not on this machine")
@pytest.mark.parametrize(("name", "count"), [("papers", 3), ("pens", 3), ("phone", 9)])
def test_folders_of_reports_are_read(name, count):
    reading = read_cells(INPUTS / name)
    assert reading.drawn.tolist() == [True] * count
    assert ((reading.cells >= 128).mean(axis=(1, 2)) < 0.15).all(), "figures, not slabs"
