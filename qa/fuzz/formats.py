"""Pictures in every format, mode, depth and compression that Pillow can write here."""

import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from inkbridge.support.types import Images

GREY, COLOUR, CLEAR = ("1", "L"), ("RGB",), ("LA", "RGBA")
DEEP = ("I;16", "I", "F")


@dataclass(frozen=True)
class Saving:
    """A way to save a picture. modes: those that it preserves. exif: whether it can hold an orientation."""

    format: str
    suffix: str
    modes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    exif: bool = False


LOSSLESS = (
    Saving("PNG", ".png", ("1", "L", "P", "RGB", "LA", "RGBA", "I;16"), exif=True),
    Saving("PNG", ".apng", ("L", "RGB"), {"optimize": True}, exif=True),
    Saving("BMP", ".bmp", ("1", "L", "P", "RGB")),
    Saving("DIB", ".dib", ("1", "L", "P", "RGB")),
    Saving("DDS", ".dds", ("L", "LA", "RGB", "RGBA")),
    Saving("GIF", ".gif", ("1", "L", "P")),
    Saving("IM", ".im", ("1", "L", "RGB", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")),
    Saving("MSP", ".msp", ("1",)),
    Saving("PCX", ".pcx", ("1", "L", "P", "RGB")),
    Saving("PPM", ".ppm", ("1", "L", "RGB", "I", "F")),
    Saving("QOI", ".qoi", ("RGB", "RGBA")),
    Saving("SGI", ".rgb", ("L", "RGB", "RGBA")),
    Saving("SGI", ".bw", ("L",), {"bpc": 2}),
    Saving("SPIDER", ".spider", ("F",)),
    Saving("TGA", ".tga", ("1", "L", "P", "RGB", "LA", "RGBA")),
    Saving("TGA", ".tga", ("L", "RGB", "RGBA"), {"compression": "tga_rle", "orientation": 1}),
    Saving("TIFF", ".tif", ("1", "L", "P", "RGB", "LA", "RGBA", "CMYK", "YCbCr", "LAB", *DEEP), exif=True),
    Saving("TIFF", ".tiff", ("L", "RGB", "RGBA", *DEEP), {"compression": "tiff_lzw"}, exif=True),
    Saving("TIFF", ".tif", ("1", "L", "P", "RGB", "LA"), {"compression": "packbits"}, exif=True),
    Saving("TIFF", ".tif", ("1", "L", "RGBA"), {"compression": "tiff_adobe_deflate"}, exif=True),
    Saving("TIFF", ".tif", ("L", "RGB"), {"compression": "tiff_deflate", "tiffinfo": {317: 2}}),  # and no EXIF
    Saving("TIFF", ".tif", ("L", "RGB"), {"big_tiff": True}, exif=True),
    Saving("TIFF", ".tif", ("1",), {"compression": "group4"}, exif=True),
    Saving("TIFF", ".tif", ("1",), {"compression": "group3"}, exif=True),
    Saving("WEBP", ".webp", ("RGB", "RGBA"), {"lossless": True, "exact": True}, exif=True),
    Saving("XBM", ".xbm", ("1",)),
    Saving("JPEG2000", ".jp2", ("L", "LA", "RGB", "RGBA", "I;16")),
    Saving("JPEG2000", ".j2k", ("L", "RGB")),
)
LOSSY = (
    Saving("JPEG", ".jpg", ("L", "RGB", "CMYK"), {"quality": 92}, exif=True),
    Saving("JPEG", ".jpeg", ("L", "RGB"), {"quality": 75, "progressive": True}, exif=True),
    Saving("JPEG", ".jpg", ("L",), {"quality": 45, "optimize": True}, exif=True),
    Saving("MPO", ".mpo", ("L", "RGB"), {"quality": 85}),
    Saving("WEBP", ".webp", ("RGB", "RGBA"), {"quality": 85}, exif=True),
    Saving("AVIF", ".avif", ("L", "RGB", "RGBA"), {"quality": 85, "speed": 10}, exif=True),
    Saving("JPEG2000", ".jp2", ("L", "RGB"), {"irreversible": True, "quality_layers": [8]}),
    Saving("TIFF", ".tif", ("L", "RGB"), {"compression": "jpeg", "quality": 90}, exif=True),
)
LOSS = 64.0
"""Tolerance of the mean of 4×4 pixels for lossy formats, in tones of 255. Correct readings differ by 35 at most, and
readings that miss half of a drawing by 100 at least."""


def save(picture: Image.Image, path: Path, saving: Saving, orientation: int = 1) -> None:
    """Write a picture with EXIF's `orientation` in its metadata."""
    options = dict(saving.options)
    if orientation != 1:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        options["exif"] = exif.tobytes() if saving.format == "AVIF" else exif
    # Through memory, because libtiff cannot write to a file whose name is not text.
    file = io.BytesIO()
    file.name = path.name  # some formats write it into the file
    picture.save(file, saving.format, **options)
    path.write_bytes(file.getvalue())


def turned(tones: Images, orientation: int) -> Images:
    """Return an array [H, W, …] as a turned camera stores it, so that EXIF's orientation turns it back."""
    across, down = tones[:, ::-1], tones[::-1]
    swapped = tones.swapaxes(0, 1)
    ways = {
        1: tones,
        2: across,
        3: down[:, ::-1],
        4: down,
        5: swapped,
        6: swapped[::-1],
        7: swapped[::-1, ::-1],
        8: swapped[:, ::-1],
    }
    return np.ascontiguousarray(ways[orientation])


def png(
    pixels: NDArray[np.unsignedinteger[Any]],
    *,
    depth: int = 8,
    kind: int = 0,
    interlaced: bool = False,
    more: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """Return a PNG of pixels [H, W, C] of any depth and colour type, which Pillow cannot write."""
    height, width = pixels.shape[:2]
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
    grids = passes if interlaced else [(0, 1, 0, 1)]
    parts = [pixels[top::down, left::across] for top, down, left, across in grids]
    data = b"".join(_scanlines(part, depth) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    chunks = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _scanlines(pixels: NDArray[np.unsignedinteger[Any]], depth: int) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :]
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in bits.reshape(len(rows), -1))
