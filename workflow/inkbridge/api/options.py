"""The options of an animation.

An option that is ``None`` is taken from the doodle's entry in the project's ``config.yaml`` if it has one, else from
the rest of that file, else from its defaults. Options are checked when they are made: they raise
:class:`InkbridgeError` if a value is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeVar

from inkbridge.api import checks
from inkbridge.api.checks import (
    CheckedOptions,
    Checks,
    one_of,
    one_or_several,
    positive_number,
    whole_number,
    yes_or_no,
)
from inkbridge.config.settings import Doodle
from inkbridge.config.values import cell_as_written, layout_as_written
from inkbridge.export.colours import Colours
from inkbridge.export.limits import LARGEST_SIZE, MOST_FRAMES_PER_SEGMENT, SMALLEST_SIZE
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES, LARGEST_CELL, MOST_KEYFRAMES
from inkbridge.latent.paths import METHODS
from inkbridge.latent.timing import EASINGS, Easing
from inkbridge.latent.traversal import FEWEST_FRAMES, LARGEST_SPAN, MOST_FRAMES
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.marks import Mark, marks_as_written

SomeOptions = TypeVar("SomeOptions", "ReadOptions", "PathOptions", "FilmOptions")


@dataclass(frozen=True)
class ReadOptions(CheckedOptions):
    """How a drawing is read.

    cell: size of a cell of the sheet in pixels: one number, or width and height as ``"48x64"``; default: found from
    lines or from the drawing.
    layout: columns and rows of the sheet, for example ``"4x2"``; default: found from lines or from the drawing.
    margin, spacing: pixels of paper around all cells of the sheet, and between them.
    keyframes: how many of the first cells are read, or how many frames of an animation, at even distances; default: all
    up to the last one that is not blank.
    ink: whether the ink is lighter or darker than the paper; default: ``auto``, which detects it.
    drop_lines: ``auto`` drops lines that are no drawing: squared and ruled paper, dark lines between the cells of a
    photograph, and thin coloured lines that are paler than the ink near them. ``none`` keeps all. Default: ``auto``.
    marks: where points of keyframes go in the next one, if the match is wrong without: :class:`inkbridge.Mark`, or
    mappings with the same keys. Models that draw strokes follow them.
    """

    cell: int | str | None = None
    layout: str | None = None
    margin: int | None = None
    spacing: int | None = None
    keyframes: int | None = None
    ink: Literal["auto", "light", "dark"] | None = None
    drop_lines: Literal["auto", "none"] | None = None
    marks: Sequence[Mark] | None = None

    _checks: ClassVar[Checks] = {
        "cell": cell_as_written,
        "layout": layout_as_written,
        "margin": whole_number(0, LARGEST_CELL),
        "spacing": whole_number(0, LARGEST_CELL),
        "keyframes": whole_number(FEWEST_KEYFRAMES, MOST_KEYFRAMES),
        "ink": one_of("auto", "light", "dark"),
        "drop_lines": one_of("auto", "none"),
        "marks": marks_as_written,
    }

    def given(self) -> dict[str, Any]:
        marks = {} if self.marks is None else {"marks": [mark.written() for mark in self.marks]}
        return {name: value for name, value in super().given().items() if name != "marks"} | marks


@dataclass(frozen=True)
class PathOptions(CheckedOptions):
    """Which path the animation takes through latent space.

    methods: ``linear``, ``circular`` or ``cubic``; several make a grid with a row for each. Default: the first of the
    configured ``methods``.
    noise_std: standard deviation of the noise, 0 to 10, in standard deviations of the latents; several make a grid with
    a column for each. Default: the first of the configured ``noise_std``.
    frames_per_segment: frames from one keyframe to the next.
    loop: whether the animation returns from the last keyframe to the first.
    fit: whether the network is fitted to the keyframes first.
    seed: seed of all randomness.
    frames: frames of the whole animation, instead of ``frames_per_segment``; rounded so that keyframes are equally far
    apart. Those of ``hold`` and of the way back come on top.
    easing: ``steady``, or ``ease``: slowly out of each keyframe and into the next.
    hold: frames for which each keyframe is shown longer.
    there_and_back: whether the animation goes back the way that it came; not together with ``loop``.
    """

    methods: str | Sequence[str] | None = None
    noise_std: float | Sequence[float] | None = None
    frames_per_segment: int | None = None
    loop: bool | None = None
    fit: bool | None = None
    seed: int | None = None
    frames: int | None = None
    easing: Easing | None = None
    hold: int | None = None
    there_and_back: bool | None = None

    _checks: ClassVar[Checks] = {
        "methods": one_or_several(one_of(*METHODS)),
        "noise_std": one_or_several(checks.noise_std),
        "frames": whole_number(FEWEST_KEYFRAMES, MOST_KEYFRAMES * MOST_FRAMES_PER_SEGMENT),
        "frames_per_segment": whole_number(1, MOST_FRAMES_PER_SEGMENT),
        "loop": yes_or_no,
        "fit": yes_or_no,
        "seed": checks.seed,
        "easing": one_of(*EASINGS),
        "hold": whole_number(0, MOST_FRAMES_PER_SEGMENT),
        "there_and_back": yes_or_no,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.loop and self.there_and_back:
            raise InkbridgeError("there_and_back: expected no loop beside it; found both; leave one out")
        if self.frames is not None and self.frames_per_segment is not None:
            raise InkbridgeError("frames: expected no frames_per_segment beside it; found both; leave one out")


@dataclass(frozen=True)
class FilmOptions(CheckedOptions):
    """What the animation looks like.

    size: pixels of its side, or of the side of each animation of a grid.
    frame_ms: milliseconds that a frame is shown.
    colours: ink and paper, for example ``"black,white"`` or ``"#1b6697,transparent"``; ``"as drawn"`` is black on white
    for dark ink and white on black for light ink.
    """

    size: int | None = None
    frame_ms: float | None = None
    colours: Colours | str | None = None

    _checks: ClassVar[Checks] = {
        "size": whole_number(SMALLEST_SIZE, LARGEST_SIZE),
        "frame_ms": checks.frame_ms,
        "colours": checks.colours,
    }


@dataclass(frozen=True)
class TraversalOptions(CheckedOptions):
    """Which directions of a latent space are shown, and how.

    directions: ``principal``, those of the training drawings' latents, widest first; or ``single``, the dimensions of
    a latent.
    numbers: which of them, counted from 1; one animation each.
    span: how far to move to each side, in standard deviations.
    frames: frames of one swing there and back.
    keyframe: the keyframe of a drawing around which the latents swing, counted from 1.
    """

    directions: Literal["principal", "single"] = "principal"
    numbers: Sequence[int] = (1, 2, 3, 4, 5, 6, 7, 8)
    span: float = 2.5
    frames: int = 90
    keyframe: int = 1

    _checks: ClassVar[Checks] = {
        "directions": one_of("principal", "single"),
        "numbers": one_or_several(whole_number(1)),
        "span": positive_number(LARGEST_SPAN),
        "frames": whole_number(FEWEST_FRAMES, MOST_FRAMES),
        "keyframe": whole_number(1),
    }


@dataclass(frozen=True)
class Options:
    """All options of an animation together. Raises :class:`InkbridgeError` if one is of another kind."""

    read: ReadOptions = ReadOptions()
    path: PathOptions = PathOptions()
    film: FilmOptions = FilmOptions()

    def __post_init__(self) -> None:
        for name, kind in (("read", ReadOptions), ("path", PathOptions), ("film", FilmOptions)):
            checks.checked(name, getattr(self, name), checks.instance_of(kind))

    def of_doodle(self, doodle: Doodle | None) -> "Options":
        """Return the options with each ``None`` replaced by what the configuration says about this ``doodle``."""
        if doodle is None:
            return self
        methods, noise_std = _first(doodle.methods), _first(doodle.noise_std)
        loop = False if self.path.there_and_back else doodle.loop
        frames = {} if self.path.frames is not None else {"frames_per_segment": doodle.frames_per_segment}
        return Options(
            filled(
                self.read,
                cell=doodle.cell,
                layout=doodle.layout,
                margin=doodle.margin,
                spacing=doodle.spacing,
                keyframes=doodle.keyframes,
                ink=doodle.ink,
                drop_lines=doodle.drop_lines,
                marks=doodle.marks_of_person(),
            ),
            filled(self.path, methods=methods, noise_std=noise_std, loop=loop, **frames),
            filled(self.film, frame_ms=doodle.frame_ms),
        )


def _first(values: Sequence[Any] | None) -> Any:
    return values[0] if values else None


def filled(options: SomeOptions, **known: Any) -> SomeOptions:
    """Return ``options`` with each ``None`` replaced by its value in ``known``, if there is one."""
    return replace(options, **{name: value for name, value in known.items() if getattr(options, name) is None})
