"""A picture of what was read, for the person who drew."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from inkbridge.keyframes.layout import Box
from inkbridge.keyframes.originals import resized_drawings
from inkbridge.keyframes.page import Page
from inkbridge.keyframes.reading import Reading

_PAPER, _INK, _GRAPHITE, _PENCIL = (253, 253, 251), (26, 28, 32), (85, 92, 100), (27, 102, 151)
"""Colours as on the pages, in style.css."""

_RULE = (205, 211, 215)
"""Colour of the frame around a cell that is left out."""

_EDGE, _GAP, _CELL, _CAPTION = 24, 14, 128, 22
"""In pixels: the margin around the picture, the gap between cells, a cell's side, the line of text below a cell."""

_WIDEST = 900
"""Pixels of the widest sheet. A wider one is made smaller."""


def picture_of(reading: Reading) -> Image.Image:
    """Return an RGB picture of what was read: the sheet with its cells numbered, and below it each cell as ink."""
    parts = [_cells_as_read(reading)]
    if reading.layout is not None and reading.page is not None:
        parts.insert(0, _numbered_sheet(reading.page, reading.layout.boxes))
    width = max(part.width for part in parts) + 2 * _EDGE
    height = sum(part.height for part in parts) + (len(parts) + 1) * _EDGE
    picture = Image.new("RGB", (width, height), _PAPER)
    top = _EDGE
    for part in parts:
        picture.paste(part, (_EDGE, top))
        top += part.height + _EDGE
    return picture


def _numbered_sheet(page: Page, boxes: Sequence[Box]) -> Image.Image:
    sheet = page.picture
    scale = _WIDEST / sheet.width if sheet.width > _WIDEST else min(3, _WIDEST // sheet.width)
    laid = Image.new("RGBA", sheet.size, _PAPER)
    laid.alpha_composite(sheet)
    picture = laid.convert("RGB").resize((round(sheet.width * scale), round(sheet.height * scale)))
    pen = ImageDraw.Draw(picture)
    for number, box in enumerate(boxes, start=1):
        left, top, right, below = (round(edge * scale) for edge in box)
        pen.rectangle((left, top, right - 1, below - 1), outline=_PENCIL)
        _number_tag(pen, (left, top), str(number))
    return picture


def _number_tag(pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str) -> None:
    font = ImageFont.load_default(13)
    left, top = corner
    pen.rectangle((left, top, left + 8 + pen.textlength(text, font), top + 17), fill=_PENCIL)
    pen.text((left + 4, top + 1), text, fill=_PAPER, font=font)


def _cells_as_read(reading: Reading) -> Image.Image:
    """Return the cells as ink on paper, each with its number and a note if it is blank or left out."""
    columns = min(reading.layout.columns if reading.layout else len(reading.cells), 6)
    rows = -(-len(reading.cells) // columns)
    pitch, line = _CELL + _GAP, _CELL + _CAPTION + _GAP
    picture = Image.new("RGB", (columns * pitch - _GAP, rows * line - _GAP), _PAPER)
    pen = ImageDraw.Draw(picture)
    # Keyframes are shown as they were drawn.
    for index, cell in enumerate([*reading.originals, *reading.cells[reading.count :]]):
        left, top = index % columns * pitch, index // columns * line
        kept, blank = index < reading.count, not reading.drawn[index]
        ink = Image.fromarray(resized_drawings(cell[None], _CELL)[0])
        picture.paste(_INK if kept else _GRAPHITE, (left, top), ink)
        pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), outline=_PENCIL if kept else _RULE)
        text = f"{index + 1}" + ", blank" * blank + ", left out" * (not kept)
        pen.text((left, top + _CELL + 4), text, fill=_INK if kept else _GRAPHITE, font=ImageFont.load_default(13))
    return picture
