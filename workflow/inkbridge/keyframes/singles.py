"""Pictures that are one drawing each → cells in colour. Each may have a paper, a light and a pen of its own."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from inkbridge.keyframes.cells import fit_into_cell, own_side
from inkbridge.keyframes.ink import Separation, scaled_tones, separate_ink
from inkbridge.keyframes.page import is_photographed, read_page
from inkbridge.support.types import Images

MOST_APART = 24
"""Tones by which the papers of pictures may differ to be taken for the same."""

MOST_STRONGER = 1.4
"""How many times stronger the ink of one picture may be than that of another to be taken for the same pen."""


def cells_of_singles(pictures: Iterable[Image.Image], most: int) -> tuple[list[Images], list[Images]]:
    """Return upright RGBA pictures as cells ``uint8 [64, 64, 4]``, and at their own resolution ``uint8 [S, S, 4]``,
    64 ≤ S ≤ ``most``.

    A photograph becomes the black ink of its page on white. If papers or pens differ, so does every other picture.
    """
    cells, originals = [], []
    for picture in pictures:
        drawing = read_page(picture).picture if is_photographed(picture) else picture
        cells.append(fit_into_cell(drawing))
        originals.append(fit_into_cell(drawing, own_side(max(drawing.size), most)))
    separations = [separate_ink(cell[None], "auto")[1] for cell in cells]
    if _are_alike(separations):
        return cells, originals
    return (
        [_black_on_white(cell, one) for cell, one in zip(cells, separations, strict=True)],
        [_black_on_white(original, one) for original, one in zip(originals, separations, strict=True)],
    )


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
