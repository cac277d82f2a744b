"""What counts as right: keyframes as they were drawn, or one clear message that names the file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkbridge.keyframes.ink import INK_TONE, SMALLEST_DRAWING
from inkbridge.keyframes.originals import are_drawings
from inkbridge.keyframes.reading import Keyframes
from inkbridge.support.errors import InkbridgeError, printable
from inkbridge.support.types import Images

LONGEST_MESSAGE = 600  # characters, the path apart
REFUSED_LAYOUT = "inkbridge animate"  # a part of each refusal of a sheet whose cells are not certain


@dataclass(frozen=True)
class Truth:
    """What was drawn.

    images: uint8 [K, 64, 64].
    worst: the largest difference of any pixel, in tones of 255.
    squares: the largest difference of the mean of any 4×4 pixels, for pixels that differ by more than that. Both are
        local, because a drawing covers a few percent of the paper: a mean over all pixels would hide its loss.
    warnings: parts of the expected warnings; if empty, there must be none.
    """

    images: Images
    worst: float = 0.0
    squares: float = 0.0
    warnings: tuple[str, ...] = ()


def judge_reading(
    path: Path, expected: Truth | str | None, *, measured: bool = False
) -> Callable[[object], str | None]:
    """Return the judge of a reading of `path`. expected: what was drawn, a part of the message of a refusal, or None if
    either is right. measured: whether nothing says where the cells of a sheet lie, so that it may be refused, too."""

    def judge(result: object) -> str | None:
        if isinstance(result, InkbridgeError):
            complaint = _unclear(str(result), path)
            if complaint or expected is None or (measured and REFUSED_LAYOUT in str(result)):
                return complaint
            if isinstance(expected, Truth):
                return f"refused, although it is valid: {result}"
            said = str(result).replace(printable(str(path)), "")  # a file's name proves nothing
            return None if expected in said else f"refused for another reason than {expected!r}: {result}"
        if not isinstance(result, Keyframes):
            return f"gave {type(result).__name__}"
        if isinstance(expected, str):
            return f"read, although it should be refused: {expected}"
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
    """Return what is wrong with keyframes of any drawing."""
    images = found.images
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (64, 64) or len(images) < 2:
        return f"keyframes are {images.dtype} {images.shape}"
    if not are_drawings(found.originals) or len(found.originals) != len(images):
        return f"originals are {found.originals.dtype} {found.originals.shape}"
    if found.originals.shape == images.shape and (found.originals != images).any():
        return "originals of 64 pixels differ from the keyframes"
    if ((images >= INK_TONE).sum(axis=(1, 2)) >= SMALLEST_DRAWING).sum() < 2:
        return "fewer than two keyframes hold ink"
    if found.ink not in ("light", "dark"):
        return f"ink is {found.ink!r}"
    bad = [text for text in found.warnings if not text.isprintable() or len(text) > LONGEST_MESSAGE]
    return f"a warning cannot be shown: {bad[0]!r}" if bad else None


def _different(found: Keyframes, truth: Truth) -> str | None:
    """Return how keyframes differ from the drawn ones."""
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


def _squares(images: Images) -> NDArray[np.float64]:
    """Return the mean tone of each 4×4 pixels: float [K, 16, 16]."""
    return images.reshape(-1, 16, 4, 16, 4).mean(axis=(2, 4))
