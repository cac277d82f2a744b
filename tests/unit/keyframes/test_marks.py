"""A printed sheet is found again by its corner marks, in any tone, and straightened."""

from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from inkbridge.keyframes.marks import MOST_COLUMNS, PAPERS, PrintLayout, find_printed_sheet
from inkbridge.keyframes.templates import print_layout, printed_sheet


def test_every_layout_has_markers_of_its_own():
    layouts = [
        PrintLayout(columns, rows, paper)
        for paper in PAPERS
        for rows in range(1, MOST_COLUMNS + 1)
        for columns in range(1, MOST_COLUMNS + 1)
    ]
    numbers = {layout.identifier(corner): (layout, corner) for layout in layouts for corner in range(4)}
    assert len(numbers) == 4 * len(layouts) and max(numbers) < 1000
    assert all(PrintLayout.of_identifier(number) == known for number, known in numbers.items())
    assert PrintLayout.of_identifier(max(numbers) + 1) is None


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("keyframes", range(2, 49))
def test_cells_lie_on_the_page_between_the_marks(paper, keyframes):
    layout = print_layout(keyframes, paper)
    (left, top), (width, height) = layout.corner, layout.page
    assert keyframes <= layout.columns * layout.rows
    assert left >= 9 - 1e-9 and top >= 24 - 1e-9
    assert left + layout.columns * layout.cell <= width - 9 + 1e-9
    assert top + layout.rows * layout.cell <= height - 24 + 1e-9
    assert layout.cell > 28


@cache
def page(side: int = 900) -> tuple[PrintLayout, Image.Image]:
    """A printed sheet of six cells with a black dot in the middle of each, ``side`` pixels wide."""
    layout = print_layout(6, "a4")
    picture = printed_sheet(layout)
    pixels = np.array(picture)
    unit = picture.width / layout.page[0]
    for row in range(layout.rows):
        for column in range(layout.columns):
            x, y = (layout.corner[i] + (place + 0.5) * layout.cell for i, place in enumerate((column, row)))
            cv2.circle(pixels, (round(x * unit), round(y * unit)), round(3 * unit), (0, 0, 0), -1)
    return layout, Image.fromarray(pixels).resize((side, round(side * picture.height / picture.width)))


def assert_dots_in_the_middle(pixels: np.ndarray, layout: PrintLayout, light_ink: bool = False) -> None:
    found = find_printed_sheet(pixels)
    assert found is not None and found.layout == layout
    assert found.pixels.shape == (layout.rows * found.cell, layout.columns * found.cell, 4)
    grey = found.pixels[..., :3].mean(axis=-1)
    cells = (
        grey.reshape(layout.rows, found.cell, layout.columns, found.cell).swapaxes(1, 2).reshape(-1, *[found.cell] * 2)
    )
    inner = cells[:, found.margin : -found.margin, found.margin : -found.margin]
    assert len(cells) == 6
    for cell in inner:
        rows, columns = np.nonzero((cell > 100) if light_ink else (cell < 100))
        assert len(rows), "a dot in each cell"
        assert np.abs(np.array([rows.mean(), columns.mean()]) + 0.5 - len(cell) / 2).max() < 0.02 * len(cell)


@pytest.mark.parametrize(
    "how", ["colour", "grey", "1-bit", "inverted", "turned", "upside down", "thumb", "transparent"]
)
def test_printed_sheet_is_found_in_any_tone_and_turn(how):
    layout, picture = page()
    if how == "grey":
        picture = picture.convert("L")
    if how == "1-bit":
        picture = picture.convert("1", dither=Image.Dither.NONE)
    if how == "inverted":
        picture = Image.fromarray(255 - np.asarray(picture))
    if how == "turned":
        picture = picture.rotate(7, expand=True, fillcolor=(120, 90, 60), resample=Image.Resampling.BICUBIC)
    if how == "upside down":
        picture = picture.transpose(Image.Transpose.ROTATE_180)
    if how == "thumb":
        picture.paste((200, 150, 130), (0, picture.height - 90, 90, picture.height))
    pixels = np.array(picture.convert("RGBA"))
    if how == "transparent":
        pixels[..., 3] = 255 - pixels[..., :3].min(axis=-1)
    if how == "inverted" or how != "transparent":
        assert_dots_in_the_middle(pixels, layout, light_ink=how == "inverted")
    else:
        assert find_printed_sheet(pixels) is not None


def test_photograph_is_straightened():
    layout, picture = page(1100)
    corners = np.array([(0, 0), (picture.width, 0), picture.size, (0, picture.height)], np.float32)
    seen = np.array([(300, 200), (1300, 320), (1220, 1800), (120, 1620)], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    photo = np.full((2000, 1500, 3), (90, 70, 50), np.uint8)
    cv2.warpPerspective(np.asarray(picture), turn, (1500, 2000), dst=photo, borderMode=cv2.BORDER_TRANSPARENT)
    shade = np.linspace(1.0, 0.4, 1500)[None, :, None]
    pixels = np.dstack([(photo * shade).astype(np.uint8), np.full(photo.shape[:2], 255, np.uint8)])
    assert_dots_in_the_middle(pixels, layout)
    found = find_printed_sheet(pixels)
    assert found is not None and found.seen == 4
    np.testing.assert_allclose(found.outline, seen, atol=5)


def test_drawing_without_marks_is_no_printed_sheet():
    assert find_printed_sheet(np.full((300, 300, 4), 255, np.uint8)) is None
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 4), dtype=np.uint8)
    assert find_printed_sheet(noise) is None
    _, picture = page()
    one = picture.crop((0, 0, picture.width // 2, picture.height // 2))
    assert find_printed_sheet(np.asarray(one.convert("RGBA"))) is None, "a single mark"
