"""Files that are broken, or claim what they do not hold: one clear error, or valid keyframes."""

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from qa.fuzz.drawings import grid, random_drawings
from qa.fuzz.formats import LOSSLESS, LOSSY, Saving, png, png_chunk, save
from qa.fuzz.sandbox import Input
from qa.fuzz.sheets import choose, picture_of, reading

MAGICS = (
    b"\x89PNG\r\n\x1a\n", b"GIF89a", b"GIF87a", b"\xff\xd8\xff\xe0", b"BM", b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0",
    b"RIFF\xff\xff\xff\x7fWEBPVP8 ", b"RIFF\x20\0\0\0WEBPVP8L", b"RIFF\x20\0\0\0WEBPVP8X", b"8BPS\0\x01", b"icns",
    b"\0\0\x01\0", b"\0\0\x02\0", b"P1\n", b"P4 ", b"P5 9", b"P6\n64 64\n255\n", b"Pf\n", b"P7\n", b"Py", b"qoif",
    b"\x01\xda", b"DDS ", b"BLP1", b"BLP2", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"\x0a\x05\x01\x01",
    b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 64 64\n", b"\xc5\xd0\xd3\xc6", b"SIMPLE  =                    T",
    b"\x1c\x02\x00",
    b"#define x_width 64\n#define x_height 64\nstatic char x[] = {\n",
    b"/* XPM */\nstatic char *x[] = {\n\"64 64 2 1\",\n",
    b"DanM", b"LinS", b"\x59\xa6\x6a\x95", b"FTC\x00", b"\xb1\x68\xde\x3a", b"GRIB", b"BUFR", b"\x89HDF\r\n\x1a\n",
    b"\xd7\xcd\xc6\x9a\0\0", b"\x01\0\0\0\x6c\0\0\0", b"\0\0\0\x1cftypavif", b"\0\0\0\x1cftypavis", b"\0\0\x01\xb3",
    b"PCD_", b"\x04\0\0\0\x11\xaf", b"\0\0\0\0\0\0\0\x04", b"\x80\xe8\0\0", b"P7 332\n#",
    b"Image type: Greyscale\r\n", b"",
)  # fmt: skip
"""The first bytes of every kind of file that Pillow takes for a picture."""

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 20_000, 65_535)


def right_file(rng: np.random.Generator) -> tuple[bytes, str, str]:
    """Return a file with two small drawings in any format: its bytes, its suffix and the name of the format."""
    saving: Saving = choose(rng, *LOSSLESS, *LOSSY, *ANIMATED, *ICONS)
    drawings = [one.painted(64) for one in random_drawings(rng, 2, 4)]
    file = io.BytesIO()
    file.name = "x"  # some formats write it into the file
    if saving in ANIMATED:
        pages = [Image.fromarray(tones).convert(saving.modes[0]) for tones in drawings]
        pages[0].save(file, saving.format, save_all=True, append_images=pages[1:], **saving.options)
    else:
        mode = choose(rng, *saving.modes)
        picture, _ = picture_of(grid(drawings, 2), mode, rng)
        exif = {"exif": Image.Exif()} if saving.exif and rng.random() < 0.3 else {}
        picture.save(file, saving.format, **saving.options, **exif)
    return file.getvalue(), saving.suffix, saving.format


ANIMATED = (
    Saving("GIF", ".gif", ("L",), {"duration": 30}),
    Saving("PNG", ".png", ("L",), {"duration": 30}),
    Saving("WEBP", ".webp", ("RGB",), {"duration": 30}),
    Saving("TIFF", ".tif", ("L",)),
    Saving("MPO", ".mpo", ("L",)),
)
ICONS = (Saving("ICO", ".ico", ("RGBA",)), Saving("ICNS", ".icns", ("RGBA",)))


def damaged(rng: np.random.Generator, folder: Path) -> Input:
    """A valid file with one to four kinds of damage."""
    data, suffix, name = right_file(rng)
    deeds = [choose(rng, *DAMAGES) for _ in range(int(rng.integers(1, 5)))]
    for deed in deeds:
        data = deed(data, rng)
    if name == "PNG" and rng.random() < 0.7:
        data = with_checksums(data)  # so that the damage is met by more than the checksum
    path = folder / f"damaged{suffix}"
    path.write_bytes(data)
    return reading(path, f"{name}: {', '.join(deed.__name__ for deed in deeds)}", None, **_settings(rng))


def random_bytes(rng: np.random.Generator, folder: Path) -> Input:
    """Random bytes after the first bytes of a picture."""
    magic = choose(rng, *MAGICS)
    length = int(rng.integers(0, 3000))
    tail = choose(rng, rng.bytes(length), bytes(length), b"\xff" * length, b"0 " * (length // 2), b"64 64\n255\n" * 20)
    path = folder / choose(rng, "x.png", "x", "x.jpg", "x.eps", "x.gif")
    path.write_bytes(magic + tail)
    return reading(path, f"{magic[:12]!r} and {len(tail)} bytes", None, **_settings(rng))


def _settings(rng: np.random.Generator) -> dict[str, int | str]:
    chosen: dict[str, int | str] = {}
    if rng.random() < 0.2:
        chosen["cell"] = int(rng.integers(8, 200))
    if rng.random() < 0.1:
        chosen["frames"] = int(rng.integers(2, 9))
    if rng.random() < 0.2:
        chosen["ink"] = choose(rng, "light", "dark")
    return chosen


# --- damage ----------------------------------------------------------------------------------------------


def truncated(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, len(data) + 1))]


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """Change a few bytes, more often in the header than in the rest."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if changed else 0):
        reach = min(len(changed), choose(rng, 64, 512, len(changed)))
        changed[int(rng.integers(reach))] = choose(rng, int(rng.integers(256)), 0, 255)
    return bytes(changed)


def extreme(data: bytes, rng: np.random.Generator) -> bytes:
    """Put an extreme number somewhere in the header."""
    width, order = choose(rng, 2, 4), choose(rng, "big", "little")
    place = int(rng.integers(0, min(len(data), 300) + 1))
    number = (choose(rng, *EXTREMES) % (1 << (8 * width))).to_bytes(width, order)
    return data[:place] + number + data[place + width :]


def doubled(data: bytes, rng: np.random.Generator) -> bytes:
    """Repeat a part, a few times or thousands of times."""
    start, end = sorted(int(rng.integers(0, len(data) + 1)) for _ in range(2))
    times = choose(rng, 1, 3, min(5000, 200_000 // max(1, end - start)))
    return data[:end] + data[start:end] * times + data[end:]


def cut_out(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(int(rng.integers(0, len(data) + 1)) for _ in range(2))
    return data[:start] + data[end:]


def zeroed(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(int(rng.integers(0, len(data) + 1)) for _ in range(2))
    return data[:start] + bytes(end - start) + data[end:]


def joined(data: bytes, rng: np.random.Generator) -> bytes:
    """Join the beginning of one file and the end of another."""
    other, _, _ = right_file(rng)
    return data[: int(rng.integers(0, len(data) + 1))] + other[int(rng.integers(0, len(other) + 1)) :]


def padded(data: bytes, rng: np.random.Generator) -> bytes:
    return data + choose(rng, bytes(1000), rng.bytes(1000), b"\n" * 1000)


DAMAGES = (truncated, flipped, flipped, extreme, extreme, doubled, cut_out, zeroed, joined, padded)


def with_checksums(data: bytes) -> bytes:
    """Return a PNG with the checksums of its chunks corrected, as far as it has chunks."""
    made, place = [data[:8]], 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(data):
            break
        body = data[place + 4 : end]
        made.append(data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body)))
        place = end + 4
    return b"".join(made) + data[place:]


# --- bombs: small files that claim to be large -----------------------------------------------------------


def bombs(rng: np.random.Generator, folder: Path) -> Input:
    """A file that would take much time or memory if its header were believed."""
    name, make = choose(rng, *BOMBS)
    path = folder / f"bomb{name[name.rindex('.') :]}"
    with path.open("wb") as file:
        for part in make(rng):
            if part:
                file.write(part)
            else:  # a hole, which takes no room on the disk
                file.truncate(choose(rng, 250_000_000, 6 << 30))
    return reading(path, f"{name} of {path.stat().st_size} bytes", None, **_settings(rng))


def _side(rng: np.random.Generator) -> int:
    return choose(rng, 5000, 7999, 8000, 12_000, 20_000, 32_767, 65_535)


def _png_claims(rng: np.random.Generator) -> Iterator[bytes]:
    side = choose(rng, _side(rng), 2**31 - 1)
    data = png(np.zeros((1, 1, 1), np.uint8))
    header = (
        struct.pack(">II", side, choose(rng, side, 1)) + choose(rng, b"\x08\0", b"\x10\x06", b"\x01\x03") + b"\0\0\0"
    )
    yield data[:8] + png_chunk(b"IHDR", header) + data[33:]


def _png_text(rng: np.random.Generator) -> Iterator[bytes]:
    """Megabytes of compressed text, many times."""
    size = choose(rng, 1 << 20, 100 << 20)
    text = zlib.compress(bytes(size), 9)
    kinds = {
        b"zTXt": b"k\0\0" + text,
        b"iTXt": b"k\0\1\0\0\0" + text,
        b"iCCP": b"k\0\0" + text,
        b"tEXt": b"k\0" + text * 9,
    }
    chunk = choose(rng, *kinds)
    more = [(chunk, kinds[chunk])] * choose(rng, 1, 80, 400)
    yield png(_two_cells(rng), more=tuple(more))


def _two_cells(rng: np.random.Generator) -> np.ndarray:
    return grid([one.painted(64) for one in random_drawings(rng, 2, 2)], 2)[..., None]


def _png_data(rng: np.random.Generator) -> Iterator[bytes]:
    """More image data than the picture has pixels."""
    data = zlib.compress(bytes(choose(rng, 1 << 20, 200 << 20)), 9)
    header = struct.pack(">IIBBBBB", 128, 64, 8, 0, 0, 0, 0)
    yield b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) * choose(rng, 1, 9)
    yield png_chunk(b"IEND", b"")


def _apng_claims(rng: np.random.Generator) -> Iterator[bytes]:
    more = [(b"acTL", struct.pack(">II", choose(rng, 0, 2, 2**31 - 1, 2**32 - 1), 0))]
    more += [
        (b"fcTL", struct.pack(">IIIIIHHBB", index, 128, 64, 0, 0, 1, 30, 0, 0)) for index in range(choose(rng, 1, 9000))
    ]
    yield png(_two_cells(rng), more=tuple(more))


def _gif_claims(rng: np.random.Generator) -> Iterator[bytes]:
    """A screen of up to 65,535² pixels and thousands of frames of one pixel."""
    side, frames = choose(rng, 64, 352, 360, 1000, 4000, _side(rng)), choose(rng, 1, 3, 9, 300, 4096, 10_000)
    screen = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04" + bytes([choose(rng, 0, 1, 2, 3) << 2, 3, 0, 0]) + b"\0"
    place = choose(rng, 0, min(side - 1, 60))
    frame = b"\x2c" + struct.pack("<HHHHB", place, place, 1, 1, 0) + b"\x02\x02\x4c\x01\0"
    yield screen
    yield (control + frame) * frames + b";"


def _gif_frames(rng: np.random.Generator) -> Iterator[bytes]:
    """Many frames that are drawn in full."""
    side, frames = choose(rng, (64, 4096), (64, 10_000), (200, 2500), (350, 4096), (700, 1000), (2000, 128), (8000, 8))
    pages = [Image.new("L", (side, side), tone) for tone in (0, 255)]
    one, two = io.BytesIO(), io.BytesIO()
    pages[0].save(one, "GIF")
    pages[0].save(two, "GIF", save_all=True, append_images=[pages[1]])
    tail = two.getvalue()[len(one.getvalue()) - 1 :]
    start = tail.index(b"\x21\xf9")
    yield two.getvalue()[:-1]
    for _ in range(frames):
        yield tail[start:-1]
    yield b";"


def _tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    fields = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + fields + struct.pack("<I", following)


def _tiff_claims(rng: np.random.Generator) -> Iterator[bytes]:
    side, samples = _side(rng), choose(rng, 1, 3, 4, 5, 65_535)
    many = choose(rng, 1, 1000, 2**20, 2**31, 2**32 - 1)
    yield _tiff(
        [
            (256, 4, 1, side), (257, 4, 1, choose(rng, side, 64)), (258, 3, 1, choose(rng, 1, 8, 16, 32, 64)),
            (259, 3, 1, choose(rng, 1, 2, 3, 4, 5, 7, 8, 32773, 50000, 50001, 34925)),
            (262, 3, 1, choose(rng, 0, 1, 2, 3, 6)),
            (273, 4, choose(rng, 1, many), 8), (277, 3, 1, samples), (278, 4, 1, choose(rng, 1, 64, side)),
            (279, 4, choose(rng, 1, many), 2**31), (320, 3, choose(rng, 3, many), 8),
            (274, 3, 1, choose(rng, 1, 6, 99)),
        ],
        choose(rng, 0, 8, 2**31),
    )  # fmt: skip
    yield bytes(choose(rng, 1, 3000))


def _tiff_pages(rng: np.random.Generator) -> Iterator[bytes]:
    """Pages that link to each other in a ring, or tens of thousands of pages."""
    count = choose(rng, 2, 5000, 60_000)
    size = 2 + 12 * 8 + 4
    yield b"II*\0" + struct.pack("<I", 9)
    yield b"\xff"
    for index in range(count):
        following = 9 + size * (index + 1) if index + 1 < count else choose(rng, 0, 9)
        entries = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
                   (278, 4, 1, 1), (279, 4, 1, 1)]  # fmt: skip
        yield _tiff(entries, following)[8:]


def _webp_claims(rng: np.random.Generator) -> Iterator[bytes]:
    side = choose(rng, 64, 8000, 16_383)
    if rng.random() < 0.5:
        body = b"\x2f" + struct.pack("<I", (side - 1) | ((side - 1) << 14)) + rng.bytes(40)
        chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    else:
        flags = choose(rng, 0, 2, 0x12, 0xFF)
        body = bytes([flags, 0, 0, 0]) + 2 * struct.pack("<I", choose(rng, side, 2**24) - 1)[:3]
        chunk = b"VP8X" + struct.pack("<I", 10) + body + b"ANIM\x06\0\0\0" + bytes(6)
    yield b"RIFF" + struct.pack("<I", choose(rng, len(chunk) + 4, 2**32 - 2)) + b"WEBP" + chunk


def _webp_frames(rng: np.random.Generator) -> Iterator[bytes]:
    """A large canvas, and frames of one pixel on it."""
    side, count = choose(rng, (64, 4096), (64, 10_000), (352, 4000), (2000, 120), (8000, 8))
    pixel = io.BytesIO()
    Image.new("RGB", (2, 2)).save(pixel, "WEBP", lossless=True)
    body = pixel.getvalue()[12:]
    frame = bytes(6) + b"\1\0\0\1\0\0" + b"\x1e\0\0" + b"\0" + body
    chunks = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + 2 * struct.pack("<I", side - 1)[:3]
    chunks += b"ANIM\x06\0\0\0" + bytes(6) + (b"ANMF" + struct.pack("<I", len(frame)) + frame) * count
    yield b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _jpeg_claims(rng: np.random.Generator) -> Iterator[bytes]:
    """A header that claims up to 65,500² pixels, and thousands of segments."""
    file = io.BytesIO()
    Image.fromarray(_two_cells(rng)[..., 0]).save(file, "JPEG", progressive=bool(rng.random() < 0.5))
    data = file.getvalue()
    place = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    side = choose(rng, 64, min(_side(rng), 65_500))
    segment = (
        b"\xff" + choose(rng, b"\xe1", b"\xe2", b"\xed", b"\xfe", b"\xe0") + b"\xff\xff" + rng.bytes(64) + bytes(65_469)
    )
    yield data[:2]
    for _ in range(choose(rng, 0, 1, 500)):
        yield segment
    yield data[2:place] + struct.pack(">HH", side, side) + data[place + 4 :]


def _jpeg_scans(rng: np.random.Generator) -> Iterator[bytes]:
    """A progressive JPEG of the largest size that is read, with many scans of a few bytes each."""
    side, scans = choose(rng, (7999, 3000), (4000, 8000), (7999, 40))
    file = io.BytesIO()
    Image.new("L", (64, 64)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    place = data.find(b"\xff\xc2") + 5
    first = data.find(b"\xff\xda")
    # A table with one code, of a run of 16,384 blocks that end here: 0xE0, as '0'.
    table = b"\xff\xc4" + struct.pack(">H", 20) + b"\x10" + b"\x01" + bytes(15) + b"\xe0"
    scan = b"\xff\xda\0\x08\x01\x01\x00\x01\x3f\x00" + bytes(2 * (((side + 7) // 8) ** 2 // 16_384 + 1))
    yield data[:place] + struct.pack(">HH", side, side) + data[place + 4 : first] + table
    yield scan * scans
    yield b"\xff\xd9"


def _ppm_claims(rng: np.random.Generator) -> Iterator[bytes]:
    side = choose(rng, _side(rng), 10**9, 10**30)
    comment = choose(rng, b"", b"#" + b"x" * 5_000_000 + b"\n", b"#\n" * 100_000)
    yield choose(rng, b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf", b"PF", b"Py") + b"\n" + comment
    yield b"%d %d\n%d\n" % (side, side, choose(rng, 1, 255, 65_535, 10**20)) + b"1 " * choose(rng, 1, 100_000)


def _text_pictures(rng: np.random.Generator) -> Iterator[bytes]:
    side = choose(rng, 64, _side(rng), 10**12)
    xbm = b"#define x_width %d\n#define x_height %d\nstatic char x_bits[] = {\n" % (side, side) + b"0xff," * 1000
    xpm = b'/* XPM */\nstatic char *x[] = {\n"%d %d %d %d",\n' % (
        side,
        side,
        choose(rng, 2, 10**9),
        choose(rng, 1, 2, 10**6),
    )
    yield choose(rng, xbm, xpm + b'"a c #000000",\n' * choose(rng, 1, 5000) + b'"' + b"a" * 500_000)


def _headers(rng: np.random.Generator) -> Iterator[bytes]:
    """Headers of less common formats that claim a large picture."""
    side = _side(rng)
    small, large = struct.pack("<H", side) * 2, struct.pack("<I", side) * 2
    big_small, big_large = struct.pack(">H", side) * 2, struct.pack(">I", side) * 2
    icon = b"\0\0\x01\0" + struct.pack("<H", 300) + (b"\0\0\0\0\1\0\x20\0" + struct.pack("<II", 2**31, 22)) * 300
    yield choose(
        rng,
        b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0" + large + b"\1\0"
        + choose(rng, b"\1\0", b"\x18\0", b"\x20\0") + bytes(24),
        b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0" + large + b"\1\0\x08\0\1\0\0\0" + bytes(20) + b"\xff\0" * 500,
        b"\0\0\x02" + bytes(9) + small + b"\x18\0" + bytes(30),
        b"\0\0\x0a" + bytes(9) + small + b"\x18\0" + b"\xff\0\0\0" * 200,
        b"8BPS\0\1" + bytes(6) + b"\0\3" + big_large + b"\0\x08\0\3" + bytes(40),
        b"8BPS\0\1" + bytes(6) + b"\0\3" + big_large + b"\0\x08\0\3" + bytes(12) + b"\0\1" + bytes(400),
        b"qoif" + big_large + b"\4\0" + b"\xfd" * 5000,
        b"\x01\xda\1\1\0\3" + big_small + b"\0\1" + bytes(500),
        b"\x0a\5\1\x08\0\0\0\0" + struct.pack("<HH", side - 1, side - 1) + bytes(500),
        b"\x59\xa6\x6a\x95" + big_large + struct.pack(">I", 24) + bytes(16) + b"\xff" * 100,
        b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 \0\0\0\x2djp2h\0\0\0\x16ihdr"
        + big_large + b"\0\3\7\7\0\0",
        b"\xff\x4f\xff\x51\0\x29\0\0" + big_large + bytes(8) + big_large + bytes(8) + b"\0\1\7\1\1",
        b"DDS \x7c\0\0\0\x07\x10\0\0" + large + bytes(60) + b"\x20\0\0\0\4\0\0\0DXT1" + bytes(60),
        b"BLP2\1\0\0\0\2\0\0\0" + large + bytes(200),
        b"SIMPLE  =                    T".ljust(80) + b"BITPIX  = 8".ljust(80) + b"NAXIS   = 2".ljust(80)
        + (b"NAXIS1  = %d" % side).ljust(80) + (b"NAXIS2  = %d" % side).ljust(80) + b"END".ljust(80) + bytes(3000),
        icon,
        b"icns" + struct.pack(">I", 2**31 - 1) + b"ic10" + struct.pack(">I", 2**30) + bytes(100),
        b"\0\0\0\0\x12\xaf" + struct.pack("<H", 65_535) + small + b"\x08\0" + bytes(200),
        b"DanM" + small + bytes(40),
    )  # fmt: skip


def _wrapped(rng: np.random.Generator) -> Iterator[bytes]:
    """A container whose inner picture is large, or is a program for another interpreter."""
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 128 64\n%%EndComments\n(x) run\n%%EOF\n"
    inner = choose(
        rng,
        program,
        program,
        program,
        b"P5\n20000 20000\n255\n" + bytes(100_000),
        b"".join(_png_claims(rng)),
        b"".join(_gif_claims(rng)),
    )
    length = len(inner)
    # Kind of picture, how it is compressed (none, as a JPEG, unknown), width, height; then the picture itself.
    iptc = b"\x1c\x03\x3c\0\2\1\0" + b"\x1c\x03\x78\0\1" + choose(rng, b"\1", b"\5", b"\5", b"\7")
    iptc += b"\x1c\x03\x14\0\2\0\x80" + b"\x1c\x03\x1e\0\2\0\x40"
    iptc += b"\x1c\x08\x0a\x84\0" + struct.pack(">I", length) + inner
    ico = b"\0\0\1\0\1\0\x40\x40\0\0\1\0\x20\0" + struct.pack("<II", length, 22) + inner
    icns = b"icns" + struct.pack(">I", length + 16) + b"ic07" + struct.pack(">I", length + 8) + inner
    yield choose(rng, iptc, iptc, ico, icns)


def _sparse(rng: np.random.Generator) -> Iterator[bytes]:
    """A quarter of a gigabyte, or six gigabytes, of zeros after a valid beginning."""
    data, _, _ = right_file(rng)
    yield choose(rng, *MAGICS, *MAGICS, data, data[: len(data) // 2], b"a") or b"a"
    yield b""


BOMBS: tuple[tuple[str, Callable[[np.random.Generator], Iterator[bytes]]], ...] = (
    ("claims.png", _png_claims),
    ("texts.png", _png_text),
    ("data.png", _png_data),
    ("frames.png", _apng_claims),
    ("claims.gif", _gif_claims),
    ("frames.gif", _gif_frames),
    ("claims.tif", _tiff_claims),
    ("pages.tif", _tiff_pages),
    ("claims.webp", _webp_claims),
    ("frames.webp", _webp_frames),
    ("claims.jpg", _jpeg_claims),
    ("scans.jpg", _jpeg_scans),
    ("claims.ppm", _ppm_claims),
    ("texts.xpm", _text_pictures),
    ("headers.tga", _headers),
    ("wrapped.iim", _wrapped),
    ("sparse.png", _sparse),
)


def large_pictures(rng: np.random.Generator, folder: Path) -> Input:
    """Pictures close to the largest size that is read, in every format and mode: the most expensive valid ones."""
    saving: Saving = choose(rng, *LARGE)
    mode = choose(rng, *saving.modes)
    width, height = choose(rng, (7071, 7071), (12_500, 3999), (4000, 4000), (5000, 9000), (8000, 8000))
    picture = Image.new("L", (width, height), 255)
    tile = Image.fromarray(255 - _two_cells(rng)[..., 0]).resize((1000, 500))
    for place in itertools.product(range(0, width - 1000, 1500), range(0, height - 500, 2000)):
        picture.paste(tile, place)
    if mode in ("I;16", "I", "F"):
        picture = picture.convert("I") if mode != "F" else picture.convert("F")
        if mode == "I;16":
            picture = picture.convert("I;16")
    elif mode != "L":
        picture = picture.convert(mode)
    orientation = choose(rng, 1, 1, 6) if saving.exif else 1
    path = folder / f"large{saving.suffix}"
    save(picture, path, saving, orientation)
    cell = choose(rng, None, 500, 1000)
    text = f"{saving.format} {mode} {dict(saving.options)} of {width}×{height}, orientation {orientation}"
    return reading(path, text, None, **({"cell": cell} if cell else {}))


LARGE = (
    Saving("PNG", ".png", ("1", "L", "RGB", "RGBA", "LA", "I;16", "P"), {"compress_level": 1}, exif=True),
    Saving("BMP", ".bmp", ("1", "L", "RGB")),
    Saving("GIF", ".gif", ("L",)),
    Saving("TIFF", ".tif", ("1", "L", "RGB", "RGBA", "CMYK", "I;16", "I", "F"), exif=True),
    Saving("TIFF", ".tif", ("L", "RGB", "F"), {"compression": "tiff_lzw"}, exif=True),
    Saving("JPEG", ".jpg", ("L", "RGB", "CMYK"), {"quality": 80}, exif=True),
    Saving("JPEG", ".jpg", ("L", "RGB"), {"quality": 90, "progressive": True}, exif=True),
    Saving("WEBP", ".webp", ("RGB",), {"quality": 70, "method": 0}, exif=True),
    Saving("JPEG2000", ".jp2", ("L", "RGB")),
    Saving("AVIF", ".avif", ("L", "RGB"), {"quality": 60, "speed": 10}, exif=True),
    Saving("TGA", ".tga", ("RGB",), {"compression": "tga_rle"}),
    Saving("PPM", ".ppm", ("L", "I", "F")),
    Saving("SGI", ".rgb", ("RGB",)),
    Saving("IM", ".im", ("YCbCr",)),
)

FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {
    "damaged files": damaged,
    "random bytes": random_bytes,
    "bombs": bombs,
    "large pictures": large_pictures,
}
