"""What is right: keyframes as they were drawn, or one clear message that names the file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.ink import INK_TONE, SMALLEST_DRAWING
from inkbridge.keyframes.reading import Keyframes
from inkbridge.support.errors import InkbridgeError, printable

Bytes = NDArray[np.uint8]

LONGEST_MESSAGE = 600  # characters, the path apart


@dataclass(frozen=True)
class Truth:
    """What has been drawn.

    images: uint8 [K, 64, 64]. worst: how far any pixel may be from them, in tones of 255. squares: where pixels may be
    further than that, how far the mean of any 4×4 of them may be. Both are about a place and not about the whole, of
    which a drawing is a few percent: a mean over that has room for its loss. warnings: parts of warnings that must be
    given; where it is empty, none may be.
    """

    images: Bytes
    worst: float = 0.0
    squares: float = 0.0
    warnings: tuple[str, ...] = ()


def judge_reading(path: Path, expected: Truth | str | None) -> Callable[[object], str | None]:
    """Return the judge of what reading `path` gave. expected: what was drawn; part of the message of a refusal; or None
    where either may come."""

    def judge(result: object) -> str | None:
        if isinstance(result, InkbridgeError):
            complaint = _unclear(str(result), path)
            if complaint or expected is None:
                return complaint
            if isinstance(expected, Truth):
                return f"refused though it is right: {result}"
            said = str(result).replace(printable(str(path)), "")  # the name says nothing
            return None if expected in said else f"refused for another reason than {expected!r}: {result}"
        if not isinstance(result, Keyframes):
            return f"gave {type(result).__name__}"
        if isinstance(expected, str):
            return f"read, where it was to be refused: {expected}"
        complaint = _broken(result)
        return complaint or (_different(result, expected) if expected else None)

    return judge


def _unclear(message: str, path: Path) -> str | None:
    name = printable(str(path))
    if name not in message:
        return f"the message does not name the file: {message!r}"
    if not message.isprintable():
        return f"the message has characters that cannot be printed: {message!r}"
    if len(message) - len(name) * message.count(name) > LONGEST_MESSAGE:
        return f"the message is {len(message)} characters long: {message[:200]!r}"
    return None


def _broken(found: Keyframes) -> str | None:
    """Return what is wrong with keyframes whatever has been drawn."""
    images = found.images
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (64, 64) or len(images) < 2:
        return f"keyframes are {images.dtype} {images.shape}"
    if ((images >= INK_TONE).sum(axis=(1, 2)) >= SMALLEST_DRAWING).sum() < 2:
        return "fewer than two keyframes hold ink"
    if found.ink not in ("light", "dark"):
        return f"ink is {found.ink!r}"
    bad = [text for text in found.warnings if not text.isprintable() or len(text) > LONGEST_MESSAGE]
    return f"a warning cannot be shown: {bad[0]!r}" if bad else None


def _different(found: Keyframes, truth: Truth) -> str | None:
    """Return in what keyframes depart from the drawn ones."""
    if found.images.shape != truth.images.shape:
        return f"{len(found.images)} keyframes where {len(truth.images)} were drawn"
    far = np.abs(found.images.astype(float) - truth.images)
    squares = np.abs(_squares(found.images) - _squares(truth.images))
    if far.max() > truth.worst and squares.max() > truth.squares:
        index = int(squares.max(axis=(1, 2)).argmax())
        return (
            f"keyframe {index + 1} is {far[index].max():.0f} tones from the drawn one at worst, "
            f"{squares[index].max():.1f} in 4×4 pixels; at most {truth.worst:.0f} or {truth.squares:.0f}"
        )
    missing = [part for part in truth.warnings if not any(part in text for text in found.warnings)]
    if missing:
        return f"no warning of {missing[0]!r}: {found.warnings}"
    return f"needless warnings: {found.warnings}" if found.warnings and not truth.warnings else None


def _squares(images: Bytes) -> NDArray[np.float64]:
    """Return the mean tones of 4×4 pixels each: float [K, 16, 16]."""
    return images.reshape(-1, 16, 4, 16, 4).mean(axis=(2, 4))
