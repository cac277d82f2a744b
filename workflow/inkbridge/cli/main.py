"""The command line: the same steps as the pipeline's, for a person with a drawing."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import click
import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL, __version__
from inkbridge.config.project import Project, find_project, variant_of
from inkbridge.config.settings import fingerprint
from inkbridge.config.values import number_as_written
from inkbridge.export.colours import BLACK_ON_WHITE, WHITE_ON_BLACK, Colours
from inkbridge.export.formats import WRITERS, check_output
from inkbridge.keyframes.reading import Keyframes, read_cells, read_drawings
from inkbridge.latent.paths import METHODS, DoodlePath
from inkbridge.support.cores import use_one_blas_thread
from inkbridge.support.errors import InkbridgeError, interruption_behind, is_out_of_memory, printable
from inkbridge.support.progress import Progress, silent
from inkbridge.support.provenance.carriers import find_provenance, read_provenance
from inkbridge.support.provenance.record import Provenance, result_record, run_record
from inkbridge.support.provenance.text import as_lines
from inkbridge.support.signals import exit_code, handling_signals, interrupt

if TYPE_CHECKING:  # torch takes a second to import, which only some commands need
    from inkbridge.decoding.decoder import FittedDoodle
    from inkbridge.models.autoencoder import Autoencoder


Command = TypeVar("Command", bound=Callable[..., Any])

_MOST_PIXELS = 2_000_000_000
"""Of all frames of an animation together: bounds memory."""


class _Several(click.ParamType[Any]):
    """Values with commas between them."""

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


def _method(text: str) -> str:
    if text not in METHODS:
        raise ValueError(f"expected some of {', '.join(METHODS)}; found {text!r}")
    return text


def _noise_std(text: str) -> float:
    try:
        return number_as_written(text)
    except ValueError as error:
        raise ValueError(f"expected {error}; found {text!r}") from None


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"expected numbers from 1 on; found {text!r}")
    return int(text)


class _FiniteRange(click.FloatRange):
    """Like click's, which takes NaN for a number that is neither too small nor too large."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"expected a number; found {value!r}", param, ctx)
        return number


class _ColoursType(click.ParamType[Any]):
    name = "INK,PAPER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return Colours.parse(value)
        except InkbridgeError as error:
            self.fail(str(error).removeprefix("colours: "), param, ctx)


_FILE = click.Path(path_type=Path)


def _together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator that adds the options of all, in their order."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


_variant_option = click.option("--variant", metavar="NAME", help="A trained variant; without it, the project's first.")

_reading_options = _together(
    click.option(
        "--ink",
        type=click.Choice(["auto", "light", "dark"]),
        default=None,
        help="Whether the ink is lighter or darker than the paper; auto, the default, finds out.",
    ),
)

_cell_options = _together(
    click.option(
        "--cell",
        type=click.IntRange(8, 4096),
        help="Pixels of a cell's side in the sheet. Without it, guide lines tell, else 64.",
    ),
    click.option(
        "--keyframes",
        type=click.IntRange(2, 1000),
        help="Read so many first cells; without it, up to the last drawn one.",
    ),
)

_path_options = _together(
    click.option(
        "--method",
        "methods",
        type=_Several("METHOD,…", _method),
        default="linear",
        show_default=True,
        help=f"The way from drawing to drawing: {', '.join(METHODS)}. Several make a grid, a row for each.",
    ),
    click.option(
        "--std",
        "stds",
        type=_Several("NUMBER,…", _noise_std),
        default="0",
        show_default=True,
        help="How much the drawing shivers: 0 not at all, 1.2 wildly. Several make a grid, a column for each.",
    ),
    click.option(
        "--fit/--no-fit",
        default=None,
        help="Whether the network is fitted to the drawing first: seconds. Without it, as in config.yaml, else it is.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="All randomness comes from it."),
)

_film_options = _together(
    click.option("--size", type=click.IntRange(CELL, 1024), help="Pixels of the animation's side, of each in a grid."),
    click.option("--fps", type=_FiniteRange(1, 100), help="Frames shown in a second."),
    click.option(
        "--colors",
        "colours",
        type=_ColoursType(),
        help="INK,PAPER, as in CSS: black,white or '#1b6697,transparent'. Without it, as it was drawn: dark on light "
        "or light on dark.",
    ),
)

_project_options = _together(
    click.option(
        "--project",
        "folder",
        type=_FILE,
        envvar="INKBRIDGE_PROJECT",
        metavar="FOLDER",
        help="The folder whose results/models hold the trained models. Without it, the present one, else the clone's.",
    ),
    click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors."),
)


def _output_option(default: str) -> Callable[[Command], Command]:
    return click.option(
        "--output",
        "-o",
        type=_FILE,
        help="What to write: the ending says in which format (.gif, .webp, .png or .apng, .mp4, .svg; a name without "
        f"an ending is a folder of PNG frames).  [default: {default}]",
    )


@dataclass(frozen=True)
class _Voice:
    """What is said on the way, on standard error: nothing where it is to be quiet."""

    quiet: bool

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(printable(text), err=True)

    def warn(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.say(f"warning: {text}")

    def bar(self, label: str) -> Progress:
        """Return what shows a progress bar, where there is a terminal to show it in."""
        if self.quiet or not sys.stderr.isatty():
            return silent

        def show(steps: range) -> Iterable[int]:
            with click.progressbar(steps, label=f"{label:<10}", file=sys.stderr) as shown:
                yield from shown

        return show


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="inkbridge")
def commands() -> None:
    """Draw a few keyframes; inkbridge draws the frames between them.

    \b
    Three commands from nothing to a GIF:
      inkbridge new cat --frames 6          an empty sheet, cat.png, to draw on in any paint program
      inkbridge check cat.png               what will be read from it
      inkbridge animate cat.png -o cat.gif

    Every command explains itself: inkbridge animate --help.
    """


@commands.command()
@click.argument("sheet", type=_FILE)
@_output_option("SHEET's name with .gif, or -animated.gif where SHEET is that itself, here")
@_variant_option
@_path_options
@click.option("--frames", type=click.IntRange(1, 1000), help="Frames from one keyframe to the next.")
@_film_options
@click.option("--loop/--no-loop", default=None, help="Whether it goes on from the last keyframe to the first.")
@_reading_options
@_cell_options
@_project_options
def animate(
    sheet: Path,
    output: Path | None,
    variant: str | None,
    methods: tuple[str, ...],
    stds: tuple[float, ...],
    fit: bool | None,
    seed: int | None,
    frames: int | None,
    size: int | None,
    fps: float | None,
    colours: Colours | None,
    loop: bool | None,
    ink: Literal["auto", "light", "dark"] | None,
    cell: int | None,
    keyframes: int | None,
    folder: Path | None,
    quiet: bool,
) -> None:
    """Animate the keyframes drawn on SHEET: a sheet of cells, a folder of pictures, or an animated picture.

    A model that the pipeline has trained draws the frames between. Settings that are not given are those of the
    project's config.yaml, and of the doodle's entry there, if the sheet has one.

    \b
    Examples:
      inkbridge animate my_sheet.png -o dance.gif
      inkbridge animate my_sheet.png -o dance.mp4 --std 0.3 --size 512 --fps 24 --loop
      inkbridge animate my_sheet.png -o dance.webp --colors '#1b6697,transparent'
      inkbridge animate my_sheet.png -o ways.gif --method linear,circular,cubic --std 0,0.8
      inkbridge animate my_sheet.png -o dance.svg --variant strokes64
      inkbridge animate my_sheet.png -o frames/
    """
    voice, project = _Voice(quiet), find_project(folder)
    entry = project.doodle_of(sheet)
    name, doodle = entry or (_stem(sheet), None)
    if doodle is not None:
        voice.say(f"{sheet}: read as doodles.{name} of {project.configuration_file} says, but for what is given here")
        cell, keyframes, ink = cell or doodle.cell, keyframes or doodle.frames, ink or doodle.ink
        loop = doodle.loop if loop is None else loop
    here = Path(f"{_stem(sheet)}.gif")
    output = output or (Path(f"{_stem(sheet)}-animated.gif") if _is_same(here, sheet) else here)
    film = _Film.of(project, output, frames, size, fps, colours)
    film.check(variant, [sheet], len(methods), len(stds))
    reading = read_cells(sheet, cell=cell, frames=keyframes, ink=ink or "auto")
    drawn = reading.keyframes()
    voice.warn(drawn.warnings)
    voice.say(f"{sheet}: {len(drawn.images)} keyframes of {_counted(reading.drawn, reading.noun)}, {drawn.ink} ink")
    _animate(film, project, variant, name, drawn, bool(loop), methods, stds, seed, fit, voice)


@commands.command()
@click.argument("drawings", type=_FILE, nargs=-1, required=True, metavar="A B [MORE]...")
@_output_option("A-B.gif, here")
@_variant_option
@_path_options
@click.option("--frames", type=click.IntRange(1, 1000), help="Frames from one drawing to the next.")
@_film_options
@click.option("--loop/--no-loop", default=True, show_default=True, help="Whether it goes back to the first drawing.")
@_reading_options
@_project_options
def morph(
    drawings: tuple[Path, ...],
    output: Path | None,
    variant: str | None,
    methods: tuple[str, ...],
    stds: tuple[float, ...],
    fit: bool | None,
    seed: int | None,
    frames: int | None,
    size: int | None,
    fps: float | None,
    colours: Colours | None,
    loop: bool,
    ink: Literal["auto", "light", "dark"] | None,
    folder: Path | None,
    quiet: bool,
) -> None:
    """Turn drawing A into drawing B, each a picture of its own, of any size and paper.

    \b
    Examples:
      inkbridge morph cat.png dog.png -o cat_dog.gif
      inkbridge morph cat.png dog.jpg mouse.png -o animals.mp4 --std 0.3 --no-loop
    """
    if len(drawings) < 2:
        raise click.UsageError("expected two drawings or more; for the cells of one sheet: inkbridge animate")
    voice, project = _Voice(quiet), find_project(folder)
    name = os.fsencode("-".join(map(_stem, drawings)))[:200].decode(errors="ignore")
    film = _Film.of(project, output or Path(f"{name}.gif"), frames, size, fps, colours)
    film.check(variant, drawings, len(methods), len(stds))
    drawn = read_drawings(drawings, ink=ink or "auto")
    _animate(film, project, variant, name, drawn, loop, methods, stds, seed, fit, voice)


@commands.command()
@_output_option("traverse.gif")
@_variant_option
@click.option(
    "--directions",
    type=click.Choice(["principal", "single"]),
    default="principal",
    show_default=True,
    help="Principal directions of the training drawings' latents, widest first, or the single dimensions of a latent.",
)
@click.option(
    "--numbers",
    type=_Several("NUMBER,…", _number),
    default="1,2,3,4,5,6,7,8",
    show_default=True,
    help="Which of them, counted from 1: one animation each, side by side.",
)
@click.option("--around", type=_FILE, metavar="SHEET", help="Begin at its keyframe, not at the mean of all latents.")
@click.option("--keyframe", type=click.IntRange(1), default=1, show_default=True, help="Which keyframe of --around.")
@click.option(
    "--span", type=_FiniteRange(0, 10, min_open=True), default=2.5, show_default=True, help="How far, in std."
)
@click.option("--frames", type=click.IntRange(2, 1000), default=90, show_default=True, help="Frames of one swing.")
@_film_options
@_reading_options
@_cell_options
@_project_options
def traverse(
    output: Path | None,
    variant: str | None,
    directions: str,
    numbers: tuple[int, ...],
    around: Path | None,
    keyframe: int,
    span: float,
    frames: int,
    size: int | None,
    fps: float | None,
    colours: Colours | None,
    ink: Literal["auto", "light", "dark"] | None,
    cell: int | None,
    keyframes: int | None,
    folder: Path | None,
    quiet: bool,
) -> None:
    """Show what a network learned: move one direction of its latent space at a time, there and back.

    \b
    Examples:
      inkbridge traverse --variant strokes64 -o learned.gif
      inkbridge traverse --directions single --numbers 1,2,3 --span 4
      inkbridge traverse --around my_sheet.png --keyframe 3
    """
    voice, project = _Voice(quiet), find_project(folder)
    film = _Film.of(project, output or Path("traverse.gif"), frames, size or 128, fps, colours)
    columns = min(4, len(numbers))
    film.check(variant, [] if around is None else [around], math.ceil(len(numbers) / columns), columns)
    reading = None if around is None else read_cells(around, cell=cell, frames=keyframes, ink=ink or "auto")
    if reading is not None and keyframe > reading.count:
        raise InkbridgeError(f"{around}: expected keyframe {keyframe}, found {reading.count} keyframes")
    from inkbridge.fitting.encoding import at_mean, encode
    from inkbridge.latent.traversal import swings

    model = _load(project, variant, film, voice)
    axes = model.directions(principal=directions == "principal")
    if max(numbers) > len(axes):
        raise InkbridgeError(f"--numbers: expected {directions} directions from 1 to {len(axes)}; found {max(numbers)}")
    middle = at_mean(model) if reading is None else encode(model, reading.cells[keyframe - 1 : keyframe])
    doodle = middle.doodle()
    latents = swings(doodle.latents, axes[[number - 1 for number in numbers]], frames, span)
    word = "direction" if directions == "principal" else "dimension"
    captions = [f"{word} {number}" for number in numbers]
    starts = range(0, len(numbers), columns)
    rows = [latents[start : start + columns] for start in starts]
    words = [captions[start : start + columns] for start in starts]
    made = _record(project, variant, project.settings.seed, doodle=None if around is None else _stem(around))
    film.write(doodle, rows, words, None if reading is None else reading.ink, voice, made)


@commands.command()
@click.argument("sheet", type=_FILE)
@click.option("--output", "-o", type=_FILE, help="The PNG to write.  [default: SHEET's name with _check.png]")
@_reading_options
@_cell_options
@_project_options
def check(
    sheet: Path,
    output: Path | None,
    ink: Literal["auto", "light", "dark"] | None,
    cell: int | None,
    keyframes: int | None,
    folder: Path | None,
    quiet: bool,
) -> None:
    """Say and show what is read from SHEET: its cells, blank ones, which way round ink and paper are, warnings.

    \b
    Example:
      inkbridge check my_sheet.png
    """
    from inkbridge.keyframes.previews import picture_of
    from inkbridge.support.png import write_png

    project = find_project(folder)
    entry = project.doodle_of(sheet)
    name, doodle = entry or (_stem(sheet), None)
    if doodle is not None:
        cell, keyframes, ink = cell or doodle.cell, keyframes or doodle.frames, ink or doodle.ink
    place = output or Path(f"{_stem(sheet)}_check.png")
    _keep(place, [sheet])
    reading = read_cells(sheet, cell=cell, frames=keyframes, ink=ink or "auto")
    made = result_record(run_record(fingerprint(project.settings), None), *_step_and_names(doodle=name))
    write_png(place, picture_of(reading), made)
    if not quiet:
        for line in [*reading.describe(), f"picture    {place}"]:
            click.echo(printable(line))
    reading.keyframes()


@commands.command()
@click.argument("name")
@click.option("--frames", type=click.IntRange(2, 1000), default=6, show_default=True, help="Keyframes to draw.")
@click.option("--cell", type=click.IntRange(64, 1024), default=256, show_default=True, help="Pixels of a cell's side.")
@click.option("--output", "-o", type=_FILE, help="The sheet to write.  [default: NAME.png]")
@click.option("--register", is_flag=True, help="Add it to the doodles in the project's config.yaml.")
@_project_options
def new(
    name: str, frames: int, cell: int, output: Path | None, register: bool, folder: Path | None, quiet: bool
) -> None:
    """Make an empty sheet, NAME.png, to draw on in any paint program: a cell for each keyframe.

    Draw in dark ink with a pen of about a twentieth of a cell. The pale lines between the cells are left out when the
    sheet is read.

    \b
    Examples:
      inkbridge new cat
      inkbridge new cat --frames 8 --register
    """
    from inkbridge.config.register import register_doodle
    from inkbridge.keyframes.templates import empty_sheet
    from inkbridge.support.png import write_png

    voice = _Voice(quiet)
    place = output or Path(f"{name}.png")
    if place.exists():
        raise InkbridgeError(f"{place}: there is such a file; choose another name, so that no drawing is lost")
    sheet = empty_sheet(frames, cell)
    configuration = find_project(folder).configuration_file if register else None
    if register and configuration is None:
        raise InkbridgeError(f"{find_project(folder).folder}: expected a config.yaml to register in, found none")
    write_png(place, sheet, result_record(run_record(None, None), *_step_and_names()))
    voice.say(f"{place}: {frames} cells of {cell}×{cell} pixels, to draw on")
    if configuration is None:
        voice.say(f"then: inkbridge animate {place}")
        return
    try:
        register_doodle(configuration, name, _as_seen_from(configuration.parent, place))
    except BaseException:
        place.unlink()
        raise
    voice.say(f"{configuration}: doodles.{name} added; to animate it: snakemake --cores all results/gifs")


@commands.command()
@_project_options
def models(folder: Path | None, quiet: bool) -> None:
    """List the trained variants with their figures.

    Figures between keyframes are means over the project's doodles, on the linear path without noise, as in
    results/reports.

    \b
    Example:
      inkbridge models
    """
    project = find_project(folder)
    project.model(None)  # says what to do where there is none
    from inkbridge.evaluation.tables import models_table
    from inkbridge.models.storage import read_record

    records = {name: read_record(file) for name, file in project.models().items()}
    table = models_table(project.folder / "results/reports", records)
    click.echo(_printable_lines(table.to_string(index=False, na_rep="–")))


@commands.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the whole record as JSON.")
def provenance(file: Path, as_json: bool) -> None:
    """Print how FILE was made: by which inkbridge, from which settings, with which libraries, on what.

    FILE is anything that inkbridge makes: a shard, a model, a fit, a table, an animation, a picture, a page; or the
    folder of a gallery.

    \b
    Examples:
      inkbridge provenance results/animations/strokes64/tree/linear_std0.gif
      inkbridge provenance results/gifs
      inkbridge provenance results/reports/reconstruction.csv --json
    """
    record = read_provenance(file)
    click.echo(json.dumps(record, indent=2) if as_json else "\n".join(as_lines(record)))


@dataclass(frozen=True)
class _Film:
    """What an animation is to become."""

    output: Path
    frames: int
    size: int
    frame_ms: float
    colours: Colours | None
    project: Project

    @classmethod
    def of(
        cls,
        project: Project,
        output: Path,
        frames: int | None,
        size: int | None,
        fps: float | None,
        colours: Colours | None,
    ) -> "_Film":
        settings = project.settings.animation
        frame_ms = settings.frame_ms if fps is None else 1000 / fps
        return cls(output, frames or settings.frames_per_segment, size or settings.size, frame_ms, colours, project)

    @property
    def is_vector(self) -> bool:
        return self.output.suffix.lower() == ".svg"

    def check(self, variant: str | None, drawings: Iterable[Path], rows: int, columns: int) -> None:
        """Raise :class:`InkbridgeError` for what would fail in the end, or overwrite one of the ``drawings``."""
        from inkbridge.export.montage import animation_grid

        width = height = self.size
        if rows * columns > 1:
            empty = np.zeros((0, height, width), np.uint8)
            _, height, width = animation_grid([[empty] * columns] * rows, [[""] * columns] * rows).shape
        check_output(self.output, self.frame_ms, self.colours or WHITE_ON_BLACK, width, height)
        _keep(self.output, drawings)
        name, model = self.project.model(variant)
        from inkbridge.config.architectures import STROKE_ARCHITECTURES

        if self.is_vector and variant_of(model).architecture not in STROKE_ARCHITECTURES:
            raise InkbridgeError(
                f"{self.output}: an SVG is made of strokes, and {name} makes pixels; take a variant that draws strokes "
                "(inkbridge models lists them) or another format"
            )

    def write(
        self,
        doodle: "FittedDoodle",
        latents: Sequence[Sequence[NDArray[np.float32]]],
        captions: Sequence[Sequence[str]],
        ink: Literal["light", "dark"] | None,
        voice: _Voice,
        made: Provenance,
    ) -> None:
        """Draw the paths ``latents`` ``[T, D]``, row by row, and write them; captions where they are several."""
        colours = self.colours or (BLACK_ON_WHITE if ink == "dark" else WHITE_ON_BLACK)
        count, total = len(latents[0][0]), sum(map(len, latents))
        if total * count * self.size**2 > _MOST_PIXELS:
            raise InkbridgeError(
                f"{self.output}: {total} × {count} frames of {self.size}×{self.size} pixels are too many; expected at "
                f"most {_MOST_PIXELS // 10**6} megapixels in all; lower --size or --frames"
            )
        if self.is_vector:
            self._write_strokes(doodle, latents, captions, colours, made)
            shape = f"{doodle.decode(latents[0][0][:1]).shape[1]} strokes"
        else:
            picture = self._draw(doodle, latents, captions, voice)
            WRITERS[self.output.suffix.lower()](self.output, picture, self.frame_ms, colours, made)
            shape = f"{picture.shape[2]}×{picture.shape[1]} pixels"
        voice.say(
            f"{self.output}: {count} frames, {count * self.frame_ms / 1000:.1f} s, {shape}, {_bytes_of(self.output)}"
        )

    def _draw(
        self,
        doodle: "FittedDoodle",
        latents: Sequence[Sequence[NDArray[np.float32]]],
        captions: Sequence[Sequence[str]],
        voice: _Voice,
    ) -> NDArray[np.uint8]:
        from inkbridge.export.montage import animation_grid

        total, count = sum(map(len, latents)), len(latents[0][0])
        # One bar for all: the frames of every path are drawn one after the other.
        together = np.concatenate([path for row in latents for path in row])
        drawn = doodle.draw(together, self.size, voice.bar("drawing")).reshape(total, count, self.size, self.size)
        if total == 1:
            return drawn[0]
        columns = len(latents[0])
        rows = [list(drawn[start : start + columns]) for start in range(0, total, columns)]
        return animation_grid(rows, captions)

    def _write_strokes(
        self,
        doodle: "FittedDoodle",
        latents: Sequence[Sequence[NDArray[np.float32]]],
        captions: Sequence[Sequence[str]],
        colours: Colours,
        made: Provenance,
    ) -> None:
        from inkbridge.export.vectors import write_svg, write_svg_grid

        rows = [[doodle.decode(path) for path in row] for row in latents]
        if sum(map(len, rows)) == 1:
            write_svg(self.output, rows[0][0], self.frame_ms, colours, made)
        else:
            write_svg_grid(self.output, rows, captions, self.frame_ms, colours, made)


def _animate(
    film: _Film,
    project: Project,
    variant: str | None,
    name: str,
    drawn: Keyframes,
    loop: bool,
    methods: Sequence[str],
    stds: Sequence[float],
    seed: int | None,
    fitted: bool | None,
    voice: _Voice,
) -> None:
    """Draw the paths through a doodle's keyframes, a row for each method and a column for each std."""
    settings = project.settings
    seed = settings.seed if seed is None else seed
    model = _load(project, variant, film, voice)
    from inkbridge.fitting.encoding import encode
    from inkbridge.fitting.fit import fit, fitting_backend
    from inkbridge.models.device import choose_backend

    is_fitted = settings.fitting.enabled if fitted is None else fitted
    backend = fitting_backend(model, is_fitted, choose_backend(settings.compute, settings.compute.threads))
    encoded = encode(model.to(backend.device), drawn.images)
    if is_fitted:
        encoded = fit(encoded, drawn.images, loop, settings.fitting, backend, seed, voice.bar("fitting"))
    doodle = encoded.doodle()
    paths = [[DoodlePath(name, method, std, film.frames, loop, seed) for std in stds] for method in methods]
    latents = [[path.through(doodle.latents) for path in row] for row in paths]
    captions = [[_caption(method, std, methods, stds) for std in stds] for method in methods]
    film.write(doodle, latents, captions, drawn.ink, voice, _record(project, variant, seed, backend.describe(), name))


def _caption(method: str, std: float, methods: Sequence[str], stds: Sequence[float]) -> str:
    """Say what tells an animation from the others of its grid."""
    return ", ".join([method] * (len(methods) > 1) + [f"noise {std}"] * (len(stds) > 1))


def _load(project: Project, variant: str | None, film: _Film, voice: _Voice) -> "Autoencoder":
    name, file = project.model(variant)
    from inkbridge.models.storage import load_model, read_record

    model = load_model(file, variant_of(file))
    record = read_record(file)
    voice.say(f"model {name}: {file}, {record['architecture']}, trained on {record['images_seen']} images")
    return model


def _record(
    project: Project,
    variant: str | None,
    seed: int,
    backend: dict[str, str | int] | None = None,
    doodle: str | None = None,
) -> Provenance:
    """Return how the present command makes what a model draws."""
    name, model = project.model(variant)
    run = run_record(fingerprint(project.settings), seed)
    return result_record(run, *_step_and_names(variant=name, doodle=doodle), backend, {"model": find_provenance(model)})


def _step_and_names(**names: str | None) -> tuple[str, dict[str, object]]:
    """Return the present command, and what of: ``names`` and the options that are given, but no name of a file."""
    context = click.get_current_context()
    left_out = {"drawings", "name", "quiet", "register", "seed", "variant"}
    given = {key: value for key, value in context.params.items() if key not in left_out and not isinstance(value, Path)}
    options = {key: str(value) if isinstance(value, Colours) else value for key, value in given.items()}
    told = {key: value for key, value in {**names, **options}.items() if value is not None}
    return f"inkbridge {context.info_name}", told


def _keep(output: Path, drawings: Iterable[Path]) -> None:
    """Raise :class:`InkbridgeError` where writing ``output`` would overwrite one of ``drawings``, or one in a folder of
    them, or would be read as such the next time."""
    for drawing in drawings:
        places = (drawing, *Path(os.path.realpath(drawing)).parents)
        if any(_is_same(output, place) for place in places) or (output.suffix and _is_same(output.parent, drawing)):
            raise InkbridgeError(f"{output}: expected a place apart from the drawings, {drawing}; write elsewhere (-o)")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # there is no such file, or it cannot be reached
        return False


def _stem(path: Path) -> str:
    """Return the name of a file or folder without its ending; for one like ``..``, of the folder that it is."""
    return (path if path.name not in ("", "..") else path.resolve()).stem or "drawing"


def _counted(drawn: NDArray[np.bool_], noun: str) -> str:
    return f"{len(drawn)} {noun}{'s' * (len(drawn) != 1)}"


def _bytes_of(path: Path) -> str:
    files = path.iterdir() if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _as_seen_from(folder: Path, file: Path) -> str:
    """Return the path of ``file`` relative to ``folder`` where it lies in it, else absolute."""
    absolute = file.resolve()
    inside = absolute.is_relative_to(folder.resolve())
    return str(absolute.relative_to(folder.resolve()) if inside else absolute)


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _told(error: BaseException) -> str | None:
    """Return the words for a person whom ``error`` stops; None where it is a fault of the program."""
    if isinstance(error, InkbridgeError):
        return str(error)
    if is_out_of_memory(error):
        return "memory ran out; lower --size or --frames, or take fewer of --method, --std or --numbers"
    if isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        return f"{place}expected a place that can be read and written, found: {error.strerror or error}; choose another"
    return None


def main() -> NoReturn:
    """Run the command line. Exit code 0 when all went well, 1 for what the message tells how to put right, 2 for a call
    that is not understood, 130, 143 and 129 for SIGINT, SIGTERM and SIGHUP."""
    try:
        with handling_signals(interrupt):
            use_one_blas_thread()
            commands(standalone_mode=False)
    except (KeyboardInterrupt, Exception) as error:
        if (interruption := interruption_behind(error)) is not None:  # click wraps it, too
            click.echo("inkbridge: interrupted", err=True)
            sys.exit(exit_code(interruption))
        if isinstance(error, click.ClickException):
            error.show()
            sys.exit(error.exit_code)
        if (words := _told(error)) is not None:
            click.echo(_printable_lines(f"inkbridge: {words}"), err=True)
            sys.exit(1)
        raise
    sys.exit(0)
