"""``inkbridge animate``."""

from pathlib import Path

import click

from inkbridge.api.drawn import look_of, with_look
from inkbridge.api.options import Options
from inkbridge.api.plan import plan
from inkbridge.api.steps import doodle_of, read_drawing, stem
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import draw, is_same, keep
from inkbridge.cli.options import (
    FILE,
    film_options,
    output_option,
    path_options,
    project_options,
    read_options,
    together,
    variant_option,
)
from inkbridge.config.project import Project


@click.command(short_help="Animate the keyframes drawn on a sheet.")
@click.argument("sheet", type=FILE)
@output_option("SHEET's name with .gif, in this folder; with -animated.gif if that is SHEET itself")
@variant_option
@path_options(loop="Whether the animation returns from the last keyframe to the first.  [default: no-loop]")
@film_options(size="as in config.yaml")
@click.option("--strict", is_flag=True, help="Fail if a keyframe is not drawn well. Nothing is written then.")
@read_options
@project_options
@together
def animate(
    sheet: Path,
    output: Path | None,
    variant: str | None,
    options: Options,
    strict: bool,
    project: Project,
    console: Console,
) -> None:
    """Animate the keyframes drawn on SHEET: a sheet of cells, a folder of pictures, an animated picture, or a drawing
    of the studio.

    A model that the pipeline has trained draws the frames between them. If SHEET belongs to a doodle in the project's
    config.yaml, the settings of that doodle override the general ones.

    \b
    Examples:
      inkbridge animate my_sheet.png -o dance.gif
      inkbridge animate my_sheet.png -o dance.mp4 --std 0.3 --size 512 --fps 24 --loop
      inkbridge animate my_sheet.png -o dance.webp --colours '#1b6697,transparent'
      inkbridge animate my_sheet.png -o ways.gif --method linear,circular,cubic --std 0,0.8
      inkbridge animate my_sheet.png -o dance.svg --variant strokes64
      inkbridge animate my_sheet.png -o frames/
    """
    name, entry = doodle_of(sheet, project)
    if entry is not None:
        console.entry(sheet, name, project)
    options, look = options.of_doodle(entry), look_of(sheet)
    if look is not None:
        console.say(f"{sheet}: other options not given come from the drawing")
        options, variant = with_look(options, look), variant or look.variant
    place = output or _default_output(sheet)
    keep(place, [sheet])
    reading = read_drawing(sheet, options.read)
    keyframes = reading.keyframes()
    console.reading(reading, keyframes)
    planned = plan(name, options, project.settings, keyframes)
    draw("animate", place, keyframes, planned, variant, project, console, strict)


def _default_output(sheet: Path) -> Path:
    here = Path(f"{stem(sheet)}.gif")
    return Path(f"{stem(sheet)}-animated.gif") if is_same(here, sheet) else here
