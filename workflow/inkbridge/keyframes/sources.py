"""A sheet, a folder of pictures or an animated picture → its cells, in colour.

Each kind of source has a function of its own here, which returns :class:`SourceCells`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.cells import Box, boxes_of_guides, boxes_of_size, cut, fit_into_cell, own_side
from inkbridge.keyframes.guides import find_guides
from inkbridge.keyframes.images import (
    count_frames,
    decode,
    go_to_frame,
    is_animated,
    kind_of_path,
    named_failures,
    open_picture,
    readable_formats,
    require_file,
)
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.keyframes.wording import listed
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images

MOST_CELLS = 4096
"""Cells of a sheet, or pictures of a folder or animation: bounds memory."""

MOST_PIXELS_TOGETHER = 100_000_000
"""Pixels of all pictures of a folder or animation: bounds time."""

MOST_ORIGINAL_PIXELS = 25_000_000
"""Pixels of all pictures of a folder or animation at the resolution at which they are kept: bounds memory."""


@dataclass(frozen=True)
class SourceCells:
    """The cells of one source, before ink is told from paper.

    cells: ``uint8 [K, 64, 64, 4]``, RGBA. original: returns the cell of an index at its own resolution, ``uint8 [S, S,
    4]``, 64 ≤ S ≤ 512; pictures may differ in S. noun: the word for a cell in messages: cell, picture or frame.
    warnings: what the person who drew them should know. boxes: where each cell lies in its sheet; None if the source is
    no sheet.
    """

    cells: Images
    original: Callable[[int], Images]
    noun: str
    warnings: tuple[str, ...] = ()
    boxes: tuple[Box, ...] | None = None


def read_source(path: Path, cell: int | None) -> SourceCells:
    """Return the cells of a sheet, a folder of pictures or an animated picture.

    ``cell``: pixels of a cell's side in a sheet; if None, it is taken from the guide lines, else 64. Raises
    InkbridgeError if the source is missing, damaged, too large or empty, or if ``cell`` is given for a folder or an
    animation.
    """
    if kind_of_path(path) == "folder":
        _refuse_cell_size(path, cell, "a folder")
        return _read_folder(path)
    require_file(path)
    with open_picture(path) as picture:
        if is_animated(path, picture):
            _refuse_cell_size(path, cell, "an animated picture")
            return _read_animation(path, picture)
        return _read_sheet(path, picture, cell)


def _refuse_cell_size(path: Path, cell: int | None, kind: str) -> None:
    if cell is not None:
        raise InkbridgeError(
            f"{path}: expected no `cell` for {kind}, in which every picture is one keyframe; found {cell}; leave it out"
        )


# --- sheets --------------------------------------------------------------------------------------------------


def _read_sheet(path: Path, picture: Image.Image, cell: int | None) -> SourceCells:
    """Cut a sheet into cells, row by row: along its guide lines if it has them, else by the size of a cell."""
    sheet = decode(path, picture)
    guides = find_guides(sheet)
    if guides is not None and cell in (None, guides.cell):
        _check_count(path, "cell", guides.columns * guides.rows)
        return _cut_up(sheet, boxes_of_guides(*sheet.size, guides), guides.margin, guides.cell)
    cell = cell or CELL
    count = (sheet.width // cell) * (sheet.height // cell)
    if count == 0:
        raise InkbridgeError(
            f"{path}: expected at least one cell of {cell}×{cell} pixels, found {sheet.width}×{sheet.height} pixels; "
            "set `cell` to the size of a cell of this sheet"
        )
    _check_count(path, "cell", count)
    return _cut_up(sheet, boxes_of_size(*sheet.size, cell), 0, cell, _crop_warnings(path, sheet, cell))


def _cut_up(
    sheet: Image.Image, boxes: tuple[Box, ...], margin: int, cell: int, warnings: tuple[str, ...] = ()
) -> SourceCells:
    """Cut a sheet into its boxes. Its cells at their own resolution are cut when they are asked for."""
    side = own_side(cell)

    def original(index: int) -> Images:
        return cut(sheet, boxes[index], margin, side)

    return SourceCells(np.stack([cut(sheet, box, margin) for box in boxes]), original, "cell", warnings, boxes)


def _crop_warnings(path: Path, sheet: Image.Image, cell: int) -> tuple[str, ...]:
    right, below = sheet.width % cell, sheet.height % cell
    left_over = [f"{right} at the right"] * (right > 0) + [f"{below} at the bottom"] * (below > 0)
    if not left_over:
        return ()
    return (
        f"{path.name}: {sheet.width}×{sheet.height} pixels are not whole cells of {cell}; pixels cropped: "
        + ", ".join(left_over),
    )


# --- folders -------------------------------------------------------------------------------------------------


def _read_folder(folder: Path) -> SourceCells:
    """Read the pictures of a folder, one cell each, in the natural order of their names."""
    with named_failures(folder):
        names = sorted((entry.name for entry in folder.iterdir()), key=_natural_order)
    chosen = [name for name in names if _has_image_name(folder / name)]
    if not chosen:
        raise InkbridgeError(
            f"{folder}: expected drawings, found no pictures in this folder; put PNG or BMP files there"
        )
    _check_count(folder, "picture", len(chosen))
    texts = []
    ignored = [name for name in names if name not in set(chosen)]
    if ignored:
        texts.append(f"{folder.name}: not pictures, ignored: {listed(ignored)}")
    cells, originals, pixels, animated = [], [], 0, []
    most = _largest_original(len(chosen))
    for name in chosen:
        with open_picture(folder / name) as picture:
            pixels += picture.width * picture.height
            _check_together(folder, pixels)
            if is_animated(folder / name, picture):
                animated.append(name)
            drawing = decode(folder / name, picture)
            cells.append(fit_into_cell(drawing))
            originals.append(fit_into_cell(drawing, own_side(max(drawing.size), most)))
    if animated:
        texts.append(f"{folder.name}: only the first frame is used of {listed(animated)}")
    return SourceCells(np.stack(cells), originals.__getitem__, "picture", tuple(texts))


def _natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return the sort key of a name: 2 comes before 10; the name itself decides between 1 and 01."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.casefold())
    # Numbers are compared by length without leading zeros, then as text, so that no number is too long.
    numbers = [(digits.lstrip("0"), text) for digits, text in parts]
    return [(1, 0, text) if text else (0, len(number), number) for number, text in numbers], name


def _has_image_name(path: Path) -> bool:
    if path.name.startswith(".") or kind_of_path(path) != "file":
        return False
    return Image.registered_extensions().get(path.suffix.lower()) in readable_formats()


# --- animations ----------------------------------------------------------------------------------------------


def _read_animation(path: Path, picture: Image.Image) -> SourceCells:
    """Read every frame of an animated picture."""
    count = count_frames(path, picture, MOST_CELLS)  # before any frame is decoded
    _check_count(path, "frame", count)
    _check_together(path, count * picture.width * picture.height)
    cells: list[Images] = []
    originals: list[Images] = []
    pixels, most = 0, _largest_original(count)
    while go_to_frame(path, picture, len(cells)):
        _check_count(path, "frame", len(cells) + 1)
        pixels += picture.width * picture.height
        _check_together(path, pixels)
        drawing = decode(path, picture)
        cells.append(fit_into_cell(drawing))
        originals.append(fit_into_cell(drawing, own_side(max(drawing.size), most)))
    return SourceCells(np.stack(cells), originals.__getitem__, "frame")


def _largest_original(count: int) -> int:
    """Return the pixels of the side at which each of ``count`` pictures may be kept."""
    return min(LARGEST_ORIGINAL, math.isqrt(MOST_ORIGINAL_PIXELS // max(count, 1)))


def _check_count(path: Path, noun: str, count: int) -> None:
    if count > MOST_CELLS:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_CELLS} {noun}s, found more; "
            + ("check `cell`, or cut the sheet up" if noun == "cell" else "leave some out")
        )


def _check_together(path: Path, pixels: int) -> None:
    if pixels > MOST_PIXELS_TOGETHER:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_PIXELS_TOGETHER // 1_000_000} megapixels in all pictures together, found "
            f"more; make them smaller ({CELL}×{CELL} is enough)"
        )
