"""What is brought into the studio: sheets, pictures, GIFs and photographs, read as ``inkbridge animate`` reads them."""

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.api.options import ReadOptions
from inkbridge.api.steps import read_drawing
from inkbridge.drawings.drawing import MOST_KEYFRAMES
from inkbridge.keyframes.outlines import straightened
from inkbridge.keyframes.reading import Reading
from inkbridge.keyframes.sources import decode_file
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Images

SEEN_SIDE = 1200
"""Pixels of the longer side of the picture that is shown beside what was read."""


def bring(file: Path, about: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Read the file that was brought; return nothing about it, and what was read as JSON.

    ``about``: ``layout`` and ``keyframes`` as in :class:`ReadOptions`, ``corners`` of the page in the picture, eight
    numbers in [0, 1], and ``name``, what the person calls the file.
    """
    given = str(about.get("name") or "file")
    try:
        read = ReadOptions(layout=about.get("layout"), keyframes=about.get("keyframes"), ink=about.get("ink"))
        corners = about.get("corners")
        straight = file if corners is None else _straightened(file, corners)
        reading = read_drawing(straight, read)
    except InkbridgeError as error:
        return {}, json.dumps(_refused(file, _named(str(error), file, given))).encode()
    if not reading.count:
        blank = f"{given}: expected drawings, found no ink; if there is some, say whether it is light or dark"
        return {}, json.dumps(_refused(file, blank)).encode()
    if reading.count > MOST_KEYFRAMES:
        raise InkbridgeError(f"{given}: expected at most {MOST_KEYFRAMES} keyframes, found {reading.count}")
    return {}, json.dumps(_told(reading, file, given)).encode()


def _told(reading: Reading, file: Path, given: str) -> dict[str, Any]:
    originals = reading.originals
    seen, outline = None, None
    if reading.layout is not None:
        picture = decode_file(file)
        seen = _seen(picture)
        if reading.page is not None and reading.page.outline is not None:
            outline = [[x / picture.width, y / picture.height] for x, y in reading.page.outline]
    layout = None if reading.layout is None else f"{reading.layout.columns}x{reading.layout.rows}"
    return {
        "keyframes": [_as_png(drawing) for drawing in originals],
        "size": int(originals.shape[1]),
        "ink": reading.ink,
        "layout": layout,
        "outline": outline,
        "picture": seen,
        "notes": [_named(line, file, given) for line in reading.describe() if not line.startswith("warning")],
        "warnings": [_named(text, file, given) for text in reading.warnings],
        "refused": None,
    }


def _refused(file: Path, sentence: str) -> dict[str, Any]:
    """Return what is told about a file that is not read, with its picture, so that the person can show the way.

    Raises :class:`InkbridgeError` if it has no picture.
    """
    try:
        picture = decode_file(file)
    except InkbridgeError:
        raise InkbridgeError(sentence) from None
    return {
        "keyframes": [],
        "size": CELL,
        "ink": "dark",
        "layout": None,
        "outline": None,
        "picture": _seen(picture),
        "notes": [],
        "warnings": [],
        "refused": sentence,
    }


def _straightened(file: Path, corners: list[float]) -> Path:
    """Return a picture of the page with these corners, in [0, 1], clockwise from the upper left."""
    picture = decode_file(file).convert("RGB")
    places = np.array(corners, np.float64).reshape(4, 2) * picture.size
    following = np.roll(places, -1, axis=0) - places
    turns = (
        following[:, 0] * np.roll(following, -1, axis=0)[:, 1] - following[:, 1] * np.roll(following, -1, axis=0)[:, 0]
    )
    if turns.min() <= 100:
        raise InkbridgeError(
            f"{file}: expected the four corners of a page, clockwise from the upper left; drag them apart"
        )
    page, _ = straightened(np.asarray(picture), places)
    place = file.with_name(f"{file.stem}-straight.png")
    Image.fromarray(page).save(place)
    return place


def _seen(picture: Image.Image) -> str:
    """Return a picture as JPEG in base64, small enough to be shown."""
    small = Image.new("RGB", picture.size, "white")
    small.paste(picture, mask=picture.getchannel("A"))
    small.thumbnail((SEEN_SIDE, SEEN_SIDE))
    content = io.BytesIO()
    small.save(content, "JPEG", quality=80)
    return base64.b64encode(content.getvalue()).decode()


def _as_png(drawing: Images) -> str:
    content = io.BytesIO()
    Image.fromarray(drawing).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def _named(text: str, file: Path, given: str) -> str:
    """Return a message with the name that the person gave the file in place of where it lies."""
    for place in (str(file.with_name(f"{file.stem}-straight.png")), f"{file.stem}-straight.png", str(file), file.name):
        text = text.replace(place, given)
    return text
