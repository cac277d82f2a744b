"""Drawings and sheets that tests read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkbridge.keyframes.reading import read_keyframes
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images


def drawing(index: int, side: int = 64) -> Images:
    """One anti-aliased light drawing on black that differs from those of every other index."""
    large = Image.new("L", (side * 4, side * 4))
    pen = ImageDraw.Draw(large)
    unit = side / 16
    pen.line([(unit * 10, unit * 10), (unit * (14 + 6 * index), unit * 52)], fill=255, width=round(unit * 3))
    pen.ellipse([unit * 20, unit * (8 + 5 * index), unit * 50, unit * 44], outline=255, width=round(unit * 3))
    return np.asarray(large.resize((side, side), Image.Resampling.BOX))


def grid(cells: list[Images], columns: int) -> Images:
    """Return a sheet of cells, row by row; blank cells fill the last row."""
    blank = np.zeros_like(cells[0])
    filled = cells + [blank] * (-len(cells) % columns)
    rows = [np.hstack(filled[start : start + columns]) for start in range(0, len(filled), columns)]
    return np.vstack(rows)


def distance(one: Images, other: Images) -> float:
    """Mean absolute difference, in tones of 255."""
    return float(np.abs(one.astype(float) - other).mean())


def read_error(path: Path, **options: object) -> str:
    with pytest.raises(InkbridgeError) as caught:
        read_keyframes(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    return str(caught.value)


def draw_on(sheet: Image.Image, cell: int, cells: int, ink: str = "black") -> Image.Image:
    """Return ``sheet`` with a cross in each of its first ``cells``; the first one crosses the guide lines."""
    sheet = sheet.copy()
    pen = ImageDraw.Draw(sheet)
    columns = sheet.width // cell
    for number in range(cells):
        left, top = number % columns * cell, number // columns * cell
        reach = 0 if number == 0 else cell * (8 + number) // 64
        width = max(2, cell // 16)
        pen.line((left + reach, top + cell // 2, left + cell - 1 - reach, top + cell // 2), fill=ink, width=width)
        pen.line((left + cell // 2, top + reach, left + cell // 2, top + cell - 1 - reach), fill=ink, width=width)
    return sheet
