"""What stands between two matched drawings: its knots, its ink, and how wide its lines are."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inkbridge import CELL
from inkbridge.matching.arcs import Arcs
from inkbridge.matching.strands import Strand
from inkbridge.support.types import Floats
from inkbridge.tracing.knots import knots_and_width

_MOMENTS = np.array([0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0])
"""Times at which the drawing is looked at, the keyframes among them."""

_FINER, _FIXED = 4, 4
"""How much finer than the cell strands are drawn, and bits after the point of OpenCV's coordinates."""

_THINNEST = 6
"""Width of the thinnest pen, in these finer pixels: one that all lines of the cell's pixels show."""


class Between(NamedTuple):
    """What stands between two keyframes, as means.

    ``knots``: ends and branchings beyond the larger number of the keyframes' own. ``ink``: how much it is off a steady
    change, as a part of the larger amount. ``widening``: by how many pixels lines are wider than in both keyframes.
    """

    knots: float
    ink: float
    widening: float


def between(strands: Sequence[Strand]) -> Between:
    """Return what stands between the last two keyframes of ``strands``.

    Parts that appear or vanish are not looked at: their pen has no width in one of the keyframes.
    """
    strands = [Strand(strand.points[-2:], strand.widths[-2:]) for strand in strands]
    strands = [strand for strand in strands if strand.widths.any(axis=1).all()]
    if not strands:
        return Between(0.0, 0.0, 0.0)
    arcs = Arcs([strand.points[0] for strand in strands], [strand.points[1] for strand in strands])
    drawn = [_drawn(strands, *row) for row in zip(arcs.at(_MOMENTS), _MOMENTS, strict=True)]
    knots, widths = np.array([knots_and_width(image) for image in drawn]).T
    ink = np.array([image.sum() for image in drawn], np.float64)
    steady = np.interp(_MOMENTS, [0, 1], ink[[0, -1]])
    off = np.abs(ink - steady)[1:-1].mean() / max(ink[0], ink[-1], 1.0)
    return Between(_beyond(knots), float(off), _beyond(widths))


def _beyond(values: Floats) -> float:
    """Return by how much values between two keyframes exceed the larger one of the keyframes' own, on average."""
    return float(np.maximum(values[1:-1] - max(values[0], values[-1]), 0).mean())


def _drawn(strands: Sequence[Strand], points: Floats, moment: float) -> np.ndarray:
    """Return the ink of strands with these ``points`` ``[P, 2]``, one strand after another: ``bool [S, S]``."""
    image = np.zeros((CELL * _FINER, CELL * _FINER), np.uint8)
    ends = np.cumsum([strand.points.shape[1] for strand in strands])
    for strand, line in zip(strands, np.split(points, ends[:-1]), strict=True):
        width = ((1 - moment) * strand.widths[0] + moment * strand.widths[1]).mean() * _FINER
        places = np.rint((line * _FINER - 0.5) * 2**_FIXED).astype(np.int32)
        cv2.polylines(image, [places], False, 255, max(_THINNEST, round(float(width))), cv2.LINE_8, _FIXED)
    return cv2.resize(image, (CELL, CELL), interpolation=cv2.INTER_AREA) > 127
