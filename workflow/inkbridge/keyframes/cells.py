"""A sheet, a folder of pictures or an animated picture → cells: ``uint8 [N, 64, 64, 4]``, RGBA."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.keyframes.images import (
    MOST_CELLS,
    Box,
    check_file,
    cut_into_boxes,
    decode,
    is_animated,
    kind_of_path,
    named_failures,
    open_picture,
    readable_formats,
    seek,
    shorten,
)
from inkbridge.keyframes.ink import border_colour
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images

SIDE = 64  # pixels of a keyframe, and of a cell unless told otherwise
SMALLEST_CELL = 8  # pixels; nothing can be drawn in less
MOST_PIXELS_TOGETHER = 100_000_000  # of all pictures of a folder or animation: bounds time
_SAMPLES = 4_000_000  # pixels in which guide lines are looked for: bounds time
GUIDE_COLOUR = (190, 224, 242)  # of the cells' borders in empty sheets: pale blue, which animators' cameras never saw
_GUIDE_TOLERANCE = 32  # tones by which a paint program or JPEG may have changed it
_GUIDE_TINT = 20  # tones by which its blue stays above its red at the least: grey paper is no guide line
_GUIDE_SHARE = 0.6  # of a line's pixels that show it: strokes may cross the rest


@dataclass(frozen=True)
class Cells:
    """What a file or folder holds, before paper and ink are told apart.

    cells: uint8 [K, 64, 64, 4], RGBA. noun: what one of them is called in messages.
    """

    cells: Images
    noun: str
    warnings: tuple[str, ...] = ()
    boxes: tuple[Box, ...] | None = None


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(shorten, names[:5]))
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def read_pictures(path: Path, cell: int | None) -> Cells:
    if kind_of_path(path) == "folder":
        _refuse_cell(path, cell, "a folder")
        return _read_folder(path)
    check_file(path)
    with open_picture(path) as picture:
        if is_animated(path, picture):
            _refuse_cell(path, cell, "an animated picture")
            return Cells(_read_animation(path, picture), noun="frame")
        return _read_sheet(path, picture, cell)


def _refuse_cell(path: Path, cell: int | None, kind: str) -> None:
    if cell is not None:
        raise InkbridgeError(
            f"{path}: `cell` is {cell}, but this is {kind}, where every picture is one keyframe; leave it out"
        )


def _read_sheet(path: Path, picture: Image.Image, cell: int | None) -> Cells:
    """Cut a sheet into its cells, row by row: along its guide lines where it has them, else by ``cell``."""
    sheet = decode(path, picture)
    guides = find_guides(sheet)
    if guides is not None and cell in (None, guides.cell):
        columns, rows = guides.columns, guides.rows
        _check_count(path, "cell", columns * rows)
        edges = np.linspace(0, sheet.width, columns + 1).round(), np.linspace(0, sheet.height, rows + 1).round()
        boxes = cut_into_boxes(*edges)
        return Cells(_cut(sheet, boxes, margin=guides.margin), "cell", boxes=boxes)
    cell = cell or SIDE
    columns, rows = sheet.width // cell, sheet.height // cell
    if columns * rows == 0:
        raise InkbridgeError(
            f"{path}: {sheet.width}×{sheet.height} pixels, smaller than one cell of {cell}×{cell}; "
            "set `cell` to the size of a cell of this sheet"
        )
    _check_count(path, "cell", columns * rows)
    boxes = cut_into_boxes(cell * np.arange(columns + 1), cell * np.arange(rows + 1))
    return Cells(_cut(sheet, boxes, margin=0), "cell", _crop_warnings(path, sheet, cell), boxes)


def _cut(sheet: Image.Image, boxes: Sequence[Box], margin: int) -> Images:
    """Return the cells of a sheet, uint8 [N, 64, 64, 4]; the pixels just inside a ``margin`` take its place."""
    cells = []
    for box in boxes:
        cell = sheet.crop(box)
        if margin:
            _cover_margin(cell, margin)
        cells.append(np.asarray(_resized(cell, (SIDE, SIDE))))
    return np.stack(cells)


def _cover_margin(cell: Image.Image, margin: int) -> None:
    """Paint the pixels just inside of a margin over it. Without an array of the cell, which may be large."""
    width, height = cell.size
    for column, left in ((margin, 0), (width - margin - 1, width - margin)):
        cell.paste(cell.crop((column, 0, column + 1, height)).resize((margin, height)), (left, 0))
    for row, top in ((margin, 0), (height - margin - 1, height - margin)):
        cell.paste(cell.crop((0, row, width, row + 1)).resize((width, margin)), (0, top))


@dataclass(frozen=True)
class Guides:
    """The guide lines of a sheet: ``columns`` × ``rows`` cells of about ``cell`` pixels; ``margin``: how many pixels of
    each cell's edges they may cover."""

    columns: int
    rows: int
    cell: int
    margin: int


def find_guides(sheet: Image.Image) -> Guides | None:
    """Return the guide lines of an RGBA ``sheet``, as :func:`inkbridge.sheets.empty_sheet` draws them, or None.

    They are known by their colour and by where they are: along all edges of the sheet, and through it in even steps. A
    sheet that a paint program has enlarged or saved with slightly other colours still has them.
    """
    upper, left = sheet.crop((0, 0, sheet.width, 1)), sheet.crop((0, 0, 1, sheet.height))
    if min(_guided(np.asarray(edge)).mean() for edge in (upper, left)) <= _GUIDE_SHARE:
        return None
    columns = _lines(_guided(_sampled(sheet, sheet.width, _SAMPLES // sheet.width)).mean(axis=0) > _GUIDE_SHARE)
    rows = _lines(_guided(_sampled(sheet, _SAMPLES // sheet.height, sheet.height)).mean(axis=1) > _GUIDE_SHARE)
    if columns is None or rows is None:
        return None
    across, down = sheet.width / columns.cells, sheet.height / rows.cells
    if min(across, down) < SMALLEST_CELL or abs(across - down) > 0.05 * across:
        return None
    return Guides(columns.cells, rows.cells, round(across), max(columns.width, rows.width) + 1)


def _sampled(sheet: Image.Image, columns: int, rows: int) -> Images:
    """Return pixels of as many columns and rows at most: some tell as much as all of them."""
    size = min(columns, sheet.width), min(rows, sheet.height)
    return np.asarray(sheet.resize(size, Image.Resampling.NEAREST))


@dataclass(frozen=True)
class _Lines:
    cells: int
    width: int


def _lines(on_line: NDArray[np.bool_]) -> _Lines | None:
    """Return how many cells the guide lines make along one side, and how wide a line is; None where they are uneven."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], on_line, [False]]).astype(np.int8)))
    begins, ends = steps[::2], steps[1::2]
    cells, length = len(begins) - 1, len(on_line)
    if cells < 1:
        return None
    width = int((ends - begins).max())
    places = (begins + ends) / 2
    even = np.linspace(places[0], places[-1], cells + 1)
    whole = begins[0] == 0 and ends[-1] == length
    return _Lines(cells, width) if whole and np.abs(places - even).max() <= max(2, 0.02 * length / cells) else None


def _guided(pixels: Images) -> NDArray[np.bool_]:
    """Tell which RGBA pixels [..., 4] have the colour of guide lines."""
    colours = pixels[..., :3].astype(np.int16)
    near: NDArray[np.bool_] = (np.abs(colours - GUIDE_COLOUR) <= _GUIDE_TOLERANCE).all(axis=-1)
    return near & (colours[..., 2] - colours[..., 0] >= _GUIDE_TINT)


def _crop_warnings(path: Path, sheet: Image.Image, cell: int) -> tuple[str, ...]:
    right, below = sheet.width % cell, sheet.height % cell
    left_over = [f"{right} at the right"] * (right > 0) + [f"{below} at the bottom"] * (below > 0)
    if not left_over:
        return ()
    return (
        f"{path.name}: {sheet.width}×{sheet.height} pixels are not whole cells of {cell}; pixels cropped: "
        + ", ".join(left_over),
    )


def _read_folder(folder: Path) -> Cells:
    """Read the pictures of a folder in natural order of their names, one cell each."""
    with named_failures(folder):
        names = sorted((entry.name for entry in folder.iterdir()), key=_natural_order)
    chosen = [name for name in names if _has_image_name(folder / name)]
    if not chosen:
        raise InkbridgeError(f"{folder}: no pictures in this folder; put at least 2 PNG or BMP drawings there")
    _check_count(folder, "picture", len(chosen))
    texts = []
    ignored = [name for name in names if name not in set(chosen)]
    if ignored:
        texts.append(f"{folder.name}: not pictures, ignored: {listed(ignored)}")
    cells, pixels, animated = [], 0, []
    for name in chosen:
        with open_picture(folder / name) as picture:
            pixels += picture.width * picture.height
            _check_together(folder, pixels)
            if is_animated(folder / name, picture):
                animated.append(name)
            cells.append(squared(decode(folder / name, picture)))
    if animated:
        texts.append(f"{folder.name}: only the first frame is read of {listed(animated)}")
    return Cells(np.stack(cells), "picture", tuple(texts))


def _natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which 2 stands before 10; the name itself breaks ties such as 1 and 01."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.casefold())
    # Numbers compare by length without leading zeros, then as text: no number is too long for that.
    numbers = [(digits.lstrip("0"), text) for digits, text in parts]
    return [(1, 0, text) if text else (0, len(number), number) for number, text in numbers], name


def _has_image_name(path: Path) -> bool:
    if path.name.startswith(".") or kind_of_path(path) != "file":
        return False
    return Image.registered_extensions().get(path.suffix.lower()) in readable_formats()


def _read_animation(path: Path, picture: Image.Image) -> Images:
    """Read every frame of an animated picture: uint8 [K, 64, 64, 4]."""
    count = _count_frames(path, picture)  # before any is decoded
    _check_count(path, "frame", count)
    _check_together(path, count * picture.width * picture.height)
    cells: list[Images] = []
    pixels = 0
    while seek(path, picture, len(cells)):
        _check_count(path, "frame", len(cells) + 1)
        pixels += picture.width * picture.height
        _check_together(path, pixels)
        cells.append(squared(decode(path, picture)))
    return np.stack(cells)


def _count_frames(path: Path, picture: Image.Image) -> int:
    """Return how many frames there are, or one more than are read where there are more."""
    if picture.format == "TIFF":
        # Pillow takes minutes to count tens of thousands of pages, because it compares each to all before; and one by
        # one, because it miscounts where it is sent beyond the last.
        return next((index for index in range(MOST_CELLS + 1) if not seek(path, picture, index)), MOST_CELLS + 1)
    with named_failures(path):
        count: int = getattr(picture, "n_frames", 1)
    return count


def squared(picture: Image.Image) -> Images:
    """Fit a picture into the middle of a cell, padded with its own paper: uint8 [64, 64, 4]."""
    scale = SIDE / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    small = np.asarray(_resized(picture, (width, height)))
    cell = np.empty((SIDE, SIDE, 4), np.uint8)
    cell[:] = border_colour(small[None])
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    cell[top : top + height, left : left + width] = small
    return cell


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Hamming averages areas and, having no negative lobe, draws no rings around strokes; enlarged it would
    # show blocks. Bicubic overshoots by a few tones, which bytes clip.
    smaller = max(size) < max(picture.size)
    return picture.resize(size, Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC)


def _check_count(path: Path, noun: str, count: int) -> None:
    if count > MOST_CELLS:
        raise InkbridgeError(
            f"{path}: more than {MOST_CELLS} {noun}s; a doodle has a few, so check `cell` or cut it up"
        )


def _check_together(path: Path, pixels: int) -> None:
    if pixels > MOST_PIXELS_TOGETHER:
        raise InkbridgeError(
            f"{path}: more than {MOST_PIXELS_TOGETHER // 1_000_000} megapixels in all its pictures; "
            f"make them smaller ({SIDE}×{SIDE} is enough)"
        )
