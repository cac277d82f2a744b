"""Decoded pictures → cells in colour, of 64×64 pixels and at their own resolution."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.guides import Guides
from inkbridge.keyframes.ink import paper_colour
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.support.types import Images

Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge of a cell in its sheet, in pixels. The right and lower edges lie outside the
cell."""


def boxes_of_guides(width: int, height: int, guides: Guides) -> tuple[Box, ...]:
    """Return the cells between the guide lines of a sheet of ``width`` × ``height`` pixels, row by row."""
    columns, rows = np.linspace(0, width, guides.columns + 1), np.linspace(0, height, guides.rows + 1)
    return _boxes([round(edge) for edge in columns], [round(edge) for edge in rows])


def boxes_of_size(width: int, height: int, cell: int) -> tuple[Box, ...]:
    """Return the whole cells of ``cell`` × ``cell`` pixels of a sheet of ``width`` × ``height`` pixels, row by row."""
    return _boxes(range(0, width + 1, cell), range(0, height + 1, cell))


def _boxes(columns: Sequence[int], rows: Sequence[int]) -> tuple[Box, ...]:
    """Return the boxes between the edges of columns and rows, row by row."""
    return tuple((left, top, right, below) for top, below in pairwise(rows) for left, right in pairwise(columns))


def own_side(side: int, most: int = LARGEST_ORIGINAL) -> int:
    """Return the pixels of the side at which a cell of ``side`` pixels is kept as it was drawn: 64 to ``most``."""
    return min(max(side, CELL), most)


def cut(sheet: Image.Image, box: Box, margin: int, side: int = CELL) -> Images:
    """Return a cell of an RGBA sheet: ``uint8 [side, side, 4]``.

    ``margin``: pixels along the edges of the cell that guide lines may cover; the pixels next to them replace them.
    """
    cell = sheet.crop(box)
    if margin:
        _cover_margin(cell, margin)
    return np.asarray(_resized(cell, (side, side)))


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
