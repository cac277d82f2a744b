"""Previews show what was read."""

import numpy as np
from PIL import Image

from inkbridge.keyframes.previews import picture_of
from inkbridge.keyframes.reading import read_cells
from tests.unit.keyframes.sheets import draw_on


def test_single_drawing_is_read_and_previewed(save):
    reading = read_cells(save(draw_on(Image.new("RGB", (256, 64), "white"), 64, 1)))
    assert reading.drawn.sum() >= 1
    picture_of(reading)


def test_preview_shows_each_cell_as_ink(save):
    reading = read_cells(save(draw_on(Image.new("RGB", (256, 128), "white"), 64, 6)))
    picture = np.asarray(picture_of(reading).convert("L"))
    below = picture[-24 - 2 * 164 + 14 :]
    cells = [below[top : top + 128, left : left + 128] for top in (0, 164) for left in (24, 166, 308, 450)]
    assert all((cell[62:66, 62:66] < 90).all() for cell in cells[:6]), "the middle of each cross"
    assert all((cell[62:66, 62:66] > 200).all() for cell in cells[6:]), "blank ones"


def test_preview_shows_keyframes_at_their_own_resolution(save):
    """Hairs of a pixel, two pixels apart, would be grey at 64 pixels."""
    sheet = np.full((128, 256), 255, np.uint8)
    sheet[40:80, 40:80:2] = sheet[40:80, 168:208:2] = 0
    reading = read_cells(save(sheet), cell=128)
    below = np.asarray(picture_of(reading).convert("L"))[-24 - 128 - 22 - 14 + 14 : -24]
    tones = below[60, 24 + 44 : 24 + 76]
    assert (np.abs(np.diff(tones.astype(int))) > 150).all()


def test_preview_of_many_cells_is_bounded(save):
    sheet = np.full((64 * 40, 64 * 40), 255, np.uint8)
    sheet[32::64, 20:44] = sheet[32::64, 84:108] = 0
    picture = picture_of(read_cells(save(sheet), cell=64))
    assert picture.width < 1000 and picture.height < 10_000


def test_preview_shows_the_name_of_each_file(tmp_path):
    def preview(names: tuple[str, str]) -> np.ndarray:
        folder = tmp_path / "".join(names)
        folder.mkdir()
        for name in names:
            draw_on(Image.new("RGB", (64, 64), "white"), 64, 1).save(folder / f"{name}.png")
        reading = read_cells(folder)
        assert reading.names == names
        return np.asarray(picture_of(reading))

    assert (preview(("a", "b")) != preview(("a", "c"))).any()


def test_preview_of_a_folder_has_no_sheet(tmp_path):
    for name in ("a", "b"):
        draw_on(Image.new("RGB", (64, 64), "white"), 64, 1).save(tmp_path / f"{name}.png")
    assert picture_of(read_cells(tmp_path)).height < 128 + 100
