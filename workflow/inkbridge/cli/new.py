"""``inkbridge new``."""

import shlex
from pathlib import Path

import click

from inkbridge.cli.console import Console
from inkbridge.cli.options import FILE, project_options
from inkbridge.config.project import Project, workflow_command
from inkbridge.keyframes.limits import FEWEST_KEYFRAMES, MOST_KEYFRAMES
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.record import result_record, run_record


def _refuse_frames(context: click.Context, _: click.Parameter, value: object) -> None:
    """Name the option that has replaced ``--frames``."""
    if value is not None:
        raise click.UsageError(
            "expected --keyframes, the number of keyframes to draw; --frames is that of an animation", context
        )


@click.command(short_help="Make an empty sheet to draw on.")
@click.argument("name")
@click.option(
    "--keyframes",
    type=click.IntRange(FEWEST_KEYFRAMES, MOST_KEYFRAMES),
    default=6,
    show_default=True,
    help="Number of keyframes to draw.",
)
@click.option("--frames", hidden=True, expose_value=False, callback=_refuse_frames)
@click.option(
    "--cell",
    type=click.IntRange(64, 1024),
    help="Side of a cell in pixels; a printed sheet has the largest cells that fit.  [default: 256]",
)
@click.option(
    "--print",
    "paper",
    flag_value="a4",
    help="Make a page of A4 to print, NAME.pdf: draw on paper, then scan it, or photograph it with its four marks.",
)
@click.option("--print-letter", "paper", flag_value="letter", help="The same for US letter paper.")
@click.option("--output", "-o", type=FILE, help="The sheet to write.  [default: NAME.png, or NAME.pdf with --print]")
@click.option("--register", is_flag=True, help="Add it to the doodles in the project's config.yaml.")
@project_options
def new(
    name: str,
    keyframes: int,
    cell: int | None,
    paper: str | None,
    output: Path | None,
    register: bool,
    project: Project,
    console: Console,
) -> None:
    """Make an empty sheet, NAME.png, to draw on in any paint program: a cell for each keyframe.

    With --print, make a page to draw on with a pen.

    Draw in dark ink, with a pen about a twentieth of a cell wide. The pale lines between the cells are ignored when the
    sheet is read.

    \b
    Examples:
      inkbridge new cat
      inkbridge new cat --keyframes 8 --register
      inkbridge new cat --print
    """
    if paper is not None:
        if cell is not None or register:
            raise click.UsageError(f"{'--register' if register else '--cell'} is not for sheets to print")
        _print(output or Path(f"{name}.pdf"), keyframes, paper, console)
        return
    from inkbridge.keyframes.templates import empty_sheet
    from inkbridge.support.png import write_png

    place = output or Path(f"{name}.png")
    _refuse_existing(place)
    cell = cell or 256
    sheet = empty_sheet(keyframes, cell)
    if register and project.configuration_file is None:
        raise InkbridgeError(f"{project.folder}: expected a config.yaml to register in, found none")
    made = result_record(run_record(None, None), "inkbridge new", {"keyframes": keyframes, "cell": cell})
    write_png(place, sheet, made)
    console.say(f"{place}: {sheet.width // cell * (sheet.height // cell)} cells of {cell}×{cell} pixels, to draw on")
    if register:
        _register(project, name, place, console)
    else:
        console.say(f"then: inkbridge check {shlex.quote(str(place))}")


def _print(place: Path, keyframes: int, paper: str, console: Console) -> None:
    """Write a page to print."""
    from inkbridge.keyframes.templates import PRINTED_DPI, print_layout, printed_sheet
    from inkbridge.support.files import atomic_write

    _refuse_existing(place)
    layout = print_layout(keyframes, paper)
    with atomic_write(place) as temporary:
        printed_sheet(layout).save(temporary, "PDF", resolution=PRINTED_DPI, creator="inkbridge")
    cells = layout.columns * layout.rows
    console.say(f"{place}: {cells} cells of {layout.cell:.0f}×{layout.cell:.0f} mm, to print and draw on")
    console.say("then scan the page, or photograph it with all four marks: inkbridge check PHOTOGRAPH")


def _refuse_existing(place: Path) -> None:
    if place.exists():
        raise InkbridgeError(
            f"{place}: expected a new name, found a file of that name; choose another, so that no drawing is lost"
        )


def _register(project: Project, name: str, place: Path, console: Console) -> None:
    """Add the sheet to the configuration. If that fails, remove the sheet again."""
    from inkbridge.config.register import register_doodle

    assert project.configuration_file
    try:
        register_doodle(project.configuration_file, name, _as_seen_from(project.configuration_file.parent, place))
    except BaseException:
        place.unlink()
        raise
    command = workflow_command(project.configuration_file.parent, "results/gifs")
    console.say(f"{project.configuration_file}: doodles.{name} added; to animate it: {command}")


def _as_seen_from(folder: Path, file: Path) -> str:
    """Return the path of ``file`` relative to ``folder`` if it is inside, else its absolute path."""
    absolute = file.resolve()
    inside = absolute.is_relative_to(folder.resolve())
    return str(absolute.relative_to(folder.resolve()) if inside else absolute)
