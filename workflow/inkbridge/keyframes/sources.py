"""A path → the pictures that a person sees there, upright, in order, each with a name.

A file is one picture, or several: the frames of an animation or the pages of a document. A folder has a picture in each
of its files. Pictures are decoded one at a time, so that memory holds one of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge import CELL
from inkbridge.drawings.drawing import marks_in_cells
from inkbridge.drawings.files import read_drawing
from inkbridge.keyframes.documents import (
    count_pages,
    frames_of_drawing,
    frames_of_piskel,
    merged_picture,
    pages_of_pdf,
)
from inkbridge.keyframes.frames import Frames, seen_frames
from inkbridge.keyframes.images import (
    decode,
    go_to_frame,
    is_jpeg,
    kind_of_path,
    named_failures,
    open_picture,
    readable_formats,
    require_file,
)
from inkbridge.keyframes.kinds import NAMES, kind_of_file
from inkbridge.keyframes.order import order_of_name
from inkbridge.keyframes.svg import picture_of_svg
from inkbridge.keyframes.wording import listed
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.marks import Marks

MOST_PICTURES = 4096
"""Pictures of a folder or animation: bounds memory."""

MOST_UNASKED = 48
"""Frames of an animation, or pages, that are all keyframes without a word. Films have more."""

MOST_PIXELS_PASSED = 2_000_000_000
"""Pixels of all frames of an animation up to the last one that is read: bounds time, 2.6 ns each for a GIF."""

MOST_PIXELS_TOGETHER = 150_000_000
"""Pixels of all pictures of a folder or animation: bounds time. A JPEG counts for a quarter: it is decoded smaller."""


@dataclass(frozen=True, eq=False)
class Source:
    """The pictures of a path.

    path: where they are. noun: the word for one of them in messages: picture, frame or page. names: what to call each
    of them below its drawing: the name of its file without the extension, or its number. is_sheet: whether the source
    is a single picture, which may hold many cells. warnings: what the person who drew should know. pictures: decodes
    them, in order: RGBA, upright. marks: returns those that the file has for its first keyframes, of so many.
    """

    path: Path
    noun: str
    names: tuple[str, ...]
    is_sheet: bool
    pictures: Callable[[], Iterator[Image.Image]]
    warnings: tuple[str, ...] = ()
    marks: Callable[[int], Marks] = lambda count: ()


def open_source(path: Path, keyframes: int | None = None) -> Source:
    """Return the pictures of a file or folder, before they are decoded.

    ``keyframes``: how many are wanted. If an animation has more frames, or a document more pages, so many are chosen at
    even distances. Raises InkbridgeError if the source is missing, damaged, empty, or too large, or if it looks like a
    film and ``keyframes`` is not given. Decoding raises it, too.
    """
    if kind_of_path(path) == "folder":
        return _open_folder(path)
    require_file(path)
    return _open_file(path, keyframes)


def decode_file(path: Path) -> Image.Image:
    """Return the only or first picture of a file, upright, as RGBA."""
    return next(_open_file(path, 1).pictures())


# --- files ---------------------------------------------------------------------------------------------------


def _open_file(path: Path, keyframes: int | None, *, smaller: bool = False) -> Source:
    """Return the pictures of a file. ``smaller``: whether a single one may be made smaller, see
    :func:`inkbridge.keyframes.images.decode`."""
    kind = kind_of_file(path)
    if kind == "PDF":
        pages = _chosen(path, "page", range(count_pages(path)), keyframes)
        return _several(path, "page", pages, lambda: pages_of_pdf(path, pages))
    if kind == "ZIP":
        picture, warnings = merged_picture(path)
        return _single(path, lambda: iter([picture]), warnings)
    if kind == "SVG":
        picture, warnings = picture_of_svg(path)
        return _single(path, lambda: iter([picture]), warnings)
    if kind == "INKBRIDGE":
        return _open_drawing(path, keyframes)
    if kind == "PISKEL":
        drawn = frames_of_piskel(path)
        chosen = _chosen(path, "frame", range(len(drawn)), keyframes)
        return _several(path, "frame", chosen, lambda: iter([drawn[index] for index in chosen]))
    with open_picture(path) as picture:
        seen = seen_frames(path, picture)
        if len(seen.indices) == 1 and seen.noun == "picture":
            return _single(path, lambda: _decoded(path, seen.indices, smaller), seen.warnings)
        indices = _chosen(path, seen.noun, seen.indices, keyframes)
        _check_together(path, len(indices) * picture.width * picture.height)
        if seen.noun == "frame":
            _check_passed(path, (max(indices) + 1) * picture.width * picture.height)
    source = _several(path, seen.noun, indices, lambda: _decoded(path, indices, True))
    return replace(source, names=_numbers(seen, indices), warnings=(*seen.warnings, *source.warnings))


def _open_drawing(path: Path, keyframes: int | None) -> Source:
    """Return the keyframes of a drawing of the studio. There may be as many as it has; marks need all of them."""
    drawing = read_drawing(path)
    if not drawing.keyframes:
        raise InkbridgeError(f"{path}: expected keyframes, found none; draw some: inkbridge studio {path}")
    indices = range(len(drawing.keyframes))
    chosen = _chosen(path, "frame", indices, keyframes or len(indices))
    source = _several(path, "frame", chosen, lambda: frames_of_drawing(path, drawing, chosen))
    return replace(source, marks=partial(marks_in_cells, drawing) if len(chosen) == len(indices) else source.marks)


def _single(path: Path, pictures: Callable[[], Iterator[Image.Image]], warnings: tuple[str, ...]) -> Source:
    return Source(path, "picture", (path.stem,), True, pictures, warnings)


def _several(path: Path, noun: str, indices: Sequence[int], pictures: Callable[[], Iterator[Image.Image]]) -> Source:
    names = tuple(str(index + 1) for index in indices)
    return Source(path, noun, names, len(indices) == 1 and noun == "page", pictures)


def _numbers(seen: Frames, indices: Sequence[int]) -> tuple[str, ...]:
    """Return what a person calls the frames at ``indices``: their numbers among those that are seen."""
    return tuple(str(seen.indices.index(index) + 1) for index in indices)


def _chosen(path: Path, noun: str, indices: Sequence[int], keyframes: int | None) -> list[int]:
    """Return ``keyframes`` of the indices, at even distances; all of them if there are no more, or if None."""
    count = len(indices)
    if keyframes is None and count > MOST_UNASKED:
        raise InkbridgeError(
            f"{path}: expected keyframes, at most {MOST_UNASKED}; found {count} {noun}s: inkbridge draws the frames "
            f"between keyframes, and here they are drawn already. --keyframes 8 takes 8 of them at even distances, "
            f"--keyframes {count} all"
        )
    if keyframes is None or count <= keyframes:
        return list(indices)
    return [indices[round(place)] for place in np.linspace(0, count - 1, keyframes)]


def _decoded(path: Path, indices: Sequence[int], smaller: bool) -> Iterator[Image.Image]:
    """Decode pictures of a file that Pillow reads."""
    with open_picture(path) as picture:
        pixels = 0
        for index in indices:
            if index and not go_to_frame(path, picture, index):
                raise InkbridgeError(f"{path}: expected {index + 1} pictures, found fewer; save it again")
            pixels += picture.width * picture.height
            if len(indices) > 1:
                _check_together(path, pixels)
            yield decode(path, picture, smaller=smaller)


# --- folders -------------------------------------------------------------------------------------------------


def _open_folder(folder: Path) -> Source:
    """Return the pictures of a folder, one for each file, in the order in which a person sees their names."""
    with named_failures(folder):
        names = sorted(entry.name for entry in folder.iterdir())
    names.sort(key=order_of_name(names))
    chosen = [name for name in names if _has_image_name(folder / name)]
    if not chosen:
        raise InkbridgeError(
            f"{folder}: expected drawings, found no pictures in this folder; put PNG or BMP files there"
        )
    _check_count(folder, "picture", len(chosen))
    several = _check_pictures(folder, chosen)
    stems = tuple(Path(name).stem for name in chosen)
    ignored = [name for name in names if name not in set(chosen)]
    twice = [stem for stem, count in Counter(stems).items() if count > 1]
    texts = []
    if ignored:
        texts.append(f"{folder.name}: not pictures, ignored: {listed(ignored)}")
    if several:
        texts.append(f"{folder.name}: only the first frame is used of {listed(several)}")
    if twice:
        texts.append(f"{folder.name}: files of one name are keyframes of their own: {listed(twice)}")

    def pictures() -> Iterator[Image.Image]:
        for name in chosen:
            yield next(_open_file(folder / name, 1, smaller=True).pictures())

    return Source(folder, "picture", stems, False, pictures, tuple(texts))


def _check_pictures(folder: Path, names: Sequence[str]) -> list[str]:
    """Raise InkbridgeError if pictures of a folder cannot be opened or are too large together. Return the names of
    those that hold several pictures."""
    pixels, several = 0, []
    for name in names:
        if kind_of_file(folder / name) not in (None, "HEIF"):
            continue
        with open_picture(folder / name) as picture:
            pixels += picture.width * picture.height // (4 if is_jpeg(picture) else 1)
            _check_together(folder, pixels)
            if len(seen_frames(folder / name, picture).indices) > 1:
                several.append(name)
    return several


def _has_image_name(path: Path) -> bool:
    if path.name.startswith(".") or kind_of_path(path) != "file":
        return False
    suffix = path.suffix.lower()
    return suffix in NAMES or Image.registered_extensions().get(suffix) in readable_formats()


def _check_count(path: Path, noun: str, count: int) -> None:
    if count > MOST_PICTURES:
        raise InkbridgeError(f"{path}: expected at most {MOST_PICTURES} {noun}s, found more; leave some out")


def _check_passed(path: Path, pixels: int) -> None:
    if pixels > MOST_PIXELS_PASSED:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_PIXELS_PASSED // 1_000_000} megapixels in all frames up to the last one "
            f"that is read, because each is drawn on those before it; found {pixels // 1_000_000}; make it smaller "
            f"({CELL}×{CELL} is enough) or shorter"
        )


def _check_together(path: Path, pixels: int) -> None:
    if pixels > MOST_PIXELS_TOGETHER:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_PIXELS_TOGETHER // 1_000_000} megapixels in all pictures together, found "
            f"more; make them smaller ({CELL}×{CELL} is enough)"
        )
