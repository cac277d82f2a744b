"""A page in even light → its ink. Pens of all colours and pencils become solid ink, each in its own strength."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.lines import ink_level
from inkbridge.support.types import Images

Tones = NDArray[np.float32]

WHITE = 250.0
"""Tone of paper on a page in even light."""

LEAST_BLUR, MOST_BLUR = 0.3, 1.6
"""Standard deviations of the Gaussian that calms the paper's grain, in pixels. Less than the first is none."""

FAINTEST_INK = 0.06
"""Part by which the faintest ink is darker than paper."""

FAINTEST_PEN = 0.25
"""Strength of the faintest pen, in parts of that of the page's ink. What is fainter is no stroke."""

NEARBY = 1 / 24
"""Reach within which ink has one strength, in parts of the longer side of a page."""

SMALLEST_STROKE = 1 / 130
"""Length of the smallest stroke, in parts of the longer side of a page; what is smaller is a speck."""


def departures_of(evened: Images) -> NDArray[np.float32]:
    """Return by which part each channel of a page ``uint8 [H, W, 3]`` is darker than paper: float32 [H, W, 3]."""
    tones = (WHITE - evened.astype(np.float32)) / np.float32(WHITE)
    noise = _noise(tones[..., 1])
    blur = min(40 * noise, MOST_BLUR)
    return tones if blur < LEAST_BLUR else np.asarray(cv2.GaussianBlur(tones, (0, 0), blur), np.float32)


def _noise(tones: Tones) -> float:
    """Return the standard deviation of the grain of the paper."""
    paper = np.abs(tones) < 0.1
    steps = np.abs(np.diff(tones, axis=1))[paper[:, 1:] & paper[:, :-1]]
    return float(np.median(steps)) / 0.954 if steps.size else 0.0


def noise_floor(tones: Tones) -> float:
    """Return the part up to which paper is darker than its mean by noise."""
    paper = tones[np.abs(tones) < 0.1]
    if not paper.size:
        return FAINTEST_INK
    middle = float(np.median(paper))
    spread = 1.4826 * float(np.median(np.abs(paper - middle)))
    return min(max(middle + 4.5 * spread, FAINTEST_INK / 2), 0.2)


def solid_ink(tones: Tones, floor: float) -> Images:
    """Return the ink of a page, ``uint8 [H, W]``, 0 = paper, 255 = solid, from the parts by which it is darker [H, W].

    Solid is what the strongest ink nearby is, so that pencil is as solid as a pen. floor: the part that noise reaches.
    """
    least = max(1.3 * floor, FAINTEST_INK)
    strength = np.maximum(_strength(tones, least), FAINTEST_PEN * ink_level(tones)).astype(np.float32)
    drawn = _strokes(tones, np.maximum(least, 0.5 * strength)) & (tones > floor)
    ink = np.where(drawn, tones / strength, 0)
    return np.asarray(np.rint(255 * ink.clip(0, 1)), np.uint8)


def _strength(tones: Tones, least: float) -> Tones:
    """Return by which part solid ink near each pixel is darker than paper [H, W]."""
    long = max(tones.shape)
    scale = min(1.0, 500 / long)
    inked = np.where(tones > least, tones, 0).astype(np.float32)
    # A mean in which the middle of a stroke counts much more than its edges.
    weight = inked**3
    parts = (inked * weight, weight)
    small = [cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for part in parts]
    reach = NEARBY * long * scale
    above, below = (cv2.GaussianBlur(part, (0, 0), reach) for part in small)
    near = cv2.resize(above / (below + 1e-9), tones.shape[::-1], interpolation=cv2.INTER_LINEAR)
    present = cv2.resize(below, tones.shape[::-1], interpolation=cv2.INTER_LINEAR) > 1e-7
    return np.asarray(np.where(present, near, 1.0).clip(least, 1.0), np.float32)


def _strokes(tones: Tones, sure: Tones) -> NDArray[np.bool_]:
    """Return where strokes are and the pixels around them, without specks: bool [H, W]."""
    core = (tones > sure).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    least = SMALLEST_STROKE * max(tones.shape)
    sizes = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    kept = (sizes >= least) & (stats[:, cv2.CC_STAT_AREA] >= least**2 / 4)
    kept[0] = False
    return np.asarray(cv2.dilate(kept[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
