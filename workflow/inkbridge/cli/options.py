"""The options of the commands, and decorators that pass them on as values.

A decorator such as :func:`path_options` adds options to a command. It calls the command with one value in their place:
``path``, a :class:`inkbridge.PathOptions`.
"""

import math
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from inkbridge.api.options import FilmOptions, Options, PathOptions, ReadOptions, TraversalOptions
from inkbridge.cli.console import Console
from inkbridge.config.project import Project, find_project
from inkbridge.config.values import cell_as_written, layout_as_written, number_as_written
from inkbridge.export.colours import AS_DRAWN, Colours
from inkbridge.export.limits import LARGEST_SIZE, MOST_FRAMES_PER_SEGMENT, SMALLEST_SIZE
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES, LARGEST_CELL, MOST_KEYFRAMES
from inkbridge.latent.paths import METHODS
from inkbridge.latent.timing import EASINGS
from inkbridge.latent.traversal import FEWEST_FRAMES, LARGEST_SPAN, MOST_FRAMES
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.marks import mark_from_text
from inkbridge.support.seeds import LARGEST_SEED

Command = TypeVar("Command", bound=Callable[..., Any])

Decorator = Callable[[Command], Command]

FILE = click.Path(path_type=Path)

_CONFIGURED = "as in config.yaml"


class Several(click.ParamType[Any]):
    """One or more values, with commas between them; each is read by ``read``, which raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(dict.fromkeys(self.read(part.strip()) for part in value.split(",")))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Written(click.ParamType[Any]):
    """A value that ``read`` makes of its text; ``read`` raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self.read(value)
        except ValueError as error:
            self.fail(f"expected {error}; found {value!r}", param, ctx)


class FiniteRange(click.FloatRange):
    """click's range without NaN. Click accepts NaN, because it is neither too small nor too large."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"expected a number; found {value!r}", param, ctx)
        return number


class ColoursType(click.ParamType[Any]):
    """``INK,PAPER``, or ``as drawn``."""

    name = "INK,PAPER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or value == AS_DRAWN:
            return value
        try:
            return Colours.parse(value)
        except InkbridgeError as error:
            self.fail(str(error).removeprefix("colours: "), param, ctx)


def _method(text: str) -> str:
    if text not in METHODS:
        raise ValueError(f"expected one or more of {', '.join(METHODS)}; found {text!r}")
    return text


def _noise_std(text: str) -> float:
    try:
        return number_as_written(text)
    except ValueError as error:
        raise ValueError(f"expected {error}; found {text!r}") from None


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"expected numbers of at least 1; found {text!r}")
    return int(text)


def _collecting(name: str, kind: Callable[..., Any], taken: list[str], *options: Decorator[Any]) -> Decorator[Any]:
    """Return a decorator that adds ``options`` to a command and calls it with ``name``, a ``kind`` made from their
    values; ``taken`` are the names of those values."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def collected(**values: Any) -> Any:
            given = {key: values.pop(key) for key in taken if key in values}
            return command(**values, **{name: kind(**given)})

        for option in reversed(options):
            collected = option(collected)
        return collected

    return decorate


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


_ink_option = click.option(
    "--ink",
    type=click.Choice(["auto", "light", "dark"]),
    help="Whether the ink is lighter or darker than the paper.  [default: auto, which detects it]",
)

_drop_lines_option = click.option(
    "--drop-lines",
    type=click.Choice(["auto", "none"]),
    help="Whether lines that are no drawing are dropped: squared and ruled paper, lines between the cells of a "
    "photograph, and pale coloured construction lines.  [default: auto, which drops them]",
)

drawing_options = _collecting("read", ReadOptions, ["ink", "drop_lines"], _ink_option, _drop_lines_option)
"""How pictures that are one drawing each are read."""

read_options = _collecting(
    "read",
    ReadOptions,
    _names(ReadOptions),
    _ink_option,
    _drop_lines_option,
    click.option(
        "--cell",
        type=Written("PIXELS", cell_as_written),
        help="Size of a cell of the sheet: one number, or width and height as in 48x64.  "
        "[default: found from lines, else from the drawing]",
    ),
    click.option(
        "--layout",
        type=Written("COLUMNSxROWS", layout_as_written),
        help="Columns and rows of the sheet, for example 4x2.  [default: found from lines, else from the drawing]",
    ),
    click.option(
        "--margin",
        type=click.IntRange(0, LARGEST_CELL),
        help="Pixels of paper around all cells of the sheet.  [default: 0 with --cell, else found from the drawing]",
    ),
    click.option(
        "--spacing",
        type=click.IntRange(0, LARGEST_CELL),
        help="Pixels of paper between neighbouring cells of the sheet.  [default: 0]",
    ),
    click.option(
        "--keyframes",
        type=click.IntRange(FEWEST_KEYFRAMES, MOST_KEYFRAMES),
        help="Read only this many cells from the first on, or this many frames of an animation, at even distances.  "
        "[default: all up to the last one that is not blank]",
    ),
    click.option(
        "--mark",
        "marks",
        type=Written("KEYFRAME:X,Y:X,Y", mark_from_text),
        multiple=True,
        callback=lambda context, option, values: values or None,
        help="A point of a keyframe and the point of the next one that it becomes, in pixels of a cell of 64, for "
        "example 1:18,30:46,30. For strokes that become the wrong ones; several --mark are possible.",
    ),
)
"""How a sheet, a folder of pictures or an animated picture is read."""


def path_options(loop: str) -> Decorator[Any]:
    """Return the options of the path through latent space; ``loop`` is the help of --loop."""
    return _collecting(
        "path",
        PathOptions,
        _names(PathOptions),
        click.option(
            "--method",
            "methods",
            type=Several("METHOD,…", _method),
            help=f"How to move between keyframes: {', '.join(METHODS)}. Several values make a grid, with a row for "
            "each.  [default: the first in config.yaml, else linear]",
        ),
        click.option(
            "--std",
            "noise_std",
            type=Several("NUMBER,…", _noise_std),
            help="How much the drawing shivers: 0 not at all, 1.2 wildly. Several values make a grid, with a column "
            "for each.  [default: the first in config.yaml, else 0]",
        ),
        click.option(
            "--frames",
            type=click.IntRange(FEWEST_KEYFRAMES, MOST_KEYFRAMES * MOST_FRAMES_PER_SEGMENT),
            help="Frames of the whole animation, rounded so that keyframes are equally far apart.  [default: see "
            "--frames-per-segment]",
        ),
        click.option(
            "--frames-per-segment",
            type=click.IntRange(1, MOST_FRAMES_PER_SEGMENT),
            help=f"Frames from one keyframe to the next.  [default: {_CONFIGURED}]",
        ),
        click.option("--loop/--no-loop", default=None, help=loop),
        click.option(
            "--there-and-back/--one-way",
            default=None,
            help="Whether the animation goes back the way that it came; not with --loop.  [default: one-way]",
        ),
        click.option(
            "--easing",
            type=click.Choice(EASINGS),
            help="How to run from keyframe to keyframe: at one speed, or slowly out of each and into the next.  "
            "[default: steady]",
        ),
        click.option(
            "--hold",
            type=click.IntRange(0, MOST_FRAMES_PER_SEGMENT),
            help="Frames for which each keyframe is shown longer.  [default: 0]",
        ),
        click.option(
            "--fit/--no-fit",
            default=None,
            help="Whether to fit the network to the drawing first, which takes seconds.  "
            f"[default: {_CONFIGURED}, else fit]",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, LARGEST_SEED),
            help=f"Seed of all randomness.  [default: {_CONFIGURED}]",
        ),
    )


def _film(size: int | None, fps: float | None, colours: Colours | str | None) -> FilmOptions:
    return FilmOptions(size, None if fps is None else 1000 / fps, colours)


def film_options(size: str) -> Decorator[Any]:
    """Return the options of what the frames look like; ``size`` is the default of --size, for its help."""
    return _collecting(
        "film",
        _film,
        ["size", "fps", "colours"],
        click.option(
            "--size",
            type=click.IntRange(SMALLEST_SIZE, LARGEST_SIZE),
            help=f"Side of the animation in pixels, or of each animation of a grid.  [default: {size}]",
        ),
        click.option("--fps", type=FiniteRange(1, 100), help=f"Frames per second.  [default: {_CONFIGURED}]"),
        click.option(
            "--colours",
            "--colors",
            "colours",
            type=ColoursType(),
            help="INK,PAPER, as in CSS: black,white or '#1b6697,transparent'. 'as drawn' is black on white for dark "
            f"ink, white on black for light ink.  [default: {_CONFIGURED}]",
        ),
    )


traversal_options = _collecting(
    "traversal",
    TraversalOptions,
    _names(TraversalOptions),
    click.option(
        "--directions",
        type=click.Choice(["principal", "single"]),
        default="principal",
        show_default=True,
        help="Directions to move in: the principal ones of the training drawings' latents, widest first, or single "
        "dimensions.",
    ),
    click.option(
        "--numbers",
        type=Several("NUMBER,…", _number),
        default="1,2,3,4,5,6,7,8",
        show_default=True,
        help="Which directions to show, counted from 1: one animation each, side by side.",
    ),
    click.option(
        "--keyframe",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Which keyframe of --around to start from.",
    ),
    click.option(
        "--span",
        type=FiniteRange(0, LARGEST_SPAN, min_open=True),
        default=2.5,
        show_default=True,
        help="How far to move, in standard deviations.",
    ),
    click.option(
        "--frames",
        type=click.IntRange(FEWEST_FRAMES, MOST_FRAMES),
        default=90,
        show_default=True,
        help="Frames of the whole animation: one swing there and back.",
    ),
)
"""Which directions of latent space to show, and how."""


def together(command: Command) -> Command:
    """Give a command its ``read``, ``path`` and ``film`` as one value, ``options``."""

    @wraps(command)
    def collected(read: ReadOptions, path: PathOptions, film: FilmOptions, **values: Any) -> Any:
        return command(**values, options=Options(read, path, film))

    return collected  # type: ignore[return-value]


variant_option = click.option(
    "--variant",
    metavar="NAME",
    help="The variant that draws.  [default: the first in config.yaml that is trained, else the shipped strokes64]",
)


def output_option(default: str) -> Decorator[Any]:
    """Return the option of the file to write; ``default`` is shown in its help."""
    return click.option(
        "--output",
        "-o",
        type=FILE,
        help="What to write. The extension sets the format: .gif, .webp, .png or .apng, .mp4, .svg; a name without an "
        f"extension makes a folder of PNG frames.  [default: {default}]",
    )


def project_options(command: Command) -> Command:
    """Add --project and --quiet; the command is given ``project`` and ``console``."""
    folder = click.option(
        "--project",
        "folder",
        type=FILE,
        metavar="FOLDER",
        help="The folder whose config.yaml and results/models are used, before the models that come with inkbridge.  "
        "[default: this folder if it has results/models, else the clone of inkbridge, if there is one]",
    )
    quiet = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
    with_project = _collecting("project", _find, ["folder"], folder)
    return with_project(_collecting("console", Console, ["quiet"], quiet)(command))


def _find(folder: Path | None) -> Project:
    return find_project(folder)
