"""Frames → a file in the format that its name asks for: GIF, WebP, APNG, MP4, or a folder of PNG.

Frames are ``uint8 [T, H, W]``, 0 = paper, 255 = ink. The time for which a frame is shown is in milliseconds and need
not be a whole number. Formats that count in coarser steps show some frames for one step more than others, so that the
animation keeps its pace. Each file carries the record of how it was made, if there is one.

imageio writes GIF, WebP and PNG (with Pillow). MP4 is written with PyAV, because neither of imageio's plugins for films
will do: the one for PyAV has no setting for the quality or the colour matrix; the one for FFmpeg has both (``quality``,
``output_params``) but ignores FFmpeg's exit status, so that half a film would pass as a whole one.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkbridge.export.colours import TONES, WHITE_ON_BLACK, Colours, to_tones
from inkbridge.export.limits import LONGEST_FRAME_MS, STEP_MS
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, atomic_write
from inkbridge.support.pictures import write_pictures
from inkbridge.support.provenance.carriers import image_options
from inkbridge.support.provenance.record import Provenance, as_text
from inkbridge.support.types import Frames

_MP4_THREADS = 4
"""Threads of the encoder. The bytes that x264 writes depend on their number, so it is the same on every machine."""

_BT601_MATRIX, _SRGB_PRIMARIES, _SRGB_TRANSFER, _LIMITED_RANGE = 6, 1, 13, 1
"""Codes of ITU-T H.273; the last one is FFmpeg's, for tones from 16 to 235.

The matrix is BT.601: with it, Chromium shows every colour to within 1 of 255 at any size; with BT.709, blue is off by
up to 7.
"""


def durations(count: int, frame_ms: float, step: int) -> list[int]:
    """Return how long each of ``count`` frames is shown, in milliseconds.

    All are multiples of ``step``, none is 0, and frame i begins as near to i · ``frame_ms`` as the step allows.
    """
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

    A frame that equals the one before is merged with it, which is then shown for longer. GIF has no partial
    transparency: without paper, a pixel is either ink or transparent, whichever is nearer.
    """
    tones, lengths = to_tones(frames), durations(len(frames), frame_ms, STEP_MS[".gif"])
    palette = Colours(colours.ink, colours.paper or (0, 0, 0)).palette()
    options: dict[str, Any] = {"disposal": 1, **image_options(".gif", provenance)}
    if colours.paper is None:
        tones = np.where(tones < TONES // 2, 0, TONES - 1).astype(np.uint8)
        options |= {"disposal": 2, "transparency": 0}
    if sum(lengths) > LONGEST_FRAME_MS:
        tones, palette = _split_long_holds(tones, lengths), np.concatenate([palette, palette])
    options |= {"mode": "P", "palette": palette.tobytes(), "optimize": False}
    _write_animation(path, ".gif", tones, {"duration": lengths, **options})


def _split_long_holds(tones: Frames, lengths: list[int]) -> Frames:
    """Return ``tones`` changed so that no run of equal frames lasts longer than a frame of a GIF can be shown.

    If a run is too long, one pixel of a frame gets a number that is higher by ``TONES``. The palette is doubled, so
    that this number has the same colour. The pixel is the one with the most ink, because the number of transparent
    paper has no double.
    """
    split, mark, shown = tones.copy(), 0, 0
    for number, (frame, length) in enumerate(zip(split, lengths, strict=True)):
        is_held = number > 0 and np.array_equal(tones[number - 1], frame)
        if not is_held:
            mark, shown = 0, 0
        elif shown + length > LONGEST_FRAME_MS:
            mark, shown = TONES - mark, 0
        shown += length
        frame.flat[frame.argmax()] += mark
    return split


def write_webp(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an animated, lossless WebP that loops without end."""
    lengths = durations(len(frames), frame_ms, STEP_MS[".webp"])
    options = {"lossless": True, "quality": 50, "method": 3, **image_options(".webp", provenance)}
    _write_animation(path, ".webp", _coloured(frames, colours), {"duration": lengths, **options})


def write_apng(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an animated PNG that loops without end. Programs that cannot play it show the first frame."""
    # Full colour: ffmpeg shows the later frames of an APNG with a palette in wrong colours.
    lengths, options = durations(len(frames), frame_ms, STEP_MS[".png"]), image_options(".png", provenance)
    _write_animation(path, ".png", _coloured(frames, colours), {"duration": lengths, **options})


def write_mp4(
    path: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write frames as an H.264 film. A side with an odd number of pixels gets one more, of paper.

    Colours are converted with the matrix of BT.601, and the film names it. If a film names no matrix, players have to
    guess: most take BT.601 below 720 lines and BT.709 from there on.

    Raises :class:`InkbridgeError` if the encoder fails.
    """
    import av  # takes 0.1 s, which only films need

    height, width = frames.shape[1:]
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2)))
    rate = Fraction(1000 / frame_ms).limit_denominator()
    with atomic_write(path) as temporary:
        try:
            _encode(temporary, _coloured(even, colours), even.shape[1:], rate, provenance)
        except av.FFmpegError as error:
            if error.errno in errno.errorcode:  # an error of the system: the disk is full, for example
                raise OSError(error.errno, error.strerror) from error
            raise InkbridgeError(f"{path}: expected a whole film, found none: {error}; write another format") from error


def _encode(
    path: Path,
    images: Iterable[NDArray[np.uint8]],
    size: tuple[int, ...],
    rate: Fraction,
    provenance: Provenance | None,
) -> None:
    """Write images ``uint8 [H, W, 3]`` as H.264, ``rate`` of them a second; ``size`` is ``(H, W)``."""
    import av

    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path.absolute()), "w", format="mp4", options=options) as film:
        if provenance is not None:
            film.metadata["comment"] = as_text(provenance)
        stream = film.add_stream("libx264", rate, {"crf": "16"}, width=size[1], height=size[0], pix_fmt="yuv420p")
        encoder = stream.codec_context
        encoder.thread_count = _MP4_THREADS
        encoder.colorspace, encoder.color_primaries = _BT601_MATRIX, _SRGB_PRIMARIES
        encoder.color_trc, encoder.color_range = _SRGB_TRANSFER, _LIMITED_RANGE
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(
                format="yuv420p",
                dst_colorspace=_BT601_MATRIX,
                dst_color_primaries=_SRGB_PRIMARIES,
                dst_color_trc=_SRGB_TRANSFER,
                dst_color_range=_LIMITED_RANGE,
                threads=1,  # others would outlive the film (see the end of imageio's PyAVPlugin.close)
            )
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


def write_png_frames(
    folder: Path,
    frames: Frames,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write each frame as a PNG into ``folder``: ``frame_0001.png`` and so on.

    The folder appears whole or not at all, and replaces one that holds such frames and nothing else.
    """
    digits = max(4, len(str(len(frames))))
    with atomic_folder(folder) as temporary:
        for number, image in enumerate(_coloured(frames, colours), start=1):
            file = temporary / f"frame_{number:0{digits}}.png"
            write_pictures(file, ".png", [image], image_options(".png", provenance))


WRITERS: Mapping[str, Callable[[Path, Frames, float, Colours, Provenance | None], None]] = {
    ".gif": write_gif,
    ".webp": write_webp,
    ".png": write_apng,
    ".apng": write_apng,
    ".mp4": write_mp4,
    "": write_png_frames,
}
"""Extension of a file, empty for a folder → the function that writes the format.

``.svg`` is in :mod:`inkbridge.export.vectors`.
"""


def _coloured(frames: Frames, colours: Colours) -> Iterator[NDArray[np.uint8]]:
    """Yield each frame in colours, ``uint8 [H, W, 3]``, or ``[H, W, 4]`` without paper."""
    palette = colours.palette()
    return (palette[to_tones(frame)] for frame in frames)


def _write_animation(path: Path, ending: str, images: Iterable[NDArray[np.uint8]], options: Mapping[str, Any]) -> None:
    with atomic_write(path) as temporary:
        write_pictures(temporary, ending, images, {"save_all": True, "loop": 0, **options})
