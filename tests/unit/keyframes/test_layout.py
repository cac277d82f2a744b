"""Where the cells of a sheet lie: read right, or refused with a command for each likely layout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.keyframes.layout import AskedLayout, Layout, find_layout
from inkbridge.keyframes.page import read_page
from inkbridge.keyframes.reading import read_cells, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.errors import InkbridgeError
from tests.unit.keyframes.made_sheets import LINES, MadeSheet, figure, made_sheet
from tests.unit.keyframes.sheets import draw_on, drawing, grid, read_error

INPUTS = Path(__file__).parents[4] / "shared/inputs"

needs_inputs = pytest.mark.skipif(not INPUTS.exists(), reason="needs ../shared/inputs")


def layout_of(picture: Image.Image, **asked: object) -> Layout:
    return find_layout(Path("sheet.png"), read_page(picture.convert("RGBA")), AskedLayout(**asked))


def figures(columns: int, rows: int, width: int, height: int, kind: str = "person") -> Image.Image:
    """Return a clean sheet without lines, with a figure in each cell."""
    sheet = Image.new("L", (columns * width, rows * height), 255)
    pen = ImageDraw.Draw(sheet)
    for number in range(columns * rows):
        left, top = number % columns * width, number // columns * height
        part = number / max(1, columns * rows - 1)
        figure(pen, (left, top, left + width, top + height), part, kind, max(2, width // 20))
    return sheet


def with_figures(sheet: Image.Image, cell: int) -> Image.Image:
    """Return a copy of a sheet of square cells with a figure in each cell."""
    drawn = sheet.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    count = (drawn.width // cell) * (drawn.height // cell)
    for number in range(count):
        left, top = number % (drawn.width // cell) * cell, number // (drawn.width // cell) * cell
        figure(pen, (left, top, left + cell, top + cell), number / count, "person", cell // 20)
    return drawn


def farthest(layout: Layout, sheet: MadeSheet) -> float:
    """Return by how much an edge of a cell is off, in parts of a cell."""
    side = min(sheet.boxes[0][2] - sheet.boxes[0][0], sheet.boxes[0][3] - sheet.boxes[0][1])
    pairs = zip(layout.boxes, sheet.boxes, strict=True)
    return max(abs(found - true) for box, truth in pairs for found, true in zip(box, truth, strict=True)) / side


# --- drawings of several parts -------------------------------------------------------------------------------


def of_two_parts(columns: int, rows: int, alike: bool) -> Image.Image:
    """Return drawings of a ring above a box, or as many rings above rings, on a page with a margin."""
    sheet = Image.new("L", (columns * 120 + 160, rows * 150 + 120), 255)
    pen = ImageDraw.Draw(sheet)
    for number in range(columns * rows):
        left, top = 80 + number % columns * 120, 60 + number // columns * (120 if alike else 150)
        moved = 2 * number
        pen.ellipse((left + 40 + moved, top + 8, left + 70 + moved, top + 38), outline=0, width=5)
        if alike:
            pen.ellipse((left + 40 + moved, top + 68, left + 70 + moved, top + 98), outline=0, width=5)
        else:
            pen.rectangle((left + 16, top + 62, left + 104, top + 104), outline=0, width=5)
    return sheet


def test_parts_of_a_drawing_are_no_drawings():
    layout = layout_of(of_two_parts(3, 2, alike=False))
    assert (layout.columns, layout.rows) == (3, 2)
    assert layout.warnings


def test_drawings_below_each_other_are_no_parts():
    try:
        layout = layout_of(of_two_parts(3, 2, alike=True))
    except InkbridgeError as error:
        assert "--layout" in str(error)
    else:
        assert (layout.columns, layout.rows) == (3, 4) or layout.warnings


# --- properties ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", LINES)
def test_random_sheets_are_read_right_or_refused(lines):
    read = 0
    for seed in range(16):
        sheet = made_sheet(np.random.default_rng(seed), lines)
        try:
            layout = layout_of(sheet.picture)
        except InkbridgeError as error:
            assert "inkbridge animate sheet.png --" in str(error), sheet.text
            continue
        read += 1
        assert (layout.columns, layout.rows) == (sheet.columns, sheet.rows), sheet.text
        # Without lines, paper around all cells leaves open how high they are; a warning says that they were inferred.
        if not layout.warnings:
            assert farthest(layout, sheet) < 0.1, sheet.text
    assert read >= (8 if lines in ("none", "dithered") else 14)


@pytest.mark.parametrize("seed", range(6))
def test_tone_of_the_sheet_does_not_matter(seed):
    sheet = made_sheet(np.random.default_rng(seed), "grey").picture
    inverted = Image.eval(sheet, lambda tone: 255 - tone)
    assert layout_of(sheet).boxes == layout_of(inverted).boxes


@pytest.mark.parametrize("degrees", [-2.0, -1.0, 1.0, 2.0])
def test_turn_of_a_sheet_is_found(degrees):
    drawn = with_figures(empty_sheet(6, 128), 128)
    page = Image.new("RGB", (drawn.width + 120, drawn.height + 120), "white")
    page.paste(drawn, (60, 60))
    layout = layout_of(page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor="white"))
    assert layout.turn == pytest.approx(degrees, abs=0.1)
    assert (layout.columns, layout.rows, layout.found) == (3, 2, "lines")


@pytest.mark.parametrize("cut", [1, 3, 8])
def test_cut_off_edges_do_not_move_the_cells(cut):
    drawn = with_figures(empty_sheet(6, 128), 128)
    whole, cropped = layout_of(drawn), layout_of(drawn.crop((cut, cut, drawn.width - cut, drawn.height - cut)))
    shifted = [tuple(edge + cut for edge in box) for box in cropped.boxes]
    np.testing.assert_allclose(shifted, whole.boxes, atol=1)


def test_strokes_as_long_as_the_lines_do_not_hide_them():
    drawn = draw_on(empty_sheet(6, 128), 128, 6)
    layout = layout_of(drawn.crop((3, 3, drawn.width - 3, drawn.height - 3)))
    assert (layout.found, layout.boxes[0]) == ("lines", (-3, -3, 125, 125))


# --- lines ---------------------------------------------------------------------------------------------------


def test_lines_of_a_frame_are_found_among_others():
    sheet = Image.new("RGB", (560, 420), "white")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((20, 20, 540, 400), outline=(225, 225, 215), width=3)  # the edge of the paper
    for number in range(6):
        left, top = 70 + number % 3 * 140, 70 + number // 3 * 140
        pen.rectangle((left, top, left + 140, top + 140), outline=(150, 190, 230), width=3)
        pen.line((left + 70, top + 8, left + 70, top + 132), fill=(240, 90, 90), width=2)  # an axis
        figure(pen, (left, top, left + 140, top + 140), number / 6, "person", 6)
    layout = layout_of(sheet)
    assert (layout.found, layout.columns, layout.rows) == ("lines", 3, 2)
    np.testing.assert_allclose(layout.boxes[0], (71, 71, 211, 211), atol=2)


def test_window_that_is_drawn_frames_no_cells():
    sheet = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(sheet)
    for box in ((60, 60, 160, 160), (160, 60, 260, 160)):
        pen.rectangle(box, outline=0, width=4)
    pen.ellipse((280, 40, 390, 150), outline=0, width=5)
    pen.line((20, 250, 380, 240), fill=0, width=5)
    with pytest.raises(InkbridgeError, match="expected a sheet"):
        layout_of(sheet)


TONES = {
    "grey": lambda sheet: sheet.convert("L"),
    "black and white": lambda sheet: sheet.convert("1"),
    "inverted": lambda sheet: Image.eval(sheet, lambda tone: 255 - tone),
    "dark": lambda sheet: Image.eval(sheet.convert("L"), lambda tone: 255 if tone > 240 else tone // 3),
}


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(("frames", "cell"), [(6, 256), (8, 96)])
def test_own_sheet_is_found_in_any_tone(tone, frames, cell, tmp_path):
    drawn = with_figures(empty_sheet(frames, cell), cell)
    TONES[tone](drawn).save(tmp_path / "sheet.png")
    reading = read_cells(tmp_path / "sheet.png")
    assert [box[2] - box[0] for box in reading.layout.boxes] == [cell] * frames
    drawn.save(tmp_path / "as_made.png")
    expected = read_keyframes(tmp_path / "as_made.png")
    found, true = reading.cells >= 128, expected.images >= 128
    assert (found & true).sum() / (found | true).sum() > (0.7 if tone == "black and white" else 0.97)


def test_lines_are_paper(tmp_path):
    sheet = figures(4, 1, 128, 128)
    pen = ImageDraw.Draw(sheet)
    for left in range(0, 512, 128):
        pen.rectangle((left, 0, left + 127, 127), outline=0, width=2)
    sheet.save(tmp_path / "ruled.png")
    figures(4, 1, 128, 128).save(tmp_path / "plain.png")
    ruled, plain = read_keyframes(tmp_path / "ruled.png"), read_keyframes(tmp_path / "plain.png", cell=128)
    np.testing.assert_array_equal(ruled.images, plain.images)


def test_frames_with_paper_between_them_are_cells():
    sheet = Image.new("L", (20 + 4 * 130, 20 + 2 * 130), 255)
    pen = ImageDraw.Draw(sheet)
    for number in range(8):
        left, top = 20 + number % 4 * 130, 20 + number // 4 * 130
        pen.rectangle((left, top, left + 109, top + 109), outline=60, width=2)
        figure(pen, (left, top, left + 110, top + 110), number / 8, "person", 5)
    layout = layout_of(sheet)
    assert (layout.columns, layout.rows, layout.found) == (4, 2, "lines")
    assert layout.boxes[5] == pytest.approx((150, 150, 260, 260), abs=2)


def test_squared_paper_is_no_grid_of_cells():
    sheet = Image.new("L", (512, 128), 255)
    pen = ImageDraw.Draw(sheet)
    for place in range(0, 512, 16):
        pen.line((place, 0, place, 128), fill=215)
        pen.line((0, place, 512, place), fill=215)
    for number in range(4):
        figure(pen, (number * 128, 0, number * 128 + 128, 128), number / 4, "person", 7)
    assert layout_of(sheet).cell == (128, 128)


def test_strokes_in_the_middle_of_cells_are_no_lines():
    """The stems of two plants, one above the other, look like one line."""
    sheet = figures(1, 2, 144, 144, "plant")
    try:
        assert layout_of(sheet).rows == 2
    except InkbridgeError as error:
        assert "--layout 1x2" in str(error) or "--cell 144" in str(error)


# --- paper between drawings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "rows", "side"), [(4, 2, 256), (6, 1, 100), (3, 3, 90), (2, 1, 128)])
def test_square_cells_are_found_without_lines(columns, rows, side):
    layout = layout_of(figures(columns, rows, side, side))
    assert (layout.columns, layout.rows, layout.cell, layout.found) == (columns, rows, (side, side), "gaps")
    assert layout.confidence > 0.9
    assert not layout.warnings


def test_cells_need_not_be_square():
    layout = layout_of(figures(4, 1, 96, 128))
    assert (layout.columns, layout.rows, layout.cell) == (4, 1, (96, 128))
    assert "no lines show where the cells are" in layout.warnings[0]


def test_paper_below_the_drawings_does_not_stretch_cells():
    page = Image.new("L", (448, 602), 255)
    page.paste(figures(7, 1, 64, 64, "square"), (0, 0))
    layout = layout_of(page)
    assert (layout.columns, layout.cell) == (7, (64, 64))
    assert layout.warnings


@pytest.mark.parametrize("cell", [64, 128])
def test_two_ways_to_divide_a_sheet_are_named(cell):
    """Eight narrow drawings fit into four square cells, two in each."""
    with pytest.raises(InkbridgeError) as refused:
        layout_of(figures(8, 1, cell // 2, cell))
    assert f"--cell {cell} for 4 cells" in str(refused.value)
    assert "--layout 8x1 for 8 cells" in str(refused.value)


def test_little_ink_across_a_border_does_not_make_larger_cells(save):
    """Two neighbours of eight touch; cells of twice the size would cut nothing, and hold four drawings each."""
    sheet = np.asarray(figures(4, 2, 100, 100)).copy()
    sheet[48:51, 70:130] = 0
    message = read_error(save(sheet))
    assert "ink across the borders" in message
    assert "--cell 100 for 8 cells" in message
    assert len(read_keyframes(save(sheet), layout="4x2").images) == 8


def test_single_drawing_is_pointed_to_morph(save):
    sheet = Image.new("L", (300, 300), 255)
    figure(ImageDraw.Draw(sheet), (0, 0, 300, 300), 0.5, "person", 12)
    message = read_error(save(sheet))
    assert "found one drawing" in message
    assert "inkbridge morph" in message


def test_ink_across_the_borders_of_cells_is_refused_with_the_likely_sizes(save):
    cells = [drawing(index, 64) for index in range(8)]
    sheet = grid(cells, columns=4)
    sheet[30:34] = 255  # a line through all cells of a row
    message = read_error(save(sheet))
    assert "inkbridge animate" in message
    assert "--cell 64" in message or "--layout" in message
    assert len(read_keyframes(save(sheet), cell=64).images) == 8


def test_photograph_of_one_drawing_is_refused_before_anything_is_cut(save):
    sheet = Image.new("L", (3000, 2000), 235)
    figure(ImageDraw.Draw(sheet), (500, 0, 2500, 2000), 0.3, "person", 40)
    assert "found one drawing" in read_error(save(sheet))


# --- options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "columns", "rows", "first", "last"),
    [
        ({"cell": "48x64"}, 8, 2, (0, 0, 48, 64), (336, 64, 384, 128)),
        ({"cell": 64}, 6, 2, (0, 0, 64, 64), (320, 64, 384, 128)),
        ({"layout": "4x2"}, 4, 2, (0, 0, 96, 64), (288, 64, 384, 128)),
        ({"layout": "3x1", "margin": 12}, 3, 1, (12, 12, 132, 116), (252, 12, 372, 116)),
        ({"cell": 50, "margin": 10, "spacing": 4}, 6, 2, (10, 10, 60, 60), (280, 64, 330, 114)),
        ({"layout": "2x2", "spacing": 4}, 2, 2, (0, 0, 190, 62), (194, 66, 384, 128)),
        ({"cell": 40, "layout": "5x3"}, 5, 3, (0, 0, 40, 40), (160, 80, 200, 120)),
    ],
)
def test_options_say_where_cells_lie(options, columns, rows, first, last, save):
    sheet = np.zeros((128, 384), np.uint8)
    sheet[20:100:3, 5:380:7] = 255
    layout = read_cells(save(sheet), **options).layout
    assert (layout.columns, layout.rows, layout.found) == (columns, rows, "options")
    assert (layout.boxes[0], layout.boxes[-1]) == (first, last)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layout": "4x2", "margin": 63}, "expected room for cells of at least 8 pixels with layout 4x2, margin 63"),
        ({"layout": "40x2"}, "expected room for cells"),
        ({"cell": 100, "layout": "4x2"}, "expected room for cells"),
        ({"cell": "48"}, None),
        ({"cell": "48x"}, "expected `cell` as two numbers"),
        ({"layout": "0x2"}, "expected `layout` of at least one column and one row"),
        ({"margin": -1}, "expected `margin` of at least 0 pixels"),
    ],
)
def test_options_that_do_not_fit_are_errors(options, words, save):
    sheet = grid([drawing(index) for index in range(8)], columns=4)
    if words is None:
        read_cells(save(sheet), **options)
    else:
        assert words in read_error(save(sheet), **options)


def test_layout_of_a_page_with_paper_around_all_drawings_is_found_by_its_columns_and_rows():
    page = Image.new("L", (700, 500), 255)
    page.paste(figures(3, 2, 150, 150), (160, 30))
    layout = layout_of(page, layout=(3, 2))
    assert layout.cell == pytest.approx((150, 150), abs=6)
    assert layout.boxes[0][0] == pytest.approx(160, abs=6)


# --- files that people have ----------------------------------------------------------------------------------

RIGHT = {
    "s_grey.png": (3, 2, 256, 256),
    "s_1bit.png": (3, 2, 256, 256),
    "s_inverted.png": (3, 2, 256, 256),
    "s_layer.png": (3, 2, 256, 256),
    "s_crop3.png": (3, 2, 256, 256),
    "s_scan300.jpg": (3, 2, None, None),
    "h_strip100.png": (6, 1, 100, 100),
    "h_cell256_noguides.png": (4, 2, 256, 256),
    "h_48x64.png": (4, 1, 48, 64),
}


@needs_inputs
@pytest.mark.parametrize("name", RIGHT)
def test_files_that_people_have_are_read_right(name):
    columns, rows, width, height = RIGHT[name]
    reading = read_cells(INPUTS / "01_cells" / name)
    assert (reading.layout.columns, reading.layout.rows) == (columns, rows)
    if width is not None:
        assert reading.layout.cell == (width, height)
    assert reading.count == columns * rows
    assert reading.drawn.all()
