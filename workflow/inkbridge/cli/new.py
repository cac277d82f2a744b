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


@click.command(short_help="Make an empty sheet to draw on.")
@click.argument("name")
@click.option(
    "--frames",
    type=click.IntRange(FEWEST_KEYFRAMES, MOST_KEYFRAMES),
    default=6,
    show_default=True,
    help="Number of keyframes to draw.",
)
@click.option("--cell", type=click.IntRange(64, 1024), default=256, show_default=True, help="Side of a cell in pixels.")
@click.option("--output", "-o", type=FILE, help="The sheet to write.  [default: NAME.png]")
@click.option("--register", is_flag=True, help="Add it to the doodles in the project's config.yaml.")
@project_options
def new(
    name: str, frames: int, cell: int, output: Path | None, register: bool, project: Project, console: Console
) -> None:
    """Make an empty sheet, NAME.png, to draw on in any paint program: a cell for each keyframe.

    Draw in dark ink, with a pen about a twentieth of a cell wide. The pale lines between the cells are ignored when the
    sheet is read.

    \b
    Examples:
      inkbridge new cat
      inkbridge new cat --frames 8 --register
    """
    from inkbridge.keyframes.templates import empty_sheet
    from inkbridge.support.png import write_png

    place = output or Path(f"{name}.png")
    if place.exists():
        raise InkbridgeError(
            f"{place}: expected a new name, found a file of that name; choose another, so that no drawing is lost"
        )
    sheet = empty_sheet(frames, cell)
    if register and project.configuration_file is None:
        raise InkbridgeError(f"{project.folder}: expected a config.yaml to register in, found none")
    made = result_record(run_record(None, None), "inkbridge new", {"frames": frames, "cell": cell})
    write_png(place, sheet, made)
    console.say(f"{place}: {frames} cells of {cell}×{cell} pixels, to draw on")
    if register:
        _register(project, name, place, console)
    else:
        console.say(f"then: inkbridge check {shlex.quote(str(place))}")


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
