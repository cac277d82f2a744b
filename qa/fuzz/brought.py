"""What people bring: other layouts, photographs, printed pages, odd names and documents.

Read right, refused, or read with a warning; never silently wrong.
"""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, TiffImagePlugin

from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.keyframes.templates import print_layout, printed_sheet
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from qa.fuzz.drawings import Drawing, grid, random_drawings
from qa.fuzz.sandbox import Input
from qa.fuzz.sheets import choose, fitted, reading
from qa.fuzz.verdicts import Truth, judge_reading

LEAST_ALIKE = 0.5
"""Shared over united ink of two drawings, each cut out and scaled to SIDE pixels, from which they are the same."""

SIDE = 32


def similar(path: Path, text: str, drawn: list[Drawing], **options: Any) -> Input:
    """Return the input that reads `path`, in which the drawings may lie anywhere in their cells."""
    wanted = np.stack([one.painted(128) for one in drawn])

    def judge(result: object) -> str | None:
        complaint = judge_reading(path, None)(result)
        if complaint or isinstance(result, InkbridgeError):
            return complaint
        assert isinstance(result, Keyframes)
        if result.warnings:
            return None
        if len(result.images) != len(wanted):
            return f"{len(result.images)} keyframes where {len(wanted)} were drawn, and no warning"
        alike = [_alike(one, other) for one, other in zip(result.originals, wanted, strict=True)]
        worst = int(np.argmin(alike))
        return None if alike[worst] >= LEAST_ALIKE else f"keyframe {worst + 1} is another drawing: {alike[worst]:.2f}"

    return Input(f"{text}; {options}" if options else text, lambda: read_keyframes(path, **options), judge)


def _alike(one: Images, other: Images) -> float:
    """Return the shared over the united ink of two drawings, wherever they lie, two pixels of 32 apart or less."""
    first, second = (_cut_out(image) for image in (one, other))
    wide_first, wide_second = (np.asarray(cv2.dilate(image, np.ones((5, 5)))) > 0 for image in (first, second))
    missing = ((first > 0) & ~wide_second).sum() + ((second > 0) & ~wide_first).sum()
    return 1 - float(missing) / max(1.0, float((first | second).sum()))


def _cut_out(image: Images) -> Images:
    rows, columns = np.nonzero(image >= 100)
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8)
    found = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    longer = max(found.shape)
    padded = np.pad(found, [(0, longer - found.shape[0]), (0, longer - found.shape[1])])
    return (np.asarray(cv2.resize(padded, (SIDE, SIDE), interpolation=cv2.INTER_AREA)) >= 100).astype(np.uint8)


# --- layouts -------------------------------------------------------------------------------------------------


def layouts(rng: np.random.Generator, folder: Path) -> Input:
    """Sheets of cells of any size, with margins, gaps and ruled lines in any tone, with and without a word about it."""
    drawings = random_drawings(rng, 2, 8)
    side, columns = choose(rng, 64, 100, int(rng.integers(48, 300))), int(rng.integers(1, len(drawings) + 1))
    margin, spacing = (choose(rng, 0, 0, int(rng.integers(1, side // 2))) for _ in range(2))
    rows = -(-len(drawings) // columns)
    pitch = side + spacing
    width, height = 2 * margin + columns * pitch - spacing, 2 * margin + rows * pitch - spacing
    tones = np.zeros((height, width), np.uint8)
    for index, drawing in enumerate(drawings):
        top, left = margin + index // columns * pitch, margin + index % columns * pitch
        tones[top : top + side, left : left + side] = drawing.painted(side)
    picture = Image.fromarray(255 - tones)
    ruled = choose(rng, 0, 0, int(rng.integers(20, 255)))
    if ruled:
        pen, line = ImageDraw.Draw(picture), max(1, side // 100)
        for index in range(columns * rows):
            left, top = margin + index % columns * pitch, margin + index // columns * pitch
            pen.rectangle((left, top, left + side - 1, top + side - 1), outline=255 - ruled, width=line)
    how = choose(rng, "none", "none", "cell", "layout")
    options: dict[str, Any] = {}
    if how == "cell":
        options = {"cell": side, "margin": margin, "spacing": spacing}
    if how == "layout":
        options = {"layout": f"{columns}x{rows}", "margin": margin, "spacing": spacing}
    if rng.random() < 0.3:
        picture = Image.fromarray(255 - np.asarray(picture))
    path = folder / choose(rng, "sheet.png", "sheet.jpg")
    picture.save(path, quality=90)
    return similar(
        path, f"{columns}×{rows} of {side}, margin {margin}, gaps {spacing}, lines {ruled}", drawings, **options
    )


# --- lights and printed pages --------------------------------------------------------------------------------


def lights(rng: np.random.Generator, folder: Path) -> Input:
    """Folders of photographs of one drawing each: on paper of any tone, in uneven light, with grain, in any pen."""
    drawings = random_drawings(rng, 2, 4)
    place = folder / "photographs"
    place.mkdir()
    width, height = choose(rng, (640, 480), (1200, 900), (480, 640))
    for index, drawing in enumerate(drawings):
        side = min(width, height)
        tones = np.zeros((height, width), np.float32)
        top, left = (height - side) // 2, (width - side) // 2
        tones[top : top + side, left : left + side] = drawing.painted(side)
        pen = np.array(choose(rng, (20, 20, 25), (30, 40, 120), (90, 90, 95)), np.float32)
        paper = np.array(choose(rng, (250, 250, 250), (200, 195, 180), (230, 235, 240)), np.float32)
        opacity = tones[..., None] / 255
        photograph = (paper * (1 - opacity) + pen * opacity) * _light(rng, height, width)
        _save_photograph(rng, photograph, place / f"{index + 1}.jpg")
    return similar(place, f"{len(drawings)} photographs of {width}×{height}", drawings)


def printed_pages(rng: np.random.Generator, folder: Path) -> Input:
    """Printed sheets, drawn on, then scanned or photographed: turned, from the side, in uneven light, in any tone."""
    drawings = random_drawings(rng, 2, 12)
    layout = print_layout(len(drawings), choose(rng, "a4", "letter"))
    page = printed_sheet(layout)
    page = page.resize((page.width // 2, page.height // 2), Image.Resampling.BOX)
    pixels, unit = np.array(page), page.width / layout.page[0]
    side = round(layout.cell * unit)
    for index, drawing in enumerate(drawings):
        left, top = (
            round((corner + place * layout.cell) * unit)
            for corner, place in zip(layout.corner, (index % layout.columns, index // layout.columns), strict=True)
        )
        cell = pixels[top : top + side, left : left + side]
        cell[:] = np.minimum(cell, 255 - drawing.painted(side)[: cell.shape[0], : cell.shape[1], None])
    way = choose(rng, "photograph", "photograph", "scan", "grey", "inverted", "1-bit")
    path = folder / choose(rng, "page.png", "page.jpg")
    if way in ("photograph", "scan"):
        photograph = _seen_from_the_side(rng, pixels, 0.06 if way == "photograph" else 0.0)
        path = folder / "page.jpg"
        _save_photograph(rng, photograph * _light(rng, *photograph.shape[:2]), path)
    else:
        picture = Image.fromarray(255 - pixels if way == "inverted" else pixels)
        picture.convert({"grey": "L", "1-bit": "1"}.get(way, "RGB"), dither=Image.Dither.NONE).save(path)
    return similar(path, f"{way} of {layout}", drawings)


def _seen_from_the_side(rng: np.random.Generator, page: Images, most: float) -> NDArray[np.float32]:
    """Return a page on a table, turned and in perspective, float32 [H, W, 3]."""
    height, width = page.shape[:2]
    longer = 1600
    scale = 0.75 * longer / max(height, width)
    angle = np.deg2rad(rng.uniform(-20, 20) if most else rng.uniform(-2, 2))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = ((corners - (width / 2, height / 2)) * scale) @ turn.T + longer / 2
    seen += rng.uniform(-most, most, (4, 2)) * longer
    table = np.full((longer, longer, 3), choose(rng, (90, 70, 50), (40, 40, 45), (180, 170, 160)), np.uint8)
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    cv2.warpPerspective(
        page, matrix, (longer, longer), dst=table, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    return table.astype(np.float32)


def _light(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Return uneven light, float32 [H, W, 1]: a slope, a darker corner, or neither."""
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    slope = (
        1 - rng.uniform(0, 0.3) * (1 + rng.choice([-1, 1]) * choose(rng, rows + 0 * columns, columns + 0 * rows)) / 2
    )
    vignette = 1 - rng.uniform(0, 0.15) * (rows**2 + columns**2)
    return np.asarray((slope * vignette)[..., None], np.float32)


def _save_photograph(rng: np.random.Generator, pixels: NDArray[Any], path: Path) -> None:
    soft = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.2)))
    noisy = soft + rng.normal(0, rng.uniform(0.5, 5), pixels.shape)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=int(rng.integers(70, 96)))


# --- orders --------------------------------------------------------------------------------------------------


def orders(rng: np.random.Generator, folder: Path) -> Input:
    """Folders whose names a person puts into one order only."""
    drawings = random_drawings(rng, 2, 9)
    count, prefix = len(drawings), choose(rng, "", "walk", "Walk ", "frame_", "2024-", "é ", "v")
    schemes: dict[str, list[str]] = {
        "numbers": [f"{prefix}{number}" for number in range(7, 7 + count)],
        "first without": [f"{prefix or 'x'}{number or ''}" for number in (0, *range(2, count + 1))],
        "halves": [f"{prefix}{1 + number / 2:g}" for number in range(count)],
        "quarters": [f"{prefix}{1 + number / 4:g}" for number in range(count)],
        "copies": [f"{prefix or 'x'}", *(f"{prefix or 'x'} ({number})" for number in range(1, count))],
        "macOS copies": [f"{prefix or 'x'}", f"{prefix or 'x'} copy"]
        + [f"{prefix or 'x'} copy {number}" for number in range(2, count)],
        "padded": [f"{prefix}{number:03}" for number in range(98, 98 + count)],
        "counted on": [f"{prefix}1.{number}" for number in range(8, 8 + count + 3)][:count],
    }
    kind = choose(rng, *[name for name in schemes if name != "counted on" or count > 2])
    place = folder / "drawings"
    place.mkdir()
    for index in rng.permutation(count):
        suffix = choose(rng, ".png", ".PNG", ".bmp")
        Image.fromarray(drawings[index].painted(64)).save(place / f"{schemes[kind][index]}{suffix}")
    return reading(place, f"{kind}: {schemes[kind]}", Truth(np.stack([one.painted(64) for one in drawings])))


# --- containers ----------------------------------------------------------------------------------------------


def containers(rng: np.random.Generator, folder: Path) -> Input:
    """Files that hold pictures in other ways, whole and damaged."""
    drawings = random_drawings(rng, 2, 6)
    pages = [Image.fromarray(255 - one.painted(64)) for one in drawings]
    sheet = Image.fromarray(255 - grid([one.painted(64) for one in drawings], len(drawings)))
    writers: dict[str, Callable[[Path], dict[str, Any]]] = {
        "thumbnail.tif": lambda path: _with_thumbnail(path, sheet),
        "pyramid.tif": lambda path: _pyramid(path, sheet),
        "still.png": lambda path: _with_still(path, pages),
        "move.avif": lambda path: _saved(path, pages, quality=95),
        "sheet.ora": lambda path: _zipped(path, sheet, "image/openraster"),
        "sheet.kra": lambda path: _zipped(path, sheet, "application/x-krita"),
        "move.piskel": lambda path: _piskel(path, sheet, len(pages)),
    }
    if find_spec("pypdfium2"):
        writers["pages.pdf"] = lambda path: _saved(path, pages, resolution=72)
        writers["sheet.pdf"] = lambda path: _saved(path, [sheet], resolution=72) | {"cell": 64}
    if find_spec("pillow_heif"):
        writers["sheet.heic"] = lambda path: _heic(path, sheet)
    name = choose(rng, *writers)
    path = folder / name
    options = writers[name](path)
    if rng.random() < 0.4:
        content = bytearray(path.read_bytes())
        for _ in range(int(rng.integers(1, 8))):
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
        if rng.random() < 0.3:
            del content[int(rng.integers(1, len(content))) :]
        path.write_bytes(content)
        return reading(path, f"damaged {name}", None, **options)
    truth = np.stack([fitted(one.painted(64)) for one in drawings])
    lossy = name.endswith((".avif", ".pdf", ".heic"))
    # The smaller copies in a pyramid do not say what they are; that they are left out is guessed, and said.
    warned = ("smaller copies",) if name == "pyramid.tif" else ()
    return reading(path, name, Truth(truth, 90 if lossy else 2, 12 if lossy else 0, warned), **options)


def _saved(path: Path, pages: list[Image.Image], **options: Any) -> dict[str, Any]:
    pages[0].copy().save(path, save_all=True, append_images=[page.copy() for page in pages[1:]], **options)
    return {}


def _with_thumbnail(path: Path, sheet: Image.Image) -> dict[str, Any]:
    with TiffImagePlugin.AppendingTiffWriter(path) as file:
        sheet.save(file, "TIFF")
        file.newFrame()
        sheet.resize((sheet.width // 4, 16)).save(file, "TIFF", tiffinfo={254: 1})
    return {"cell": 64}


def _pyramid(path: Path, sheet: Image.Image) -> dict[str, Any]:
    return _saved(path, [sheet, *(sheet.reduce(factor) for factor in (2, 4))]) | {"layout": f"{sheet.width // 64}x1"}


def _with_still(path: Path, pages: list[Image.Image]) -> dict[str, Any]:
    still = Image.new("L", pages[0].size, 128)
    still.save(path, save_all=True, append_images=pages, default_image=True, duration=50)
    return {}


def _zipped(path: Path, sheet: Image.Image, kind: str) -> dict[str, Any]:
    content = io.BytesIO()
    sheet.save(content, "PNG")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("mergedimage.png", content.getvalue())
    return {"cell": 64}


def _piskel(path: Path, sheet: Image.Image, count: int) -> dict[str, Any]:
    content = io.BytesIO()
    sheet.save(content, "PNG")
    address = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    chunk = {"layout": [[number] for number in range(count)], "base64PNG": address}
    layer = json.dumps({"name": "1", "opacity": 1, "frameCount": count, "chunks": [chunk]})
    path.write_text(json.dumps({"modelVersion": 2, "piskel": {"width": 64, "height": 64, "layers": [layer]}}))
    return {}


def _heic(path: Path, sheet: Image.Image) -> dict[str, Any]:
    import pillow_heif

    pillow_heif.from_pillow(sheet.convert("RGB")).save(path, quality=95)
    return {"cell": 64}


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "layouts": layouts,
    "lights": lights,
    "printed pages": printed_pages,
    "orders": orders,
    "containers": containers,
}
