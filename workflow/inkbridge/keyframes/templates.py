"""Empty sheets to draw on, in a paint program or on paper."""

from PIL import Image, ImageDraw, ImageFont

from inkbridge.keyframes.guides import GUIDE_COLOUR
from inkbridge.keyframes.images import MOST_PIXELS
from inkbridge.keyframes.limits import MOST_CELLS
from inkbridge.keyframes.marks import EDGE, LINE, MARK, MOST_COLUMNS, PrintLayout, mark
from inkbridge.support.errors import InkbridgeError

PRINTED_DPI = 300
"""Pixels of an inch of a printed sheet."""

MOST_PRINTED = 48
"""Cells on a page: smaller ones leave no room to draw."""


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


def print_layout(keyframes: int, paper: str) -> PrintLayout:
    """Return the layout with the largest cells for this number of keyframes on a page of ``paper``, ``a4`` or
    ``letter``. Raises :class:`InkbridgeError` if there are too many for a page."""
    if keyframes > MOST_PRINTED:
        raise InkbridgeError(
            f"printed sheet: expected at most {MOST_PRINTED} keyframes on a page, found {keyframes}; print several "
            "sheets"
        )
    layouts = (
        PrintLayout(columns, -(-keyframes // columns), paper)
        for columns in range(1, min(MOST_COLUMNS, keyframes) + 1)
        if -(-keyframes // columns) <= MOST_COLUMNS
    )
    return max(layouts, key=lambda one: (round(one.cell), -one.columns * one.rows, one.columns))


def printed_sheet(layout: PrintLayout) -> Image.Image:
    """Return a page to print, in RGB at ``PRINTED_DPI``: cells with pale guide lines, and a mark in each corner, by
    which a photograph is straightened; see :func:`inkbridge.keyframes.marks.find_printed_sheet`."""

    def pixels(length: float) -> int:
        return round(length / 25.4 * PRINTED_DPI)

    page = Image.new("RGB", (pixels(layout.page[0]), pixels(layout.page[1])), "white")
    pen = ImageDraw.Draw(page)
    left, top = layout.corner
    columns = [pixels(left + column * layout.cell) for column in range(layout.columns + 1)]
    rows = [pixels(top + row * layout.cell) for row in range(layout.rows + 1)]
    for column in columns:
        pen.line((column, rows[0], column, rows[-1]), GUIDE_COLOUR, pixels(LINE))
    for row in rows:
        pen.line((columns[0], row, columns[-1], row), GUIDE_COLOUR, pixels(LINE))
    for corner, (x, y) in enumerate(layout.marks):
        page.paste(Image.fromarray(mark(layout, corner, pixels(MARK))), (pixels(x), pixels(y)))
    text = "Draw row by row with a dark pen. Then scan the page, or photograph it with all four marks."
    middle = pixels(layout.page[0]) / 2, pixels(EDGE + MARK / 2)
    pen.text(middle, text, fill="black", font=ImageFont.load_default(pixels(3.2)), anchor="mm")
    return page


def _layout(frames: int) -> tuple[int, int]:
    """Return columns and rows with few surplus cells, for a sheet somewhat wider than high."""

    def badness(columns: int) -> float:
        rows = -(-frames // columns)
        return (columns * rows - frames) / frames + abs(columns / rows - 1.5) / 3

    columns = min(range(1, frames + 1), key=badness)
    return columns, -(-frames // columns)
