"""A picture of what was read, for the person who drew."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from inkbridge.keyframes.layout import Box
from inkbridge.keyframes.originals import resized_drawings
from inkbridge.keyframes.reading import Reading
from inkbridge.keyframes.sources import decode_file
from inkbridge.support.errors import printable

_PAPER, _INK, _GRAPHITE, _PENCIL = (253, 253, 251), (26, 28, 32), (85, 92, 100), (27, 102, 151)
"""Colours as on the pages, in style.css."""

_RULE = (205, 211, 215)
"""Colour of the frame around a cell that is left out."""

_EDGE, _GAP, _CELL, _CAPTION = 24, 14, 128, 22
"""In pixels: the margin around the picture, the gap between cells, a cell's side, a line of text."""

_WIDEST, _TALLEST, _PHOTOGRAPH = 900, 3000, 480
"""Pixels of the widest and the tallest sheet, and of the tallest photograph. Larger ones are made smaller."""

_MOST_CELLS = 240
"""Cells that are shown one by one. Of more, the first and the last ones are."""

_TEXT = 13
"""Pixels of the height of letters."""


def picture_of(reading: Reading) -> Image.Image:
    """Return an RGB picture of what was read: the photograph with its page, if it is one, the sheet with its cells
    numbered, and below it each cell as ink."""
    parts = []
    if reading.layout is not None and reading.page is not None:
        page = reading.page
        if page.outline is not None:
            parts += [_text("the page in the picture"), _photograph(reading, page.outline)]
        about = [f"dropped: {', '.join(page.dropped)}"] * bool(page.dropped) + list(page.notes)
        parts += [_text(line) for line in ["its cells, in the order in which they are read", *about]]
        parts.append(_numbered_sheet(page.view, reading.layout.boxes))
        parts.append(_text("what is read"))
    parts.append(_cells_as_read(reading))
    width = max(part.width for part in parts) + 2 * _EDGE
    gaps = [0 if part.height == _CAPTION else _EDGE for part in parts]  # a text belongs to what is below it
    picture = Image.new("RGB", (width, _EDGE + sum(part.height for part in parts) + sum(gaps)), _PAPER)
    top = _EDGE
    for part, gap in zip(parts, gaps, strict=True):
        picture.paste(part, (_EDGE, top))
        top += part.height + gap
    return picture


def _text(text: str) -> Image.Image:
    font = ImageFont.load_default(_TEXT)
    shown = _cut_to(printable(text), _WIDEST)
    line = Image.new("RGB", (_WIDEST, _CAPTION), _PAPER)
    ImageDraw.Draw(line).text((0, 2), shown, fill=_GRAPHITE, font=font)
    return line


def _cut_to(text: str, width: int) -> str:
    """Return as much of a text as fits into ``width`` pixels."""
    font = ImageFont.load_default(_TEXT)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _photograph(reading: Reading, outline: Sequence[tuple[float, float]]) -> Image.Image:
    """Return the picture that was read, with the outline of its page."""
    whole = decode_file(reading.source)
    scale = min(_WIDEST / whole.width, _PHOTOGRAPH / whole.height, 1.0)
    picture = _on_paper(whole, scale)
    corners = [(x * scale, y * scale) for x, y in outline]
    ImageDraw.Draw(picture).line([*corners, corners[0], corners[1]], fill=_PENCIL, width=3, joint="curve")
    return picture


def _numbered_sheet(sheet: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    scale = min(_WIDEST / sheet.width, _TALLEST / sheet.height)
    if scale > 1:
        scale = max(1, min(3, int(scale)))
    picture = _on_paper(sheet, scale)
    pen = ImageDraw.Draw(picture)
    for number, box in enumerate(boxes, start=1):
        left, top, right, below = (round(edge * scale) for edge in box)
        pen.rectangle((left, top, max(left, right - 1), max(top, below - 1)), outline=_PENCIL)
        _number_tag(pen, (left, top), str(number))
    return picture


def _on_paper(picture: Image.Image, scale: float) -> Image.Image:
    """Return an RGBA picture, resized and laid on paper."""
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.resize(size)
    laid = Image.new("RGBA", size, _PAPER)
    laid.alpha_composite(small)
    return laid.convert("RGB")


def _number_tag(pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str) -> None:
    font = ImageFont.load_default(_TEXT)
    left, top = corner
    pen.rectangle((left, top, left + 8 + pen.textlength(text, font), top + 17), fill=_PENCIL)
    pen.text((left + 4, top + 1), text, fill=_PAPER, font=font)


def _cells_as_read(reading: Reading) -> Image.Image:
    """Return the cells as ink on paper, each with its number, its name if it is a file, and a note if it is blank or
    left out."""
    shown = _shown(len(reading.cells))
    columns = min(reading.layout.columns if reading.layout else len(reading.cells), 6)
    rows = -(-len(shown) // columns)
    pitch, line = _CELL + _GAP, _CELL + _CAPTION + _GAP
    picture = Image.new("RGB", (columns * pitch - _GAP, rows * line - _GAP), _PAPER)
    pen = ImageDraw.Draw(picture)
    for place, index in enumerate(shown):
        left, top = place % columns * pitch, place // columns * line
        kept, blank = index < reading.count, not reading.drawn[index]
        # Keyframes are shown as they were drawn.
        cell = reading.originals[index] if kept else reading.cells[index]
        ink = Image.fromarray(resized_drawings(cell[None], _CELL)[0])
        picture.paste(_INK if kept else _GRAPHITE, (left, top), ink)
        pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), outline=_PENCIL if kept else _RULE)
        name = f"  {reading.names[index]}" if reading.names else ""
        text = _cut_to(f"{index + 1}" + ", blank" * blank + ", left out" * (not kept) + printable(name), _CELL)
        pen.text((left, top + _CELL + 4), text, fill=_INK if kept else _GRAPHITE, font=ImageFont.load_default(_TEXT))
    return picture


def _shown(count: int) -> list[int]:
    """Return which of the cells are shown: all, or the first and the last ones of many."""
    half = _MOST_CELLS // 2
    return list(range(count)) if count <= _MOST_CELLS else [*range(half), *range(count - half, count)]
