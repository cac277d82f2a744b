"""Picture files → decoded pictures in RGBA. What a file would cost in memory and time is checked before it is decoded.

Pillow reads the formats. Files may come from anywhere and may be damaged or malicious: every failure becomes an
:class:`InkbridgeError` that names the file. imageio would add nothing: it reads these formats with Pillow, and leaves
no room for checks between the header of a file and its pixels.
"""

import logging
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from inkbridge.keyframes.wording import shorten
from inkbridge.support.errors import InkbridgeError

MOST_PIXELS = 50_000_000  # of one picture, checked before it is decoded: bounds memory
MOST_PIXELS_OF = {"JPEG2000": 25_000_000}  # its decoder also takes four bytes for each tone of each pixel
MOST_ELONGATED = 4096  # longer side / shorter side: each row costs memory besides its pixels
MOST_BYTES = 256_000_000  # of one file, because some formats are read whole: bounds memory
MOST_SCANS = 100  # of a JPEG, each of which covers the whole picture; cameras and programs make ten: bounds time
MOST_GIF_BYTES = 32_000_000  # of a GIF, which Pillow reads byte by byte: bounds time
MOST_JPEG_PIXELS = 300_000_000  # of a JPEG, which is decoded smaller: bounds time
WHOLE_JPEG_PIXELS = 25_000_000  # of a JPEG that is decoded at its full size
PHOTOGRAPH_SIDE = 1500  # pixels of the longer side to which pictures of several may be made smaller, at least
TILE = 2048  # pixels of the sides of what is converted to 8 bits at once: bounds memory
REFUSED_FORMATS = frozenset({"EPS", "IPTC"})  # Pillow would run Ghostscript; IPTC may hold any format, even EPS
GREY_DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0, 2.0**31)  # white in pictures with many tones

# Pillow logs what it finds in damaged files. Without a handler, Python would write that to standard error.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# --- which file ----------------------------------------------------------------------------------------------


def kind_of_path(path: Path) -> Literal["folder", "file", "nothing", "other"]:
    """Return what a path leads to, following links. A name that no file can have leads to nothing.

    Raises InkbridgeError if permission is denied.
    """
    try:
        mode = path.stat().st_mode
    except PermissionError as error:
        raise _not_allowed(path) from error
    except (OSError, ValueError):
        return "nothing"
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"


def require_file(path: Path) -> None:
    """Raise InkbridgeError if ``path`` does not lead to a file."""
    kind = kind_of_path(path)
    if kind == "nothing":
        raise InkbridgeError(f"{path}: expected a drawing, found no such file or folder; check the name")
    if kind != "file":  # for example a pipe, which would make reading wait forever
        raise InkbridgeError(
            f"{path}: expected a drawing, found neither a file nor a folder; give a sheet or a folder of drawings"
        )


def readable_formats() -> list[str]:
    """Return the names of the formats that Pillow decodes by itself."""
    Image.init()
    return [name for name in Image.OPEN if name not in REFUSED_FORMATS]


# --- opening -------------------------------------------------------------------------------------------------


@contextmanager
def open_picture(path: Path, content: IO[bytes] | None = None) -> Iterator[Image.Image]:
    """Open a picture: read its header, but not its pixels. Raises InkbridgeError if it is too large or not a
    picture. ``content`` is the picture if it lies within the file ``path``."""
    with ExitStack() as stack:
        with named_failures(path):
            # By file, not by name: if Pillow gets a name, it maps plain TIFF into memory and then rotates it wrongly.
            file = stack.enter_context(path.open("rb") if content is None else content)
            _check_length(path, file)
            picture = stack.enter_context(Image.open(file, formats=readable_formats()))
        _check_size(path, picture)
        if picture.format in {"JPEG", "MPO"}:
            _check_scans(path, file)
        yield picture


def _check_length(path: Path, file: IO[bytes]) -> None:
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    most = MOST_GIF_BYTES if file.read(3) == b"GIF" else MOST_BYTES
    file.seek(0)
    if length > most:
        raise InkbridgeError(
            f"{path}: expected at most {most // 1_000_000} megabytes, found {length // 1_000_000}; make it smaller"
        )


def _check_size(path: Path, picture: Image.Image) -> None:
    most = MOST_JPEG_PIXELS if _is_sequential(picture) else MOST_PIXELS_OF.get(picture.format or "", MOST_PIXELS)
    if picture.width * picture.height > most:
        format_ = f" in {picture.format}" if most < MOST_PIXELS else ""
        raise InkbridgeError(
            f"{path}: expected at most {most // 1_000_000} megapixels{format_}, found {picture.width}×{picture.height} "
            "pixels; make it smaller"
        )
    if max(picture.size) > MOST_ELONGATED * min(picture.size):
        raise InkbridgeError(
            f"{path}: expected a picture at most {MOST_ELONGATED} times as long as it is wide, found "
            f"{picture.width}×{picture.height} pixels; cut it up"
        )


def _check_scans(path: Path, file: IO[bytes]) -> None:
    """Refuse a JPEG of thousands of scans: each may have only a few bytes, but takes as long as the whole picture."""
    with named_failures(path):
        place = file.tell()
        file.seek(0)
        # The marker cannot occur within a scan, where a zero follows every 0xFF.
        scans = sum(block.count(b"\xff\xda") for block in iter(partial(file.read, 1 << 20), b""))
        file.seek(place)
    if scans > MOST_SCANS:
        raise InkbridgeError(
            f"{path}: expected a JPEG of at most {MOST_SCANS} scans, found {scans}; save it again as PNG"
        )


def go_to_frame(path: Path, picture: Image.Image, index: int) -> bool:
    """Move an open picture to a frame. Return False if it has no such frame."""
    with named_failures(path):
        try:
            picture.seek(index)
        except EOFError:
            return False
    return True


# --- decoding ------------------------------------------------------------------------------------------------


def is_jpeg(picture: Image.Image) -> bool:
    """Return whether an open picture is a JPEG, which can be decoded smaller in little time."""
    return picture.format in {"JPEG", "MPO"}


def _is_sequential(picture: Image.Image) -> bool:
    """Return whether an open picture is a JPEG that can be decoded row by row, in little memory."""
    return is_jpeg(picture) and not picture.info.get("progressive")


def decode(path: Path, picture: Image.Image, *, smaller: bool = False) -> Image.Image:
    """Return an open picture, or its current frame, in RGBA and upright. Raises InkbridgeError if that fails.

    smaller: whether a large picture may become smaller by a whole number, so that its longer side still has
    PHOTOGRAPH_SIDE pixels: for a picture that is one drawing. A very large JPEG always becomes smaller.
    """
    _check_size(path, picture)  # a frame may differ in size from the first one
    factor = max(1, max(picture.size) // PHOTOGRAPH_SIDE) if smaller else 1
    with named_failures(path):
        _draft(picture, factor)
        with _quiet_libtiff(picture):
            picture.load()  # before reading its orientation: loading a TIFF rotates it
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        upright = ImageOps.exif_transpose(picture) if turned else picture  # this always makes a copy
        left = max(upright.size) // PHOTOGRAPH_SIDE if smaller else 1  # a draft may have done most of it
        if left > 1 and upright.mode in {"L", "LA", "RGB", "RGBA"}:
            upright = upright.reduce(left)
        if upright.mode in {"I", "F"} or upright.mode.startswith("I;"):
            upright = _in_eight_bits(upright)
        return upright.convert("RGBA")


def _draft(picture: Image.Image, factor: int) -> None:
    """Let a JPEG be decoded smaller by at most ``factor``, or by what a very large one needs."""
    if not is_jpeg(picture):
        return
    width, height = picture.size
    step = 1
    while step < 8 and (2 * step <= factor or width * height > WHOLE_JPEG_PIXELS * step * step):
        step *= 2
    if step > 1:
        # Pillow takes the smallest of its sizes that is not smaller than this one.
        picture.draft(None, (max(1, width // step), max(1, height // step)))


@contextmanager
def _quiet_libtiff(picture: Image.Image) -> Iterator[None]:
    """Silence libtiff, which writes messages about damaged files directly to standard error.

    While it decodes, nothing else in this process can write to standard error either.
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
    """Convert deep grey tones to 8 bits: white is the smallest usual depth that holds the lightest tone."""
    boxes = [
        (left, top, min(left + TILE, picture.width), min(top + TILE, picture.height))
        for top in range(0, picture.height, TILE)
        for left in range(0, picture.width, TILE)
    ]
    lightest = max(float(_deep_tones(picture, box).max(initial=0.0)) for box in boxes)
    depths = GREY_DEPTHS if picture.mode == "F" else GREY_DEPTHS[1:]
    white = next((depth for depth in depths if depth >= lightest), lightest)
    grey = Image.new("L", picture.size)
    for box in boxes:
        tones = (_deep_tones(picture, box) * (255.0 / white)).round().astype(np.uint8)
        grey.paste(Image.fromarray(tones), box)
    return grey


def _deep_tones(picture: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    tones = np.asarray(picture.crop(box)).astype(np.float32)
    return np.nan_to_num(tones, posinf=0.0).clip(min=0.0)


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Turn every error of an image library into an InkbridgeError that names the file, and silence its warnings."""
    try:
        with warnings.catch_warnings():
            # This module checks sizes itself, and odd metadata does not affect the drawing.
            warnings.simplefilter("ignore")
            yield
    except InkbridgeError:
        raise
    except Image.DecompressionBombError as error:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_PIXELS // 1_000_000} megapixels, found more; make it smaller"
        ) from error
    except PermissionError as error:
        raise _not_allowed(path) from error
    except UnidentifiedImageError as error:
        raise InkbridgeError(
            f"{path}: expected a picture, found a file of another kind; save it as PNG or BMP"
        ) from error
    except Exception as error:  # decoders raise nearly every type on damaged files
        raise InkbridgeError(
            f"{path}: expected a picture, found one that is damaged or of an unknown kind ({shorten(str(error))}); "
            "save it again as PNG or BMP"
        ) from error


def _not_allowed(path: Path) -> InkbridgeError:
    return InkbridgeError(
        f"{path}: expected a drawing, found one without permission to read it; change its permissions"
    )
