"""Sheets whose cells are known: any number, size, paper around and between them, lines of any tone, turned, cut off."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

Box = tuple[float, float, float, float]

LINES = ("none", "pale", "grey", "dark", "dithered")
"""What lies between the cells of a made sheet."""


@dataclass(frozen=True)
class MadeSheet:
    """A sheet and where its cells lie.

    text: how it was made. picture: RGB. columns, rows: of cells. boxes: left, upper, right, lower edge of each cell in
    the picture before it was turned. drawn: how many of the first cells hold a drawing. lines: one of LINES. askew:
    degrees, clockwise.
    """

    text: str
    picture: Image.Image
    columns: int
    rows: int
    boxes: tuple[Box, ...]
    drawn: int
    lines: str
    askew: float


def figure(pen: ImageDraw.ImageDraw, box: Box, part: float, kind: str, width: int) -> None:
    """Draw a figure into the middle of a box; ``part`` of its movement, 0 to 1, is over."""
    side = min(box[2] - box[0], box[3] - box[1])
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return middle_x + x * side, middle_y + y * side

    def line(*points: tuple[float, float]) -> None:
        pen.line([at(*point) for point in points], fill=0, width=width, joint="curve")

    if kind == "person":
        angle = np.pi * (0.8 - 1.4 * part)
        hand = 0.22 * np.sin(angle), -0.1 + 0.22 * np.cos(angle)
        pen.ellipse([*at(-0.08, -0.36), *at(0.08, -0.2)], outline=0, width=width)
        line((0, -0.2), (0, 0.1), (-0.12, 0.36))
        line((0, 0.1), (0.12, 0.36))
        line((0, -0.1), hand)
        line((0, -0.1), (-hand[0], hand[1]))
    elif kind == "plant":
        line((0, 0.36), (0, 0.3 - 0.55 * part))
        for number in range(int(1 + 4 * part)):
            line((0, 0.2 - 0.1 * number), (0.12 * (-1) ** number, 0.12 - 0.1 * number))
    elif kind == "square":
        corners = [
            (0.26 * np.cos(turn), 0.26 * np.sin(turn)) for turn in np.pi * (np.arange(5) / 2 + 0.25 + 0.4 * part)
        ]
        line(*corners)
    else:  # a letter of its own for each keyframe
        rng = np.random.default_rng(int(part * 1000))
        points = [(-0.2, 0.3), (-0.2, -0.3), (0.2, -0.3), (0.2, 0.0), (-0.2, 0.0), (0.2, 0.3)]
        line(*[points[number] for number in rng.permutation(6)])


def made_sheet(rng: np.random.Generator, lines: str | None = None) -> MadeSheet:
    """Return a random sheet. ``lines``: one of LINES; by default, a random one."""
    lines = lines or str(rng.choice(LINES))
    columns, rows = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    if columns * rows < 2:
        columns += 2
    wide = int(rng.integers(60, 260))
    high = wide if rng.random() < 0.7 else int(wide * rng.uniform(0.7, 1.4))
    margin = int(rng.uniform(0.05, 0.4) * wide) if rng.random() < 0.4 else 0
    width, height = 2 * margin + columns * wide, 2 * margin + rows * high
    boxes = tuple(
        (margin + column * wide, margin + row * high, margin + (column + 1) * wide, margin + (row + 1) * high)
        for row in range(rows)
        for column in range(columns)
    )
    picture = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    thick = max(1, wide // 100)
    tone = {"pale": 225, "grey": 170, "dark": 20, "dithered": 215}.get(lines)
    if tone is not None:
        for box in boxes:
            pen.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), outline=tone, width=thick)
    drawn = max(2, columns * rows - int(rng.integers(0, 3)))
    kind = str(rng.choice(["person", "plant", "square", "letter"]))
    for number in range(drawn):
        figure(pen, boxes[number], number / max(1, drawn - 1), kind, max(2, wide // 24))
    cut = int(rng.integers(1, 6)) if margin == 0 and lines != "none" and rng.random() < 0.3 else 0
    picture = picture.crop((cut, cut, width - cut, height - cut))
    askew = float(rng.uniform(-1.5, 1.5)) if lines not in ("none", "dithered") and rng.random() < 0.3 else 0.0
    if askew:
        picture = picture.rotate(-askew, Image.Resampling.BICUBIC, fillcolor=255)
    if lines == "dithered":
        picture = picture.convert("1").convert("L")
    if rng.random() < 0.3:
        picture = Image.eval(picture, lambda value: 255 - value)
    text = f"{columns}×{rows} cells of {wide}×{high}, {kind}, {lines} lines, margin {margin}, cut {cut}, {askew:.2f}°"
    moved = tuple((left - cut, top - cut, right - cut, below - cut) for left, top, right, below in boxes)
    return MadeSheet(text, picture.convert("RGB"), columns, rows, moved, drawn, lines, askew)
