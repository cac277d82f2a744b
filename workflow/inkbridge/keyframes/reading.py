"""Sheets and folders of drawings → keyframes.

Every way in (a sheet of cells, a folder of pictures, an animated picture) ends in the same small stack of
64×64 RGBA cells. What is paper and what is ink is then decided over that whole stack, never for one cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.keyframes.cells import SMALLEST_CELL, find_guides, listed, read_pictures, squared
from inkbridge.keyframes.images import Box, check_file, decode, open_picture
from inkbridge.keyframes.ink import has_ink, separate_ink
from inkbridge.support.errors import InkbridgeError, printable, printable_message
from inkbridge.support.types import Images, Ink


@dataclass(frozen=True, eq=False)
class Keyframes:
    """The keyframes of one doodle.

    images: uint8 [K, 64, 64], 0 = paper, 255 = ink, K ≥ 2.
    warnings: what the person who drew them should know, one text each.
    ink: whether the ink was lighter or darker than its paper in the file.
    """

    images: Images
    warnings: tuple[str, ...]
    ink: Ink


@dataclass(frozen=True, eq=False)
class Reading:
    """All that a drawing's file, folder or files hold, cell by cell, whether or not it can be animated.

    source: what was read. cells: uint8 [N, 64, 64], 0 = paper, 255 = ink. drawn: bool [N], whether a cell holds ink.
    count: how many of the first cells are keyframes. noun: what a cell is called: cell, frame or picture. boxes: where
    each cell lies in its sheet, None where it was no sheet. warnings: what the person who drew should know.
    ink: whether the ink was lighter or darker than its paper. asked: the number of keyframes that was asked for.
    """

    source: Path
    cells: Images
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
            f"keyframes  {self.count}" + f", of which blank: {listed(blank)}" * bool(blank),
            f"left out   {listed(left_out)}" if left_out else "left out   none",
            *(f"warning    {text}" for text in self.warnings),
        ]


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
    pictures = read_pictures(path, cell)
    cells, found = separate_ink(pictures.cells, ink)
    drawn = has_ink(cells)
    count = _count_keyframes(path, pictures.noun, drawn, frames)
    texts = (*pictures.warnings, *_remarks(path, pictures.noun, cells[:count], drawn[:count]))
    shown = tuple(map(printable, texts))
    return Reading(path, cells, drawn, count, pictures.noun, pictures.boxes, shown, found, frames)


@printable_message()
def read_sheet_picture(path: Path) -> Image.Image:
    """Return the picture of a sheet, upright, as RGBA. Raises InkbridgeError as :func:`read_keyframes` does."""
    with open_picture(path) as picture:
        return decode(path, picture)


@printable_message()
def read_drawings(paths: Sequence[Path], *, ink: Literal["auto", "light", "dark"] = "auto") -> Keyframes:
    """Read pictures that are a keyframe each, whatever their sizes and papers: paper and ink are told apart in each.

    Raises InkbridgeError as :func:`read_keyframes`, and where one of them is blank or a sheet with guide lines.
    """
    images, found = zip(*[_read_drawing(path, ink) for path in paths], strict=True)
    return Keyframes(np.stack(images), (), found[0])


def _read_drawing(path: Path, ink: Literal["auto", "light", "dark"]) -> tuple[Images, Ink]:
    check_file(path)
    with open_picture(path) as picture:
        drawing = decode(path, picture)
    if (guides := find_guides(drawing)) is not None:
        raise InkbridgeError(
            f"{path}: expected a picture that is one drawing, found a sheet with guide lines, of "
            f"{guides.columns * guides.rows} cells; animate it, or save its cells as pictures of their own"
        )
    cells, found = separate_ink(squared(drawing)[None], ink)
    if not has_ink(cells).any():
        raise InkbridgeError(f"{path}: a drawing with ink is needed, this picture is blank read as {found} ink")
    return cells[0], found


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


def _remarks(path: Path, noun: str, images: Images, drawn: NDArray[np.bool_]) -> list[str]:
    """Return warnings about blank keyframes before drawn ones, and about keyframes that are mostly ink."""
    last = int(drawn.nonzero()[0][-1]) if drawn.any() else 0
    blank = [str(index + 1) for index in range(last) if not drawn[index]]
    flooded = [str(index + 1) for index in np.flatnonzero((images >= 128).mean(axis=(1, 2)) > 0.5)]
    texts = []
    if blank:
        texts.append(
            f"{path.name}: blank {noun}{_plural(len(blank))} before drawn ones, kept as "
            f"keyframe{_plural(len(blank))}: {listed(blank)}"
        )
    if flooded:
        texts.append(
            f"{path.name}: more than half is ink in {noun}{_plural(len(flooded))} {listed(flooded)}; if "
            "paper was taken for ink there, set `ink` or give all drawings the same paper"
        )
    return texts


def _plural(count: int) -> str:
    return "" if count == 1 else "s"
