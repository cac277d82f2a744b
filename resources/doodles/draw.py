"""Draw the project's own doodle sheets: `python resources/doodles/draw.py` writes them as PNG beside this file.

A sheet is a list of keyframes, a keyframe is a list of strokes, and a stroke is the points that a hand passes through,
as "x,y x,y" in the 64×64 cell, y pointing down. A spline joins the points. A point written twice is a corner, where a
new spline begins. Every keyframe has a pose of its own and is wobbled from a seed: no two keyframes repeat a stroke
exactly, and every run paints the same pixels.
"""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter1d

CELL = 64
COLUMNS = 4
BORDER = 3  # pixels of bare paper around the ink of a cell
SEED = 2018
OVERSAMPLING = 8
SPACING = 0.25  # pixels between two dabs of the brush
WIDTH = 3.4  # pixels, the brush

TREE = [
    ["30,55 32,54 33,56 31,57"],
    ["30,55 32,55 32,57 30,56", "31,55 32,50 30,43"],
    ["30,56 32,54 33,56 31,57", "31,55 32,48 30,41 29,35", "31,47 26,45 22,41"],
    [
        "30,55 32,55 32,57 30,56",
        "31,55 32,48 29,39 30,32 28,25",
        "31,46 23,44 16,38",
        "29,37 35,36 41,31",
    ],
    [
        "30,56 33,55 32,57 30,57",
        "31,56 32,48 30,39 29,30 28,23 25,16",
        "31,46 23,43 15,38 12,31",
        "29,37 38,36 45,31 48,24",
        "29,28 34,24 36,17",
    ],
    [
        "30,55 32,54 33,56 31,57",
        "31,55 32,48 29,39 30,30 28,22 25,15 26,9",
        "31,46 23,44 15,38 11,32 9,25",
        "30,37 38,36 45,31 49,24 52,17",
        "29,28 34,24 37,17 38,10",
        "31,49 37,47 41,44",
        "16,39 20,34 20,28",
    ],
    [
        "30,56 32,54 33,56 31,57",
        "32,56 32,48 30,39 29,30 28,22 25,14 26,8",
        "31,46 23,44 15,38 11,31 8,23",
        "29,37 38,35 46,31 49,24 54,15",
        "29,28 34,25 37,17 40,9",
        "31,50 39,48 46,43",
        "17,39 21,33 20,25",
        "44,32 50,34 56,32",
        "28,22 21,19 16,13",
    ],
]

JUMPINGJACK = [
    [
        "32,21 26,19 24,13 27,8 34,7 39,11 39,16 35,20 31,21",
        "32,23 33,31 31,40",
        "32,25 26,29 23,38",
        "32,25 38,30 40,38",
        "31,40 28,48 27,57",
        "31,40 35,48 36,56",
    ],
    [
        "31,25 26,23 24,17 27,12 32,10 38,13 40,18 36,23 32,25",
        "32,27 33,34 32,43",
        "32,30 26,34 18,36",
        "32,29 38,34 47,36",
        "32,43 27,48 26,57",
        "32,43 38,48 39,57",
    ],
    [
        "32,20 26,17 25,11 29,7 36,9 39,12 38,17 34,20 30,20",
        "31,22 32,30 31,38",
        "32,25 24,27 14,23",
        "31,25 41,26 50,25",
        "31,38 27,44 20,51",
        "31,38 37,45 43,52",
    ],
    [
        "31,20 26,18 24,12 27,8 33,7 38,10 39,15 36,19 32,20",
        "31,22 32,29 32,37",
        "32,26 22,24 14,18 10,9",
        "32,26 42,25 50,18 52,8",
        "32,37 23,41 12,47",
        "32,37 42,41 52,46",
    ],
    [
        "32,21 27,18 25,13 28,8 33,7 39,11 39,16 35,20 31,22",
        "32,22 31,30 32,39",
        "31,26 23,26 13,28",
        "32,26 42,28 51,25",
        "32,39 25,45 19,51",
        "32,39 39,45 45,50",
    ],
    [
        "32,25 26,22 25,16 28,11 35,10 39,14 39,20 35,24 31,25",
        "32,26 31,34 32,42",
        "32,29 25,33 19,39",
        "31,29 39,33 44,39",
        "32,42 28,48 25,57",
        "32,42 37,47 38,56",
    ],
]

MAKEMAN = [
    ["31,35 33,34 34,36 32,37"],
    ["32,28 31,35 33,43"],
    ["32,26 31,34 32,42", "32,42 29,45 26,48", "32,42 36,45 38,48"],
    [
        "32,25 33,34 31,42",
        "31,42 28,49 25,56",
        "31,42 35,49 38,55",
        "32,29 27,31 24,34",
        "32,29 37,31 40,33",
    ],
    [
        "32,24 32,33 32,42",
        "32,42 27,49 25,57",
        "32,42 37,49 39,56",
        "32,29 24,31 17,38",
        "32,29 40,32 47,37",
        "32,23 27,21 25,17",
    ],
    [
        "32,24 31,34 32,42",
        "32,42 29,48 24,57",
        "31,42 36,50 38,57",
        "32,29 24,32 18,37",
        "32,28 40,31 46,38",
        "32,22 26,21 24,15 28,9 34,8",
    ],
    [
        "32,24 32,33 31,42",
        "31,42 27,49 25,57",
        "31,42 36,48 39,57",
        "32,28 24,31 17,36",
        "32,29 41,32 47,37",
        "32,23 26,20 24,14 28,8 34,7 39,10 40,16 36,21 31,22",
    ],
    [
        "32,24 33,33 32,42",
        "32,42 28,49 26,57",
        "32,42 36,50 39,57",
        "32,30 22,28 14,17",
        "32,30 43,27 50,16",
        "33,23 27,21 24,15 27,9 34,7 39,11 40,17 37,21 32,23",
    ],
]

SQUARE = [
    ["16,15 33,16 48,16 48,16 49,33 48,49 48,49 32,47 15,49 15,49 16,33 17,14"],
    ["21,12 37,16 52,20 52,20 47,37 43,52 43,52 28,49 12,44 12,44 17,28 19,14"],
    ["26,10 41,17 54,25 54,25 47,41 38,54 38,54 23,45 11,39 11,39 18,24 27,12"],
    ["32,9 44,20 55,31 55,31 43,43 33,54 33,54 20,44 9,32 9,32 19,20 30,8"],
    ["38,10 47,23 54,38 54,38 40,46 26,53 26,53 17,40 10,27 10,27 25,18 39,12"],
    ["43,13 48,27 52,43 52,43 37,48 20,52 20,52 17,36 12,20 12,20 28,17 42,11"],
]

BRAIN = [
    [
        "19,9 18,31 20,55",
        "17,11 30,8 40,13 39,23 31,29 20,31",
        "21,31 35,31 45,38 44,48 35,54 18,55",
    ],
    ["20,10 19,32 18,56", "17,12 29,8 42,12 42,24 33,31 20,33", "24,32 35,44 47,55"],
    ["33,8 25,30 14,55", "32,9 41,31 50,54", "19,40 32,38 47,39"],
    ["33,10 32,30 31,53", "20,12 32,10 46,9", "19,55 31,53 45,54"],
    ["18,55 16,32 17,10 17,10 31,30 45,54 45,54 47,33 45,9"],
]

NEURON = [
    ["16,56 17,34 15,9 15,9 29,29 46,55 46,55 47,32 49,10"],
    ["46,11 33,10 19,11 19,11 20,33 18,54 18,54 32,55 47,52", "20,32 31,31 40,32"],
    ["15,10 16,30 19,48 30,56 43,51 47,34 48,9"],
    ["18,9 20,31 19,56", "17,11 31,8 44,14 42,26 33,32 20,33", "26,33 37,44 44,56"],
    ["36,10 23,11 13,25 14,43 26,55 41,52 51,38 49,20 39,11 31,7"],
    ["18,54 16,33 18,9 18,9 33,33 45,56 45,56 46,33 44,10"],
]

DANCER = [
    # The hip pushed to the left under a hand, the other arm up and pointing.
    [
        "34,20 28,18 27,12 31,8 37,7 41,11 40,17 37,20 33,21",
        "34,22 34,29 28,39",
        "34,26 43,21 51,10",
        "34,26 24,26 19,31 27,38",
        "28,39 27,48 25,57",
        "28,39 37,45 40,57",
    ],
    # A dip in the middle, the pointing arm on its way down.
    [
        "32,23 26,21 24,15 28,10 34,9 40,12 40,18 36,22 32,23",
        "32,24 33,33 31,42",
        "33,29 43,31 51,25",
        "32,29 24,34 15,30",
        "31,42 24,47 24,57",
        "31,42 39,47 40,57",
    ],
    # The same to the other side.
    [
        "30,20 25,19 22,13 25,8 31,7 36,10 37,16 34,20 29,20",
        "30,22 30,30 36,39",
        "30,26 21,20 13,10",
        "30,26 41,26 45,31 37,38",
        "36,39 37,48 39,57",
        "36,39 28,45 24,57",
    ],
    # Bouncing low, both arms swung to the right.
    [
        "34,23 28,21 26,16 29,10 35,9 40,12 41,18 38,22 33,23",
        "33,24 30,32 32,42",
        "32,29 39,37 47,37",
        "33,27 43,27 52,30",
        "32,42 25,47 21,56",
        "32,42 37,48 43,57",
    ],
    # Leaning back from a kick to the right.
    [
        "27,20 21,19 19,13 22,8 29,7 33,11 34,16 30,20 26,20",
        "27,22 30,30 31,39",
        "28,26 19,28 11,21",
        "28,26 38,26 46,19",
        "31,39 27,47 29,57",
        "31,39 41,42 53,39",
    ],
    # Both arms thrown up out of a crouch.
    [
        "33,24 27,22 25,17 28,12 34,11 39,14 39,20 36,23 31,24",
        "32,26 31,34 32,43",
        "32,31 23,28 16,22 13,13",
        "32,31 42,29 48,22 50,11",
        "32,43 24,47 24,57",
        "32,43 40,46 40,56",
    ],
    # Leaning back from a kick to the left.
    [
        "36,20 31,18 30,13 33,8 39,7 44,11 44,16 40,20 36,21",
        "36,22 34,30 32,39",
        "36,26 45,29 53,21",
        "36,27 27,26 18,18",
        "32,39 36,47 34,57",
        "32,39 23,42 11,40",
    ],
    # Down again, winding the arm up for the first pose.
    [
        "33,22 27,20 25,15 28,10 34,8 40,11 40,17 37,21 32,22",
        "33,24 34,32 31,41",
        "33,28 42,30 50,20",
        "33,28 24,30 18,37",
        "31,41 25,47 24,57",
        "31,41 38,46 41,56",
    ],
]

WALKER = [
    # Heel down, legs and arms at their widest.
    [
        "34,20 29,18 28,13 32,8 38,7 42,11 42,16 38,20 33,20",
        "34,22 34,29 31,38",
        "34,25 26,29 21,36",
        "34,25 39,32 46,33",
        "31,38 37,46 43,55 43,55 47,53",
        "31,38 27,46 20,53 20,53 22,57",
    ],
    # The weight sinks onto the front leg.
    [
        "34,22 29,20 28,14 32,9 38,9 42,13 41,18 38,22 33,22",
        "34,24 34,31 31,40",
        "34,27 27,32 22,38",
        "34,27 39,34 46,36",
        "31,40 38,46 37,56 37,56 43,56",
        "31,40 27,47 17,51",
    ],
    # One leg swings past the other.
    [
        "33,20 28,18 27,12 31,7 38,8 41,12 41,17 37,20 32,20",
        "33,22 34,29 32,37",
        "33,25 27,30 26,37",
        "33,25 39,30 41,36",
        "32,37 33,47 33,56 33,56 38,56",
        "32,37 38,43 34,48 23,50",
    ],
    # Up on the toes, the free leg reaches forward.
    [
        "34,19 29,17 28,12 31,7 37,7 41,10 41,15 37,19 33,20",
        "34,21 34,28 32,36",
        "34,24 28,29 22,33",
        "34,24 38,31 45,34",
        "32,36 30,46 26,54 26,54 30,57",
        "32,36 40,42 40,51 40,51 45,50",
    ],
    # The second step, the other arm and leg leading.
    [
        "34,20 28,18 28,12 33,8 39,8 43,12 41,17 37,20 33,21",
        "34,22 35,29 31,38",
        "34,25 40,31 47,31",
        "34,25 26,30 22,37",
        "31,38 27,46 21,54 21,54 23,57",
        "31,38 38,45 44,54 44,54 49,52",
    ],
    [
        "34,22 29,20 28,15 32,10 38,9 42,13 43,18 38,22 33,22",
        "34,24 35,31 32,40",
        "34,27 40,33 46,37",
        "34,27 27,31 23,39",
        "32,40 28,47 19,52",
        "32,40 39,47 38,56 38,56 44,57",
    ],
    [
        "33,20 28,18 27,13 30,8 36,7 41,11 41,16 37,20 33,21",
        "33,22 33,30 32,37",
        "33,25 39,29 42,34",
        "33,24 27,29 25,36",
        "32,37 39,43 34,49 23,49",
        "32,37 33,47 32,57 32,57 38,57",
    ],
    [
        "34,20 29,18 27,13 31,7 37,7 42,11 41,16 38,20 33,20",
        "34,22 35,29 32,36",
        "34,24 39,30 45,33",
        "34,25 28,30 23,35",
        "32,36 40,43 39,51 39,51 44,51",
        "32,36 30,46 25,55 25,55 30,57",
    ],
]

SHEETS = {
    "tree": TREE,
    "jumpingjack": JUMPINGJACK,
    "makeman": MAKEMAN,
    "square": SQUARE,
    "brain": BRAIN,
    "neuron": NEURON,
    "dancer": DANCER,
    "walker": WALKER,
}


def smooth(points: np.ndarray) -> np.ndarray:
    """Return finely and evenly spaced points on a spline through a few points."""
    # Steps by the square root of the distance keep the spline from overshooting where points are close together.
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1))
    times = np.concatenate([[0.0], np.cumsum(steps)])
    spline = make_interp_spline(times, points, k=min(3, len(points) - 1))
    fine = spline(np.linspace(0.0, times[-1], 400))
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    dabs = np.arange(0.0, along[-1], SPACING)
    return np.column_stack([np.interp(dabs, along, fine[:, axis]) for axis in range(2)])


def trace(stroke: str) -> np.ndarray:
    """Return the path of a written stroke without wobble, with sharp corners."""
    points = np.array([point.split(",") for point in stroke.split()], dtype=float)
    corners = [i for i, (here, there) in enumerate(pairwise(points), start=1) if np.array_equal(here, there)]
    return np.concatenate([smooth(piece) for piece in np.split(points, corners)])


def drift(length: int, reach: float, rng: np.random.Generator) -> np.ndarray:
    """Return noise of unit deviation that changes slowly, over about `reach` pixels of a stroke."""
    sigma = reach / SPACING
    margin = int(4 * sigma)
    noise = gaussian_filter1d(rng.standard_normal(length + 2 * margin), sigma)[margin : margin + length]
    return noise * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def overrun(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the path with its ends a little too early or too late, as a hand draws it."""
    for _ in range(2):
        dabs = round(np.clip(rng.normal(0.2, 0.7), -1.0, 1.4) / SPACING)
        if dabs > 0:
            heading = (path[-1] - path[-5]) / 4
            path = np.concatenate([path, path[-1] + heading * np.arange(1, dabs + 1)[:, None]])
        elif len(path) > 40:
            path = path[: len(path) + dabs]
        path = path[::-1]
    return path


def paint(strokes: list[str], rng: np.random.Generator) -> np.ndarray:
    """Return one keyframe as a cell of ink from 0 to 255. Raises ValueError if ink reaches the border of the cell."""
    # People do not redraw at exactly the same place, size and angle.
    turn, scale = rng.normal(0.0, 0.012), rng.normal(1.0, 0.012)
    spin = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    offset = np.clip(rng.normal(0.0, 0.5, size=2), -0.9, 0.9)
    canvas = np.zeros((CELL * OVERSAMPLING, CELL * OVERSAMPLING), np.uint8)
    for stroke in strokes:
        path = overrun(trace(stroke), rng)
        middle = CELL / 2
        wander = np.column_stack([drift(len(path), 7.0, rng) for _ in range(2)])
        tremor = np.column_stack([drift(len(path), 1.8, rng) for _ in range(2)])
        path = (path - middle) @ spin + middle + offset + 0.5 * wander.clip(-1.8, 1.8) + 0.12 * tremor
        widths = WIDTH + 0.18 * drift(len(path), 6.0, rng)
        # OpenCV counts from the centre of the first pixel, and takes fractions as integers times 2**shift.
        dabs = np.round((path * OVERSAMPLING - 0.5) * 16).astype(int)
        for centre, width in zip(dabs.tolist(), widths, strict=True):
            cv2.circle(canvas, centre, round(width / 2 * OVERSAMPLING * 16), 255, cv2.FILLED, shift=4)
    cell = cv2.resize(canvas, (CELL, CELL), interpolation=cv2.INTER_AREA)
    if cell.sum() != cell[BORDER:-BORDER, BORDER:-BORDER].sum():
        raise ValueError("expected a bare border of the cell, found ink in it; move the strokes inwards")
    return cell


def lay_out(name: str, keyframes: list[list[str]]) -> Image.Image:
    """Return the sheet of all keyframes, row by row."""
    rows = -(-len(keyframes) // COLUMNS)
    sheet = np.zeros((rows * CELL, COLUMNS * CELL), np.uint8)
    for i, strokes in enumerate(keyframes):
        # Each keyframe has a seed of its own, so that changing one does not change the others.
        rng = np.random.default_rng([SEED, *name.encode(), i])
        top, left = i // COLUMNS * CELL, i % COLUMNS * CELL
        try:
            sheet[top : top + CELL, left : left + CELL] = paint(strokes, rng)
        except ValueError as error:
            raise ValueError(f"{name}, keyframe {i + 1}: {error}") from error
    return Image.fromarray(sheet)


def main() -> None:
    folder = Path(__file__).resolve().parent
    for name, keyframes in SHEETS.items():
        lay_out(name, keyframes).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
