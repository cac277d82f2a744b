"""Write clean sheets of large cells to a folder, on which `benchmarks/quality.py` measures IoU at 256 and, with
`--cell 512`, at 512 pixels.

They are the development scenes of `benchmarks.scenes`, which one pen draws, and doodles with circles and with lines
whose width changes as a brush's does. They show what a drawing loses if it is not animated at its own resolution. The
sheets have guide lines, from which the size of a cell is known. Run this from the root of the clone:
`python -m benchmarks.clean_sheets FOLDER`.
"""

import argparse
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.scenes import scenes_of
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.support.types import Images

Line = NDArray[np.float64]
"""Points of a line and the pen's width there, [P, 3]: x, y and width, in parts of a cell."""

POINTS = 64
"""Points of a line: its chords are shorter than a pixel's error."""

PEN = 0.03
"""Width of an even pen, in parts of a cell."""


def rings(time: float) -> list[Line]:
    """Two circles that roll apart, one of them growing, and a dot."""
    x = 0.65 + 0.05 * time
    return [_circle(0.3 - 0.08 * time, 0.35, 0.16), _circle(x, 0.6, 0.14 + 0.08 * time), _dot(x, 0.6, 0.05)]


def brush(time: float) -> list[Line]:
    """A wave that a brush draws, thin at its ends and thick in its middle, and its wavelength grows."""
    along = _steps()
    wave = 0.18 * np.sin((7 + 3 * time) * along)
    return [_line(0.12 + 0.76 * along, 0.5 + wave, 0.015 + 0.06 * np.sin(np.pi * along))]


def figure(time: float) -> list[Line]:
    """A figure that raises its arms, with a thick trunk and thin hands."""
    arms = [0.5 - 1.4 * time, np.pi - 0.5 + 1.4 * time]
    along = _steps()
    legs = [1.2 - 0.2 * time, np.pi - 1.2 + 0.2 * time]
    return [
        _circle(0.5, 0.2, 0.09),
        _line(0.5 + 0 * along, 0.29 + 0.31 * along, 0.035 + 0.03 * np.sin(np.pi * along)),
        *(_limb(0.5, 0.38, angle, 0.3, 0.04, 0.015) for angle in arms),
        *(_limb(0.5, 0.6, angle, 0.32, 0.05, 0.025) for angle in legs),
    ]


def leaf(time: float) -> list[Line]:
    """A stem with two leaves that open, drawn with a pen that is pressed and lifted."""
    along = _steps()
    stem = _line(0.5 + 0.05 * np.sin(3 * along), 0.9 - 0.6 * along, 0.045 - 0.03 * along)
    spread = (0.12 + 0.2 * time) * along
    edges = [bulge * np.sin(np.pi * along) for bulge in (-0.1, 0.1)]
    return [
        stem,
        *(
            _line(0.5 + side * (spread + edge / 2), 0.55 - 0.25 * along + edge, 0.012 + 0.03 * along)
            for side in (-1, 1)
            for edge in edges
        ),
    ]


DOODLES: dict[str, Callable[[float], list[Line]]] = {"rings": rings, "brush": brush, "figure": figure, "leaf": leaf}
"""Name → lines at a time from 0, the first keyframe, to 1, the last one. No scene has these names."""


def paint(lines: Sequence[Line], size: int) -> NDArray[np.uint8]:
    """Return lines as an image ``uint8 [size, size]``, 0 = paper, with edges that are a pixel wide."""
    inside = np.full((size, size), -np.inf)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    for line in lines:
        for (x, y, width), (next_x, next_y, next_width) in pairwise(line):
            squared = max((next_x - x) ** 2 + (next_y - y) ** 2, 1e-12)
            u = np.clip(((columns - x) * (next_x - x) + (rows - y) * (next_y - y)) / squared, 0, 1)
            away = np.hypot(columns - x - u * (next_x - x), rows - y - u * (next_y - y))
            np.maximum(inside, (width + u * (next_width - width)) / 2 - away, out=inside)
    return np.rint(255 * np.clip(inside * size + 0.5, 0, 1)).astype(np.uint8)


def keyframes(name: str, size: int, count: int = 3) -> Images:
    """Return the keyframes of a doodle ``uint8 [count, size, size]``, 0 = paper, 255 = ink."""
    return np.stack([paint(DOODLES[name](time), size) for time in np.linspace(0, 1, count)])


def sheet_of(drawings: Images) -> Image.Image:
    """Return a sheet with guide lines on which ``drawings`` ``uint8 [K, S, S]`` are drawn in black."""
    size = drawings.shape[1]
    sheet = empty_sheet(len(drawings), size)
    for number, drawing in enumerate(drawings):
        place = number * size % sheet.width, number * size // sheet.width * size
        sheet.paste("black", place, Image.fromarray(drawing))
    return sheet


def _steps() -> NDArray[np.float64]:
    return np.linspace(0, 1, POINTS + 1)


def _line(x: NDArray[np.float64], y: NDArray[np.float64], width: NDArray[np.float64] | float) -> Line:
    return np.stack(np.broadcast_arrays(x, y, width), axis=1)


def _circle(x: float, y: float, radius: float) -> Line:
    turn = 2 * np.pi * _steps()
    return _line(x + radius * np.cos(turn), y + radius * np.sin(turn), PEN)


def _dot(x: float, y: float, width: float) -> Line:
    return np.array([[x, y, width]] * 2)


def _limb(x: float, y: float, angle: float, length: float, width: float, end: float) -> Line:
    return np.array([[x, y, width], [x + length * np.cos(angle), y + length * np.sin(angle), end]])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the sheets are written")
    parser.add_argument("--cell", type=int, default=256, help="pixels of a cell's side; default: 256")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    drawings = {name: scene.keyframes(options.cell) for name, scene in scenes_of("development").items()}
    drawings |= {name: keyframes(name, options.cell) for name in DOODLES}
    for name, drawn in drawings.items():
        sheet_of(drawn).save(options.folder / f"{name}.png")


if __name__ == "__main__":
    main()
