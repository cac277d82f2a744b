"""Whether an animation can be written where the user wants it."""

from pathlib import Path
from tempfile import TemporaryFile

from inkbridge.export.formats import WRITERS
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import unwritable


def check_output(path: Path) -> None:
    """Raise :class:`InkbridgeError` if no animation can be written to ``path``: its extension names no format, its
    folder is missing or read-only, or something else has its name. Call this before any work."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS and suffix != ".svg":
        raise InkbridgeError(
            f"{path}: expected a name that ends in .gif, .webp, .png, .apng, .mp4 or .svg, or a folder's name without "
            f"an extension; found {path.suffix}"
        )
    try:
        _check_place(path, is_folder=suffix == "")
    except OSError as error:  # the name is too long, or the folder may not be searched
        raise unwritable(path, error) from error


def _check_place(path: Path, is_folder: bool) -> None:
    # While a file is written, it has a longer name.
    (path.parent / f".{path.name}.partial").exists()
    if is_folder and path.is_dir():
        others = [entry.name for entry in path.iterdir() if not entry.match("frame_*.png")]
        if others:
            raise InkbridgeError(f"{path}: this folder holds other files ({others[0]}, …); choose a new one")
    elif path.is_dir():
        raise InkbridgeError(f"{path}: expected the name of a file, found a folder; choose another name")
    elif is_folder and path.exists():
        raise InkbridgeError(f"{path}: expected the name of a folder, found a file; add an extension such as .gif")
    if not path.parent.is_dir():
        raise InkbridgeError(f"{path}: no folder {path.parent}; create it first, or write elsewhere")
    try:  # Permissions do not tell reliably whether writing works. Only writing does.
        TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise InkbridgeError(
            f"{path}: expected a folder that can be written to; {path.parent} cannot be ({error.strerror}); write "
            "elsewhere"
        ) from error
