"""A file that Pillow reads → those of its pictures that a person sees.

A file may hold more than one picture. Each is asked what it is: a frame of an animation, a page, a thumbnail, a reduced
copy, a mask, a layer, or the still for programs that know no animations.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin

from inkbridge.keyframes.images import decode, go_to_frame, named_failures
from inkbridge.support.errors import InkbridgeError

ANIMATED_FORMATS = frozenset({"GIF", "WEBP", "PNG", "AVIF", "FLI"})
"""Formats in which several pictures are an animation."""

PAGED_FORMATS = frozenset({"TIFF", "DCX"})
"""Formats in which several pictures are pages."""

FIRST_ONLY = frozenset({"MPO", "ICO", "ICNS", "PSD"})
"""Formats in which the first picture is the drawing, and others are thumbnails, depths, sizes or layers."""

MOST_PAGES = 4096
"""Pictures of a file: bounds time."""

LEAST_REDUCED = 1.5
"""How many times larger a page is than a reduced copy of it, at least."""

ALIKE = 40.0
"""Mean difference of tones, of 255, up to which a page is a reduced copy of another one."""

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_REDUCED, _MASK = 1, 4
_MERGED_RESOURCE = 1057
"""The version information of a Photoshop document; its fifth byte says whether there is a merged picture."""


@dataclass(frozen=True)
class Frames:
    """The pictures of a file that a person sees. noun: the word for one of them. indices: where they are in the file.
    warnings: what the person who drew should know."""

    noun: str
    indices: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def seen_frames(path: Path, picture: Image.Image) -> Frames:
    """Return which pictures of an open file a person sees. Raises InkbridgeError if it shows none, or too many."""
    with named_failures(path):  # counting frames reads more of the file
        several = bool(getattr(picture, "is_animated", False))
    if picture.format == "PSD":
        return _of_photoshop(path, picture)
    if picture.format == "HEIF" and several:
        return Frames("picture", (0,), (f"{path.name}: holds several pictures; only the first is used",))
    if not several or picture.format in FIRST_ONLY:
        return Frames("picture", (0,))
    if picture.format == "TIFF":
        return _of_tiff(path, picture)
    if picture.format not in ANIMATED_FORMATS | PAGED_FORMATS:
        raise InkbridgeError(
            f"{path}: expected one drawing, found several pictures in a {picture.format} file; save them as PNG files "
            "in a folder"
        )
    noun = "frame" if picture.format in ANIMATED_FORMATS else "page"
    with named_failures(path):
        count: int = getattr(picture, "n_frames", 1)
    _check_count(path, noun, count)
    # The still of an APNG that is no frame is for programs that show no animations.
    first = int(picture.format == "PNG" and bool(getattr(picture, "default_image", False)) and count > 1)
    return Frames(noun, tuple(range(first, count)))


def _of_photoshop(path: Path, picture: Image.Image) -> Frames:
    """Return the merged picture of a Photoshop document. Raises InkbridgeError if it has none."""
    layers = len(getattr(picture, "layers", ()))
    versions = [data for number, _, data in getattr(picture, "resources", ()) if number == _MERGED_RESOURCE]
    without = any(len(data) > 4 and not data[4] for data in versions)
    if layers and (without or _is_one_colour(path, picture)):
        raise InkbridgeError(
            f"{path}: found no merged picture in this Photoshop document, only {layers} layers; save it with maximum "
            "compatibility, or each layer as a PNG file in a folder"
        )
    return Frames("picture", (0,), layer_warning(path, layers))


def _is_one_colour(path: Path, picture: Image.Image) -> bool:
    """Return whether the current picture is of one colour, as programs write it that merge no layers."""
    with named_failures(path):
        picture.load()
        return picture.getcolors(1) is not None


def layer_warning(path: Path, layers: int) -> tuple[str, ...]:
    """Return the warning about a file whose layers may each be a keyframe. Paper, sketch and ink are no keyframes."""
    if layers <= 3:
        return ()
    return (
        f"{path.name}: its {layers} layers are read as the one picture that they make; if each is a keyframe, save "
        "them as PNG files in a folder",
    )


def _of_tiff(path: Path, picture: Image.Image) -> Frames:
    """Return the pages of a TIFF, without thumbnails, reduced copies and masks."""
    sizes, indices = dict[int, tuple[int, int]](), list[int]()
    index = 0
    # Pillow takes minutes to count tens of thousands of pages, because it compares each page with all pages before
    # it, and it miscounts if it is sent beyond the last one. So go through them one by one.
    while go_to_frame(path, picture, index):
        _check_count(path, "page", index + 1)
        if not _is_auxiliary(path, picture):
            indices.append(index)
            sizes[index] = picture.size
        index += 1
    if not indices:
        indices, sizes = [0], {0: picture.size}
    left_out = index - len(indices)
    copies = _reduced_copies(path, picture, sizes)
    indices = [number for number in indices if number not in copies]
    left_out += len(copies)
    noun = "page" if len(indices) > 1 else "picture"
    warning = f"{path.name}: smaller copies of its pages, or masks, are left out: {left_out}"
    return Frames(noun, tuple(indices), (warning,) if copies else ())


def _is_auxiliary(path: Path, picture: Image.Image) -> bool:
    """Return whether the current page of a TIFF says that it is a reduced copy or a mask."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return False
    with named_failures(path):
        new, old = picture.tag_v2.get(_NEW_SUBFILE_TYPE, 0), picture.tag_v2.get(_SUBFILE_TYPE, 1)
        return bool((isinstance(new, int) and new & (_REDUCED | _MASK)) or old == 2)


def _reduced_copies(path: Path, picture: Image.Image, sizes: dict[int, tuple[int, int]]) -> set[int]:
    """Return the pages that are smaller copies of the largest one, and do not say so."""
    if len(set(sizes.values())) < 2:
        return set()
    largest = max(sizes, key=lambda index: sizes[index][0] * sizes[index][1])
    width, height = sizes[largest]
    smaller = [
        index
        for index, size in sizes.items()
        if width >= LEAST_REDUCED * size[0] and abs(size[0] * height - width * size[1]) <= max(width, height)
    ]
    if not smaller:
        return set()
    large = _page(path, picture, largest)
    return {index for index in smaller if _difference(large, _page(path, picture, index)) <= ALIKE}


def _page(path: Path, picture: Image.Image, index: int) -> Image.Image:
    go_to_frame(path, picture, index)
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(decode(path, picture))
    return paper.convert("L")


def _difference(large: Image.Image, small: Image.Image) -> float:
    """Return the mean difference between a picture and another one that is smaller, in tones, where one has ink."""
    resized = np.asarray(large.resize(small.size, Image.Resampling.BOX), np.float32)
    tones = np.asarray(small, np.float32)
    drawn = np.abs(resized - np.median(resized)) + np.abs(tones - np.median(tones)) > 32
    return float(np.abs(resized - tones)[drawn].mean()) if drawn.any() else 0.0


def _check_count(path: Path, noun: str, count: int) -> None:
    if count > MOST_PAGES:
        raise InkbridgeError(f"{path}: expected at most {MOST_PAGES} {noun}s, found more; leave some out")
