"""Image files → RGBA pictures, checked before they are decoded."""

import logging
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from inkbridge.support.errors import InkbridgeError

MOST_CELLS = 4096  # cells of a sheet, or pictures of a folder or animation: bounds memory
MOST_PIXELS = 50_000_000  # of one picture, checked before it is decoded: bounds memory
MOST_PIXELS_OF = {"JPEG2000": 25_000_000}  # its decoder takes four bytes for each tone of each pixel besides
MOST_BYTES = 256_000_000  # of one file, some formats of which are read whole: bounds memory
MOST_SCANS = 100  # of a JPEG, each of which goes over the whole picture; cameras and programs make ten: bounds time
MOST_GIF_BYTES = 32_000_000  # of a GIF, through which Pillow goes byte by byte: bounds time
_TILE = 2048  # pixels of the sides of what is brought to 8 bits at once: bounds memory
_LONGEST_NAME = 100  # characters of a name or reason within a message
ANIMATED_FORMATS = frozenset({"GIF", "WEBP", "PNG", "TIFF"})  # in others a second picture is a thumbnail
REFUSED_FORMATS = frozenset({"EPS", "IPTC"})  # Pillow would run Ghostscript; IPTC may hold any format, EPS too
GREY_DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0, 2.0**31)  # white in pictures of deep tones

# Pillow logs what it makes of damaged files, which would go to standard error where nobody has set up logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def check_file(path: Path) -> None:
    kind = kind_of_path(path)
    if kind == "nothing":
        raise InkbridgeError(f"{path}: no such file or folder; give a sheet or a folder of drawings")
    if kind != "file":  # a pipe, which would wait forever
        raise InkbridgeError(f"{path}: neither a file nor a folder; give a sheet or a folder of drawings")


def kind_of_path(path: Path) -> Literal["folder", "file", "nothing", "other"]:
    """Tell what a path leads to, links followed. Names that no file can have lead to nothing."""
    try:
        mode = path.stat().st_mode
    except PermissionError as error:
        raise InkbridgeError(f"{path}: cannot be opened; allow reading it") from error
    except (OSError, ValueError):
        return "nothing"
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"


def readable_formats() -> list[str]:
    """Return the formats that Pillow decodes by itself."""
    Image.init()
    return [name for name in Image.OPEN if name not in REFUSED_FORMATS]


def seek(path: Path, picture: Image.Image, index: int) -> bool:
    """Move to a frame; False where the animation has ended."""
    with named_failures(path):
        try:
            picture.seek(index)
        except EOFError:
            return False
    return True


def is_animated(path: Path, picture: Image.Image) -> bool:
    with named_failures(path):  # counting frames reads on in the file
        return picture.format in ANIMATED_FORMATS and bool(getattr(picture, "is_animated", False))


Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge of a cell in its sheet, in pixels; right and lower lie outside."""


def cut_into_boxes(columns: NDArray[Any], rows: NDArray[Any]) -> tuple[Box, ...]:
    """Return the boxes between the edges of columns and rows, row by row."""
    across, down = [int(edge) for edge in columns], [int(edge) for edge in rows]
    return tuple((left, top, right, below) for top, below in pairwise(down) for left, right in pairwise(across))


@contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """Open a picture: its header is read, its pixels are not."""
    with ExitStack() as stack:
        with named_failures(path):
            # By file, not by name: what Pillow maps into memory by name (plain TIFF) it turns wrongly.
            file = stack.enter_context(path.open("rb"))
            _check_length(path, file)
            picture = stack.enter_context(Image.open(file, formats=readable_formats()))
        check_size(path, picture)
        if picture.format in {"JPEG", "MPO"}:
            _check_scans(path)
        yield picture


def _check_length(path: Path, file: BinaryIO) -> None:
    length = os.fstat(file.fileno()).st_size
    most = MOST_GIF_BYTES if file.read(3) == b"GIF" else MOST_BYTES
    file.seek(0)
    if length > most:
        raise InkbridgeError(
            f"{path}: {length // 1_000_000} megabytes, at most {most // 1_000_000} are read; make it smaller"
        )


def check_size(path: Path, picture: Image.Image) -> None:
    most = MOST_PIXELS_OF.get(picture.format or "", MOST_PIXELS)
    if picture.width * picture.height > most:
        raise InkbridgeError(
            f"{path}: {picture.width}×{picture.height} pixels, at most {most // 1_000_000} megapixels "
            f"{'of this format ' * (most < MOST_PIXELS)}are read; make it smaller"
        )
    if max(picture.size) > MOST_CELLS * min(picture.size):  # each row costs memory besides its pixels
        raise InkbridgeError(
            f"{path}: {picture.width}×{picture.height} pixels, more than {MOST_CELLS} squares in a row; cut it up"
        )


def _check_scans(path: Path) -> None:
    """Refuse a JPEG of thousands of scans: a few bytes each, they cost as much time as the whole picture."""
    with named_failures(path), path.open("rb") as file:
        # The marker never stands within a scan, where every 0xFF is followed by a zero.
        scans = sum(block.count(b"\xff\xda") for block in iter(partial(file.read, 1 << 20), b""))
    if scans > MOST_SCANS:
        raise InkbridgeError(f"{path}: a JPEG of {scans} scans, at most {MOST_SCANS} are read; save it again as PNG")


def decode(path: Path, picture: Image.Image) -> Image.Image:
    """Decode a picture, or the current frame of one, to RGBA the way it is meant to be seen."""
    check_size(path, picture)  # of the frame, which may be another one than the file's
    with named_failures(path):
        with _quiet_libtiff(picture):
            picture.load()  # first, because TIFF is turned while it is loaded and then says so
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        upright = ImageOps.exif_transpose(picture) if turned else picture  # it copies either way
        if upright.mode in {"I", "F"} or upright.mode.startswith("I;"):
            upright = _in_eight_bits(upright)
        return upright.convert("RGBA")


@contextmanager
def _quiet_libtiff(picture: Image.Image) -> Iterator[None]:
    """Keep what libtiff says of a damaged file from standard error: it writes there by itself, past Python.

    For the time of decoding, nobody else in this process can write there either.
    """
    if picture.format != "TIFF":
        yield
        return
    with ExitStack() as stack:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, kept)
        stack.callback(os.close, nowhere)
        stack.callback(os.dup2, kept, 2)
        os.dup2(nowhere, 2)
        yield


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Bring deep grey tones to 8 bits: the smallest depth that holds the lightest of them is white."""
    edges = [np.array([*range(0, length, _TILE), length]) for length in picture.size]
    boxes = cut_into_boxes(*edges)
    lightest = max(float(_deep_tones(picture, box).max(initial=0.0)) for box in boxes)
    depths = GREY_DEPTHS if picture.mode == "F" else GREY_DEPTHS[1:]
    white = next((depth for depth in depths if depth >= lightest), lightest)
    grey = Image.new("L", picture.size)
    for box in boxes:
        tones = (_deep_tones(picture, box) * (255.0 / white)).round().astype(np.uint8)
        grey.paste(Image.fromarray(tones), box)
    return grey


def _deep_tones(picture: Image.Image, box: Box) -> NDArray[np.float32]:
    tones = np.asarray(picture.crop(box)).astype(np.float32)
    return np.nan_to_num(tones, posinf=0.0).clip(min=0.0)


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Turn whatever an image library raises into one message about the file, and silence its warnings."""
    try:
        with warnings.catch_warnings():
            # Sizes are checked here, and oddities in metadata say nothing about the drawing.
            warnings.simplefilter("ignore")
            yield
    except InkbridgeError:
        raise
    except Image.DecompressionBombError as error:
        raise InkbridgeError(
            f"{path}: too large, at most {MOST_PIXELS // 1_000_000} megapixels are read; make it smaller"
        ) from error
    except PermissionError as error:
        raise InkbridgeError(f"{path}: cannot be opened; allow reading it") from error
    except UnidentifiedImageError as error:
        raise InkbridgeError(f"{path}: not an image that can be read; save it as PNG or BMP") from error
    except Exception as error:  # decoders raise nearly every type on damaged files
        raise InkbridgeError(
            f"{path}: the image is damaged or of an unknown kind ({shorten(str(error))}); save it again as PNG or BMP"
        ) from error
