"""Keyframes at the resolution at which they were drawn, 64 to 512 pixels a side.

The 64×64 images decide what is ink and what is paper. Here the same colours are told apart in the larger cells. Their
noise is larger: averaging areas, which makes the 64×64 images, removes most of it.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.ink import HIGHEST_FLOOR, INK_TONE, NOISE_FAR, Separation, noise_reach, scaled_tones
from inkbridge.keyframes.limits import LARGEST_ORIGINAL
from inkbridge.support.types import Images

SOFTEST = 0.5
"""Largest blur against noise: the standard deviation of a Gaussian, in pixels of a 64-pixel cell. It keeps what 64×64
pixels can show."""


def separate_originals(cells: Iterable[Images], images: Images, separation: Separation) -> Images:
    """Return the ink of RGBA cells ``uint8 [S, S, 4]`` at their own resolution, as ``uint8 [K, S, S]``.

    images: ``uint8 [K, 64, 64]``, the ink of the same cells. separation: how it was found. Cells that are smaller than
    the largest one are enlarged to its S. Those of 64 pixels are ``images`` as they are.

    Paper stays 0 where ``images`` have paper, farther than a pixel of 64 from their ink. Nearer to the ink, the noise
    measured on that paper becomes 0. If its grain is stronger than HIGHEST_FLOOR, the cell is first blurred until it is
    not.
    """
    papers = [_is_paper(image) for image in images]
    departures = [
        _calm_departure(cell, image, paper, separation)
        for cell, image, paper in zip(cells, images, papers, strict=True)
    ]
    solid = _solid_tone([departure for departure, _ in departures], separation.solid)
    cleaned = [
        image if len(departure) == CELL else _clean(departure, solid, floor, paper)
        for image, paper, (departure, floor) in zip(images, papers, departures, strict=True)
    ]
    return stack_originals(cleaned)


def are_drawings(images: Images, most: int = LARGEST_ORIGINAL) -> bool:
    """Return whether an array is ``uint8 [K, S, S]``, 64 ≤ S ≤ ``most``."""
    return images.dtype == np.uint8 and images.ndim == 3 and CELL <= images.shape[1] == images.shape[2] <= most


def stack_originals(drawings: Sequence[Images]) -> Images:
    """Return drawings ``uint8 [S, S]`` as one array ``uint8 [K, S, S]``. Smaller ones are enlarged to the largest S."""
    side = max((len(drawing) for drawing in drawings), default=CELL)
    stack = np.empty((len(drawings), side, side), np.uint8)
    for place, drawing in zip(stack, drawings, strict=True):
        place[:] = resized_drawings(drawing[None], side)[0]
    return stack


def resized_drawings(drawings: Images, side: int) -> Images:
    """Return drawings ``uint8 [K, S, S]`` as ``uint8 [K, side, side]``: the same if S is ``side``, larger ones by
    averaging areas, smaller ones by bicubic interpolation."""
    if drawings.shape[1] == side:
        return drawings
    how = Image.Resampling.HAMMING if drawings.shape[1] > side else Image.Resampling.BICUBIC
    return np.stack([_resized(drawing, side, how) for drawing in drawings])


def _is_paper(image: Images) -> NDArray[np.bool_]:
    """Return which pixels of an image ``[64, 64]`` are paper and have only paper around them."""
    return np.asarray(cv2.dilate(image, np.ones((3, 3), np.uint8)) == 0)


def _calm_departure(
    cell: Images, image: Images, paper: NDArray[np.bool_], separation: Separation
) -> tuple[Images, float]:
    """Return the departure of a cell from paper ``uint8 [S, S]``, calm enough, and the tone up to which it is noise."""
    side = len(cell)
    departure = separation.departure(cell)
    if side == CELL or separation.solid == 0.0:
        return departure, 0.0
    samples = _enlarged(paper & _is_near_ink(image), side)
    blur = 0.0
    most = SOFTEST * side / CELL
    while blur < most and noise_reach(scaled_tones(_grain(departure)[samples], separation.solid)) > HIGHEST_FLOOR:
        # Blur colours. Departures are never negative, so their noise has a mean that no blur removes.
        blur = min(max(2 * blur, 0.5), most)
        departure = separation.departure(np.asarray(cv2.GaussianBlur(cell, (0, 0), blur), np.uint8))
    return departure, min(noise_reach(scaled_tones(departure[samples], separation.solid)), HIGHEST_FLOOR)


def _grain(departure: Images) -> Images:
    """Return by how much a departure from paper ``uint8 [S, S]`` exceeds its mean nearby. Uneven light has no grain."""
    window = 2 * len(departure) // CELL + 1
    return np.asarray(cv2.subtract(departure, cv2.blur(departure, (window, window))), np.uint8)


def _is_near_ink(image: Images) -> NDArray[np.bool_]:
    """Return which pixels of an image ``[64, 64]`` are so near ink that JPEG may ring there."""
    blank = (image < INK_TONE).astype(np.uint8)
    distance = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance <= NOISE_FAR) & (not blank.all())


def _solid_tone(departures: Sequence[Images], solid: float) -> float:
    """Return by how many tones solid ink departs from paper at full resolution, given that of the 64×64 images.

    It is larger if the strokes are so thin that averaging areas has mixed them with paper.
    """
    counts = sum((np.bincount(departure.ravel(), minlength=256) for departure in departures), np.zeros(256, np.int64))
    counts[: int(solid / 2) + 1] = 0
    return max(solid, float(np.searchsorted(counts.cumsum(), 0.9 * counts.sum()))) if counts.any() else solid


def _clean(departure: Images, solid: float, floor: float, paper: NDArray[np.bool_]) -> Images:
    """Scale ``solid`` ink to 255, and set to 0 the noise up to ``floor`` and what lies on paper: ``[S, S]``."""
    if solid == 0.0:
        return np.zeros_like(departure)
    tones = scaled_tones(departure, solid)
    return np.where((tones > floor) & ~_enlarged(paper, len(departure)), tones, 0).astype(np.uint8)


def _enlarged(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    return np.asarray(_resized(mask.astype(np.uint8), side, Image.Resampling.NEAREST), bool)


def _resized(image: Images, side: int, how: Image.Resampling) -> Images:
    return np.asarray(Image.fromarray(image).resize((side, side), how))
