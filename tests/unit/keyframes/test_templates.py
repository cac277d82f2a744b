"""Guide lines of empty sheets are never read as ink, and previews show what was read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.keyframes.guides import GUIDE_COLOUR, find_guides
from inkbridge.keyframes.previews import picture_of
from inkbridge.keyframes.reading import read_cells, read_drawings, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images


def draw_on(sheet: Image.Image, cell: int, cells: int, ink: str = "black") -> Image.Image:
    """Return ``sheet`` with a cross in each of its first ``cells``; the first one crosses the guide lines."""
    sheet = sheet.copy()
    pen = ImageDraw.Draw(sheet)
    columns = sheet.width // cell
    for number in range(cells):
        left, top = number % columns * cell, number // columns * cell
        reach = 0 if number == 0 else cell * (8 + number) // 64
        width = max(2, cell // 16)
        pen.line((left + reach, top + cell // 2, left + cell - 1 - reach, top + cell // 2), fill=ink, width=width)
        pen.line((left + cell // 2, top + reach, left + cell // 2, top + cell - 1 - reach), fill=ink, width=width)
    return sheet


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


@pytest.mark.parametrize("frames", range(2, 40))
def test_sheet_has_room_for_its_keyframes_and_little_more(frames):
    sheet = empty_sheet(frames, 64)
    columns, rows = sheet.width // 64, sheet.height // 64
    assert frames <= columns * rows < frames + max(columns, 2)
    guides = find_guides(sheet.convert("RGBA"))
    assert (guides.columns, guides.rows, guides.cell) == (columns, rows, 64)


def test_empty_sheet_holds_no_ink(tmp_path):
    empty_sheet(6, 256).save(tmp_path / "empty.png")
    reading = read_cells(tmp_path / "empty.png")
    assert not reading.drawn.any()
    assert not reading.cells.any()
    with pytest.raises(InkbridgeError, match="found 0 in 6 cells"):
        reading.keyframes()


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


@pytest.mark.parametrize(("frames", "cell"), [(1000, 1024), (5000, 64)])
def test_sheet_too_large_to_be_read_is_refused(frames, cell):
    with pytest.raises(InkbridgeError, match="take fewer frames or smaller cells"):
        empty_sheet(frames, cell)


# --- what is read --------------------------------------------------------------------------------------------


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Image.Image], Path]:
    def save_sheet(sheet: Image.Image) -> Path:
        sheet.save(tmp_path / "mine.png")
        return tmp_path / "mine.png"

    return save_sheet


def test_description_names_blank_cells_and_cells_left_out(save):
    sheet = draw_on(Image.new("RGB", (256, 128), "white"), 64, 4)
    ImageDraw.Draw(sheet).rectangle((64, 0, 127, 63), fill="white")
    ImageDraw.Draw(sheet).rectangle((0, 0, 8, 63), fill="white")
    reading = read_cells(save(sheet))
    assert reading.drawn.tolist() == [True, False, True, True, False, False, False, False]
    assert reading.count == 4
    text = "\n".join(reading.describe())
    assert "8 cells of 64×64 pixels, dark ink on light paper" in text
    assert "keyframes  4, blank ones: 2" in text
    assert "left out   5, 6, 7, 8" in text


def test_single_drawing_is_read_and_previewed(save):
    reading = read_cells(save(draw_on(Image.new("RGB", (256, 64), "white"), 64, 1)))
    assert reading.drawn.sum() >= 1
    picture_of(reading)


def test_preview_shows_each_cell_as_ink(save):
    reading = read_cells(save(draw_on(Image.new("RGB", (256, 128), "white"), 64, 6)))
    picture = np.asarray(picture_of(reading).convert("L"))
    below = picture[24 + 3 * 128 + 24 :]
    cells = [below[top : top + 128, left : left + 128] for top in (0, 164) for left in (24, 166, 308, 450)]
    assert all((cell[62:66, 62:66] < 90).all() for cell in cells[:6]), "the middle of each cross"
    assert all((cell[62:66, 62:66] > 200).all() for cell in cells[6:]), "blank ones"


def test_preview_of_a_folder_has_no_sheet(tmp_path):
    for name in ("a", "b"):
        draw_on(Image.new("RGB", (64, 64), "white"), 64, 1).save(tmp_path / f"{name}.png")
    assert picture_of(read_cells(tmp_path)).height < 128 + 100


def test_separate_pictures_may_have_different_papers(tmp_path):
    cross = draw_on(Image.new("L", (128, 128), "white"), 128, 1)
    cross.save(tmp_path / "dark.png")
    Image.fromarray(255 - np.asarray(cross)).save(tmp_path / "light.png")
    drawn = read_drawings([tmp_path / "dark.png", tmp_path / "light.png"])
    np.testing.assert_allclose(drawn.images[0], drawn.images[1], atol=1)
    assert drawn.images.shape == (2, 64, 64)
    assert drawn.ink == "dark"


def test_message_names_a_blank_picture(tmp_path):
    draw_on(Image.new("L", (64, 64), "white"), 64, 1).save(tmp_path / "a.png")
    Image.new("L", (64, 64), "white").save(tmp_path / "b.png")
    with pytest.raises(InkbridgeError, match=r"b\.png: expected a drawing with ink, found a blank picture"):
        read_drawings([tmp_path / "a.png", tmp_path / "b.png"])


def test_sheet_is_refused_as_a_single_drawing(tmp_path):
    draw_on(empty_sheet(6, 128), 128, 2).save(tmp_path / "sheet.png")
    with pytest.raises(InkbridgeError, match=r"sheet\.png: expected one drawing, found a sheet of 6 cells"):
        read_drawings([tmp_path / "sheet.png"])
