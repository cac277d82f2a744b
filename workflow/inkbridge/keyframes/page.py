"""One picture → the page of paper that it shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from inkbridge.support.types import Images

MOST_INK_PIXELS = 4_000_000
"""Pixels of the ink of a page. Larger pages are made smaller for it."""

Point = tuple[float, float]
"""A place in a picture: x and y in pixels."""


@dataclass(frozen=True, eq=False)
class Page:
    """A page of paper, straightened.

    picture: the page, RGBA. Its cells are cut from this picture.
    ink: uint8 [h, w], 0 = paper, 255 = ink. It shows the whole page and may have fewer pixels than ``picture``.
    outline: the corners of the page in the picture that was read, clockwise from the upper left; None if the picture
    shows nothing but the page.
    dropped: what was in the picture and is not taken for ink, one name each: for example "blue lines".
    notes: what the person who drew it should know, one text each.
    """

    picture: Image.Image
    ink: Images
    outline: tuple[Point, Point, Point, Point] | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_page(picture: Image.Image) -> Page:
    """Return the page that an upright RGBA picture shows."""
    return Page(picture, _rough_ink(picture))


def _rough_ink(picture: Image.Image) -> Images:
    """Return how much each pixel differs from its paper, the most frequent tone nearby: ``uint8 [h, w]``."""
    small = _reduced(picture, MOST_INK_PIXELS)
    alpha = np.asarray(small.getchannel("A"))
    if alpha.min() < 128 <= alpha.max():
        return alpha
    grey = np.asarray(small.convert("L"))
    paper = float(np.median(grey))
    difference = cv2.absdiff(grey, np.full_like(grey, round(paper)))
    strongest = float(np.percentile(difference, 99.5)) or float(difference.max()) or 255.0
    return np.asarray(np.clip(difference.astype(np.float32) * (255.0 / strongest), 0, 255), np.uint8)


def _reduced(picture: Image.Image, most: int) -> Image.Image:
    factor = int(np.ceil(np.sqrt(picture.width * picture.height / most)))
    return picture if factor <= 1 else picture.reduce(factor)
