"""A path → the pictures that a person sees there, upright, in order, each with a name.

A file is one picture, or several: the frames of an animation or the pages of a document. A folder has a picture in each
of its files. Pictures are decoded one at a time, so that memory holds one of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from inkbridge import CELL
from inkbridge.keyframes.images import (
    count_frames,
    decode,
    go_to_frame,
    is_animated,
    kind_of_path,
    named_failures,
    open_picture,
    readable_formats,
    require_file,
)
from inkbridge.keyframes.order import order_of_name
from inkbridge.keyframes.wording import listed
from inkbridge.support.errors import InkbridgeError

MOST_PICTURES = 4096
"""Pictures of a folder or animation: bounds memory."""

MOST_PIXELS_TOGETHER = 100_000_000
"""Pixels of all pictures of a folder or animation: bounds time."""


@dataclass(frozen=True, eq=False)
class Source:
    """The pictures of a path.

    path: where they are. noun: the word for one of them in messages: picture, frame or page. names: what to call each
    of them below its drawing: the name of its file without the extension, or its number. is_sheet: whether the source
    is a single picture, which may hold many cells. warnings: what the person who drew should know. pictures: decodes
    them, in order: RGBA, upright.
    """

    path: Path
    noun: str
    names: tuple[str, ...]
    is_sheet: bool
    pictures: Callable[[], Iterator[Image.Image]]
    warnings: tuple[str, ...] = ()


def open_source(path: Path) -> Source:
    """Return the pictures of a file or folder, before they are decoded.

    Raises InkbridgeError if the source is missing, damaged, empty, or too large. Decoding raises it, too.
    """
    if kind_of_path(path) == "folder":
        return _open_folder(path)
    require_file(path)
    with open_picture(path) as picture:
        if is_animated(path, picture):
            count = count_frames(path, picture, MOST_PICTURES)
            _check_count(path, "frame", count)
            _check_together(path, count * picture.width * picture.height)
            names = tuple(str(number + 1) for number in range(count))
            return Source(path, "frame", names, False, lambda: _frames(path))
    return Source(path, "picture", (path.stem,), True, lambda: iter([decode_file(path)]))


def decode_file(path: Path) -> Image.Image:
    """Return the first picture of a file, upright, as RGBA."""
    with open_picture(path) as picture:
        return decode(path, picture)


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
    texts = []
    ignored = [name for name in names if name not in set(chosen)]
    if ignored:
        texts.append(f"{folder.name}: not pictures, ignored: {listed(ignored)}")
    pixels, animated = 0, []
    for name in chosen:
        with open_picture(folder / name) as picture:
            pixels += picture.width * picture.height
            _check_together(folder, pixels)
            if is_animated(folder / name, picture):
                animated.append(name)
    if animated:
        texts.append(f"{folder.name}: only the first frame is used of {listed(animated)}")
    stems = tuple(Path(name).stem for name in chosen)
    return Source(
        folder, "picture", stems, False, lambda: (decode_file(folder / name) for name in chosen), tuple(texts)
    )


def _has_image_name(path: Path) -> bool:
    if path.name.startswith(".") or kind_of_path(path) != "file":
        return False
    return Image.registered_extensions().get(path.suffix.lower()) in readable_formats()


# --- animations ----------------------------------------------------------------------------------------------


def _frames(path: Path) -> Iterator[Image.Image]:
    """Decode every frame of an animated picture."""
    with open_picture(path) as picture:
        index = pixels = 0
        while go_to_frame(path, picture, index):
            index += 1
            _check_count(path, "frame", index)
            pixels += picture.width * picture.height
            _check_together(path, pixels)
            yield decode(path, picture)


def _check_count(path: Path, noun: str, count: int) -> None:
    if count > MOST_PICTURES:
        raise InkbridgeError(f"{path}: expected at most {MOST_PICTURES} {noun}s, found more; leave some out")


def _check_together(path: Path, pixels: int) -> None:
    if pixels > MOST_PIXELS_TOGETHER:
        raise InkbridgeError(
            f"{path}: expected at most {MOST_PIXELS_TOGETHER // 1_000_000} megapixels in all pictures together, found "
            f"more; make them smaller ({CELL}×{CELL} is enough)"
        )
