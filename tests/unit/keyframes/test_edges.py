"""Ruled borders of cells whose places are given are no ink."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.keyframes.reading import read_cells, read_keyframes
from tests.unit.keyframes.sheets import drawing, grid


@pytest.mark.parametrize("tone", [0, 60, 120, 200])
@pytest.mark.parametrize("options", [{"cell": 128, "margin": 0, "spacing": 0}, {"layout": "3x2", "margin": 0}])
def test_borders_of_cells_are_no_ink_where_the_user_says_where_cells_are(tone, options, tmp_path):
    picture = Image.fromarray(255 - grid([drawing(index, 128) for index in range(5)], columns=3))
    pen = ImageDraw.Draw(picture)
    for index in range(6):
        left, top = index % 3 * 128, index // 3 * 128
        pen.rectangle((left, top, left + 127, top + 127), outline=tone)
    picture.save(tmp_path / "sheet.png")
    reading = read_cells(tmp_path / "sheet.png", **options)
    assert reading.drawn.tolist() == [True] * 5 + [False]
    frame = np.ones((64, 64), bool)
    frame[2:-2, 2:-2] = False
    assert not reading.keyframes().images[:, frame].any()


def test_drawing_that_reaches_its_edge_is_kept(tmp_path):
    cells = [255 - drawing(index, 128) for index in range(3)]
    for cell in cells:
        cell[120:] = 0
    Image.fromarray(np.hstack(cells)).save(tmp_path / "sheet.png")
    found = read_keyframes(tmp_path / "sheet.png", cell=128, margin=0).images
    assert (found[:, 62] == 255).all()
