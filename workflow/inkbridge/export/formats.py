"""Frames → a file in the format that its name asks for: GIF, WebP, APNG, MP4, or a folder of PNG.

Frames are ``uint8 [T, H, W]``, 0 = paper, 255 = ink. How long a frame is shown is in milliseconds, whole or not;
formats that count in coarser steps show frames for one step more or less, so that the whole keeps its pace. Each file
carries the record of how it was made, where one is given.
"""

import math
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from PIL import Image

from inkbridge.export.colours import LEVELS, WHITE_ON_BLACK, Colours, levels
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, atomic_write, no_place
from inkbridge.support.provenance.carriers import picture_options
from inkbridge.support.provenance.record import Provenance, as_text
from inkbridge.support.types import Frames

_GIF_STEP = 10
"""Milliseconds in which GIFs count."""

_SHORTEST_GIF_FRAME = 20
"""Milliseconds; browsers show frames of a GIF that are shorter for 100."""

_WIDEST = {".gif": 65_535, ".webp": 16_383, ".mp4": 16_384}
"""Pixels of a side that a format can hold, of films the encoder; others hold more than memory does."""


def durations(count: int, frame_ms: float, step: int = 1) -> list[int]:
    """Return how long each of ``count`` frames is shown, in multiples of ``step`` milliseconds, none of them 0, such
    that frame i begins as near as can be to i · ``frame_ms``."""
    begins = np.rint(np.arange(count + 1) * (frame_ms / step)).astype(int) * step
    return [max(step, int(length)) for length in np.diff(begins)]


def write_gif(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as a GIF that loops without end.

    Frames that are equal to the one before are merged with it and its time is lengthened. A GIF knows no half
    transparency: without paper, a pixel is ink or nothing, whichever is nearer.
    """
    tones = levels(frames)
    options: dict[str, Any] = {"disposal": 1, **picture_options(".gif", provenance)}
    if colours.paper is None:
        tones = np.where(tones < LEVELS // 2, 0, LEVELS - 1).astype(np.uint8)
        options |= {"disposal": 2, "transparency": 0}
    pictures = _with_palette(tones, colours)
    _save(path, pictures, duration=durations(len(frames), frame_ms, _GIF_STEP), loop=0, optimize=False, **options)


def write_webp(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an animated WebP, without loss, that loops without end."""
    pictures = _in_full_colour(frames, colours)
    options = {"lossless": True, "quality": 50, "method": 3, **picture_options(".webp", provenance)}
    _save(path, pictures, duration=durations(len(frames), frame_ms), loop=0, **options)


def write_apng(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an animated PNG that loops without end; programs that do not know such show the first frame."""
    # Pillow writes later frames of a palette in colours that ffmpeg does not show.
    pictures = _in_full_colour(frames, colours)
    options = picture_options(".png", provenance)
    _save(path, pictures, format="PNG", duration=durations(len(frames), frame_ms), loop=0, **options)


def write_mp4(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an H.264 film; a side of an odd number of pixels gets one more, of paper.

    Raises :class:`InkbridgeError` where ffmpeg does not bring it to its end.
    """
    from imageio_ffmpeg import get_ffmpeg_exe  # looks for ffmpeg: others do without

    height, width = frames.shape[1:]
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2)))
    table = colours.table()
    size, rate = f"{even.shape[2]}x{even.shape[1]}", Fraction(1000 / frame_ms).limit_denominator()
    command = [get_ffmpeg_exe(), "-v", "error", "-xerror", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size]
    command += ["-r", str(rate), "-i", "-", "-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", "16"]
    command += ["-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact"]
    command += [] if provenance is None else ["-metadata", f"comment={as_text(provenance)}"]
    try:
        with atomic_write(path) as temporary, TemporaryFile() as told:
            command.append(str(temporary.absolute()))  # which no option can be taken for
            # A pipe that nobody reads from any more: ffmpeg has ended, and says why.
            with suppress(BrokenPipeError), subprocess.Popen(command, stdin=subprocess.PIPE, stderr=told) as ffmpeg:
                assert ffmpeg.stdin
                for frame in levels(even):
                    ffmpeg.stdin.write(table[frame].tobytes())
            if ffmpeg.returncode:
                told.seek(0)
                words = " ".join(told.read().decode(errors="replace").split())
                raise RuntimeError(words or f"it ended with {ffmpeg.returncode}")
    except RuntimeError as error:
        raise InkbridgeError(
            f"{path}: expected a whole film of ffmpeg, found none: {error}; write another format"
        ) from error


def write_png_frames(
    folder: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write each frame as a PNG into ``folder``: ``frame_0001.png`` and so on. The folder appears whole or not at all,
    and replaces one that holds such frames and nothing else."""
    pictures = _in_full_colour(frames, colours)
    digits = max(4, len(str(len(frames))))
    with atomic_folder(folder) as temporary:
        for number, picture in enumerate(pictures, start=1):
            picture.save(temporary / f"frame_{number:0{digits}}.png", **picture_options(".png", provenance))


WRITERS: Mapping[str, Callable[[Path, Frames, float, Colours, Provenance | None], None]] = {
    ".gif": write_gif,
    ".webp": write_webp,
    ".png": write_apng,
    ".apng": write_apng,
    ".mp4": write_mp4,
    "": write_png_frames,
}
"""Extension of a file's name, none for a folder → how it is written. ``.svg`` is in :mod:`inkbridge.export.vectors`."""


def check_output(path: Path, frame_ms: float, colours: Colours, width: int = 0, height: int = 0) -> None:
    """Raise :class:`InkbridgeError` where no animation of ``width`` × ``height`` pixels can be written to ``path``,
    before work is spent on it."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS and suffix != ".svg":
        raise InkbridgeError(
            f"{path}: expected a name that ends in .gif, .webp, .png, .apng, .mp4 or .svg, or a folder's without an "
            f"ending; found {path.suffix}"
        )
    if suffix == ".gif" and frame_ms < _SHORTEST_GIF_FRAME:
        raise InkbridgeError(
            f"{path}: browsers show at most 50 frames a second of a GIF; found {1000 / frame_ms:g} fps"
        )
    if suffix == ".mp4" and colours.paper is None:
        raise InkbridgeError(f"{path}: films know no transparency; give the paper a colour, or write .webp or .png")
    if max(width, height) > _WIDEST.get(suffix, math.inf):
        raise InkbridgeError(
            f"{path}: {suffix} holds at most {_WIDEST[suffix]} pixels a side; found {width}×{height}; lower --size, "
            "make a grid of fewer animations, or write another format"
        )
    try:
        _check_place(path, is_folder=suffix == "")
    except OSError as error:  # a name that is too long, a folder that may not be searched
        raise no_place(path, error) from error


def _check_place(path: Path, is_folder: bool) -> None:
    # What stands beside it while it is written has a name that is longer.
    (path.parent / f".{path.name}.partial").exists()
    if is_folder and path.is_dir():
        others = [entry.name for entry in path.iterdir() if not entry.match("frame_*.png")]
        if others:
            raise InkbridgeError(f"{path}: a folder that holds other files ({others[0]}, …); choose a new one")
    elif path.is_dir():
        raise InkbridgeError(f"{path}: expected the name of a file, found a folder")
    elif is_folder and path.exists():
        raise InkbridgeError(f"{path}: expected the name of a folder, found a file; give it an ending such as .gif")
    if not path.parent.is_dir():
        raise InkbridgeError(f"{path}: no folder {path.parent}; make it first, or write elsewhere")
    try:  # what is written proves that it can be, whatever permissions say
        TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise InkbridgeError(
            f"{path}: expected a folder that can be written to, found that {path.parent} cannot ({error.strerror}); "
            "write elsewhere"
        ) from error


def _with_palette(tones: Frames, colours: Colours) -> list[Image.Image]:
    """Return pictures of ``tones`` in a palette of paper (black, where there is none) to ink."""
    shown = Colours(colours.ink, colours.paper or (0, 0, 0))
    pictures = [Image.fromarray(frame, "P") for frame in tones]
    for picture in pictures:
        picture.putpalette(shown.table().ravel().tolist())
    return pictures


def _in_full_colour(frames: Frames, colours: Colours) -> list[Image.Image]:
    table = colours.table()
    return [Image.fromarray(table[frame]) for frame in levels(frames)]


def _save(path: Path, pictures: Sequence[Image.Image], **options: Any) -> None:
    with atomic_write(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], **options)
