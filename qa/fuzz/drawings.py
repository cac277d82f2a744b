"""Random drawings whose keyframes are known, at any size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inkbridge.support.types import Images

OVERSAMPLING = 4


@dataclass(frozen=True)
class Drawing:
    """A few thick strokes. points: float [strokes, corners, 2]; widths: float [strokes]. Unit: sides of the cell."""

    points: NDArray[np.float64]
    widths: NDArray[np.float64]

    def painted(self, side: int) -> Images:
        """Return the drawing in `side`×`side` pixels, 0 = paper, 255 = ink, anti-aliased."""
        large = side * OVERSAMPLING
        picture = Image.new("L", (large, large))
        pen = ImageDraw.Draw(picture)
        for corners, width in zip(self.points * large, self.widths * large, strict=True):
            pen.line([tuple(corner) for corner in corners], fill=255, width=round(width), joint="curve")
        return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def random_drawing(rng: np.random.Generator) -> Drawing:
    """Draw one to three strokes that keep clear of the cell's border and are long enough to be seen."""
    count, corners = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    points = rng.uniform(0.15, 0.85, (count, corners, 2))
    points[:, 1] = (points[:, 0] - 0.15 + 0.35) % 0.7 + 0.15  # half of the range away: no stroke is a dot
    return Drawing(points, rng.uniform(0.05, 0.09, count))


def random_drawings(rng: np.random.Generator, fewest: int = 2, most: int = 7) -> list[Drawing]:
    return [random_drawing(rng) for _ in range(int(rng.integers(fewest, most + 1)))]


def grid(cells: list[Images], columns: int) -> Images:
    """Arrange cells row by row. Blank cells complete the last row."""
    blank = np.zeros_like(cells[0])
    filled = cells + [blank] * (-len(cells) % columns)
    return np.vstack([np.hstack(filled[start : start + columns]) for start in range(0, len(filled), columns)])
