"""Guide lines of empty sheets are found however the sheet was saved, and are never read as ink."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes.guides import GUIDE_COLOUR, find_guides
from inkbridge.keyframes.reading import read_cells, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import draw_on


def saved_as_jpeg(sheet: Image.Image, path: Path) -> None:
    sheet.save(path.with_suffix(".jpg"), quality=75)
    path.with_suffix(".jpg").rename(path)


def saved_in_half(sheet: Image.Image, path: Path) -> None:
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.BICUBIC).save(path)


def saved_enlarged(sheet: Image.Image, path: Path) -> None:
    sheet.resize((round(sheet.width * 1.7), round(sheet.height * 1.7)), Image.Resampling.BICUBIC).save(path)


def saved_with_transparency(sheet: Image.Image, path: Path) -> None:
    sheet.convert("RGBA").save(path)


def saved_in_few_colours(sheet: Image.Image, path: Path) -> None:
    sheet.quantize(8).save(path, format="GIF")


WAYS = [
    lambda sheet, path: sheet.save(path),
    saved_as_jpeg,
    saved_in_half,
    saved_enlarged,
    saved_with_transparency,
    saved_in_few_colours,
]


@pytest.mark.parametrize("save", WAYS)
@pytest.mark.parametrize(("frames", "cell"), [(6, 256), (2, 128), (11, 96)])
def test_guide_lines_are_paper_however_the_sheet_was_saved(frames, cell, save, tmp_path):
    drawn = draw_on(empty_sheet(frames, cell), cell, frames)
    save(drawn, tmp_path / "guided.png")
    plain = draw_on(Image.new("RGB", drawn.size, "white"), cell, frames)
    plain.save(tmp_path / "plain.png")
    guided = read_keyframes(tmp_path / "guided.png")
    expected = read_keyframes(tmp_path / "plain.png", cell=cell)
    assert len(guided.images) == frames
    assert guided.ink == "dark"
    assert np.abs(guided.images.astype(int) - expected.images).mean() < 3
    assert (guided.images[1, :3] < 64).all(), "no line along the edge"
    assert (guided.images[1, :, -3:] < 64).all()


def test_given_cell_size_overrides_guide_lines(tmp_path):
    draw_on(empty_sheet(6, 256), 256, 6).save(tmp_path / "guided.png")
    assert len(read_cells(tmp_path / "guided.png", cell=128).cells) == 24


def _grey(pixels: Images) -> Images:
    return np.full_like(pixels, 222)


def _blue_paper(pixels: Images) -> Images:
    pixels[:] = GUIDE_COLOUR
    return pixels


def _uneven(pixels: Images) -> Images:
    pixels[:, 300:304] = GUIDE_COLOUR
    return pixels


def _frame_alone_of_no_square(pixels: Images) -> Images:
    pixels[2:-2, 2:-2] = 255
    return pixels


@pytest.mark.parametrize("change", [_grey, _blue_paper, _uneven, _frame_alone_of_no_square])
def test_guide_lines_need_an_even_grid_of_squares(change):
    pixels = change(np.array(empty_sheet(6, 256)))
    assert find_guides(Image.fromarray(pixels).convert("RGBA")) is None


def test_project_sheets_have_no_guide_lines():
    for sheet in (Path(__file__).parents[3] / "resources/doodles").glob("*.png"):
        assert find_guides(Image.open(sheet).convert("RGBA")) is None
