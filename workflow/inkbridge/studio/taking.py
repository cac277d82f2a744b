"""What is taken out of the studio: films, vectors, frames, and the sheet."""

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge.api.animation import Animation
from inkbridge.keyframes.templates import empty_sheet
from inkbridge.studio.formats import ENDINGS
from inkbridge.support.files import atomic_write
from inkbridge.support.png import write_png
from inkbridge.support.types import Images


def save(kind: str, folder: Path, stem: str, content: Animation | Images) -> str:
    """Write an animation, or the keyframes ``uint8 [K, S, S]`` of a sheet, and return the name of the file."""
    place = folder / f"{stem}{ENDINGS[kind]}"
    if not isinstance(content, Animation):
        write_png(place, sheet_of(content))
    elif kind == "frames":
        _save_frames(place, content)
    else:
        content.save(place)
    return place.name


def sheet_of(originals: Images) -> Image.Image:
    """Return keyframes ``uint8 [K, S, S]`` as a sheet in dark ink, with the guide lines of ``inkbridge new``."""
    count, side = len(originals), originals.shape[1]
    sheet = empty_sheet(count, side)
    columns = sheet.width // side
    pixels = np.asarray(sheet).copy()
    for number, drawing in enumerate(originals):
        top, left = number // columns * side, number % columns * side
        cell = pixels[top : top + side, left : left + side]
        share = drawing[..., None] / 255
        cell[:] = np.rint(cell * (1 - share)).astype(np.uint8)
    return Image.fromarray(pixels)


def _save_frames(place: Path, animation: Animation) -> None:
    """Write the frames as PNG files in an archive."""
    folder = place.with_suffix("")
    animation.save(folder)
    with atomic_write(place) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for frame in sorted(folder.iterdir()):
            archive.write(frame, f"{place.stem}/{frame.name}")
