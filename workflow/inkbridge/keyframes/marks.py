"""The corner marks of printed sheets: where they are on paper, and how a photograph is straightened by them.

A mark is an ArUco marker (Garrido-Jurado et al. 2014, "Automatic generation and detection of highly reliable fiducial
markers under occlusion"). Each of the four says in which corner it is, and how many cells the sheet has on which paper,
so that a sheet is found again in any tone, even if one mark is hidden.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.support.types import Images

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Name → the shorter and the longer side in millimetres."""

MOST_COLUMNS = 8
"""Columns or rows of a printed sheet."""

EDGE, MARK, GAP, LINE = 9.0, 12.0, 3.0, 0.5
"""In millimetres: from a mark to the edge of the page, which printers leave white; the side of a mark; from a mark to
the cells; the width of a guide line."""

COVERED = 1.5
"""Millimetres along the edges of a cell that its guide lines may cover if the page is not quite flat."""

LARGEST_PRINTED_CELL = 1024
"""Pixels of the side of a cell of a straightened sheet."""

SEARCHED_LEAST, SEARCHED_MOST = 1400, 2000
"""Pixels of the longer side of the picture in which marks are searched. Smaller pictures are enlarged, larger ones made
smaller, which bounds time."""

LARGEST_ERROR = 0.25
"""Largest distance of a mark's corner from where the other marks expect it, in sides of a mark."""

_DICTIONARY = cv2.aruco.DICT_5X5_1000


@dataclass(frozen=True)
class PrintLayout:
    """What is printed on a page. Lengths are in millimetres; (0, 0) is the upper left corner of the page."""

    columns: int
    rows: int
    paper: str

    @cached_property
    def page(self) -> tuple[float, float]:
        """Width and height of the page, which lies in the way that makes the cells larger."""
        short, long = PAPERS[self.paper]
        return max(((short, long), (long, short)), key=self._cell_on)

    @property
    def cell(self) -> float:
        """The side of a cell."""
        return self._cell_on(self.page)

    @property
    def corner(self) -> tuple[float, float]:
        """The upper left corner of the cells, which lie in the middle of the page."""
        width, height = self.page
        return (width - self.columns * self.cell) / 2, (height - self.rows * self.cell) / 2

    @property
    def marks(self) -> tuple[tuple[float, float], ...]:
        """The upper left corners of the marks: clockwise, from the upper left one on."""
        width, height = self.page
        right, below = width - EDGE - MARK, height - EDGE - MARK
        return (EDGE, EDGE), (right, EDGE), (right, below), (EDGE, below)

    def identifier(self, corner: int) -> int:
        """Return the number of the marker in a ``corner``, 0 to 3."""
        index = (list(PAPERS).index(self.paper) * MOST_COLUMNS + self.rows - 1) * MOST_COLUMNS + self.columns - 1
        return 4 * index + corner

    @classmethod
    def of_identifier(cls, identifier: int) -> "tuple[PrintLayout, int] | None":
        """Return the layout and the corner of a marker; None if no sheet has it."""
        index, corner = divmod(identifier, 4)
        rest, columns = divmod(index, MOST_COLUMNS)
        paper, rows = divmod(rest, MOST_COLUMNS)
        return (cls(columns + 1, rows + 1, list(PAPERS)[paper]), corner) if paper < len(PAPERS) else None

    def _cell_on(self, page: tuple[float, float]) -> float:
        width, height = page
        return min((width - 2 * EDGE) / self.columns, (height - 2 * (EDGE + MARK + GAP)) / self.rows)


@dataclass(frozen=True, eq=False)
class PrintedSheet:
    """A printed sheet that was found in a picture.

    layout: its cells. outline: float64 [4, 2], the corners of the page in the picture, clockwise from the page's upper
    left one, in pixels. seen: how many of the four marks were found. pixels: uint8 [H, W, 4], the cells alone,
    straightened: they are squares of ``cell`` pixels without gaps. margin: how many pixels along the edges of a cell
    its guide lines may cover. homography: float64 [3, 3], from the picture to ``pixels``.
    """

    layout: PrintLayout
    outline: NDArray[np.float64]
    seen: int
    pixels: Images
    cell: int
    margin: int
    homography: NDArray[np.float64]


def mark(layout: PrintLayout, corner: int, side: int) -> Images:
    """Return the mark in a ``corner``, 0 to 3 clockwise from the upper left one: ``uint8 [side, side]``, black on
    white."""
    return np.asarray(cv2.aruco.generateImageMarker(_dictionary(), layout.identifier(corner), side))


def find_printed_sheet(pixels: Images) -> PrintedSheet | None:
    """Return the printed sheet in a picture ``uint8 [H, W, 4]``, RGBA, straightened by its marks; None if it shows
    fewer than two marks of one sheet.

    The picture may be a scan or a photograph, turned, grey, black and white or inverted.
    """
    found = _marks_in(pixels)
    if found is None:
        return None
    layout, corners = found
    points = np.concatenate([_corners_of_mark(layout, corner) for corner in corners])
    places = np.concatenate(list(corners.values()))
    sides = np.linalg.norm(places - np.roll(places.reshape(-1, 4, 2), 1, axis=1).reshape(-1, 2), axis=1)
    homography: Any = cv2.findHomography(points, places)[0]
    if homography is None:
        return None
    errors = np.linalg.norm(_projected(points, homography) - places, axis=1)
    if errors.max() > LARGEST_ERROR * sides.min():
        return None
    straight, cell, turn = _straightened(pixels, layout, homography)
    width, height = layout.page
    outline = _projected(np.array([(0, 0), (width, 0), (width, height), (0, height)]), homography)
    margin = round(COVERED * cell / layout.cell) + 1
    return PrintedSheet(layout, outline, len(corners), straight, cell, margin, turn)


@cache
def _dictionary() -> Any:
    return cv2.aruco.getPredefinedDictionary(_DICTIONARY)


@cache
def _detector() -> Any:
    parameters = cv2.aruco.DetectorParameters()
    parameters.detectInvertedMarker = True
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_CONTOUR
    return cv2.aruco.ArucoDetector(_dictionary(), parameters)


def _marks_in(pixels: Images) -> tuple[PrintLayout, dict[int, NDArray[np.float64]]] | None:
    """Return the layout of the sheet in a picture, and for each corner that is seen the four corners of its mark
    ``float64 [4, 2]`` in pixels."""
    longer = max(pixels.shape[:2])
    scale = min(max(longer, SEARCHED_LEAST), SEARCHED_MOST) / longer
    quads, identifiers, _ = _detector().detectMarkers(_grey(pixels, scale))
    sheets: dict[PrintLayout, dict[int, NDArray[np.float64]]] = {}
    for quad, identifier in zip(quads, identifiers.ravel() if identifiers is not None else (), strict=True):
        known = PrintLayout.of_identifier(int(identifier))
        if known is not None:
            layout, corner = known
            # The middle of pixel 0 is at 0, that of an enlarged pixel is not.
            sheets.setdefault(layout, {})[corner] = (quad.reshape(4, 2).astype(np.float64) + 0.5) / scale - 0.5
    if not sheets:
        return None
    layout = max(sheets, key=lambda one: len(sheets[one]))
    return (layout, sheets[layout]) if len(sheets[layout]) >= 2 else None


def _grey(pixels: Images, scale: float) -> Images:
    """Return an RGBA picture, laid on white, in grey and resized by ``scale``."""
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how))
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY), np.float32)
    opacity = pixels[..., 3].astype(np.float32) / 255
    return np.asarray((grey * opacity + 255 * (1 - opacity)).round(), np.uint8)


def _corners_of_mark(layout: PrintLayout, corner: int) -> NDArray[np.float64]:
    left, top = layout.marks[corner]
    return np.array([(left, top), (left + MARK, top), (left + MARK, top + MARK), (left, top + MARK)])


def _projected(points: NDArray[np.float64], homography: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.perspectiveTransform(points[:, None].astype(np.float64), homography)[:, 0])


def _straightened(
    pixels: Images, layout: PrintLayout, homography: NDArray[np.float64]
) -> tuple[Images, int, NDArray[np.float64]]:
    """Return the cells of a sheet as squares without gaps, about as large as in the picture, their side, and the
    homography from the picture to them."""
    left, top = layout.corner
    side = layout.cell
    box = np.array([(0, 0), (layout.columns, 0), (layout.columns, layout.rows), (0, layout.rows)]) * side + (left, top)
    area = abs(cv2.contourArea(_projected(box, homography).astype(np.float32)))
    cell = int(np.clip(round((area / (layout.columns * layout.rows)) ** 0.5), 64, LARGEST_PRINTED_CELL))
    to_page = np.array([[side / cell, 0, left], [0, side / cell, top], [0, 0, 1]])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from the middle of a pixel
    size = (layout.columns * cell, layout.rows * cell)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turn = homography @ to_page @ half
    straight = cv2.warpPerspective(pixels, turn, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(straight, np.uint8), cell, np.linalg.inv(turn)
