"""Make 200 photographs and scans of the project's own drawings, read each as `inkbridge check` does, and compare what
was read with the truth.

Each picture is made of a sheet that is drawn flat: paper with a texture, squared, ruled or guide lines, and drawings in
pen, pencil or coloured pens. A pinhole camera sees the sheet on a table, tilted by up to 25 degrees; then come light,
shadows, blur, noise and JPEG. The same seed gives the same pictures; `--seed 1` gives 200 others. Run this from the
root of the clone: `python -m benchmarks.photographs`. It takes about five minutes.

A cell is *right* if the intersection of its ink with that of the truth is at least 0.8 of their union, at 64 pixels;
ink is a tone of 128 or more. The edges of cells are no part of a drawing, and a sheet without lines has no exact cells.
So the drawing may be shifted by up to 3 pixels, in steps of half a pixel; where no line told the size of cells, it
may lie anywhere in its cell, in another size. A picture is *silently wrong* if one of its cells is not right, or if the
number of its cells is wrong, and if it was neither refused nor read with a warning.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import clean_sheets
from benchmarks.scenes import scenes_of
from inkbridge.keyframes.guides import GUIDE_COLOUR
from inkbridge.keyframes.originals import resized_drawings
from inkbridge.keyframes.reading import read_cells
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Images

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]

COUNT = 200
"""Pictures of the whole set."""

CELL = 360
"""Pixels of a cell's side on the flat sheet."""

LEAST_IOU = 0.8
"""Intersection over union from which a cell is right."""

MOST_SHIFTED, MOST_SCALED = 3, 0.6
"""By how many pixels of 64 a drawing may be shifted, and by which part it may be smaller, or the truth, where no line
told the size of a cell: the cell of a single drawing may take 0.44 of the longer side of its page."""

STEEPEST = 25.0
"""Degrees by which the camera is tilted at most."""

BLACK, PENCIL = (28, 27, 32), (112, 112, 116)
PENS: tuple[Colour, ...] = ((176, 30, 40), (30, 60, 160), (20, 110, 60), (120, 40, 130), (190, 90, 20))
TABLES: tuple[Colour, ...] = ((96, 66, 44), (60, 58, 56), (140, 104, 70), (70, 90, 84), (30, 32, 38), (168, 150, 128))


@dataclass(frozen=True)
class Kind:
    """What a picture of one kind shows.

    lines: what divides the cells: guide, drawn, or none. rulings: what the paper is printed with: squared, ruled,
    construction, or none. ink: black, pencil, pens (one colour a sheet), mixed (one pen a cell). light: even, soft or
    hard shadows. view: scan, table or close (no edge of the paper in the picture). columns, rows: cells.
    """

    name: str
    lines: str = "none"
    rulings: str = "none"
    ink: str = "black"
    light: str = "soft"
    view: str = "table"
    layouts: Sequence[tuple[int, int]] = ((3, 2), (2, 2), (4, 2), (3, 1))


KINDS = (
    Kind("scan, guide lines", "guide", view="scan", light="even"),
    Kind("scan, no lines", view="scan", light="even"),
    Kind("photograph, guide lines", "guide"),
    Kind("photograph, drawn lines", "drawn"),
    Kind("photograph, no lines"),
    Kind("photograph, hard shadow, guide lines", "guide", light="hard"),
    Kind("squared paper, no lines", rulings="squared"),
    Kind("squared paper, drawn lines", "drawn", "squared"),
    Kind("ruled paper, no lines", rulings="ruled"),
    Kind("ruled paper, drawn lines", "drawn", "ruled"),
    Kind("pencil, guide lines", "guide", ink="pencil"),
    Kind("pencil, no lines", ink="pencil"),
    Kind("one coloured pen, guide lines", "guide", ink="pens"),
    Kind("coloured pens, no lines", ink="mixed"),
    Kind("coloured pens, drawn lines", "drawn", ink="mixed"),
    Kind("construction lines, guide lines", "guide", "construction"),
    Kind("close-up, guide lines", "guide", view="close"),
    Kind("close-up, no lines", view="close"),
    Kind("one drawing a photograph", layouts=((1, 1),)),
    Kind("one drawing a photograph, hard shadow, pencil", ink="pencil", light="hard", layouts=((1, 1),)),
)


@dataclass(frozen=True, eq=False)
class Photograph:
    """A made picture ``uint8 [H, W, 3]`` and its truth.

    drawings: ``uint8 [K, 64, 64]``, 0 = paper. corners: where the corners of the cells lie in the picture, float64 [K,
    4, 2], clockwise from the upper left one.
    """

    kind: Kind
    picture: Images
    drawings: Images
    corners: Floats


@dataclass
class Tally:
    """What became of the pictures of one kind."""

    pictures: int = 0
    cells: int = 0
    right: int = 0
    refused: int = 0
    warned: int = 0
    silently_wrong: list[int] = field(default_factory=list)


# --- the flat sheet ------------------------------------------------------------------------------------------


def own_drawings() -> list[Callable[[int], Images]]:
    """Return functions of a size that give the keyframes of a doodle, ``uint8 [K, size, size]``."""
    scenes = [scene.keyframes for scene in scenes_of("development").values()]
    return [*scenes, *(lambda size, name=name: clean_sheets.keyframes(name, size, 4) for name in ("figure", "brush"))]


def drawings_of(count: int, size: int, rng: np.random.Generator) -> Images:
    """Return the keyframes of one doodle, the first ones again if there are too few: ``uint8 [count, size, size]``.

    They are drawn with a margin, as people do who draw into cells.
    """
    doodles = own_drawings()
    drawn = doodles[rng.integers(len(doodles))](round(size * 0.84))
    before = (size - drawn.shape[1]) // 2
    after = size - drawn.shape[1] - before
    return np.pad(np.resize(drawn, (count, *drawn.shape[1:])), ((0, 0), (before, after), (before, after)))


def flat_sheet(kind: Kind, rng: np.random.Generator) -> tuple[Images, Images, Floats]:
    """Return a flat sheet ``uint8 [H, W, 3]``, its drawings ``uint8 [K, 64, 64]`` and the corners of its cells."""
    columns, rows = kind.layouts[int(rng.integers(len(kind.layouts)))]
    width, height = paper_size(columns * CELL, rows * CELL, rng)
    beside, above = (width - columns * CELL) // 2, (height - rows * CELL) // 2
    paper = np.array([246, 244, 238]) - rng.integers(0, 14) - np.array([0, 1, 3]) * rng.integers(0, 5)
    sheet = np.full((height, width, 3), paper, np.float64)
    sheet += smooth_noise(sheet.shape[:2], 2, rng)[..., None] * rng.uniform(0.5, 2.5)
    draw_rulings(sheet, kind.rulings, rng)
    drawings = drawings_of(columns * rows, CELL, rng)
    boxes = [(beside + column * CELL, above + row * CELL) for row in range(rows) for column in range(columns)]
    draw_lines(sheet, kind.lines, boxes, rng)
    colour = PENS[rng.integers(len(PENS))]
    for number, (drawing, (left, top)) in enumerate(zip(drawings, boxes, strict=True)):
        place = sheet[top : top + CELL, left : left + CELL]
        if kind.rulings == "construction":
            draw_construction(place, rng)
        pen = {"black": BLACK, "pencil": PENCIL, "pens": colour}.get(kind.ink) or PENS[number % len(PENS)]
        lay_ink(place, drawing, pen, kind.ink == "pencil", rng)
    corners = np.array([[[x, y], [x + CELL, y], [x + CELL, y + CELL], [x, y + CELL]] for x, y in boxes], np.float64)
    return sheet.clip(0, 255).astype(np.uint8), resized_drawings(drawings, 64), corners


def paper_size(width: int, height: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return the size of a sheet around cells of this size together: DIN A or letter, or cut off somewhere."""
    margin = int(rng.integers(40, 110))
    width, height = width + 2 * margin, height + 2 * margin
    shape = (2**0.5, 11 / 8.5, 0.0)[rng.integers(3)]
    if shape and width / height < 1.8:
        shape = shape if width >= height else 1 / shape
        width, height = max(width, round(height * shape)), max(height, round(width / shape))
    return width, height


def smooth_noise(shape: tuple[int, int], size: float, rng: np.random.Generator) -> Floats:
    """Return noise of standard deviation 1 whose grains have about this size in pixels."""
    coarse = rng.normal(size=(max(2, round(shape[0] / size)), max(2, round(shape[1] / size))))
    noise = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(noise / noise.std(), np.float64)


def draw_rulings(sheet: Floats, rulings: str, rng: np.random.Generator) -> None:
    """Print squares or lines on a sheet, in pale blue or grey."""
    if rulings not in {"squared", "ruled"}:
        return
    step = int(rng.integers(34, 48)) if rulings == "squared" else int(rng.integers(52, 72))
    ink = [(176, 198, 226), (188, 190, 200), (160, 190, 214)][rng.integers(3)]
    thick = int(rng.integers(2, 4))
    for y in range(step // 2, sheet.shape[0], step):
        sheet[y : y + thick] = ink
    if rulings == "squared":
        for x in range(step // 2, sheet.shape[1], step):
            sheet[:, x : x + thick] = ink
    elif rng.random() < 0.5:
        sheet[:, 30:33] = (226, 140, 140)


def draw_lines(sheet: Floats, lines: str, boxes: Sequence[tuple[int, int]], rng: np.random.Generator) -> None:
    """Draw the borders of cells: in the colour of guide lines, or with a dark pen along a ruler."""
    if lines == "none":
        return
    colour = GUIDE_COLOUR if lines == "guide" else (70, 70, 76)
    thick = int(rng.integers(3, 6))
    for left, top in boxes:
        cv2.rectangle(sheet, (left, top), (left + CELL, top + CELL), colour, thick)


def draw_construction(place: Floats, rng: np.random.Generator) -> None:
    """Draw thin construction lines into a cell: an axis and an ellipse, in pale red or blue."""
    colour = [(232, 140, 132), (140, 176, 232)][rng.integers(2)]
    half = CELL // 2
    cv2.line(place, (half, 20), (half, CELL - 20), colour, 3, cv2.LINE_AA)
    cv2.ellipse(place, (half, half), (CELL // 3, int(CELL * 0.42)), 0, 0, 360, colour, 3, cv2.LINE_AA)


def lay_ink(place: Floats, drawing: Images, pen: Colour, grainy: bool, rng: np.random.Generator) -> None:
    opacity = drawing / 255.0
    if grainy:
        opacity = opacity * (0.85 + 0.12 * smooth_noise(opacity.shape, 2.5, rng)).clip(0.4, 1)
    tone = np.array(pen) + (rng.uniform(0, 30) if grainy else 0)
    place[:] = place * (1 - opacity[..., None]) + tone * opacity[..., None]


# --- camera and light ----------------------------------------------------------------------------------------


def photograph(kind: Kind, rng: np.random.Generator) -> Photograph:
    """Return a picture of one kind."""
    sheet, drawings, corners = flat_sheet(kind, rng)
    width, height = (1400, 1050) if sheet.shape[1] >= sheet.shape[0] else (1050, 1400)
    seen = _view(kind, sheet.shape[1], sheet.shape[0], width, height, rng)
    table = _table(width, height, kind, rng)
    picture = cv2.warpPerspective(sheet, seen, (width, height), flags=cv2.INTER_AREA)
    shape = cv2.warpPerspective(np.full(sheet.shape[:2], 255, np.uint8), seen, (width, height), flags=cv2.INTER_LINEAR)
    inside = shape[..., None] / 255.0
    tones = np.asarray(picture * inside + table * (1 - inside), np.float64)
    tones *= _light(height, width, kind, rng)[..., None] * rng.uniform([0.96, 0.97, 0.88], [1, 1, 1])
    tones = np.asarray(cv2.GaussianBlur(tones, (0, 0), rng.uniform(0.4, 1.1)), np.float64)
    tones += rng.normal(0, rng.uniform(0.5, 2 if kind.view == "scan" else 4.5), tones.shape)
    coded = io.BytesIO()
    Image.fromarray(tones.clip(0, 255).astype(np.uint8)).save(coded, "JPEG", quality=int(rng.integers(65, 95)))
    decoded = np.asarray(Image.open(coded).convert("RGB"))
    return Photograph(kind, decoded, drawings, np.asarray(cv2.perspectiveTransform(corners, seen), np.float64))


def _view(kind: Kind, sheet_width: int, sheet_height: int, width: int, height: int, rng: np.random.Generator) -> Floats:
    """Return the homography from the flat sheet to the picture [3, 3]."""
    scan = kind.view == "scan"
    tilt = 0.0 if scan else np.radians(rng.uniform(3, STEEPEST if kind.view == "table" else 12))
    turn = np.radians(rng.uniform(-2, 2) if scan else rng.uniform(-8, 8))
    towards = rng.uniform(0, 2 * np.pi)
    axis = np.array([np.cos(towards), np.sin(towards), 0.0])
    rotation = cv2.Rodrigues(axis * tilt)[0] @ cv2.Rodrigues(np.array([0, 0, turn]))[0]
    focal = width * rng.uniform(0.75, 1.2)
    centred = np.array([[1, 0, -sheet_width / 2], [0, 1, -sheet_height / 2], [0, 0, 1]], np.float64)
    filled = {"scan": 0.98, "table": rng.uniform(0.72, 0.93), "close": rng.uniform(1.08, 1.14)}[kind.view]
    outline = np.array([[[0, 0], [sheet_width, 0], [sheet_width, sheet_height], [0, sheet_height]]], np.float64)
    seen, near, far = np.eye(3), 0.05 * max(sheet_width, sheet_height), 40.0 * max(sheet_width, sheet_height)
    for _ in range(40):  # the distance at which the sheet fills this part of the picture
        distance = np.sqrt(near * far)
        plane = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, distance]])
        seen = np.diag([focal, focal, 1.0]) @ plane @ centred
        corners = cv2.perspectiveTransform(outline, seen)[0]
        fits = (np.ptp(corners, axis=0) <= filled * np.array([width, height])).all()
        near, far = (near, distance) if fits and plane[2, 2] > 0 else (distance, far)
    middle = (corners.max(axis=0) + corners.min(axis=0)) / 2
    shift = np.array([width / 2, height / 2]) - middle + rng.uniform(-8, 8, 2)
    return np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]]) @ seen


def _table(width: int, height: int, kind: Kind, rng: np.random.Generator) -> Floats:
    """Return a table of wood or cloth, or the white lid of a scanner: float64 [H, W, 3]."""
    if kind.view == "scan":
        return np.full((height, width, 3), 250.0)
    colour = np.array(TABLES[rng.integers(len(TABLES))], np.float64)
    grain = smooth_noise((height, width), 3, rng) * rng.uniform(1, 5)
    if rng.random() < 0.6:  # wood: long fibres
        fibres = cv2.resize(rng.normal(size=(height // 4, 6)), (width, height), interpolation=cv2.INTER_CUBIC)
        grain = grain + fibres * rng.uniform(3, 9)
    return np.asarray(colour + grain[..., None] * (colour / colour.mean()))


def _light(height: int, width: int, kind: Kind, rng: np.random.Generator) -> Floats:
    """Return by how much light dims the picture [H, W]: a slope, a vignette, and shadows."""
    rows, columns = np.mgrid[:height, :width] / max(height, width) - 0.5
    if kind.view == "scan":
        return np.asarray(1 - rng.uniform(0, 0.06) * (columns + 0.5))
    towards = rng.uniform(0, 2 * np.pi)
    along = columns * np.cos(towards) + rows * np.sin(towards)
    light = 1 - rng.uniform(0.1, 0.4) * (along + 0.5) - rng.uniform(0, 0.6) * (columns**2 + rows**2)
    softness = rng.uniform(0.004, 0.01) if kind.light == "hard" else rng.uniform(0.05, 0.15)
    depth = rng.uniform(0.3, 0.5) if kind.light == "hard" else rng.uniform(0.1, 0.35)
    # The shadow of a hand or a phone: a disc or a half-plane.
    if rng.random() < 0.5:
        away = np.hypot(columns - rng.uniform(-0.4, 0.4), rows - rng.uniform(-0.4, 0.4)) - rng.uniform(0.15, 0.35)
    else:
        turn = rng.uniform(0, 2 * np.pi)
        away = columns * np.cos(turn) + rows * np.sin(turn) - rng.uniform(-0.2, 0.2)
    shadow = depth / (1 + np.exp((away / softness).clip(-50, 50)))
    return np.asarray(rng.uniform(0.75, 1.0) * light * (1 - shadow))


def made(number: int, seed: int = 0) -> Photograph:
    """Return picture ``number`` of the set that a seed gives."""
    return photograph(KINDS[number % len(KINDS)], random_stream(seed, "photographs", str(number)))


# --- comparison ----------------------------------------------------------------------------------------------


def agreement(found: Images, truth: Images, free: bool) -> float:
    """Return the largest IoU of a cell ``uint8 [S, S]`` with its truth ``uint8 [64, 64]``, over small shifts.

    free: whether the drawing may lie anywhere in its cell and have another size.
    """
    fine = resized_drawings(found[None], 128)[0]
    (size, middle), (true_size, true_middle) = _size_and_middle(fine), _size_and_middle(truth)
    ratio = float(np.clip(2 * true_size / max(size, 1), 1 - MOST_SCALED, 1 / (1 - MOST_SCALED)))
    best = 0.0
    for scale in ratio * np.linspace(0.94, 1.06, 9) if free else np.array([1.0]):
        start = np.rint(2 * true_middle - (64 + scale * (middle - 64)))
        for down in range(-2, 3):
            for right in range(-2, 3):
                shift = start + np.array([right, down])
                if free or np.abs(shift).max() <= 2 * MOST_SHIFTED:
                    best = max(best, _iou(_moved(fine, scale, shift), truth))
    return best


def _size_and_middle(image: Images) -> tuple[float, Floats]:
    """Return the length of the longer side of the ink's bounding box, and its middle, in pixels."""
    places = np.argwhere(image >= 128)[:, ::-1]
    if not len(places):
        return 0.0, np.full(2, len(image) / 2)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    return float((high - low).max()), np.asarray((low + high) / 2)


def _moved(fine: Images, scale: float, shift: Floats) -> Images:
    """Return a drawing ``uint8 [128, 128]`` scaled about its middle and shifted, as ``uint8 [64, 64]``."""
    offset = 63.5 * (1 - scale) + shift
    matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    moved = cv2.warpAffine(fine, matrix, (128, 128), flags=cv2.INTER_LINEAR)
    return np.asarray(np.rint(moved.reshape(64, 2, 64, 2).mean(axis=(1, 3))), np.uint8)


def _iou(one: Images, other: Images) -> float:
    first, second = one >= 128, other >= 128
    return float((first & second).sum() / max((first | second).sum(), 1))


@dataclass(frozen=True)
class Outcome:
    """What was read from one picture: the IoU of each true cell, and why it was refused or what was warned of."""

    agreements: tuple[float, ...]
    count_is_right: bool
    refusal: str
    warnings: tuple[str, ...]

    @property
    def right(self) -> int:
        return sum(value >= LEAST_IOU for value in self.agreements) if self.count_is_right else 0

    @property
    def silently_wrong(self) -> bool:
        return not self.refusal and not self.warnings and self.right < len(self.agreements)


def outcome(example: Photograph, folder: Path) -> Outcome:
    """Return what `inkbridge check` makes of a picture."""
    count = len(example.drawings)
    path = folder / "picture.jpg"
    Image.fromarray(example.picture).save(path, quality=98)
    if count == 1:  # one drawing in each photograph: a folder of them is read
        path = folder
    try:
        reading = read_cells(path)
    except InkbridgeError as error:
        return Outcome((0.0,) * count, False, str(error), ())
    if reading.count != count:
        return Outcome((0.0,) * count, False, "", reading.warnings)
    free = reading.layout is None or reading.layout.found not in {"guide lines", "lines"}
    found = tuple(agreement(cell, truth, free) for cell, truth in zip(reading.originals, example.drawings, strict=True))
    return Outcome(found, True, "", reading.warnings)


def outcomes(numbers: Sequence[int], seed: int = 0) -> Iterator[tuple[int, Photograph, Outcome]]:
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            example = made(number, seed)
            yield number, example, outcome(example, Path(folder))


def add(tally: Tally, number: int, found: Outcome) -> None:
    tally.pictures += 1
    tally.cells += len(found.agreements)
    tally.right += found.right
    tally.refused += bool(found.refusal)
    tally.warned += bool(found.warnings)
    if found.silently_wrong:
        tally.silently_wrong.append(number)


def table_of(tallies: dict[str, Tally]) -> str:
    """Return what became of the pictures, as a table in Markdown."""
    lines = ["| kind | pictures | cells right | refused | warned | silently wrong |", "| --- " * 6 + "|"]
    total = Tally()
    for tally in tallies.values():
        for name, value in vars(tally).items():
            setattr(total, name, getattr(total, name) + value)
    for name, tally in [*tallies.items(), ("all", total)]:
        share = f"{tally.right} of {tally.cells} ({100 * tally.right / max(tally.cells, 1):.0f} %)"
        wrong = len(tally.silently_wrong)
        lines.append(f"| {name} | {tally.pictures} | {share} | {tally.refused} | {tally.warned} | {wrong} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="pictures of the set; default: 200")
    parser.add_argument("--seed", type=int, default=0, help="seed of the set; default: 0")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of the pictures to read")
    parser.add_argument("--save", type=Path, help="folder into which the pictures are written, and nothing is read")
    options = parser.parse_args(arguments)
    numbers = options.only or range(options.count)
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            Image.fromarray(made(number, options.seed).picture).save(options.save / f"{number:03}.jpg", quality=98)
        return
    tallies: dict[str, Tally] = {kind.name: Tally() for kind in KINDS}
    start = time.process_time()
    for number, example, found in outcomes(numbers, options.seed):
        add(tallies[example.kind.name], number, found)
        said = found.refusal or "; ".join(found.warnings)
        shown = " ".join(f"{value:.2f}" for value in found.agreements)
        print(f"{number:03} {example.kind.name}: {shown} {'SILENTLY WRONG' * found.silently_wrong} {said[:150]}")
    print(table_of(tallies))
    print(f"{time.process_time() - start:.0f} s of processor time")


if __name__ == "__main__":
    main()
