"""Sheets, animations and empty papers whose keyframes are known: reading must return what was drawn."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkbridge.keyframes.reading import Keyframes, read_keyframes
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images
from qa.fuzz.drawings import grid, random_drawings
from qa.fuzz.formats import LOSS, LOSSLESS, LOSSY, Saving, png, png_chunk, save, turned
from qa.fuzz.sandbox import Input
from qa.fuzz.verdicts import Truth, judge_reading

NAMES = ("sheet", "Sheet of Ink", "листок", "紙", "-rf", "a'b\"c", "$(touch x)", "sheet%20", "..png", "x" * 200)
CROPPED = ("pixels cropped",)
TOO_LITTLE = "at least 2 keyframes with ink"


def reading(path: Path, text: str, expected: Truth | str | None, **options: Any) -> Input:
    """Return the input that reads `path`; options: of `read_keyframes`."""
    measured = options.get("cell") is None and options.get("layout") is None
    return Input(
        f"{text}; {options}" if options else text,
        lambda: read_keyframes(path, **options),
        judge_reading(path, expected, measured=measured),
    )


def choose(rng: np.random.Generator, *choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]


@dataclass(frozen=True)
class Tinted:
    """Pixels in the colours of a sheet. rounding: how far a tone may be from the drawn one, because there are fewer
    colours between paper and ink than tones."""

    pixels: NDArray[Any]
    rounding: float


def tinted(tones: Images, mode: str, rng: np.random.Generator, *, plain: bool = False) -> Tinted:
    """Return tones, 255 = ink, in random colours of ink and paper: uint8 [H, W] or [H, W, C] as `mode` has it.

    plain: whether lightness makes up half of their contrast; lossy formats halve the resolution of the rest.
    """
    if mode == "1":
        return Tinted(stored(tones, mode) ^ np.uint8(choose(rng, 0, 255)), 0)
    if mode in ("LA", "RGBA") and rng.random() < 0.5:  # the opacity is the drawing
        colour = rng.integers(0, 256, 1 if mode == "LA" else 3)
        # Neither paper of black nor of white may be close to the ink.
        contrast = int(np.where(colour.mean() < 128, 255 - colour.min(), colour.max()))
        pixels = np.concatenate([np.broadcast_to(colour, (*tones.shape, len(colour))), tones[..., None]], axis=-1)
        return Tinted(pixels.astype(np.uint8), 255 / contrast + 1)
    channels = {"L": 1, "LA": 1, "P": 3, "RGB": 3, "RGBA": 3, "CMYK": 3, "YCbCr": 3, "LAB": 1}.get(mode, 1)
    paper, ink = _two_colours(rng, channels, plain=plain)
    opacity = tones[..., None] / 255.0
    pixels = (opacity * ink + (1 - opacity) * paper).round().astype(np.uint8)
    contrast = max((ink - paper).max(), (paper - ink).max())
    if mode in ("LA", "RGBA"):
        pixels = np.concatenate([pixels, np.full((*tones.shape, 1), 255, np.uint8)], axis=-1)
    return Tinted(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, 0 if contrast == 255 else 255 / contrast + 1)


def _two_colours(
    rng: np.random.Generator, channels: int, *, plain: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return paper and ink, int [channels]: black on white half of the time, and never close to each other."""
    if rng.random() < 0.5:
        paper = np.full(channels, choose(rng, 0, 255))
        return paper, 255 - paper
    while True:
        paper, ink = rng.integers(0, 256, (2, channels))
        contrast = np.abs(paper - ink).max()
        if contrast >= 100 and (not plain or abs((paper - ink).mean()) >= contrast / 2):
            return paper, ink


def picture_of(tones: Images, mode: str, rng: np.random.Generator, *, plain: bool = False) -> tuple[Image.Image, float]:
    """Return a picture in `mode`, and how far its tones may be from the drawn ones. plain: as `tinted` has it."""
    found = tinted(tones, mode, rng, plain=plain)
    if mode in ("I;16", "I"):
        deep = found.pixels.astype(np.uint16 if mode == "I;16" else np.int32) * 257
        return Image.fromarray(deep), found.rounding + 1
    if mode == "F":
        return Image.fromarray(found.pixels.astype(np.float32) / choose(rng, 1.0, 255.0)), found.rounding + 1
    picture = Image.fromarray(found.pixels)
    if mode == "P":
        return picture.quantize(256, dither=Image.Dither.NONE), 2 * found.rounding + 10
    if mode == "LAB":
        # Written as it stands: lightness is the drawing, and the other channels are neutral.
        neutral = Image.new("L", picture.size, 128)
        return Image.merge("LAB", [picture, neutral, neutral]), 16
    if mode in ("CMYK", "YCbCr"):
        return picture.convert(mode), 2 * found.rounding + 6
    return picture.convert(mode, dither=Image.Dither.NONE), found.rounding


def sheets_as_drawn(rng: np.random.Generator, folder: Path) -> Input:
    """A sheet in any format, mode and colours, of cells of any size, stored the right way up or not."""
    saving: Saving = choose(rng, *LOSSLESS, *LOSSLESS, *LOSSY)
    mode = choose(rng, *saving.modes)
    lossy = saving in LOSSY
    smallest = 48 if lossy else 24  # smaller ones are lost altogether
    cell = choose(rng, 64, 64, 64, int(rng.integers(smallest, 64)), int(rng.integers(65, 300)))
    drawings = random_drawings(rng)
    columns = int(rng.integers(1, len(drawings) + 1))
    right, below = (int(rng.integers(0, cell)) if rng.random() < 0.15 else 0 for _ in range(2))
    cells = [stored(one.painted(cell), mode) for one in drawings]
    tones = np.pad(grid(cells, columns), [(0, below), (0, right)])
    orientation = int(rng.integers(2, 9)) if saving.exif and rng.random() < 0.4 else 1
    picture, worst = picture_of(turned(tones, orientation), mode, rng, plain=lossy)
    if mode in ("L", "RGB") and rng.random() < 0.2:
        picture, worst = _grainy(picture, rng), worst + 32
    # Some formats write the name into the file, in ASCII.
    path = folder / (("sheet" if saving.format == "IM" else choose(rng, *NAMES)) + saving.suffix)
    save(picture, path, saving, orientation)
    worst += resampling(cell)
    truth = np.stack([fitted(one) for one in cells])
    expected = Truth(truth, worst, LOSS if lossy else 0, CROPPED if right or below else ())
    text = (
        f"{saving.format} {mode} {dict(saving.options)} of {len(drawings)} cells of {cell}, orientation {orientation}"
    )
    measured = not right and not below and rng.random() < 0.6
    options: dict[str, Any] = {} if measured else {"cell": cell}
    if rng.random() < 0.2:
        options["frames"] = len(drawings)
    return reading(path, text, expected, **options)


def stored(tones: Images, mode: str) -> Images:
    """Return tones as a picture in `mode` has them."""
    return np.where(tones > 127, 255, 0).astype(np.uint8) if mode == "1" else tones


def resampling(side: int) -> float:
    """Return how far tones may be from those of `fitted`: edges that are no longer crisp are taken for noise of the
    paper, and the inner pixels of strokes for solid ink."""
    return 0 if side == 64 else 40 if side < 64 else 16


def _grainy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture)
    grain = rng.normal(0, rng.uniform(0.5, 2.0), pixels.shape)
    return Image.fromarray((pixels + grain).round().clip(0, 255).astype(np.uint8))


def depths_of_png(rng: np.random.Generator, folder: Path) -> Input:
    """PNGs of 1 to 16 bits, grey, of a palette or coloured, interlaced, with a colour for what is transparent."""
    drawings = random_drawings(rng)
    truth = np.stack([one.painted(64) for one in drawings])
    tones = grid(list(truth), int(rng.integers(1, len(drawings) + 1)))
    inverted, interlaced = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
    kind, depth = choose(rng, (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8),
                         (4, 8), (4, 16), (6, 8), (6, 16))  # fmt: skip
    most = 2**depth - 1
    levels = np.rint(tones.astype(np.float64) * most / 255)
    levels = (most - levels if inverted else levels).astype(np.uint16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    pixels = np.repeat(levels[..., None], channels, axis=-1)
    more: list[tuple[bytes, bytes]] = []
    if kind in (4, 6):
        pixels[..., -1] = most
    if kind == 3:
        ramp = np.linspace(0, 255, most + 1).round().astype(np.uint8)
        more.append((b"PLTE", np.repeat(ramp[:, None], 3, axis=1).tobytes()))
    if rng.random() < 0.3:
        more.insert(0, (b"gAMA", (45455).to_bytes(4, "big")))
    path = folder / "sheet.png"
    path.write_bytes(png(pixels, depth=depth, kind=kind, interlaced=interlaced, more=tuple(more)))
    step = 255 / most
    return reading(
        path,
        f"PNG of colour type {kind}, {depth} bits, interlaced {interlaced}, inverted {inverted}",
        # A tone may be half a step off, and the faintest are taken for noise where steps are coarse.
        Truth(truth, 0 if depth >= 8 else step / 2 + 1),
    )


def sizes(rng: np.random.Generator, folder: Path) -> Input:
    """Sheets of 1×1 to 20,000×20,000 pixels, drawn or blank: read where they may be, else refused."""
    if rng.random() < 0.06:
        return _huge(rng, folder)
    width, height = (round(float(np.exp(rng.uniform(0, np.log(2500))))) for _ in range(2))
    cell = choose(rng, None, int(rng.integers(8, 400)))
    side, mode = cell or 64, choose(rng, "1", "L", "RGB", "RGBA", "P")
    columns, rows = width // side, height // side
    drawn = min(columns * rows, 5) if columns * rows <= 4096 else 0
    cells = [stored(one.painted(side), mode) for one in random_drawings(rng, drawn, drawn)]
    tones = np.zeros((height, width), np.uint8)
    for index, one in enumerate(cells):
        top, left = index // columns * side, index % columns * side
        tones[top : top + side, left : left + side] = one
    picture, worst = picture_of(tones, mode, rng)
    path = folder / choose(
        rng, "sheet.png", "sheet.tif", "sheet.tga", "sheet.qoi" if mode[:3] == "RGB" else "sheet.bmp"
    )
    picture.save(path)
    expected: str | Truth | None = _refusal(width, height, side)
    if cell is None and (width % side or height % side or min(width, height) < side):
        return reading(path, f"{mode} of {width}×{height}", None)  # nothing shows such cells
    if expected is None and drawn < 2:
        expected = TOO_LITTLE
    elif expected is None and side >= 24:
        cropped = CROPPED if width % side or height % side else ()
        expected = Truth(np.stack([fitted(one) for one in cells]), worst + resampling(side), warnings=cropped)
    return reading(path, f"{mode} of {width}×{height}", expected, cell=cell)


def _refusal(width: int, height: int, side: int) -> str | None:
    """Return why a sheet with cells of `side` pixels is refused, independent of the drawing."""
    columns, rows = width // side, height // side
    if width * height > 50_000_000:
        return "megapixels"
    if max(width, height) > 4096 * min(width, height):
        return "times as long as it is wide"
    return (
        "expected at least one cell" if columns * rows == 0 else "at most 4096 cells" if columns * rows > 4096 else None
    )


def _huge(rng: np.random.Generator, folder: Path) -> Input:
    """A blank picture that can be decoded, of as many pixels as are read, or of a few more or less."""
    path = folder / "huge.png"
    width, height = choose(
        rng, (7071, 7071), (7072, 7072), (12_500, 4000), (12_500, 4001), (110_500, 452), (452, 111_000),
        (50_000_000, 1), (1, 50_000_000), (50_000_001, 1), (20_000, 20_000),
    )  # fmt: skip
    kind = choose(rng, 0, 0, 2, 3) if width * height < 51_000_000 else 0
    depth = 1 if kind in (0, 3) else 8
    size = (1 + (width * (3 if kind == 2 else 1) * depth + 7) // 8) * height
    packer, block = zlib.compressobj(1), bytes(1 << 20)
    data = b"".join([*(packer.compress(block) for _ in range(-(-size // len(block)))), packer.flush()])
    small = png(np.zeros((1, 1, 1), np.uint8), depth=depth, kind=kind)
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, kind, 0, 0, 0])
    palette = png_chunk(b"PLTE", bytes(6)) if kind == 3 else b""
    chunks = [png_chunk(b"IHDR", header), palette, png_chunk(b"IDAT", data), png_chunk(b"IEND", b"")]
    path.write_bytes(small[:8] + b"".join(chunks))
    cell = choose(rng, None, min(width, height, 4096) if min(width, height) >= 8 else None)
    expected = _refusal(width, height, cell or 64) or TOO_LITTLE
    return reading(path, f"PNG of {width}×{height}, colour type {kind}, {depth} bits", expected, cell=cell)


def animations(rng: np.random.Generator, folder: Path) -> Input:
    """Animated pictures of every kind that is read, of any shape, with repeated frames and durations."""
    drawings = random_drawings(rng, 2, 8)
    side = choose(rng, 64, 64, int(rng.integers(24, 200)))
    right, below = (int(rng.integers(0, side)) if rng.random() < 0.3 else 0 for _ in range(2))
    dark = bool(rng.random() < 0.5)
    format_, suffix, options = choose(
        rng,
        ("GIF", ".gif", {"disposal": int(rng.integers(0, 3)), "optimize": bool(rng.random() < 0.5)}),
        ("WEBP", ".webp", {"lossless": True}),
        ("WEBP", ".webp", {"quality": 90}),
        ("PNG", ".png", {"disposal": int(rng.integers(0, 2)), "blend": 0}),
        ("TIFF", ".tif", {"compression": choose(rng, "raw", "tiff_lzw", "packbits")}),
        ("AVIF", ".avif", {"quality": 90}),
        ("MPO", ".mpo", {"quality": 90}),
    )
    pages = [np.pad(one.painted(side), [(0, below), (0, right)]) for one in drawings]
    # Pillow joins equal frames in a row, so there are none here. It cannot write the disposal "restore to previous".
    pictures = [Image.fromarray(255 - page if dark else page) for page in pages]
    if format_ in ("WEBP", "PNG"):
        pictures = [picture.convert("RGBA" if format_ == "PNG" else "RGB") for picture in pictures]
    path = folder / f"moving{suffix}"
    timing = {} if format_ in ("TIFF", "MPO") else {"duration": 40, "loop": 0}
    if format_ in ("AVIF", "MPO"):
        timing = {}
    pictures[0].save(path, format_, save_all=True, append_images=pictures[1:], **timing, **options)
    text = f"{format_} {options} of {len(drawings)} frames of {side + right}×{side + below}"
    if format_ in ("AVIF", "MPO"):
        # A second picture there is a thumbnail, so that the first one is a sheet of its own, of too few cells.
        return reading(path, text, None)
    truth = np.stack([fitted(page) for page in pages])
    return reading(path, text, Truth(truth, 16 if "quality" in options else 2))  # rounded more than once


def fitted(page: Images) -> Images:
    """Return a page in the middle of 64×64 pixels as `read_keyframes` promises it: larger ones are resampled by areas,
    smaller ones by bicubic interpolation."""
    scale = 64 / max(page.shape)
    height, width = (max(1, round(length * scale)) for length in page.shape)
    way = Image.Resampling.HAMMING if scale < 1 else Image.Resampling.BICUBIC
    square = np.zeros((64, 64), np.uint8)
    top, left = (64 - height) // 2, (64 - width) // 2
    square[top : top + height, left : left + width] = np.asarray(Image.fromarray(page).resize((width, height), way))
    return square


def too_little_ink(rng: np.random.Generator, folder: Path) -> Input:
    """Sheets with fewer than two drawings, or with fewer cells than are asked for: always refused."""
    drawings = random_drawings(rng, 1, 1)
    cells = int(rng.integers(2, 9))
    kind = choose(rng, "blank", "one", "noise", "specks", "faint", "frames", "transparent")
    tones = np.zeros((64, 64 * cells), np.uint8)
    options: dict[str, Any] = {}
    expected = TOO_LITTLE
    if kind in ("one", "frames"):
        start = 64 * int(rng.integers(0, cells))
        tones[:, start : start + 64] = drawings[0].painted(64)
    if kind == "noise":
        tones = rng.integers(0, 24, tones.shape, dtype=np.uint8)
    if kind == "specks":
        tones[30, 30::64] = 255
    if kind == "faint":
        tones[:, :128] = np.hstack([drawings[0].painted(64) // 9] * 2)
    if kind == "frames":
        options, expected = {"frames": cells + int(rng.integers(1, 999))}, "the number of keyframes asked for"
    mode = choose(rng, "L", "RGB", "P")
    picture = Image.fromarray(255 - tones if rng.random() < 0.5 else tones).convert(mode)
    if kind == "transparent":
        picture = Image.merge("LA", [picture.convert("L"), Image.new("L", picture.size, 0)])
    path = folder / choose(rng, "sheet.png", "sheet.tif")
    picture.save(path)
    return reading(path, f"{kind}, {mode}, {cells} cells", expected, **options)


def the_same_twice(rng: np.random.Generator, folder: Path) -> Input:
    """What must not matter: a lossless format, the name, the polarity, the mode, whether it is read again."""
    drawings = random_drawings(rng)
    tones = grid([one.painted(64) for one in drawings], int(rng.integers(1, len(drawings) + 1)))
    scratched = tones // 2 + rng.integers(0, 100, tones.shape, dtype=np.uint8) * (rng.random() < 0.3)
    kind = choose(rng, "format", "name", "polarity", "mode", "again")
    if kind == "polarity":  # paper between two tones is rounded down, which moves the floor of grain
        scratched = tones // 2 + 40
    one, other = folder / "one.png", folder / choose(rng, "other.bmp", "other.tif", "other.ppm", "other.qoi")
    plain = Image.fromarray(scratched.astype(np.uint8)).convert("RGB")
    plain.save(one)
    if kind == "format":
        plain.save(other)
    if kind == "name":
        other = folder / choose(rng, "other.jpg", "other", "other.txt", "other.eps", "other.PNG")
        other.write_bytes(one.read_bytes())
    if kind == "polarity":
        other = folder / "other.png"
        Image.fromarray(255 - np.asarray(plain)).save(other)
    if kind == "mode":
        other = folder / "other.png"
        plain.convert(choose(rng, "L", "RGBA", "LA")).save(other)
    if kind == "again":
        other = one

    def judge(results: list[Keyframes | InkbridgeError]) -> str | None:
        first, second = results
        if not isinstance(first, Keyframes) or not isinstance(second, Keyframes):
            return f"refused though it is right: {results}"
        same = np.array_equal(first.images, second.images)
        turned_over = (first.ink != second.ink) == (kind == "polarity")
        return None if same and turned_over else f"{kind} matters: ink {first.ink} and {second.ink}, same {same}"

    return Input(f"the same but for its {kind}", lambda: [read_or_refusal(path) for path in (one, other)], judge)


def read_or_refusal(path: Path, **options: Any) -> Keyframes | InkbridgeError:
    try:
        return read_keyframes(path, **options)
    except InkbridgeError as error:
        return error


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "sheets as drawn": sheets_as_drawn,
    "depths of PNG": depths_of_png,
    "sizes": sizes,
    "animations": animations,
    "too little ink": too_little_ink,
    "the same twice": the_same_twice,
}
