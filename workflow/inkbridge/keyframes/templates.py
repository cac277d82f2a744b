"""Empty sheets to draw on."""

from PIL import Image, ImageDraw

from inkbridge.keyframes.guides import GUIDE_COLOUR
from inkbridge.keyframes.images import MOST_PIXELS
from inkbridge.keyframes.limits import MOST_CELLS
from inkbridge.support.errors import InkbridgeError


def empty_sheet(frames: int, cell: int) -> Image.Image:
    """Return a white sheet with room for ``frames`` keyframes in cells of ``cell`` pixels, with pale guide lines.

    The guide lines are ignored when the sheet is read; see :func:`inkbridge.keyframes.guides.find_guides`. Raises
    :class:`InkbridgeError` if the sheet would be too large to be read.
    """
    columns, rows = _layout(frames)
    width, height = columns * cell, rows * cell
    if width * height > MOST_PIXELS or columns * rows > MOST_CELLS:
        raise InkbridgeError(
            f"empty sheet: expected at most {MOST_CELLS} cells and {MOST_PIXELS // 1_000_000} megapixels, found "
            f"{columns}×{rows} cells of {cell} pixels; take fewer frames or smaller cells"
        )
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    line = max(2, round(cell / 128))  # a line of one pixel would not survive JPEG
    for row in range(rows):
        for column in range(columns):
            left, top = column * cell, row * cell
            pen.rectangle((left, top, left + cell - 1, top + cell - 1), outline=GUIDE_COLOUR, width=line)
    return sheet


def _layout(frames: int) -> tuple[int, int]:
    """Return columns and rows with few surplus cells, for a sheet somewhat wider than high."""

    def badness(columns: int) -> float:
        rows = -(-frames // columns)
        return (columns * rows - frames) / frames + abs(columns / rows - 1.5) / 3

    columns = min(range(1, frames + 1), key=badness)
    return columns, -(-frames // columns)
