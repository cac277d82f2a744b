"""Decoded pictures → cells in colour, of 64×64 pixels and at their own resolution."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.ink import paper_colour
from inkbridge.keyframes.layout import Box, Layout
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.keyframes.page import Page
from inkbridge.support.types import Images, Ink

SQUARE = 0.05
"""Width and height of a cell that differ by less than this part are taken for equal: sheets are cut by hand."""


@dataclass(frozen=True)
class SourceCells:
    """The cells of one source, before ink is told from paper.

    cells: ``uint8 [K, 64, 64, 4]``, RGBA. original: returns the cell of an index at its own resolution, ``uint8 [S, S,
    4]``, 64 ≤ S ≤ 512; pictures may differ in S. noun: the word for a cell in messages: cell, picture or frame.
    warnings: what the person who drew them should know. layout, page: where each cell lies in its sheet, and the page
    of that sheet; None if the source is no sheet. evened: whether ink was lighter or darker than paper, if the cells
    are dark ink on white paper by now, as those of photographs are; else None.
    """

    cells: Images
    original: Callable[[int], Images]
    noun: str
    warnings: tuple[str, ...] = ()
    layout: Layout | None = None
    page: Page | None = None
    evened: Ink | None = None


def own_side(side: int, most: int = LARGEST_ORIGINAL) -> int:
    """Return the pixels of the side at which a cell of ``side`` pixels is kept as it was drawn: 64 to ``most``."""
    return min(max(side, CELL), most)


def cut(sheet: Image.Image, box: Box, margin: int, side: int = CELL) -> Images:
    """Return a cell of an RGBA sheet: ``uint8 [side, side, 4]``. A cell that is not square is padded with its paper.

    ``margin``: pixels along the edges of the cell that guide lines may cover; the pixels next to them replace them.
    """
    cell = _cropped(sheet, box)
    if margin:
        _cover_margin(cell, margin)
    if abs(cell.width - cell.height) > SQUARE * max(cell.size):
        return fit_into_cell(cell, side)
    return np.asarray(_resized(cell, (side, side)))


def _cropped(sheet: Image.Image, box: Box) -> Image.Image:
    """Return the part of an RGBA sheet in a box. What lies outside the sheet has the colour of its paper."""
    left, top = max(0, box[0]), max(0, box[1])
    right, below = min(sheet.width, box[2]), min(sheet.height, box[3])
    inside = sheet.crop((left, top, right, below))
    if (left, top, right, below) == box:
        return inside
    paper = tuple(int(tone) for tone in paper_colour(np.asarray(inside)[None]))
    cell = Image.new("RGBA", (box[2] - box[0], box[3] - box[1]), paper)
    cell.paste(inside, (left - box[0], top - box[1]))
    return cell


def _cover_margin(cell: Image.Image, margin: int) -> None:
    """Replace the margin with the pixels just inside it. Makes no array of the cell, which may be large."""
    width, height = cell.size
    for column, left in ((margin, 0), (width - margin - 1, width - margin)):
        cell.paste(cell.crop((column, 0, column + 1, height)).resize((margin, height)), (left, 0))
    for row, top in ((margin, 0), (height - margin - 1, height - margin)):
        cell.paste(cell.crop((0, row, width, row + 1)).resize((width, margin)), (0, top))


def fit_into_cell(picture: Image.Image, side: int = CELL) -> Images:
    """Return an RGBA picture in the middle of a cell, padded with its own paper: ``uint8 [side, side, 4]``."""
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    small = np.asarray(_resized(picture, (width, height)))
    cell = np.empty((side, side, 4), np.uint8)
    cell[:] = paper_colour(small[None])
    top, left = (side - height) // 2, (side - width) // 2
    cell[top : top + height, left : left + width] = small
    return cell


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Hamming averages areas. It has no negative lobes, so it draws no rings around strokes; but enlarging with it would
    # show blocks. Bicubic overshoots by a few tones, which bytes clip.
    smaller = max(size) < max(picture.size)
    return picture.resize(size, Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC)
