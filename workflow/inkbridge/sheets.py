"""Sheets for people: an empty one to draw on, a picture of what is read from one, its entry in the configuration."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from inkbridge.config import Configuration
from inkbridge.doodles import GUIDE_COLOUR, MOST_CELLS, MOST_PIXELS, Box, Reading, read_sheet_picture
from inkbridge.errors import InkbridgeError
from inkbridge.files import whole_file
from inkbridge.project import parse_yaml, read_yaml
from inkbridge.provenance import Provenance, picture_options

_PAPER, _INK, _GRAPHITE, _PENCIL = (253, 253, 251), (26, 28, 32), (85, 92, 100), (27, 102, 151)
"""The colours of the pages, as in style.css."""

_RULE = (205, 211, 215)
_EDGE, _GAP, _CELL, _CAPTION = 24, 14, 128, 22
"""Pixels in the picture of a reading: around it, between cells, a cell's side, the line below a cell."""

_WIDEST = 900
"""Pixels of the widest sheet in the picture of a reading; larger ones are made smaller."""


def empty_sheet(frames: int, cell: int) -> Image.Image:
    """Return a white sheet with room for ``frames`` keyframes in cells of ``cell`` pixels, with pale guide lines.

    The guide lines are left out when the sheet is read; see :func:`inkbridge.doodles.find_guides`. Raises
    :class:`InkbridgeError` where the sheet would be larger than what is read.
    """
    columns, rows = _layout(frames)
    width, height = columns * cell, rows * cell
    if width * height > MOST_PIXELS or columns * rows > MOST_CELLS:
        raise InkbridgeError(
            f"a sheet of {columns}×{rows} cells of {cell} pixels: expected at most {MOST_CELLS} cells and "
            f"{MOST_PIXELS // 1_000_000} megapixels; take fewer frames or smaller cells"
        )
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    line = max(2, round(cell / 128))  # one pixel alone would not outlive JPEG
    for row in range(rows):
        for column in range(columns):
            left, top = column * cell, row * cell
            pen.rectangle((left, top, left + cell - 1, top + cell - 1), outline=GUIDE_COLOUR, width=line)
    return sheet


def _layout(frames: int) -> tuple[int, int]:
    """Return columns and rows: few cells too many, and a sheet somewhat wider than high."""

    def badness(columns: int) -> float:
        rows = -(-frames // columns)
        return (columns * rows - frames) / frames + abs(columns / rows - 1.5) / 3

    columns = min(range(1, frames + 1), key=badness)
    return columns, -(-frames // columns)


def write_picture(path: Path, picture: Image.Image, provenance: Provenance | None = None) -> None:
    """Write a picture as PNG, whatever ``path`` is called, with the record of how it was made. The file appears whole
    or not at all."""
    with whole_file(path) as temporary:
        picture.save(temporary, format="PNG", optimize=True, **picture_options(".png", provenance))


def register_doodle(configuration: Path, name: str, sheet: str) -> None:
    """Add the doodle ``name`` with its ``sheet`` to the file of the configuration, as the first one; its comments stay.

    Raises :class:`InkbridgeError` where the file cannot be read, has a doodle of that name, or would not be a right
    configuration with it.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # lines stay as long as they are
    content = parse_yaml(configuration, yaml)
    if not isinstance(content, CommentedMap) or not isinstance(content.get("doodles"), CommentedMap):
        raise InkbridgeError(f"{configuration}: expected a mapping `doodles`, found none; add it and register again")
    if name in content["doodles"]:
        raise InkbridgeError(f"{configuration}: doodles.{name}: there is a doodle of that name; choose another one")
    entry = CommentedMap({"sheet": sheet})
    entry.fa.set_flow_style()
    # First, because what is commented on below the last one would stand between them.
    content["doodles"].insert(0, name, entry)
    with whole_file(configuration) as temporary:
        yaml.dump(content, temporary)
        Configuration.read(read_yaml(temporary))


def picture_of(reading: Reading) -> Image.Image:
    """Return an RGB picture of what was read: the sheet with its cells numbered, and each cell as it is taken."""
    parts = [_cells_as_read(reading)]
    if reading.boxes is not None:
        parts.insert(0, _numbered_sheet(reading.source, reading.boxes))
    width = max(part.width for part in parts) + 2 * _EDGE
    height = sum(part.height for part in parts) + (len(parts) + 1) * _EDGE
    picture = Image.new("RGB", (width, height), _PAPER)
    top = _EDGE
    for part in parts:
        picture.paste(part, (_EDGE, top))
        top += part.height + _EDGE
    return picture


def _numbered_sheet(path: Path, boxes: Sequence[Box]) -> Image.Image:
    sheet = read_sheet_picture(path)
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
    """Return the cells as ink on paper, each with its number and what becomes of it."""
    first_row = [box for box in reading.boxes or () if box[1] == 0]
    columns = min(len(first_row) or len(reading.cells), 6)
    rows = -(-len(reading.cells) // columns)
    pitch, line = _CELL + _GAP, _CELL + _CAPTION + _GAP
    picture = Image.new("RGB", (columns * pitch - _GAP, rows * line - _GAP), _PAPER)
    pen = ImageDraw.Draw(picture)
    for index, cell in enumerate(reading.cells):
        left, top = index % columns * pitch, index // columns * line
        kept, blank = index < reading.count, not reading.drawn[index]
        ink = Image.fromarray(cell).resize((_CELL, _CELL), Image.Resampling.BICUBIC)
        picture.paste(_INK if kept else _GRAPHITE, (left, top), ink)
        pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), outline=_PENCIL if kept else _RULE)
        text = f"{index + 1}" + ", blank" * blank + ", left out" * (not kept)
        pen.text((left, top + _CELL + 4), text, fill=_INK if kept else _GRAPHITE, font=ImageFont.load_default(13))
    return picture
