"""Sheets and folders of drawings → keyframes.

Every way in (a sheet of cells, a folder of pictures, an animated picture) ends in the same small stack of
64×64 RGBA cells. What is paper and what is ink is then decided over that whole stack, never for one cell.
"""

import logging
import os
import re
import stat
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from inkbridge.errors import InkbridgeError, printable, printable_message
from inkbridge.files import remaking, whole_file
from inkbridge.provenance import Provenance, as_text

SIDE = 64  # pixels of a keyframe, and of a cell unless told otherwise
SMALLEST_CELL = 8  # pixels; nothing can be drawn in less
MOST_CELLS = 4096  # cells of a sheet, or pictures of a folder or animation: bounds memory
MOST_PIXELS = 50_000_000  # of one picture, checked before it is decoded: bounds memory
MOST_PIXELS_OF = {"JPEG2000": 25_000_000}  # its decoder takes four bytes for each tone of each pixel besides
MOST_PIXELS_TOGETHER = 100_000_000  # of all pictures of a folder or animation: bounds time
MOST_BYTES = 256_000_000  # of one file, some formats of which are read whole: bounds memory
MOST_SCANS = 100  # of a JPEG, each of which goes over the whole picture; cameras and programs make ten: bounds time
MOST_GIF_BYTES = 32_000_000  # of a GIF, through which Pillow goes byte by byte: bounds time
_SAMPLES = 4_000_000  # pixels in which guide lines are looked for: bounds time
_TILE = 2048  # pixels of the sides of what is brought to 8 bits at once: bounds memory
_LONGEST_NAME = 100  # characters of a name or reason within a message

INK_TONE = 64  # of 255: from here a pixel counts as drawn; what is fainter is a speck
SMALLEST_DRAWING = 4  # pixels of INK_TONE: a cell with fewer is blank
LEAST_CONTRAST = 32  # of 255, between paper and ink: below it a picture holds noise only
BORDER = 4  # pixels along the edges of a 64-pixel cell that show its paper
NOISE_NEAR, NOISE_FAR = 4, 12  # pixels from ink between which paper shows its noise, JPEG ringing included
HIGHEST_FLOOR = 48  # of 255: no tone above it is ever taken for noise of the paper

GUIDE_COLOUR = (190, 224, 242)  # of the cells' borders in empty sheets: pale blue, which animators' cameras never saw
_GUIDE_TOLERANCE = 32  # tones by which a paint program or JPEG may have changed it
_GUIDE_TINT = 20  # tones by which its blue stays above its red at the least: grey paper is no guide line
_GUIDE_SHARE = 0.6  # of a line's pixels that show it: strokes may cross the rest

ANIMATED_FORMATS = frozenset({"GIF", "WEBP", "PNG", "TIFF"})  # in others a second picture is a thumbnail
REFUSED_FORMATS = frozenset({"EPS", "IPTC"})  # Pillow would run Ghostscript; IPTC may hold any format, EPS too
GREY_DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0, 2.0**31)  # white in pictures of deep tones

# Pillow logs what it makes of damaged files, which would go to standard error where nobody has set up logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())

Ink = Literal["light", "dark"]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Keyframes:
    """The keyframes of one doodle.

    images: uint8 [K, 64, 64], 0 = paper, 255 = ink, K ≥ 2.
    warnings: what the person who drew them should know, one text each.
    ink: whether the ink was lighter or darker than its paper in the file.
    """

    images: Bytes
    warnings: tuple[str, ...]
    ink: Ink


Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge of a cell in its sheet, in pixels; right and lower lie outside."""


@dataclass(frozen=True, eq=False)
class Reading:
    """All that a drawing's file, folder or files hold, cell by cell, whether or not it can be animated.

    source: what was read. cells: uint8 [N, 64, 64], 0 = paper, 255 = ink. drawn: bool [N], whether a cell holds ink.
    count: how many of the first cells are keyframes. noun: what a cell is called: cell, frame or picture. boxes: where
    each cell lies in its sheet, None where it was no sheet. warnings: what the person who drew should know.
    ink: whether the ink was lighter or darker than its paper. asked: the number of keyframes that was asked for.
    """

    source: Path
    cells: Bytes
    drawn: NDArray[np.bool_]
    count: int
    noun: str
    boxes: tuple[Box, ...] | None
    warnings: tuple[str, ...]
    ink: Ink
    asked: int | None = None

    @printable_message()
    def keyframes(self) -> Keyframes:
        """Return the keyframes. Raises InkbridgeError where fewer than two of them hold ink."""
        drawn = int(self.drawn[: self.count].sum())
        if drawn < 2:
            among = self.asked or len(self.drawn)
            raise InkbridgeError(
                f"{self.source}: at least 2 keyframes with ink are needed, {drawn} found in {among} "
                f"{self.noun}{_plural(among)} read as {self.ink} ink; draw more, or check `cell`, `frames` "
                "and `ink`"
            )
        return Keyframes(np.ascontiguousarray(self.cells[: self.count]), self.warnings, self.ink)

    def describe(self) -> list[str]:
        """Return what was read, in a line each, for the person who drew."""
        paper = {"light": "dark", "dark": "light"}[self.ink]
        total = f"{len(self.cells)} {self.noun}{_plural(len(self.cells))}"
        if self.boxes is not None:
            left, top, right, below = self.boxes[0]
            total += f" of {right - left}×{below - top} pixels"
        blank = [str(number + 1) for number in np.flatnonzero(~self.drawn[: self.count])]
        left_out = [str(number + 1) for number in range(self.count, len(self.cells))]
        return [
            f"read       {self.source}: {total}, {self.ink} ink on {paper} paper",
            f"keyframes  {self.count}" + f", of which blank: {_listed(blank)}" * bool(blank),
            f"left out   {_listed(left_out)}" if left_out else "left out   none",
            *(f"warning    {text}" for text in self.warnings),
        ]


@dataclass(frozen=True)
class _Pictures:
    """What a file or folder holds, before paper and ink are told apart.

    cells: uint8 [K, 64, 64, 4], RGBA. noun: what one of them is called in messages.
    """

    cells: Bytes
    noun: str
    warnings: tuple[str, ...] = ()
    boxes: tuple[Box, ...] | None = None


def read_keyframes(
    path: Path,
    *,
    cell: int | None = None,
    frames: int | None = None,
    ink: Literal["auto", "light", "dark"] = "auto",
) -> Keyframes:
    """Read the keyframes of one doodle from a sheet, a folder of pictures or an animated picture.

    A sheet is one picture: a grid of square cells of `cell` pixels, read row by row; pixels beyond whole cells are
    cropped with a warning. Without `cell`, a sheet with guide lines (:func:`find_guides`) is cut along them and
    they are taken for paper, any other into cells of 64 pixels. In a folder (natural order of names, 2 before 10)
    and in an animated GIF, WebP, APNG or multi-page TIFF every picture is one keyframe, padded with its paper to
    a square; `cell` means nothing there and is refused. All are resampled to 64×64, larger ones by areas,
    smaller ones by bicubic interpolation.

    Paper is the median colour along the borders of all cells, ink the direction (`light` or `dark`) in
    which more departs from it; `ink` forces the direction, and then what stands at the other end is paper.
    The tone of a pixel is its largest departure over the colour channels, so coloured ink is ink too. The
    tone of solid ink becomes 255, and noise of the paper, measured 4 to 12 pixels from ink, becomes 0;
    a clean sheet of black and white passes through unchanged. Transparent paper takes the colour, black or
    white, that contrasts with what is drawn on it.

    A cell is blank when fewer than 4 of its 64×64 pixels reach a quarter of full ink. Trailing blank cells
    are dropped; a blank one before or between drawn ones is kept as a keyframe, with a warning. `frames`
    keeps exactly that many first cells, blank or not.

    Raises InkbridgeError where the path is missing, not an image, damaged, too large (50 megapixels) or
    smaller than one cell, where `frames` asks for more cells than there are, and where fewer than two
    keyframes hold ink.
    """
    return read_cells(path, cell=cell, frames=frames, ink=ink).keyframes()


@printable_message()
def read_cells(
    path: Path,
    *,
    cell: int | None = None,
    frames: int | None = None,
    ink: Literal["auto", "light", "dark"] = "auto",
) -> Reading:
    """Read as :func:`read_keyframes` does, and return all cells, blank ones and those of too few drawings as well."""
    _check_settings(path, cell, frames)
    pictures = _read_pictures(path, cell)
    cells, found = _separate_ink(pictures.cells, ink)
    drawn = _has_ink(cells)
    count = _count_keyframes(path, pictures.noun, drawn, frames)
    texts = (*pictures.warnings, *_remarks(path, pictures.noun, cells[:count], drawn[:count]))
    shown = tuple(map(printable, texts))
    return Reading(path, cells, drawn, count, pictures.noun, pictures.boxes, shown, found, frames)


@printable_message()
def read_sheet_picture(path: Path) -> Image.Image:
    """Return the picture of a sheet, upright, as RGBA. Raises InkbridgeError as :func:`read_keyframes` does."""
    with _opened(path) as picture:
        return _decoded(path, picture)


@printable_message()
def read_drawings(paths: Sequence[Path], *, ink: Literal["auto", "light", "dark"] = "auto") -> Keyframes:
    """Read pictures that are a keyframe each, whatever their sizes and papers: paper and ink are told apart in each.

    Raises InkbridgeError as :func:`read_keyframes`, and where one of them is blank or a sheet with guide lines.
    """
    images, found = zip(*[_read_drawing(path, ink) for path in paths], strict=True)
    return Keyframes(np.stack(images), (), found[0])


def write_keyframes(path: Path, images: Bytes, provenance: Provenance | None = None) -> None:
    """Write keyframes ``uint8 [K, 64, 64]`` as ``.npy``. The file appears whole or not at all.

    The record of how they were made is a second array behind them, which readers of the first one do not see.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, images)
        if provenance is not None:
            np.save(file, np.frombuffer(as_text(provenance).encode(), np.uint8))


def load_keyframes(path: Path) -> Bytes:
    """Read what :func:`write_keyframes` wrote: ``uint8 [K, 64, 64]``. Raises InkbridgeError where it is not that."""
    try:
        with path.open("rb") as file:
            images = np.load(file)
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"{images.dtype} {images.shape}")
    except (OSError, EOFError, ValueError) as error:
        raise InkbridgeError(f"{path}: expected keyframes, found no whole ones ({error}); {remaking(path)}") from error
    return np.asarray(images)


def _read_drawing(path: Path, ink: Literal["auto", "light", "dark"]) -> tuple[Bytes, Ink]:
    _check_file(path)
    with _opened(path) as picture:
        drawing = _decoded(path, picture)
    if (guides := find_guides(drawing)) is not None:
        raise InkbridgeError(
            f"{path}: expected a picture that is one drawing, found a sheet with guide lines, of "
            f"{guides.columns * guides.rows} cells; animate it, or save its cells as pictures of their own"
        )
    cells, found = _separate_ink(_squared(drawing)[None], ink)
    if not _has_ink(cells).any():
        raise InkbridgeError(f"{path}: a drawing with ink is needed, this picture is blank read as {found} ink")
    return cells[0], found


def _has_ink(cells: Bytes) -> NDArray[np.bool_]:
    """Tell which cells uint8 [N, 64, 64] are drawn in: bool [N]."""
    drawn: NDArray[np.bool_] = (cells >= INK_TONE).sum(axis=(1, 2)) >= SMALLEST_DRAWING
    return drawn


def _check_settings(path: Path, cell: int | None, frames: int | None) -> None:
    if cell is not None and cell < SMALLEST_CELL:
        raise InkbridgeError(f"{path}: `cell` must be at least {SMALLEST_CELL} pixels, not {cell}")
    if frames is not None and frames < 2:
        raise InkbridgeError(f"{path}: `frames` must be at least 2 to move between, not {frames}")


def _count_keyframes(path: Path, noun: str, drawn: NDArray[np.bool_], frames: int | None) -> int:
    """Return how many of the first cells are keyframes: `frames`, or all up to the last one with ink."""
    if frames is None:
        return int(drawn.nonzero()[0][-1]) + 1 if drawn.any() else 0
    if frames > len(drawn):
        raise InkbridgeError(
            f"{path}: `frames` asks for {frames} {noun}s, {len(drawn)} found; lower it or leave it out"
        )
    return frames


def _remarks(path: Path, noun: str, images: Bytes, drawn: NDArray[np.bool_]) -> list[str]:
    """Return warnings about blank keyframes before drawn ones, and about keyframes that are mostly ink."""
    last = int(drawn.nonzero()[0][-1]) if drawn.any() else 0
    blank = [str(index + 1) for index in range(last) if not drawn[index]]
    flooded = [str(index + 1) for index in np.flatnonzero((images >= 128).mean(axis=(1, 2)) > 0.5)]
    texts = []
    if blank:
        texts.append(
            f"{path.name}: blank {noun}{_plural(len(blank))} before drawn ones, kept as "
            f"keyframe{_plural(len(blank))}: {_listed(blank)}"
        )
    if flooded:
        texts.append(
            f"{path.name}: more than half is ink in {noun}{_plural(len(flooded))} {_listed(flooded)}; if "
            "paper was taken for ink there, set `ink` or give all drawings the same paper"
        )
    return texts


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(_short, names[:5]))
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


# --- from files to cells ---------------------------------------------------------------------------------


def _read_pictures(path: Path, cell: int | None) -> _Pictures:
    if _kind(path) == "folder":
        _refuse_cell(path, cell, "a folder")
        return _read_folder(path)
    _check_file(path)
    with _opened(path) as picture:
        if _is_animated(path, picture):
            _refuse_cell(path, cell, "an animated picture")
            return _Pictures(_read_animation(path, picture), noun="frame")
        return _read_sheet(path, picture, cell)


def _check_file(path: Path) -> None:
    kind = _kind(path)
    if kind == "nothing":
        raise InkbridgeError(f"{path}: no such file or folder; give a sheet or a folder of drawings")
    if kind != "file":  # a pipe, which would wait forever
        raise InkbridgeError(f"{path}: neither a file nor a folder; give a sheet or a folder of drawings")


def _kind(path: Path) -> Literal["folder", "file", "nothing", "other"]:
    """Tell what a path leads to, links followed. Names that no file can have lead to nothing."""
    try:
        mode = path.stat().st_mode
    except PermissionError as error:
        raise InkbridgeError(f"{path}: cannot be opened; allow reading it") from error
    except (OSError, ValueError):
        return "nothing"
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"


def _refuse_cell(path: Path, cell: int | None, kind: str) -> None:
    if cell is not None:
        raise InkbridgeError(
            f"{path}: `cell` is {cell}, but this is {kind}, where every picture is one keyframe; leave it out"
        )


def _read_sheet(path: Path, picture: Image.Image, cell: int | None) -> _Pictures:
    """Cut a sheet into its cells, row by row: along its guide lines where it has them, else by ``cell``."""
    sheet = _decoded(path, picture)
    guides = find_guides(sheet)
    if guides is not None and cell in (None, guides.cell):
        columns, rows = guides.columns, guides.rows
        _check_count(path, "cell", columns * rows)
        edges = np.linspace(0, sheet.width, columns + 1).round(), np.linspace(0, sheet.height, rows + 1).round()
        boxes = _boxes(*edges)
        return _Pictures(_cut(sheet, boxes, margin=guides.margin), "cell", boxes=boxes)
    cell = cell or SIDE
    columns, rows = sheet.width // cell, sheet.height // cell
    if columns * rows == 0:
        raise InkbridgeError(
            f"{path}: {sheet.width}×{sheet.height} pixels, smaller than one cell of {cell}×{cell}; "
            "set `cell` to the size of a cell of this sheet"
        )
    _check_count(path, "cell", columns * rows)
    boxes = _boxes(cell * np.arange(columns + 1), cell * np.arange(rows + 1))
    return _Pictures(_cut(sheet, boxes, margin=0), "cell", _crop_warnings(path, sheet, cell), boxes)


def _boxes(columns: NDArray[Any], rows: NDArray[Any]) -> tuple[Box, ...]:
    """Return the boxes between the edges of columns and rows, row by row."""
    across, down = [int(edge) for edge in columns], [int(edge) for edge in rows]
    return tuple((left, top, right, below) for top, below in pairwise(down) for left, right in pairwise(across))


def _cut(sheet: Image.Image, boxes: Sequence[Box], margin: int) -> Bytes:
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


def _sampled(sheet: Image.Image, columns: int, rows: int) -> Bytes:
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


def _guided(pixels: Bytes) -> NDArray[np.bool_]:
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


def _read_folder(folder: Path) -> _Pictures:
    """Read the pictures of a folder in natural order of their names, one cell each."""
    with _named_failures(folder):
        names = sorted((entry.name for entry in folder.iterdir()), key=_natural_order)
    chosen = [name for name in names if _has_image_name(folder / name)]
    if not chosen:
        raise InkbridgeError(f"{folder}: no pictures in this folder; put at least 2 PNG or BMP drawings there")
    _check_count(folder, "picture", len(chosen))
    texts = []
    ignored = [name for name in names if name not in set(chosen)]
    if ignored:
        texts.append(f"{folder.name}: not pictures, ignored: {_listed(ignored)}")
    cells, pixels, animated = [], 0, []
    for name in chosen:
        with _opened(folder / name) as picture:
            pixels += picture.width * picture.height
            _check_together(folder, pixels)
            if _is_animated(folder / name, picture):
                animated.append(name)
            cells.append(_squared(_decoded(folder / name, picture)))
    if animated:
        texts.append(f"{folder.name}: only the first frame is read of {_listed(animated)}")
    return _Pictures(np.stack(cells), "picture", tuple(texts))


def _natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which 2 stands before 10; the name itself breaks ties such as 1 and 01."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.casefold())
    # Numbers compare by length without leading zeros, then as text: no number is too long for that.
    numbers = [(digits.lstrip("0"), text) for digits, text in parts]
    return [(1, 0, text) if text else (0, len(number), number) for number, text in numbers], name


def _has_image_name(path: Path) -> bool:
    if path.name.startswith(".") or _kind(path) != "file":
        return False
    return Image.registered_extensions().get(path.suffix.lower()) in _formats()


def _formats() -> list[str]:
    """Return the formats that Pillow decodes by itself."""
    Image.init()
    return [name for name in Image.OPEN if name not in REFUSED_FORMATS]


def _read_animation(path: Path, picture: Image.Image) -> Bytes:
    """Read every frame of an animated picture: uint8 [K, 64, 64, 4]."""
    count = _count_frames(path, picture)  # before any is decoded
    _check_count(path, "frame", count)
    _check_together(path, count * picture.width * picture.height)
    cells: list[Bytes] = []
    pixels = 0
    while _seek(path, picture, len(cells)):
        _check_count(path, "frame", len(cells) + 1)
        pixels += picture.width * picture.height
        _check_together(path, pixels)
        cells.append(_squared(_decoded(path, picture)))
    return np.stack(cells)


def _count_frames(path: Path, picture: Image.Image) -> int:
    """Return how many frames there are, or one more than are read where there are more."""
    if picture.format == "TIFF":
        # Pillow takes minutes to count tens of thousands of pages, because it compares each to all before; and one by
        # one, because it miscounts where it is sent beyond the last.
        return next((index for index in range(MOST_CELLS + 1) if not _seek(path, picture, index)), MOST_CELLS + 1)
    with _named_failures(path):
        count: int = getattr(picture, "n_frames", 1)
    return count


def _seek(path: Path, picture: Image.Image, index: int) -> bool:
    """Move to a frame; False where the animation has ended."""
    with _named_failures(path):
        try:
            picture.seek(index)
        except EOFError:
            return False
    return True


def _is_animated(path: Path, picture: Image.Image) -> bool:
    with _named_failures(path):  # counting frames reads on in the file
        return picture.format in ANIMATED_FORMATS and bool(getattr(picture, "is_animated", False))


def _squared(picture: Image.Image) -> Bytes:
    """Fit a picture into the middle of a cell, padded with its own paper: uint8 [64, 64, 4]."""
    scale = SIDE / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    small = np.asarray(_resized(picture, (width, height)))
    cell = np.empty((SIDE, SIDE, 4), np.uint8)
    cell[:] = _border_colour(small[None])
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


# --- from a file to RGBA ---------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture: its header is read, its pixels are not."""
    with ExitStack() as stack:
        with _named_failures(path):
            # By file, not by name: what Pillow maps into memory by name (plain TIFF) it turns wrongly.
            file = stack.enter_context(path.open("rb"))
            _check_length(path, file)
            picture = stack.enter_context(Image.open(file, formats=_formats()))
        _check_size(path, picture)
        if picture.format in {"JPEG", "MPO"}:
            _check_scans(path)
        yield picture


def _check_length(path: Path, file: BinaryIO) -> None:
    length = os.fstat(file.fileno()).st_size
    most = MOST_GIF_BYTES if file.read(3) == b"GIF" else MOST_BYTES
    file.seek(0)
    if length > most:
        raise InkbridgeError(
            f"{path}: {length // 1_000_000} megabytes, at most {most // 1_000_000} are read; make it smaller"
        )


def _check_size(path: Path, picture: Image.Image) -> None:
    most = MOST_PIXELS_OF.get(picture.format or "", MOST_PIXELS)
    if picture.width * picture.height > most:
        raise InkbridgeError(
            f"{path}: {picture.width}×{picture.height} pixels, at most {most // 1_000_000} megapixels "
            f"{'of this format ' * (most < MOST_PIXELS)}are read; make it smaller"
        )
    if max(picture.size) > MOST_CELLS * min(picture.size):  # each row costs memory besides its pixels
        raise InkbridgeError(
            f"{path}: {picture.width}×{picture.height} pixels, more than {MOST_CELLS} squares in a row; cut it up"
        )


def _check_scans(path: Path) -> None:
    """Refuse a JPEG of thousands of scans: a few bytes each, they cost as much time as the whole picture."""
    with _named_failures(path), path.open("rb") as file:
        # The marker never stands within a scan, where every 0xFF is followed by a zero.
        scans = sum(block.count(b"\xff\xda") for block in iter(partial(file.read, 1 << 20), b""))
    if scans > MOST_SCANS:
        raise InkbridgeError(f"{path}: a JPEG of {scans} scans, at most {MOST_SCANS} are read; save it again as PNG")


def _decoded(path: Path, picture: Image.Image) -> Image.Image:
    """Decode a picture, or the current frame of one, to RGBA the way it is meant to be seen."""
    _check_size(path, picture)  # of the frame, which may be another one than the file's
    with _named_failures(path):
        with _quiet_libtiff(picture):
            picture.load()  # first, because TIFF is turned while it is loaded and then says so
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        upright = ImageOps.exif_transpose(picture) if turned else picture  # it copies either way
        if upright.mode in {"I", "F"} or upright.mode.startswith("I;"):
            upright = _in_eight_bits(upright)
        return upright.convert("RGBA")


@contextmanager
def _quiet_libtiff(picture: Image.Image) -> Iterator[None]:
    """Keep what libtiff says of a damaged file from standard error: it writes there by itself, past Python.

    For the time of decoding, nobody else in this process can write there either.
    """
    if picture.format != "TIFF":
        yield
        return
    with ExitStack() as stack:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, kept)
        stack.callback(os.close, nowhere)
        stack.callback(os.dup2, kept, 2)
        os.dup2(nowhere, 2)
        yield


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Bring deep grey tones to 8 bits: the smallest depth that holds the lightest of them is white."""
    edges = [np.array([*range(0, length, _TILE), length]) for length in picture.size]
    boxes = _boxes(*edges)
    lightest = max(float(_deep_tones(picture, box).max(initial=0.0)) for box in boxes)
    depths = GREY_DEPTHS if picture.mode == "F" else GREY_DEPTHS[1:]
    white = next((depth for depth in depths if depth >= lightest), lightest)
    grey = Image.new("L", picture.size)
    for box in boxes:
        tones = (_deep_tones(picture, box) * (255.0 / white)).round().astype(np.uint8)
        grey.paste(Image.fromarray(tones), box)
    return grey


def _deep_tones(picture: Image.Image, box: Box) -> NDArray[np.float32]:
    tones = np.asarray(picture.crop(box)).astype(np.float32)
    return np.nan_to_num(tones, posinf=0.0).clip(min=0.0)


@contextmanager
def _named_failures(path: Path) -> Iterator[None]:
    """Turn whatever an image library raises into one message about the file, and silence its warnings."""
    try:
        with warnings.catch_warnings():
            # Sizes are checked here, and oddities in metadata say nothing about the drawing.
            warnings.simplefilter("ignore")
            yield
    except InkbridgeError:
        raise
    except Image.DecompressionBombError as error:
        raise InkbridgeError(
            f"{path}: too large, at most {MOST_PIXELS // 1_000_000} megapixels are read; make it smaller"
        ) from error
    except PermissionError as error:
        raise InkbridgeError(f"{path}: cannot be opened; allow reading it") from error
    except UnidentifiedImageError as error:
        raise InkbridgeError(f"{path}: not an image that can be read; save it as PNG or BMP") from error
    except Exception as error:  # decoders raise nearly every type on damaged files
        raise InkbridgeError(
            f"{path}: the image is damaged or of an unknown kind ({_short(str(error))}); save it again as PNG or BMP"
        ) from error


# --- from RGBA to ink ------------------------------------------------------------------------------------


def _separate_ink(cells: Bytes, ink: Literal["auto", "light", "dark"]) -> tuple[Bytes, Ink]:
    """Tell ink from paper over all cells together: uint8 [K, 64, 64, 4] → uint8 [K, 64, 64], and its kind."""
    colours = _without_transparency(cells)
    paper = _border_colour(colours)
    departures = {"light": _departure(colours, paper, "light"), "dark": _departure(colours, paper, "dark")}
    found: Ink = "light" if departures["light"].sum() > departures["dark"].sum() else "dark"
    if ink == "auto" or ink == found:
        return _clean(departures[found]), found
    # What was taken for ink is the paper now, and the borders are ink.
    strong = departures[found] > departures[found].max() // 2
    if strong.any():
        paper = np.median(colours[strong], axis=0).astype(np.uint8)
    return _clean(_departure(colours, paper, ink)), ink


def _without_transparency(cells: Bytes) -> Bytes:
    """Lay RGBA cells on opaque paper: uint8 [K, 64, 64, 4] → uint8 [K, 64, 64, 3]."""
    colours, alpha = cells[..., :3], cells[..., 3:]
    if alpha.min() == 255:
        return colours
    if alpha.max() == 0:  # whatever colours hide below, nothing is to be seen
        return np.zeros_like(colours)
    opaque = colours[cells[..., 3] >= alpha.max() / 2]
    paper: NDArray[np.uint16]
    if _border_colour(cells)[3] >= 128:  # opaque paper with holes rubbed into it
        paper = np.median(opaque, axis=0).astype(np.uint16)
    else:
        paper = np.full(3, 255 if opaque.mean() < 128 else 0, np.uint16)
    opacity = alpha.astype(np.uint16)
    laid = (colours * opacity + paper * (255 - opacity) + 127) // 255
    return np.asarray(laid, np.uint8)


def _border_colour(cells: Bytes) -> Bytes:
    """Return the median colour along the borders of cells [K, H, W, C]: uint8 [C].

    Borders, because a large shape may fill most of a cell; several pixels of them, because sheets may have
    thin lines between cells.
    """
    inner = cells[:, BORDER:-BORDER, BORDER:-BORDER]
    border = np.ones(cells.shape[1:3], bool)
    if inner.size:
        border[BORDER:-BORDER, BORDER:-BORDER] = False
    return np.asarray(np.median(cells[:, border], axis=(0, 1)), np.uint8)


def _departure(colours: Bytes, paper: Bytes, ink: Ink) -> Bytes:
    """Return the largest departure from paper over the channels: uint8 [K, 64, 64, 3] → uint8 [K, 64, 64]."""
    # Clipped before the difference, which then cannot wrap around in bytes.
    difference = np.maximum(colours, paper) - paper if ink == "light" else paper - np.minimum(colours, paper)
    largest: Bytes = difference.max(axis=-1)
    return largest


def _clean(departure: Bytes) -> Bytes:
    """Scale solid ink to 255 and bring the noise of the paper to 0: uint8 [K, 64, 64] in and out."""
    strongest = departure.max()
    if strongest < LEAST_CONTRAST:
        return np.zeros_like(departure)
    # Most of a stroke's inner pixels are solid, those along its edges are not.
    solid = np.percentile(departure[departure > strongest // 2], 90)
    tones = (departure * np.float32(255.0 / solid)).round().clip(0, 255).astype(np.uint8)
    return np.where(tones > _noise_floor(tones), tones, 0).astype(np.uint8)


def _noise_floor(tones: Bytes) -> float:
    """Return the tone up to which paper is noisy, 0 for a clean sheet. tones: uint8 [K, 64, 64].

    Measured where nothing is drawn but a stroke is near enough for JPEG to ring; not next to the stroke,
    where faint pixels are its anti-aliased edge.
    """
    samples = [cell[_near_ink(cell)] for cell in tones if (cell >= INK_TONE).any()]
    noise = np.concatenate(samples) if samples else np.zeros(0, np.uint8)
    if noise.size == 0:
        return 0.0
    # Half as much again as the 99th percentile: 3.5 standard deviations of normal noise.
    return min(1.5 * float(np.percentile(noise, 99)), HIGHEST_FLOOR)


def _near_ink(tones: Bytes) -> NDArray[np.bool_]:
    """Return where a cell [64, 64] is blank but near ink."""
    blank = (tones < INK_TONE).astype(np.uint8)
    distance = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near: NDArray[np.bool_] = (distance >= NOISE_NEAR) & (distance <= NOISE_FAR)
    return near
