"""Empty sheets to draw on."""

from PIL import Image, ImageDraw

from inkbridge.keyframes.cells import GUIDE_COLOUR
from inkbridge.keyframes.images import MOST_CELLS, MOST_PIXELS
from inkbridge.support.errors import InkbridgeError


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
