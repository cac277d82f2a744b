"""Which kind of file a drawing is in, by its first bytes; what to do with kinds that are not read."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from inkbridge.keyframes.images import named_failures
from inkbridge.support.errors import InkbridgeError

EXTRAS = {"PDF": ("pypdfium2", "pdf"), "HEIF": ("pillow_heif", "heic"), "SVG": ("resvg_py", "svg")}
"""Kind of file → the package that reads it, and the extra of inkbridge that installs it."""

NAMES = {
    ".pdf": "PDF", ".heic": "HEIF", ".heif": "HEIF", ".hif": "HEIF", ".svg": "SVG", ".ora": "ORA", ".kra": "KRA",
    ".piskel": "PISKEL", ".inkbridge": "INKBRIDGE",
}  # fmt: skip
"""Extension → the kind of file, of those that Pillow does not read by itself."""

_LONGEST_START = 4096
"""Bytes by which the kind of a file is known."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_FOREIGN = (
    (0, b"gimp xcf", "a GIMP file", "export it as PNG"),
    (0, b"CSFCHUNK", "a Clip Studio file", "export it as PNG, one picture for each frame"),
    (0, b"SQLite format 3", "a database, as some drawing apps write", "export the drawing as PNG"),
    (4, b"\xe0\xa5", "an Aseprite file", "export it as GIF, or as PNG frames"),
    (0, b"8BPS\x00\x02", "a large Photoshop document (PSB)", "save it as PNG or TIFF"),
    (0, b"\x1aE\xdf\xa3", "a video", "save some of its frames as PNG files in a folder"),
    (4, b"ftyp", "a video", "save some of its frames as PNG files in a folder"),
    (0, b"%!PS", "a PostScript file", "save it as PDF or PNG"),
    (0, b"II*\x00\x10\x00\x00\x00CR", "a raw photograph", "save it as JPEG"),
    (0, b"\x1f\x8b", "a compressed file", "unpack it first"),
    (0, b"Rar!", "an archive", "unpack it first"),
    (0, b"7z\xbc\xaf", "an archive", "unpack it first"),
)
"""Where a kind of file has which bytes, its name, and what to do with it."""


def kind_of_file(path: Path) -> str | None:
    """Return the kind of a file that Pillow does not read by itself: PDF, HEIF, SVG, ZIP, PISKEL or
    INKBRIDGE; None for others.

    Raises InkbridgeError if the file is of a kind that is known but not read, or if it takes an extra that is not
    installed.
    """
    with named_failures(path), path.open("rb") as file:
        start = file.read(_LONGEST_START)
    kind = _kind_of_bytes(start, path.suffix.lower())
    if kind is None:
        for offset, magic, name, advice in _FOREIGN:
            if start.startswith(magic, offset) and not (magic == b"ftyp" and start[8:12] in (b"avif", b"avis")):
                raise InkbridgeError(f"{path}: expected a picture, found {name}; {advice}")
    elif kind in EXTRAS:
        package, extra = EXTRAS[kind]
        if find_spec(package) is None:
            shown = "HEIC" if kind == "HEIF" else kind
            raise InkbridgeError(
                f"{path}: reading {shown} takes another package; install it: pip install 'inkbridge[{extra}]' (or: pip "
                f"install {package.replace('_', '-')}), or save the drawing as PNG"
            )
    if kind == "HEIF":
        _let_pillow_read_heif()
    return kind


@cache
def _let_pillow_read_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)


def _kind_of_bytes(start: bytes, suffix: str) -> str | None:
    if b"%PDF-" in start[:1024]:
        return "PDF"
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS and b"avif" not in start[8:64]:
        return "HEIF"
    if start.startswith(b"PK\x03\x04"):
        return "ZIP"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") and (b'"inkbridge-drawing"' in start or suffix == ".inkbridge"):
        return "INKBRIDGE"
    if text.startswith(b"{") and (b"piskel" in start or suffix == ".piskel"):
        return "PISKEL"
    if text.startswith(b"<") and (b"<svg" in start or b":svg" in start or suffix == ".svg"):
        return "SVG"
    return None
