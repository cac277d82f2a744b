"""Pictures that are one drawing each → cells in colour. Each may have a paper, a light and a pen of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from inkbridge.keyframes.cells import fit_into_cell, own_side
from inkbridge.keyframes.ink import Separation, scaled_tones, separate_ink
from inkbridge.keyframes.page import AskedInk, DropLines, read_page
from inkbridge.support.types import Images

MOST_APART = 24
"""Tones by which the papers of pictures may differ to be taken for the same."""

MOST_STRONGER = 1.4
"""How many times stronger the ink of one picture may be than that of another to be taken for the same pen."""


EDGE, SPECK = 0.015, 0.02
"""In parts of the longer side of a page: how near its edge specks are dropped, and the side of the largest one."""


@dataclass(frozen=True, eq=False)
class Singles:
    """Pictures that are one drawing each.

    cells: of each, ``uint8 [64, 64, 4]``, RGBA. originals: the same at their own resolution, ``uint8 [S, S, 4]``.
    evened: whether they are black ink on white paper by now, whatever they were. notes: what the person who drew them
    should know.
    """

    cells: list[Images]
    originals: list[Images]
    evened: bool
    notes: tuple[str, ...]


def cells_of_singles(pictures: Iterable[Image.Image], most: int, ink: AskedInk, drop_lines: DropLines) -> Singles:
    """Return upright RGBA pictures as cells, at their own resolution with 64 ≤ S ≤ ``most``.

    A photograph becomes the black ink of its page on white. If papers or pens differ, so does every other picture.
    ``ink`` and ``drop_lines`` as in :func:`~inkbridge.keyframes.page.read_page`.
    """
    cells, originals, asked = [], [], []
    notes: dict[str, None] = {}
    for picture in pictures:
        page = read_page(picture, ink, drop_lines)
        drawing = _without_specks(page.picture) if page.photographed else page.picture
        cells.append(fit_into_cell(drawing))
        originals.append(fit_into_cell(drawing, own_side(max(drawing.size), most)))
        asked.append("dark" if page.photographed else ink)
        notes |= dict.fromkeys(page.notes)
    separations = [separate_ink(cell[None], kind)[1] for cell, kind in zip(cells, asked, strict=True)]
    if _are_alike(separations) and set(asked) <= {ink}:
        return Singles(cells, originals, False, tuple(notes))
    return Singles(
        [_black_on_white(cell, one) for cell, one in zip(cells, separations, strict=True)],
        [_black_on_white(original, one) for original, one in zip(originals, separations, strict=True)],
        True,
        tuple(notes),
    )


def _without_specks(page: Image.Image) -> Image.Image:
    """Return a page in black on white without the specks at its edges, which are darker corners of a photograph."""
    grey = np.array(page.convert("L"))
    height, width = grey.shape
    longer = max(height, width)
    edge, largest = EDGE * longer, (SPECK * longer) ** 2
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats((grey < 250).astype(np.uint8))
    left, top = boxes[:, cv2.CC_STAT_LEFT], boxes[:, cv2.CC_STAT_TOP]
    right, below = left + boxes[:, cv2.CC_STAT_WIDTH], top + boxes[:, cv2.CC_STAT_HEIGHT]
    at_edge = (left < edge) | (top < edge) | (right > width - edge) | (below > height - edge)
    specks = at_edge & (boxes[:, cv2.CC_STAT_AREA] < largest)
    specks[0] = False  # the paper
    grey[specks[pieces]] = 255
    return Image.fromarray(grey).convert("RGBA")


def _are_alike(separations: Sequence[Separation]) -> bool:
    """Return whether the drawings have the same paper and pen. Blank pictures do not count."""
    drawn = [one for one in separations if one.solid]
    if len(drawn) < 2:
        return True
    papers, solids = np.array([one.paper for one in drawn], np.int16), [one.solid for one in drawn]
    return bool(np.ptp(papers, axis=0).max() <= MOST_APART and max(solids) <= MOST_STRONGER * min(solids))


def _black_on_white(cell: Images, separation: Separation) -> Images:
    """Return the ink of a cell ``uint8 [S, S, 4]`` as a cell in black on white."""
    tones = (
        scaled_tones(separation.departure(cell), separation.solid) if separation.solid else np.zeros_like(cell[..., 0])
    )
    return np.dstack([255 - tones] * 3 + [np.full_like(tones, 255)])
