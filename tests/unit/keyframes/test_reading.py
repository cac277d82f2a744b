"""Reading a sheet, a folder or an animation gives the keyframes that were drawn, or one clear error."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.keyframes.reading import Keyframes, read_cells, read_drawings, read_keyframes
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.errors import InkbridgeError
from tests.unit.keyframes.sheets import draw_on, grid, read_error

REAL_SHEETS = Path(__file__).resolve().parents[3].parent / "shared" / "doodles"
REAL_COUNTS = {"brain": 5, "jumpingjack": 5, "tree": 7}


def test_cells_are_read_row_by_row_without_trailing_blank_ones(sheet, drawings, save):
    found = read_keyframes(save(sheet))
    assert isinstance(found, Keyframes)
    assert found.images.dtype == np.uint8
    np.testing.assert_array_equal(found.images, drawings)
    assert found.ink == "light"
    assert found.warnings == ()


def test_blank_cell_between_drawings_is_a_keyframe(drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    found = read_keyframes(save(grid([drawings[0], blank, drawings[1], blank], columns=4)))
    np.testing.assert_array_equal(found.images, [drawings[0], blank, drawings[1]])
    (text,) = found.warnings
    assert "blank, but kept as keyframe because a drawing follows: cell 2" in text


@pytest.mark.parametrize("frames", [2, 5, 7])
def test_frames_sets_the_number_of_keyframes(frames, sheet, drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    found = read_keyframes(save(sheet), frames=frames)
    np.testing.assert_array_equal(found.images, [*drawings, blank, blank, blank][:frames])


def test_frames_sets_the_number_of_keyframes_of_a_folder(drawings, save, tmp_path):
    for index, image in enumerate(drawings):
        save(image, f"folder/{index}.png")
    np.testing.assert_array_equal(read_keyframes(tmp_path / "folder", frames=3).images, drawings[:3])


@pytest.mark.parametrize("drawn", [0, 1])
def test_fewer_than_two_drawings_are_an_error(drawn, drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    message = read_error(save(grid([*drawings[:drawn], blank, blank], columns=4)))
    assert f"found {drawn}" in message


def test_fewer_than_two_drawings_among_the_kept_frames_are_an_error(drawings, save):
    blank = np.zeros((64, 64), np.uint8)
    path = save(grid([drawings[0], blank, drawings[1]], columns=4))
    assert "found 1" in read_error(path, frames=2)


def test_more_frames_than_cells_are_an_error(sheet, save):
    assert "expected 9 cells, the number of keyframes asked for, found 8" in read_error(save(sheet), frames=9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *(({"cell": cell}, "expected `cell` of at least 8 pixels") for cell in (0, -64, 7)),
        *(({"frames": frames}, "expected a number of keyframes of at least 2") for frames in (1, 0)),
    ],
)
def test_settings_out_of_range_are_errors(options, words, sheet, save):
    assert words in read_error(save(sheet), **options)


@pytest.mark.parametrize("frames", [0, 1, 2, 9])
def test_number_of_keyframes_is_not_called_frames(frames, drawings, save):
    """The command line and the API call it ``keyframes``; their ``frames`` are another number."""
    blank = np.zeros((64, 64), np.uint8)
    message = read_error(save(grid([drawings[0], blank, drawings[1]], columns=4)), frames=frames)
    assert "number of keyframes" in message
    assert "`frames`" not in message


@pytest.mark.parametrize("name", REAL_COUNTS)
def test_real_sheets_are_read_without_change(name):
    path = REAL_SHEETS / f"{name}.bmp"
    if not path.exists():
        pytest.skip(f"the real sheet {path} is not on this machine")
    found = read_keyframes(path)
    tones = np.asarray(Image.open(path).convert("L"))
    cells = tones[:128].reshape(2, 64, 4, 64).swapaxes(1, 2).reshape(8, 64, 64)
    assert found.ink == "light"
    assert len(found.images) == REAL_COUNTS[name]
    np.testing.assert_array_equal(found.images, cells[: REAL_COUNTS[name]])
    assert bool(found.warnings) == (tones.shape[0] > 128)


def test_description_names_blank_cells_and_cells_left_out(save):
    sheet = draw_on(Image.new("RGB", (256, 128), "white"), 64, 4)
    ImageDraw.Draw(sheet).rectangle((64, 0, 127, 63), fill="white")
    ImageDraw.Draw(sheet).rectangle((0, 0, 8, 63), fill="white")
    reading = read_cells(save(sheet))
    assert reading.drawn.tolist() == [True, False, True, True, False, False, False, False]
    assert reading.count == 4
    text = "\n".join(reading.describe())
    assert "8 cells of 64×64 pixels, dark ink on light paper" in text
    assert "layout     4 columns, 2 rows, read row by row; found by the paper between drawings" in text
    assert "keyframes  4, blank ones: 2" in text
    assert "left out   5, 6, 7, 8" in text


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


def test_cell_cut_out_of_a_sheet_is_one_drawing_without_its_guide_lines(tmp_path):
    sheet = draw_on(empty_sheet(6, 128), 128, 2)
    sheet.crop((0, 0, 128, 128)).save(tmp_path / "cell.png")
    sheet.save(tmp_path / "sheet.png")
    assert (read_drawings([tmp_path / "cell.png"]).images[0] == read_cells(tmp_path / "sheet.png").cells[0]).all()


def test_folder_is_refused_as_a_single_drawing(tmp_path):
    with pytest.raises(InkbridgeError, match="expected one drawing, found a folder; animate the folder"):
        read_drawings([tmp_path])
