"""What is drawn on a printed sheet is read from a scan or a photograph, in any tone and format."""

from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes.reading import read_cells, read_keyframes
from inkbridge.keyframes.templates import print_layout, printed_sheet
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import drawing

LAYOUT = print_layout(6, "a4")


@cache
def drawn_page() -> Image.Image:
    """A printed sheet of six cells, five of which are drawn in dark blue ink; 1654 × 2339 pixels."""
    page = printed_sheet(LAYOUT)
    pixels, unit = np.array(page), page.width / LAYOUT.page[0]
    side = round(LAYOUT.cell * unit)
    for index in range(5):
        row, column = divmod(index, LAYOUT.columns)
        left, top = (round((LAYOUT.corner[i] + place * LAYOUT.cell) * unit) for i, place in enumerate((column, row)))
        opacity = drawing(index, side)[..., None] / 255
        cell = pixels[top : top + side, left : left + side]
        cell[:] = (cell * (1 - opacity) + np.array((30, 32, 60)) * opacity).round()
    return Image.fromarray(pixels).resize((1654, 2339), Image.Resampling.BOX)


def overlap(found: Images, wanted: Images) -> float:
    """Shared over united ink; strokes may be half a pixel off."""
    one, other = found >= 128, wanted >= 128
    return float((one & other).sum() / (one | other).sum())


def photograph(picture: Image.Image) -> Image.Image:
    """The page on a table, seen from the side, in uneven light."""
    width, height = picture.size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = np.array([(260, 190), (1260, 300), (1190, 1850), (120, 1700)], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    table = np.full((2000, 1500, 3), (90, 70, 50), np.uint8)
    cv2.warpPerspective(
        np.asarray(picture.convert("RGB")),
        turn,
        (1500, 2000),
        dst=table,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    light = np.linspace(1.0, 0.5, 1500)[None, :, None] * np.linspace(0.95, 0.8, 2000)[:, None, None]
    grain = np.random.default_rng(0).normal(0, 4, table.shape)
    return Image.fromarray((cv2.GaussianBlur(table, (0, 0), 1.0) * light + grain).clip(0, 255).astype(np.uint8))


WAYS = {
    "page.png": lambda page: page,
    "grey.png": lambda page: page.convert("L"),
    "threshold.png": lambda page: page.convert("L").point(lambda tone: 255 * (tone > 128)).convert("1"),
    "inverted.png": lambda page: Image.fromarray(255 - np.asarray(page)),
    "page.pdf": lambda page: page,
    "scan.jpg": lambda page: page.rotate(0.6, Image.Resampling.BICUBIC, fillcolor=(235, 232, 225)),
    "upside_down.jpg": lambda page: page.transpose(Image.Transpose.ROTATE_180),
    "photograph.jpg": photograph,
}


@pytest.mark.parametrize("name", WAYS)
def test_drawings_on_a_printed_sheet_are_read(name, tmp_path):
    if name.endswith("pdf"):
        pytest.importorskip("pypdfium2")
    options = {"quality": 85} if name.endswith("jpg") else {"resolution": 200} if name.endswith("pdf") else {}
    WAYS[name](drawn_page().copy()).save(tmp_path / name, **options)
    reading = read_cells(tmp_path / name)
    assert reading.layout is not None and reading.layout.found == "marks"
    assert (reading.layout.columns, reading.layout.rows) == (2, 3)
    assert reading.drawn.tolist() == [True] * 5 + [False]
    assert reading.warnings == ()
    found = reading.keyframes()
    assert min(overlap(one, drawing(index)) for index, one in enumerate(found.images)) > 0.8


def test_hidden_mark_is_told(tmp_path):
    page = drawn_page().copy()
    page.paste((200, 150, 130), (0, page.height - 180, 180, page.height))
    page.save(tmp_path / "page.png")
    [text] = read_keyframes(tmp_path / "page.png").warnings
    assert "3 of 4 corner marks are seen" in text


def test_folder_of_printed_sheets_is_refused(tmp_path):
    for name in ("1.png", "2.png"):
        drawn_page().save(tmp_path / name)
    with pytest.raises(InkbridgeError, match="found a printed sheet in 1; animate each sheet alone"):
        read_keyframes(tmp_path)
