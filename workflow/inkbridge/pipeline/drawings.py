"""The drawings of the doodles. They are read once, only if a target needs them, and checked before any job starts."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import inkbridge
from inkbridge.config.settings import Configuration, find_sheet, fingerprint
from inkbridge.export.limits import Film, SettingNames, check_film
from inkbridge.keyframes.images import MOST_BYTES
from inkbridge.keyframes.reading import Keyframes, read_cells
from inkbridge.latent.paths import frame_count
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.types import Ink
from inkbridge.web.sprites import SpriteLayout


@dataclass(frozen=True)
class _Read:
    """What was found in a drawing: how many keyframes, and their ink, or the error of reading it."""

    keyframes: int = 0
    ink: Ink = "light"
    error: str | None = None


def read_doodle(path: Path, reading: Mapping[str, Any]) -> Keyframes:
    """Return the keyframes of a doodle, read as its settings say: :meth:`inkbridge.config.settings.Doodle.reading`."""
    how = dict(reading)
    marks = how.pop("marks", None)
    return read_cells(path, **how).with_marks(marks).keyframes()


class Drawings:
    """The drawings of ``settings``, whose paths are relative to the first of ``folders`` that has the file.

    ``remembered`` is a folder that holds what was found in drawings by their content, so that a drawing is read again
    only if its content has changed.
    """

    def __init__(self, settings: Configuration, *folders: Path, remembered: Path | None = None) -> None:
        self._settings = settings
        self._folders = folders
        self._remembered = remembered
        self._read = cache(self._read_once)
        self._digest = cache(digest)

    def path(self, doodle: str) -> Path:
        """Return the path of a doodle's sheet, folder or animated picture, whether or not it exists."""
        return find_sheet(self._settings.doodles[doodle].sheet, *self._folders)

    def digest(self, doodle: str) -> str:
        """Return the digest of a doodle's drawing, see :func:`digest`; empty if it cannot be read."""
        try:
            return self._digest(self.path(doodle))
        except InkbridgeError:
            return ""

    def frames(self, doodle: str) -> int:
        """Return the number of frames of a doodle's animations; 1 if its drawing cannot be read."""
        keyframes, loop = self._read(doodle).keyframes, self._settings.doodles[doodle].loop
        return frame_count(max(1, keyframes), self._settings.animation_of(doodle).frames_per_segment, loop)

    def check(self, doodle: str, keep_going: bool = False) -> None:
        """Raise :class:`InkbridgeError` if a doodle's drawing cannot be read or its animations exceed a limit.

        The message lists the errors of all doodles, so that they can be corrected together. With ``keep_going``, a
        drawing that cannot be read is no error: its own job will end with it.
        """
        if self._error(doodle) is None or (keep_going and self._read(doodle).error is not None):
            return
        errors = [error for name in self._settings.doodles if (error := self._error(name)) is not None]
        lines = ["these doodles cannot be animated:", *(f"  {error}" for error in errors)]
        if any(self._read(name).error is not None for name in self._settings.doodles):
            lines.append("--keep-going makes everything that needs none of the drawings that cannot be read")
        raise InkbridgeError("\n".join(lines))

    def _error(self, doodle: str) -> str | None:
        read = self._read(doodle)
        if read.error is not None:
            return read.error
        try:
            self._check_animation(doodle, read.keyframes, read.ink)
        except InkbridgeError as error:
            return str(error)
        return None

    def _read_once(self, doodle: str) -> _Read:
        place = self._place_to_remember(doodle)
        if place is not None:
            with suppress(OSError, ValueError, TypeError):
                return _Read(**json.loads(place.read_text(encoding="utf-8")))
        try:
            drawn = read_doodle(self.path(doodle), self._settings.doodles[doodle].reading())
        except InkbridgeError as error:
            return _Read(error=f"doodles.{doodle}: {error}")
        if place is not None:
            _remember(place, json.dumps({"keyframes": len(drawn.images), "ink": drawn.ink}))
        return _Read(len(drawn.images), drawn.ink)

    def _place_to_remember(self, doodle: str) -> Path | None:
        content = self.digest(doodle)
        if self._remembered is None or not content:
            return None
        reading = self._settings.doodles[doodle].reading()
        return self._remembered / f"{content}-{fingerprint(reading, inkbridge.__version__)}.json"

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


def _remember(place: Path, found: str) -> None:
    """Write a file without waiting for the disk, as the drawing can be read again. The folder may be read-only."""
    temporary = place.with_name(f".{os.getpid()}.{place.name}")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(found, encoding="utf-8")
        temporary.replace(place)


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
