"""Colours that tell strands apart."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import KDTree
from skimage.color import rgb2lab

from inkbridge.matching.strands import Strand
from inkbridge.support.types import Floats

Colour = tuple[int, int, int]

PALETTE: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (51, 34, 136),
    (230, 159, 0),
    (136, 34, 85),
    (86, 180, 233),
    (110, 110, 20),
    (40, 40, 40),
)
"""Colours that the colour-blind, too, tell apart as well as ten colours allow: those of Okabe and Ito ("Color Universal
Design", 2008) without yellow, which is too pale on paper, and indigo, wine and olive after Tol ("Colour Schemes",
2021)."""

_NEAR = 4.0
"""Pixels between two strands at which their colours should still differ much."""

_AGAIN = 0.25
"""What it counts to use a colour once more, against using it for a strand that touches."""

_ALIKE = 30.0
"""Distance in CIELAB over which the likeness of two colours falls to 1/e."""


def colours_of(strands: Sequence[Strand]) -> list[Colour]:
    """Return a colour for each strand. Strands that come near each other in some keyframe get colours that differ
    much."""
    lab = rgb2lab(np.array(PALETTE) / 255)
    alike = np.exp(-np.linalg.norm(lab[:, None] - lab, axis=2) / _ALIKE)
    near = np.exp(-((_distances(strands) / _NEAR) ** 2))
    chosen = np.full(len(strands), -1)
    for strand in np.argsort([-_length(strand) for strand in strands], kind="stable"):
        known = np.flatnonzero(chosen >= 0)
        used = np.bincount(chosen[known], minlength=len(PALETTE))
        chosen[strand] = int((alike[:, chosen[known]] @ near[strand, known] + _AGAIN * used).argmin())
    return [PALETTE[colour] for colour in chosen]


def _distances(strands: Sequence[Strand]) -> Floats:
    """Return the least distance of each two strands in any keyframe, in pixels of the cell: ``float64 [N, N]``."""
    least = np.full((len(strands), len(strands)), np.inf)
    for keyframe in range(len(strands[0].points)):
        trees = [KDTree(strand.points[keyframe]) for strand in strands]
        for one, tree in enumerate(trees):
            for other in range(one):
                apart = float(np.min(tree.query(strands[other].points[keyframe])[0]))
                least[one, other] = least[other, one] = min(least[one, other], apart)
    return least


def _length(strand: Strand) -> float:
    return float(np.linalg.norm(np.diff(strand.points, axis=1), axis=2).sum(axis=1).max())
