"""The drawing that is being drawn: in memory, with a number for each change, and on disk within a second."""

import asyncio
import fcntl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from inkbridge.drawings.drawing import MOST_POINTS_TOGETHER, Drawing, Keyframe
from inkbridge.drawings.files import read_drawing, write_drawing
from inkbridge.support.errors import InkbridgeError

SAVE_AFTER = 0.3
"""Seconds from a change to the save that begins with it. Changes in between are saved together."""

RETRY_AFTER = 2.0
"""Seconds from a save that failed to the next one."""


class Conflict(Exception):
    """Somebody else has changed the drawing."""


class Store:
    """A drawing, its file and its revision.

    The revision rises with each change. It begins with the time, so that no revision of a former run comes again.
    """

    def __init__(self, path: Path, drawing: Drawing, changed: Callable[[int], None]) -> None:
        self.path = path
        self.drawing = drawing
        self.revision = time.time_ns() // 1_000_000
        self.problem: str | None = None
        self._saved = self.revision
        self._changed = changed
        self._dirty = asyncio.Event()
        self._writing = threading.Lock()

    def replace(self, base: int, drawing: Drawing) -> int:
        """Replace the drawing, and return its revision. Raises :class:`Conflict` if it has changed since ``base``."""
        if base != self.revision:
            raise Conflict
        self.drawing = drawing
        self.revision += 1
        self._dirty.set()
        self._changed(self.revision)
        return self.revision

    def replace_keyframe(self, base: int, keyframe: Keyframe) -> int:
        """Replace the keyframe of the same id, and return the revision. Raises :class:`Conflict` as :meth:`replace`,
        also if there is no such keyframe, and :class:`InkbridgeError` if the drawing gets too large."""
        keyframes = list(self.drawing.keyframes)
        places = [place for place, known in enumerate(keyframes) if known.id == keyframe.id]
        if base != self.revision or not places:
            raise Conflict
        keyframes[places[0]] = keyframe
        if sum(one.points for one in keyframes) > MOST_POINTS_TOGETHER:
            raise InkbridgeError(f"the strokes of all keyframes: expected at most {MOST_POINTS_TOGETHER} points")
        return self.replace(base, self.drawing.model_copy(update={"keyframes": keyframes}))

    async def keep_saved(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """Save every change, until cancelled. ``tell`` gets the revision that is saved, or a sentence if a save fails,
        which is then tried again."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(SAVE_AFTER)
            self._dirty.clear()
            try:
                await asyncio.to_thread(self.save)
            except InkbridgeError as error:
                if self.problem != str(error):
                    self.problem = str(error)
                    tell({"failed": self.problem})
                self._dirty.set()
                await asyncio.sleep(RETRY_AFTER)
            else:
                self.problem = None
                tell({"saved": self._saved})

    def save(self) -> None:
        """Write the drawing to its file if it has changed. Raises :class:`InkbridgeError` if that fails."""
        with self._writing:  # an earlier save may still write, in a thread of its own
            revision, drawing = self.revision, self.drawing
            if revision != self._saved:
                write_drawing(self.path, drawing)
                self._saved = revision


def open_drawing(path: Path) -> Drawing:
    """Return the drawing in a file, or a new one if there is none. Raises :class:`InkbridgeError` if it is damaged or
    its folder is missing."""
    if path.is_dir():
        raise InkbridgeError(f"{path}: expected the name of a file, found a folder; name a file in it")
    if path.exists():
        return read_drawing(path)
    if not path.absolute().parent.is_dir():
        raise InkbridgeError(f"{path}: no folder {path.parent}; create it first, or name a file elsewhere")
    return Drawing()


def claim(path: Path) -> IO[bytes]:
    """Return a lock, so that two studios never draw on one file. It lasts as long as the returned file is open.

    Raises :class:`InkbridgeError` if another studio has the drawing.
    """
    place = path.with_name(f".{path.name}.studio")
    try:
        file = place.open("ab")
    except OSError as error:
        raise InkbridgeError(f"{path}: expected a folder that can be written to: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise InkbridgeError(f"{path}: another studio has this drawing open; end it, or name another file") from None
    except OSError:  # a file system without locks
        pass
    return file


def release(path: Path, lock: IO[bytes]) -> None:
    """Give up the lock of :func:`claim`."""
    with suppress(OSError):
        path.with_name(f".{path.name}.studio").unlink()
    lock.close()
