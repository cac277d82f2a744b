"""The limits of animations: how short a frame, how wide a picture and how large a whole animation may be.

Only :func:`check_film` checks them. Call it before any work, even before a model is loaded.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inkbridge import CELL
from inkbridge.export.colours import Colours
from inkbridge.support.errors import InkbridgeError

SMALLEST_SIZE, LARGEST_SIZE = CELL, 1024
"""Pixels of the side of an animation, or of each animation in a grid."""

MOST_FRAMES_PER_SEGMENT = 1000
"""Frames from one keyframe to the next."""

MOST_FILM_PIXELS = 2_000_000_000
"""Pixels of all frames of an animation together. Bounds memory: frames take one byte per pixel, and while they are
written 2 bytes more for GIF, 4 for WebP and 8 for APNG."""

SHORTEST_FRAME_MS: Mapping[str, int] = {".gif": 20, ".webp": 11, ".png": 11, ".apng": 11}
"""Format → milliseconds of the shortest frame that browsers show for as long as it says.

Chromium, Firefox and Safari show a frame of 10 ms or less for 100 ms (Chromium's
``DeferredImageDecoder::FrameDurationAtIndex``; measured in Chromium 156). The next longer frame is one step longer.
"""

LONGEST_FRAME_MS = 655_350
"""Milliseconds of the longest frame: GIF stores 16 bits of hundredths of a second."""

WIDEST: Mapping[str, int] = {".gif": 65_535, ".webp": 16_383, ".mp4": 16_384}
"""Format → pixels of the longest side that it can hold, or for MP4, that its encoder accepts. Other formats can hold
more than memory can."""

STEP_MS: Mapping[str, int] = {".gif": 10, ".webp": 1, ".png": 1, ".apng": 1}
"""Format → milliseconds in which it counts the time of a frame; other formats count in fractions."""

_NAMES = {".gif": "GIF", ".webp": "WebP", ".png": "PNG", ".apng": "PNG", ".mp4": "MP4"}


@dataclass(frozen=True)
class Film:
    """The properties of an animation to write that its limits depend on."""

    format: str
    """The extension of the file in lower case, for example ``.gif``; empty for a folder of PNG frames."""
    frames: int
    """Number of frames."""
    width: int
    """Pixels of a frame, or of the whole grid of animations. For SVG, a cell of strokes counts as 64 × 64 pixels, which
    take about as much memory."""
    height: int
    frame_ms: float
    """Milliseconds for which each frame is shown."""
    colours: Colours

    @property
    def written_size(self) -> tuple[int, int]:
        """Width and height of the file: the sides of an MP4 are even numbers of pixels."""
        step = 2 if self.format == ".mp4" else 1
        return math.ceil(self.width / step) * step, math.ceil(self.height / step) * step

    @property
    def written_ms(self) -> float:
        """Milliseconds for which the file plays once, rounded to the steps of its format."""
        total, step = self.frames * self.frame_ms, STEP_MS.get(self.format)
        return total if step is None else round(total / step) * step


@dataclass(frozen=True)
class SettingNames:
    """The names under which a caller knows the settings of a film, for its error messages.

    Examples are those of the command line and of the configuration.
    """

    frames: str
    """``--frames``, or ``animation.frames_per_segment``."""
    size: str
    """``--size``, or ``animation.size``."""
    speed: str
    """``--fps``, or ``animation.frame_ms``."""
    speed_unit: Literal["fps", "ms"]
    """Whether ``speed`` is in frames a second or in milliseconds a frame."""
    colours: str
    """``--colours``, or ``animation.colours``."""


def check_film(place: str, film: Film, names: SettingNames) -> None:
    """Raise :class:`InkbridgeError` if ``film`` exceeds a limit of its format or of memory.

    The message begins with ``place``, a file or a key of the configuration, and names the setting to change.
    """
    _check_speed(place, film, names)
    if film.format == ".mp4" and film.colours.paper is None:
        raise InkbridgeError(
            f"{place}: MP4 has no transparency; give the paper a colour ({names.colours}), or write .webp or .png"
        )
    width, height = film.written_size
    if max(width, height) > WIDEST.get(film.format, math.inf):
        raise InkbridgeError(
            f"{place}: {film.format} holds at most {WIDEST[film.format]} pixels a side; found {width}×{height}; lower "
            f"{names.size}, make a grid of fewer animations, or write another format"
        )
    if film.frames * width * height > MOST_FILM_PIXELS:
        change = names.frames if film.format == ".svg" else f"{names.size} or {names.frames}"
        raise InkbridgeError(
            f"{place}: expected at most {MOST_FILM_PIXELS // 10**6} megapixels in all frames together; found "
            f"{film.frames} frames of {width}×{height}, which are too many; lower {change}"
        )


def _check_speed(place: str, film: Film, names: SettingNames) -> None:
    if not 0 < film.frame_ms <= LONGEST_FRAME_MS:
        raise InkbridgeError(
            f"{place}: expected a time above 0 ms and of at most {LONGEST_FRAME_MS} ms a frame; found "
            f"{film.frame_ms:g} ms; change {names.speed}"
        )
    shortest = SHORTEST_FRAME_MS.get(film.format, 0)
    if film.frame_ms >= shortest:
        return
    if names.speed_unit == "fps":
        limit = f"at most {math.floor(1000 / shortest)} frames a second"
        found, change = f"{1000 / film.frame_ms:g}", f"lower {names.speed}"
    else:
        limit = f"at least {shortest} ms a frame"
        found, change = f"{film.frame_ms:g} ms", f"raise {names.speed}"
    raise InkbridgeError(
        f"{place}: expected {limit}, {reason_for_shortest_frame(film.format)}; found {found}; {change}"
    )


def reason_for_shortest_frame(suffix: str) -> str:
    """Return why frames of a format, named by its ending, have to be as long as :data:`SHORTEST_FRAME_MS` says."""
    return f"because browsers slow down a {_NAMES[suffix]} with shorter frames to 10 a second"
