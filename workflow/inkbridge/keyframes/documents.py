"""Documents that hold pictures, and that Pillow does not read: PDF, SVG, the files of drawing programs and the studio.

Files may come from anywhere. What a picture would cost in memory is known before it is drawn or unpacked, nothing is
read but the file itself, and every failure becomes an :class:`InkbridgeError` that names the file.
"""

import base64
import binascii
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from inkbridge.drawings.drawing import Drawing
from inkbridge.drawings.painting import paint_keyframe
from inkbridge.keyframes.frames import layer_warning
from inkbridge.keyframes.images import MOST_PIXELS, decode, named_failures, open_picture
from inkbridge.keyframes.wording import shorten
from inkbridge.support.errors import InkbridgeError

MOST_DOCUMENT_BYTES = 64_000_000
"""Bytes of a document, and of a picture within a zip file: bounds memory."""

MOST_PAGES = 1000
"""Pages of a document: bounds time."""

MOST_OBJECTS = 200_000
"""Lines, letters and pictures on a page: bounds time."""

PAGE_SIDE = 2000
"""Pixels of the longer side of a page of several. A single page has up to 300 pixels an inch."""

SHEET_SIDE = 3600
"""Pixels of the longer side of a single page, at most."""

_LAYER = re.compile(rb"<layer\s")
"""The start of a layer in the list of an OpenRaster or Krita file."""

# --- PDF -----------------------------------------------------------------------------------------------------


def count_pages(path: Path) -> int:
    """Return the number of pages of a PDF."""
    _check_length(path)
    with named_failures(path), _opened_pdf(path) as document:
        pages = len(document)
    if not pages:
        raise InkbridgeError(f"{path}: expected drawings, found a PDF without pages; save it again")
    if pages > MOST_PAGES:
        raise InkbridgeError(f"{path}: expected at most {MOST_PAGES} pages, found {pages}; leave some out")
    return pages


def pages_of_pdf(path: Path, indices: range | list[int]) -> Iterator[Image.Image]:
    """Draw pages of a PDF, in RGBA."""
    longest = SHEET_SIDE if len(indices) == 1 else PAGE_SIDE
    with named_failures(path), _opened_pdf(path) as document:
        for index in indices:
            page = document[index]
            scale = _check_images(path, page) or 300 / 72
            longer = max(page.get_size())
            if not 0 < longer < 1e5:
                raise InkbridgeError(f"{path}: page {index + 1}: expected a size of paper, found {longer:.0f} points")
            bitmap = page.render(scale=min(scale, longest / longer))
            yield bitmap.to_pil().convert("RGBA")
            bitmap.close()
            page.close()


def _opened_pdf(path: Path) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise InkbridgeError(f"{path}: expected a PDF without a password; save it without one") from error
        raise


def _check_images(path: Path, page: Any) -> float | None:
    """Refuse a page with a picture that is too large, before it is unpacked. Return the pixels of a point if the page
    is one picture, as scanners write it; else None."""
    import pypdfium2.raw as pdfium

    scales, objects = [], 0
    for item in page.get_objects():
        objects += 1
        if objects > MOST_OBJECTS:
            raise InkbridgeError(f"{path}: expected at most {MOST_OBJECTS} objects on a page, found more; simplify it")
        if item.type != pdfium.FPDF_PAGEOBJ_IMAGE:
            continue
        width, height = item.get_px_size()
        if width * height > MOST_PIXELS:
            raise InkbridgeError(
                f"{path}: expected pictures of at most {MOST_PIXELS // 1_000_000} megapixels, found {width}×{height} "
                "pixels; scan it with fewer dots per inch"
            )
        left, _, right, _ = item.get_bounds()
        scales.append(width / max(right - left, 1.0))
    return scales[0] if len(scales) == objects == 1 else None


# --- zip files: OpenRaster and Krita -------------------------------------------------------------------------


def merged_picture(path: Path) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the merged picture of an OpenRaster or Krita file, in RGBA, and warnings."""
    _check_length(path)
    with named_failures(path), zipfile.ZipFile(path) as archive:
        kind = _kind_of_archive(path, archive)
        names = archive.namelist()
        if any(name.endswith(".keyframes.xml") for name in names):
            raise InkbridgeError(
                f"{path}: expected a drawing, found an animation of {kind}; save its frames as PNG files in a folder "
                "(File > Render Animation)"
            )
        if "mergedimage.png" not in names:
            raise InkbridgeError(f"{path}: found no merged picture in this {kind} file; export it as PNG")
        content = _unpacked(path, archive, "mergedimage.png")
        listing = next((name for name in ("stack.xml", "maindoc.xml") if name in names), None)
        layers = 0 if listing is None else len(_LAYER.findall(_unpacked(path, archive, listing)))
    return _decoded(path, content), layer_warning(path, layers)


def _kind_of_archive(path: Path, archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    found = _unpacked(path, archive, "mimetype")[:40] if "mimetype" in names else b""
    if found.startswith(b"image/openraster"):
        return "OpenRaster"
    if found.startswith((b"application/x-krita", b"application/x-kra")):
        return "Krita"
    if "Document.archive" in names:
        raise InkbridgeError(f"{path}: expected a picture, found a Procreate file; share it as PNG, or as PNG frames")
    raise InkbridgeError(f"{path}: expected a picture, found an archive; unpack it into a folder")


def _unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(MOST_DOCUMENT_BYTES + 1)  # the size in the header may be a lie
    if len(content) > MOST_DOCUMENT_BYTES:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_DOCUMENT_BYTES // 1_000_000} megabytes in {name}, found more; make it "
            "smaller"
        )
    return content


def _decoded(path: Path, content: bytes) -> Image.Image:
    with open_picture(path, io.BytesIO(content)) as picture:
        return decode(path, picture)


# --- Piskel --------------------------------------------------------------------------------------------------


def frames_of_piskel(path: Path) -> list[Image.Image]:
    """Return the frames of a Piskel file, its layers laid over each other, in RGBA."""
    _check_length(path)
    with named_failures(path):
        sprite = json.loads(path.read_text(encoding="utf-8"))["piskel"]
        width, height = int(sprite["width"]), int(sprite["height"])
        layers = [json.loads(layer) for layer in sprite["layers"]]
        count = max(int(layer["frameCount"]) for layer in layers)
        if min(width, height, count) < 1 or width * height * count > MOST_PIXELS:
            found = shorten(f"{count} frames of {width}×{height} pixels")
            raise InkbridgeError(
                f"{path}: expected at most {MOST_PIXELS // 1_000_000} megapixels, found {found}; make it smaller"
            )
        frames = [Image.new("RGBA", (width, height)) for _ in range(count)]
        for layer in layers:
            _lay_over(path, frames, layer)
    return frames


def frames_of_drawing(path: Path, drawing: Drawing, indices: Sequence[int]) -> Iterator[Image.Image]:
    """Yield keyframes of a drawing of the studio, black on white, RGBA.

    Raises InkbridgeError if one is damaged.
    """
    for index in indices:
        try:
            image = paint_keyframe(drawing.keyframes[index], drawing.size)
        except InkbridgeError as error:
            raise InkbridgeError(f"{path}: {error}") from error
        yield Image.fromarray(255 - image).convert("RGBA")


def _lay_over(path: Path, frames: list[Image.Image], layer: Any) -> None:
    """Lay the pictures of a Piskel layer over the frames."""
    opacity = min(max(float(layer.get("opacity", 1)), 0.0), 1.0)
    width, height = frames[0].size
    for chunk in layer["chunks"]:
        picture = _decoded(path, _data_of(chunk["base64PNG"]))
        if opacity < 1:
            picture.putalpha(picture.getchannel("A").point(lambda tone: round(tone * opacity)))
        for column, numbers in enumerate(chunk["layout"]):
            for row, number in enumerate(numbers):
                box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
                frames[number].alpha_composite(picture.crop(box))


def _data_of(address: str) -> bytes:
    """Return the content of a ``data:`` address."""
    try:
        return base64.b64decode(address.partition("base64,")[2], validate=False)
    except binascii.Error as error:
        raise ValueError("a picture that is not base64") from error


def _check_length(path: Path) -> None:
    length = path.stat().st_size
    if length > MOST_DOCUMENT_BYTES:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_DOCUMENT_BYTES // 1_000_000} megabytes, found {length // 1_000_000}; make "
            "it smaller"
        )
