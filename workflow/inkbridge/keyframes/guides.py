"""The guide lines of an empty sheet: the pale blue borders of its cells, found again when the drawn sheet is read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.keyframes.limits import SMALLEST_CELL
from inkbridge.support.types import Images

GUIDE_COLOUR = (190, 224, 242)
"""RGB of guide lines: pale blue, which animators' cameras did not see."""

COLOUR_TOLERANCE = 32
"""Tones by which a paint program or JPEG may have changed the colour."""

LEAST_TINT = 20
"""Blue exceeds red by at least this many tones in a guide line: grey paper is no guide line."""

LEAST_SHARE = 0.6
"""At least this part of a guide line's pixels show its colour: strokes may cross the rest."""

MOST_SAMPLES = 4_000_000
"""Most pixels that are searched for lines: bounds time."""


@dataclass(frozen=True)
class Guides:
    """The guide lines of a sheet.

    columns, rows: how many cells it has.
    cell: pixels of a cell's side, rounded.
    margin: how many pixels along each edge of a cell the lines may cover.
    """

    columns: int
    rows: int
    cell: int
    margin: int


def find_guides(sheet: Image.Image) -> Guides | None:
    """Return the guide lines of an RGBA ``sheet``, as :func:`~inkbridge.keyframes.templates.empty_sheet` draws them.

    They are recognised by their colour and by their places: along all edges of the sheet, and across it at even
    distances. They are found even if a paint program has enlarged the sheet or slightly changed its colours. Returns
    None if the sheet has none.
    """
    upper, left = sheet.crop((0, 0, sheet.width, 1)), sheet.crop((0, 0, 1, sheet.height))
    if min(has_guide_colour(np.asarray(edge)).mean() for edge in (upper, left)) <= LEAST_SHARE:
        return None
    columns = _division(has_guide_colour(_sampled(sheet, sheet.width, MOST_SAMPLES // sheet.width)).mean(axis=0))
    rows = _division(has_guide_colour(_sampled(sheet, MOST_SAMPLES // sheet.height, sheet.height)).mean(axis=1))
    if columns is None or rows is None:
        return None
    width, height = sheet.width / columns.cells, sheet.height / rows.cells
    if min(width, height) < SMALLEST_CELL or abs(width - height) > 0.05 * width:
        return None
    return Guides(columns.cells, rows.cells, round(width), max(columns.line_width, rows.line_width) + 1)


def _sampled(sheet: Image.Image, columns: int, rows: int) -> Images:
    """Return the pixels of at most this number of columns and rows, evenly spaced."""
    size = min(columns, sheet.width), min(rows, sheet.height)
    return np.asarray(sheet.resize(size, Image.Resampling.NEAREST))


@dataclass(frozen=True)
class _Division:
    """How guide lines divide one side of a sheet: the number of cells, and the width of the lines in pixels."""

    cells: int
    line_width: int


def _division(shares: NDArray[np.float64]) -> _Division | None:
    """Return how guide lines divide a side, from the share of guide colour at each of its pixels [N].

    Returns None if there is no line at each end of the side, or if the lines are not evenly spaced.
    """
    steps = np.flatnonzero(np.diff(np.concatenate([[False], shares > LEAST_SHARE, [False]]).astype(np.int8)))
    begins, ends = steps[::2], steps[1::2]
    cells, length = len(begins) - 1, len(shares)
    if cells < 1 or begins[0] != 0 or ends[-1] != length:
        return None
    places = (begins + ends) / 2
    even = np.linspace(places[0], places[-1], cells + 1)
    if np.abs(places - even).max() > max(2, 0.02 * length / cells):
        return None
    return _Division(cells, int((ends - begins).max()))


def has_guide_colour(pixels: Images) -> NDArray[np.bool_]:
    """Return which RGBA pixels [..., 4] have the colour of guide lines: bool [...]."""
    colours = pixels[..., :3].astype(np.int16)
    near: NDArray[np.bool_] = (np.abs(colours - GUIDE_COLOUR) <= COLOUR_TOLERANCE).all(axis=-1)
    return near & (colours[..., 2] - colours[..., 0] >= LEAST_TINT)
