"""Drawings → keyframes.

Every source (a sheet of cells, a folder of pictures, an animated picture) gives a stack of 64×64 cells in colour, and
the same cells at their own resolution. Paper and ink are told apart over the whole stack, never for a single cell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.keyframes.cells import cut, fit_into_cell, own_side
from inkbridge.keyframes.guides import find_guides
from inkbridge.keyframes.images import kind_of_path, require_file
from inkbridge.keyframes.ink import has_ink, separate_ink
from inkbridge.keyframes.layout import Box, Layout, asked_layout
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES
from inkbridge.keyframes.originals import resized_drawings, separate_originals, stack_originals
from inkbridge.keyframes.page import AskedInk, DropLines, Page, read_page
from inkbridge.keyframes.sheets import cells_of
from inkbridge.keyframes.sources import decode_file, open_source
from inkbridge.keyframes.wording import listed, plural
from inkbridge.support.errors import InkbridgeError, printable, printable_message
from inkbridge.support.marks import Mark, Marks, marks_as_written
from inkbridge.support.types import Images, Ink


@dataclass(frozen=True, eq=False)
class Keyframes:
    """The keyframes of one doodle.

    images: uint8 [K, 64, 64], 0 = paper, 255 = ink, K ≥ 2.
    originals: uint8 [K, S, S], the same at the resolution at which they were drawn, 64 ≤ S ≤ 512. If S is 64, they
        equal ``images``.
    warnings: what the person who drew them should know, one text each.
    ink: whether the ink was lighter or darker than its paper.
    marks: where a person says that points of a keyframe go in the next one.
    """

    images: Images
    originals: Images
    warnings: tuple[str, ...]
    ink: Ink
    marks: Marks = ()

    @classmethod
    def of(cls, originals: Images, ink: Ink = "light") -> "Keyframes":
        """Return keyframes that are already ink on paper: ``uint8 [K, S, S]``, 64 ≤ S ≤ 512, 0 = paper, 255 = ink."""
        return cls(resized_drawings(originals, CELL), originals, (), ink)


@dataclass(frozen=True, eq=False)
class Reading:
    """All cells of a source, whether or not they can be animated.

    source: what was read.
    cells: uint8 [N, 64, 64], 0 = paper, 255 = ink.
    originals: uint8 [count, S, S], the keyframes at the resolution at which they were drawn, 64 ≤ S ≤ 512.
    drawn: bool [N], whether a cell holds ink.
    count: how many of the first cells are keyframes.
    noun: the word for a cell: cell, frame or picture.
    layout, page: where each cell lies in its sheet, and the page of that sheet; None if the source is no sheet.
    warnings: what the person who drew them should know, one text each.
    ink: whether the ink was lighter or darker than its paper.
    asked: the requested number of keyframes, if any.
    names: what the person calls each picture, for example its file; empty if the source is a sheet.
    marks: where a person says that points of a keyframe go in the next one.
    """

    source: Path
    cells: Images
    originals: Images
    drawn: NDArray[np.bool_]
    count: int
    noun: str
    warnings: tuple[str, ...]
    ink: Ink
    asked: int | None = None
    layout: Layout | None = None
    page: Page | None = None
    names: tuple[str, ...] = ()
    marks: Marks = ()

    @property
    def boxes(self) -> tuple[Box, ...] | None:
        """Where each cell lies in its sheet; None if the source is no sheet."""
        return None if self.layout is None else self.layout.boxes

    @printable_message()
    def keyframes(self) -> Keyframes:
        """Return the keyframes. Raises InkbridgeError if fewer than two of them hold ink."""
        drawn = int(self.drawn[: self.count].sum())
        if self.boxes is not None and len(self.cells) >= FEWEST_KEYFRAMES and not self.drawn.any():
            raise InkbridgeError(
                f"{self.source}: expected at least {FEWEST_KEYFRAMES} keyframes with ink, found 0 in "
                f"{len(self.cells)} {plural(self.noun, len(self.cells))}: the sheet is still empty; draw a keyframe in "
                "each cell"
            )
        if drawn < FEWEST_KEYFRAMES:
            among = self.asked or len(self.drawn)
            raise InkbridgeError(
                f"{self.source}: expected at least {FEWEST_KEYFRAMES} keyframes with ink, found {drawn} in {among} "
                f"{plural(self.noun, among)} read as {self.ink} ink; draw more, or check `cell`, `ink` and the number "
                "of keyframes"
            )
        images = np.ascontiguousarray(self.cells[: self.count])
        return Keyframes(images, self.originals, self.warnings, self.ink, self.marks)

    @printable_message()
    def with_marks(self, marks: Iterable[Mark | Mapping[str, Any]] | None) -> "Reading":
        """Return the reading with these marks, or with what is written of them (see
        :func:`inkbridge.support.marks.marks_as_written`), in place of those of its source; with None, unchanged.

        Raises InkbridgeError if one is wrong, or on a keyframe that is missing.
        """
        if marks is None:
            return self
        try:
            found = marks_as_written(marks)
        except ValueError as error:
            raise InkbridgeError(f"{self.source}: expected {error}; correct `marks`") from None
        if last := max((mark.keyframe for mark in found if mark.keyframe > self.count), default=0):
            raise InkbridgeError(
                f"{self.source}: expected marks on keyframes 1 to {self.count}, found one on keyframe {last}; correct "
                "`marks`"
            )
        return replace(self, marks=found)

    def describe(self) -> list[str]:
        """Return what was read, as lines for the person who drew."""
        paper = {"light": "dark", "dark": "light"}[self.ink]
        total = f"{len(self.cells)} {plural(self.noun, len(self.cells))}"
        if self.boxes is not None:
            left, top, right, below = self.boxes[0]
            total += f" of {right - left}×{below - top} pixels"
        blank = [str(number + 1) for number in np.flatnonzero(~self.drawn[: self.count])]
        left_out = [str(number + 1) for number in range(self.count, len(self.cells))]
        why = f"only {self.asked} are asked for" if self.asked else "blank, and nothing follows"
        return [
            f"read       {self.source}: {total}, {self.ink} ink on {paper} paper",
            *([] if self.layout is None else [f"layout     {self.layout.describe()}"]),
            f"keyframes  {self.count}" + f", blank ones: {listed(blank)}" * bool(blank),
            f"left out   {listed(left_out)}: {why}" if left_out else "left out   none",
            *_about_page(self.page),
            *(f"warning    {text}" for text in self.warnings),
        ]


def read_keyframes(
    path: Path,
    *,
    cell: int | str | None = None,
    layout: str | None = None,
    margin: int | None = None,
    spacing: int | None = None,
    frames: int | None = None,
    ink: AskedInk = "auto",
    drop_lines: DropLines = "auto",
) -> Keyframes:
    """Read the keyframes of one doodle from a sheet, a folder of pictures or an animated picture.

    A sheet is one picture: a grid of cells, read row by row. ``cell`` is their size in pixels (64, or ``"48x64"``);
    ``layout`` their columns and rows (``"4x2"``); ``margin`` and ``spacing`` are pixels of paper around and between
    them. Pixels beyond whole cells are cropped with a warning. What is not given is measured
    (:func:`inkbridge.keyframes.layout.find_layout`): from guide lines or other lines between cells, which are then
    taken for paper; else from the paper between the drawings. If that is not certain, the sheet is refused.

    In a folder (in the natural order of names, 2 before 10), in an animated GIF, WebP, APNG or AVIF and in a TIFF or
    PDF of several pages, every picture is one keyframe, padded with its paper to a square; ``cell`` and the like are
    refused. All are resampled to 64×64: larger ones by averaging areas, smaller ones by bicubic interpolation.

    Keyframes of more than 64 pixels a side are also kept as they were drawn, as ``originals``, shrunk to 512 pixels by
    averaging areas if they are larger. Pictures that differ in size are enlarged to the largest one. A folder or
    animation of more than 95 pictures keeps them smaller, 25 megapixels in all.

    Paper is the median colour along the borders of all cells. Ink is the direction (``light`` or ``dark``) in which
    more departs from paper; ``ink`` sets the direction instead. The tone of a pixel is its largest departure over the
    colour channels, so coloured ink is ink too. The tone of solid ink becomes 255. Noise of the paper, measured 4 to 12
    pixels from ink, becomes 0. A clean sheet in black and white stays unchanged. Transparent paper becomes black or
    white, whichever contrasts with the drawing.

    A cell is blank if fewer than 4 of its 64×64 pixels reach a quarter of full ink. Blank cells at the end are dropped;
    a blank cell before a drawn one is kept as a keyframe, with a warning. ``frames`` keeps exactly that many cells from
    the first on, blank or not; of an animation or a document, so many frames or pages at even distances.

    Raises InkbridgeError if the path is missing, not an image, damaged, too large (50 megapixels) or smaller than one
    cell, if ``frames`` is more than there are cells, or if fewer than two keyframes hold ink.
    """
    return read_cells(
        path,
        cell=cell,
        layout=layout,
        margin=margin,
        spacing=spacing,
        frames=frames,
        ink=ink,
        drop_lines=drop_lines,
    ).keyframes()


@printable_message()
def read_cells(
    path: Path,
    *,
    cell: int | str | None = None,
    layout: str | None = None,
    margin: int | None = None,
    spacing: int | None = None,
    frames: int | None = None,
    ink: AskedInk = "auto",
    drop_lines: DropLines = "auto",
) -> Reading:
    """Read as :func:`read_keyframes` does, but return all cells, even if they cannot be animated."""
    asked = asked_layout(path, cell, layout, margin, spacing)
    _check_frames(path, frames)
    opened = open_source(path, frames)
    source = cells_of(opened, asked, ink, drop_lines)
    cells, separation = separate_ink(source.cells, "dark" if source.evened else ink)
    drawn = has_ink(cells)
    count = _count_keyframes(path, source.noun, drawn, frames)
    originals = separate_originals(map(source.original, range(count)), cells[:count], separation)
    texts = (*source.warnings, *_remarks(path, source.noun, cells[:count], drawn[:count]))
    shown = tuple(map(printable, texts))
    return Reading(
        path,
        cells,
        originals,
        drawn,
        count,
        source.noun,
        shown,
        source.evened or separation.ink,
        asked=frames,
        layout=source.layout,
        page=source.page,
        names=() if opened.is_sheet else opened.names,
        marks=tuple(opened.marks(count)),
    )


@printable_message()
def read_drawings(paths: Sequence[Path], *, ink: AskedInk = "auto", drop_lines: DropLines = "auto") -> Keyframes:
    """Read pictures that are one keyframe each. They may differ in size and paper: paper and ink are told apart in
    each. Smaller originals are enlarged to the largest one.

    Raises InkbridgeError as :func:`read_keyframes`, and if one of them is blank or a sheet with guide lines.
    """
    images, originals, found = zip(*[_read_drawing(path, ink, drop_lines) for path in paths], strict=True)
    return Keyframes(np.stack(images), stack_originals(originals), (), found[0])


def _read_drawing(path: Path, ink: AskedInk, drop_lines: DropLines) -> tuple[Images, Images, Ink]:
    """Return one drawing as ``uint8 [64, 64]`` and as ``uint8 [S, S]``, and its ink."""
    if kind_of_path(path) == "folder":
        raise InkbridgeError(f"{path}: expected one drawing, found a folder; animate the folder, or name its pictures")
    require_file(path)
    page = read_page(decode_file(path), ink, drop_lines)
    drawing, guides = page.picture, find_guides(page.view)
    if guides is not None and (count := guides.columns * guides.rows) > 1:
        raise InkbridgeError(
            f"{path}: expected one drawing, found a sheet of {count} cells; animate the sheet, or save its cells as "
            "separate pictures"
        )
    # A cell cut out of a sheet still has its guide lines around it.
    small, large = (
        fit_into_cell(drawing, side) if guides is None else cut(drawing, (0, 0, *drawing.size), guides.margin, side)
        for side in (CELL, own_side(max(drawing.size)))
    )
    cells, separation = separate_ink(small[None], "dark" if page.photographed else ink)
    if not has_ink(cells).any():
        raise InkbridgeError(
            f"{path}: expected a drawing with ink, found a blank picture, read as {separation.ink} ink; draw on it, or "
            "set `ink`"
        )
    found = page.kind if page.photographed else separation.ink
    return cells[0], separate_originals([large], cells, separation)[0], found


def _about_page(page: Page | None) -> list[str]:
    """Return how a page was found, and what on it is not taken for ink, as lines for the person who drew."""
    lines = []
    if page is not None and page.photographed:
        how = "straightened along its outline" if page.outline else "its outline is not in the picture"
        lines.append(f"page       a photograph or scan: {how}")
    if page is not None and page.dropped:
        lines.append(f"dropped    {', '.join(page.dropped)}; to keep them, set `drop_lines` to none")
    return lines


def _check_frames(path: Path, frames: int | None) -> None:
    if frames is not None and frames < FEWEST_KEYFRAMES:
        raise InkbridgeError(
            f"{path}: expected a number of keyframes of at least {FEWEST_KEYFRAMES}, found {frames}; raise it or "
            "leave it out"
        )


def _count_keyframes(path: Path, noun: str, drawn: NDArray[np.bool_], frames: int | None) -> int:
    """Return how many of the first cells are keyframes: ``frames``, or all up to the last one that is not blank."""
    if frames is None:
        return int(drawn.nonzero()[0][-1]) + 1 if drawn.any() else 0
    if frames > len(drawn):
        raise InkbridgeError(
            f"{path}: expected {frames} {noun}s, the number of keyframes asked for, found {len(drawn)}; lower it "
            "or leave it out"
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
            f"{path.name}: blank, but kept as {plural('keyframe', len(blank))} because a drawing follows: "
            f"{plural(noun, len(blank))} {listed(blank)}"
        )
    if flooded:
        texts.append(
            f"{path.name}: more than half is ink in {plural(noun, len(flooded))} {listed(flooded)}; if the paper was "
            "taken for ink, set `ink` or give all drawings the same paper"
        )
    return texts
