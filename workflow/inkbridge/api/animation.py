"""A drawn animation: its frames, its strokes, and the files that they are saved in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.api.options import FilmOptions
from inkbridge.api.plan import Look, look
from inkbridge.config.settings import Configuration
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.export.colours import Colours
from inkbridge.export.formats import WRITERS
from inkbridge.export.limits import Film, SettingNames, check_film
from inkbridge.export.montage import animation_grid, animation_grid_size
from inkbridge.export.outputs import check_output
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.progress import Progress, silent
from inkbridge.support.provenance.record import Provenance
from inkbridge.support.types import Array, Frames

Item = TypeVar("Item")

_FILM = FilmOptions()

OPTION_NAMES = SettingNames(
    frames="the number of frames", size="size", speed="frame_ms", speed_unit="ms", colours="colours"
)
"""What messages about limits call the options of :class:`inkbridge.FilmOptions`."""


def film_of(place: str | Path, look: Look, shape: tuple[int, int], frames: int) -> Film:
    """Return what the limits of a file depend on.

    ``place`` is the file's name, ``shape`` the rows and columns of the grid, ``frames`` the number of frames.
    """
    suffix = Path(place).suffix.lower()
    size = CELL if suffix == ".svg" else look.size
    width, height = (size, size) if shape == (1, 1) else animation_grid_size(*shape, size)
    return Film(suffix, frames, width, height, look.frame_ms, look.colours)


@dataclass(frozen=True, eq=False)
class Animation:
    """One animation, or several in step as a grid with captions. It is drawn when its frames are first asked for.

    doodle: what draws it.
    latents: the rows of the grid; each animation is a path ``float32 [T, D]``, and all have the same length.
    captions: a text for each animation, which is shown if there are several.
    look: size, speed and colours, unless :meth:`save` is given others.
    provenance: how it was made; every file carries it.
    progress: wraps the steps of the drawing; see :func:`inkbridge.animate`.
    fidelity: how well each keyframe is drawn: float64 [K], shared over united ink; None if there are no keyframes.

    >>> animation = ink.animate("cat.png")
    >>> animation.frames.shape, animation.frames.dtype
    ((7, 64, 64), dtype('uint8'))
    >>> animation.strokes.shape
    (7, ..., 10)
    >>> animation.save("cat.gif")
    >>> animation.save("cat.webp", size=128, colours="#1b6697,transparent")
    """

    doodle: FittedDoodle
    latents: Sequence[Sequence[Array]]
    captions: Sequence[Sequence[str]]
    look: Look
    provenance: Provenance | None = None
    progress: Progress = silent
    fidelity: NDArray[np.float64] | None = None

    @classmethod
    def of_latents(cls, doodle: FittedDoodle, latents: Array, film: FilmOptions = _FILM) -> "Animation":
        """Return the animation along a path of your own: standardised ``latents`` ``float32 [T, D]``.

        Options that ``film`` leaves open have the defaults of the configuration.

        >>> doodle = ink.fit(ink.read_keyframes("cat.png"))
        >>> there_and_back = doodle.latents[[0, 1, 2, 1]]
        >>> ink.Animation.of_latents(doodle, there_and_back, ink.FilmOptions(frame_ms=250)).save("cat.gif")
        """
        if latents.ndim != 2 or latents.shape[1] != doodle.latents.shape[1] or not len(latents):
            raise InkbridgeError(f"latents: expected [T, {doodle.latents.shape[1]}]; found {list(latents.shape)}")
        defaults = Configuration.model_construct(doodles={}, variants={})
        return cls(doodle, [[latents]], [[""]], look(film, defaults, doodle.ink), doodle.provenance)

    @property
    def frame_ms(self) -> float:
        """Milliseconds that a frame is shown."""
        return self.look.frame_ms

    @cached_property
    def frames(self) -> Frames:
        """The frames, ``uint8 [T, H, W]``, 0 = paper and 255 = ink."""
        return self.draw(self.look.size)

    @cached_property
    def strokes(self) -> Array | None:
        """The strokes, ``float32 [T, N, 10]``, in pixels of a cell of 64 × 64; None if the network makes pixels.

        The ten numbers are named in :data:`inkbridge.export.vectors.COLUMNS`. A grid of A animations has
        ``[A, T, N, 10]``.
        """
        if not self.doodle.has_strokes:
            return None
        drawn = [self.doodle.decoder_output(path) for row in self.latents for path in row]
        return drawn[0] if len(drawn) == 1 else np.stack(drawn)

    def draw(self, size: int) -> Frames:
        """Return the frames at another ``size`` in pixels, ``uint8 [T, H, W]``."""
        paths = [path for row in self.latents for path in row]
        # All paths are drawn as one, so that there is one progress bar.
        drawn = self.doodle.draw(np.concatenate(paths), size, self.progress).reshape(len(paths), -1, size, size)
        return (
            drawn[0] if len(paths) == 1 else animation_grid(in_rows(list(drawn), len(self.latents[0])), self.captions)
        )

    def save(
        self,
        path: str | Path,
        *,
        size: int | None = None,
        frame_ms: float | None = None,
        colours: Colours | str | None = None,
    ) -> None:
        """Write the animation. The extension of ``path`` sets the format: .gif, .webp, .png or .apng, .mp4, .svg; a
        path without one becomes a folder of PNG frames. An SVG consists of strokes.

        In this file, ``size``, ``frame_ms`` and ``colours`` replace those of the animation.
        Raises :class:`InkbridgeError` if the file cannot be written, or its format cannot hold the animation.
        """
        place = Path(path)
        parsed = Colours.parse(colours) if isinstance(colours, str) else colours
        asked = FilmOptions(size, frame_ms, parsed)
        look = Look(asked.size or self.look.size, asked.frame_ms or self.look.frame_ms, parsed or self.look.colours)
        check_output(place)
        check_film(str(place), self.film(place, look), OPTION_NAMES)
        made = self._provenance_with(look)
        if place.suffix.lower() == ".svg":
            self._save_strokes(place, look, made)
            return
        frames = self.frames if look.size == self.look.size else self.draw(look.size)
        WRITERS[place.suffix.lower()](place, frames, look.frame_ms, look.colours, made)

    def film(self, path: str | Path, look: Look | None = None) -> Film:
        """Return the number of frames, the size and the speed of the file that ``path`` becomes."""
        shape = len(self.latents), len(self.latents[0])
        return film_of(path, look or self.look, shape, len(self.latents[0][0]))

    def _save_strokes(self, place: Path, look: Look, made: Provenance | None) -> None:
        from inkbridge.export.vectors import write_svg, write_svg_grid  # imports h5py

        if self.strokes is None:
            raise InkbridgeError(
                f"{place}: an SVG is made of strokes, but this network makes pixels; use a variant that draws "
                "strokes, or another format"
            )
        if self.strokes.ndim == 3:
            write_svg(place, self.strokes, look.frame_ms, look.colours, made)
        else:
            rows = in_rows(list(self.strokes), len(self.latents[0]))
            write_svg_grid(place, rows, self.captions, look.frame_ms, look.colours, made)

    def _provenance_with(self, look: Look) -> Provenance | None:
        if self.provenance is None:
            return None
        shown = {"size": look.size, "frame_ms": look.frame_ms, "colours": str(look.colours)}
        return {**self.provenance, "names": {**self.provenance["names"], **shown}}


def in_rows(items: Sequence[Item], columns: int) -> list[list[Item]]:
    """Return ``items`` in rows with this number of ``columns``; the last row may be shorter."""
    return [list(items[start : start + columns]) for start in range(0, len(items), columns)]
