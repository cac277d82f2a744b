"""The drawings of the doodles. They are read once, only if a target needs them, and checked before any job starts."""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from inkbridge.config.settings import Configuration, find_sheet
from inkbridge.export.limits import Film, SettingNames, check_film
from inkbridge.keyframes.images import MOST_BYTES
from inkbridge.keyframes.reading import read_keyframes
from inkbridge.latent.paths import frame_count
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Ink
from inkbridge.web.sprites import SpriteLayout


class Drawings:
    """The drawings of ``settings``, whose paths are relative to the first of ``folders`` that has the file."""

    def __init__(self, settings: Configuration, *folders: Path) -> None:
        self._settings = settings
        self._folders = folders
        self._error = cache(self._find_error)
        self._digest = cache(digest)

    def path(self, doodle: str) -> Path:
        """Return the path of a doodle's sheet, folder or animated picture, whether or not it exists."""
        return find_sheet(self._settings.doodles[doodle].sheet, *self._folders)

    def digest(self, doodle: str) -> str:
        """Return the digest of a doodle's drawing; see :func:`digest`."""
        return self._digest(self.path(doodle))

    def check(self, doodle: str) -> None:
        """Raise :class:`InkbridgeError` if a doodle's drawing cannot be read or its animations exceed a limit.

        The message lists the errors of all doodles, so that they can be corrected together.
        """
        if self._error(doodle) is not None:
            errors = [error for name in self._settings.doodles if (error := self._error(name)) is not None]
            raise InkbridgeError("\n".join(["these doodles cannot be animated:", *(f"  {error}" for error in errors)]))

    def _find_error(self, doodle: str) -> str | None:
        try:
            drawn = read_keyframes(self.path(doodle), **self._settings.doodles[doodle].reading())
        except InkbridgeError as error:
            return f"doodles.{doodle}: {error}"
        try:
            self._check_animation(doodle, len(drawn.images), drawn.ink)
        except InkbridgeError as error:
            return str(error)
        return None

    def _check_animation(self, doodle: str, keyframes: int, ink: Ink) -> None:
        animation, loop = self._settings.animation_of(doodle), self._settings.doodles[doodle].loop
        frames, size = frame_count(keyframes, animation.frames_per_segment, loop), animation.size
        film = Film(".gif", frames, size, size, animation.frame_ms, animation.colours_of(ink))
        check_film(f"doodles.{doodle}", film, self._names_of_settings(doodle))
        try:
            SpriteLayout.of(frames, size)
        except InkbridgeError as error:
            raise InkbridgeError(f"doodles.{doodle}: {error}") from None

    def _names_of_settings(self, doodle: str) -> SettingNames:
        own = self._settings.doodles[doodle].own_animation()
        frames, speed = (
            f"doodles.{doodle}.{key}" if key in own else f"animation.{key}"
            for key in ("frames_per_segment", "frame_ms")
        )
        return SettingNames(frames, "animation.size", speed, "ms", "animation.colours")


def digest(drawing: Path) -> str:
    """Return 32 hexadecimal digits that stand for the content of a file, or for the names and contents of the files in
    a folder. Modification times and the drawing's own name do not count.

    Raises :class:`InkbridgeError` if a file cannot be read.
    """
    total = hashlib.blake2b(digest_size=16)
    try:
        for name, file in _named_files(drawing):
            total.update(f"{len(name)} {name}".encode(errors="surrogateescape") + _digest_of_file(file))
    except OSError as error:
        raise InkbridgeError(f"{drawing}: expected a drawing that can be read, found: {error}") from error
    return total.hexdigest()


def _digest_of_file(file: Path) -> bytes:
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_BYTES:  # refused as a picture, ignored as anything else
            return str(size).encode()
        return hashlib.file_digest(stream, "blake2b").digest()


def _named_files(drawing: Path) -> Iterator[tuple[str, Path]]:
    if not drawing.is_dir():
        yield "", drawing
        return
    for file in sorted(drawing.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            yield file.name, file
