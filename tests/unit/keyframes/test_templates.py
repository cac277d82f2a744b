"""Empty sheets have room for their keyframes, hold no ink, and are never too large to be read."""

import pytest

from inkbridge.keyframes.guides import find_guides
from inkbridge.keyframes.reading import read_cells
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.errors import InkbridgeError


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


@pytest.mark.parametrize(("frames", "cell"), [(1000, 1024), (5000, 64)])
def test_sheet_too_large_to_be_read_is_refused(frames, cell):
    with pytest.raises(InkbridgeError, match="take fewer frames or smaller cells"):
        empty_sheet(frames, cell)
