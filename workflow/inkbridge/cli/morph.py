"""``inkbridge morph``."""

import shlex
from dataclasses import replace
from pathlib import Path

import click

from inkbridge.api.options import FilmOptions, Options, PathOptions, ReadOptions
from inkbridge.api.plan import plan
from inkbridge.api.steps import joined_name
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import draw, keep
from inkbridge.cli.options import (
    FILE,
    drawing_options,
    film_options,
    output_option,
    path_options,
    project_options,
    variant_option,
)
from inkbridge.config.project import Project
from inkbridge.keyframes.reading import read_drawings


@click.command(short_help="Turn one drawing into another.")
@click.argument("drawings", type=FILE, nargs=-1, required=True, metavar="A B [MORE]...")
@output_option("A-B.gif, in this folder")
@variant_option
@path_options(loop="Whether the animation returns to the first drawing.  [default: loop]")
@film_options(size="as in config.yaml")
@drawing_options
@project_options
def morph(
    drawings: tuple[Path, ...],
    output: Path | None,
    variant: str | None,
    path: PathOptions,
    film: FilmOptions,
    read: ReadOptions,
    project: Project,
    console: Console,
) -> None:
    """Turn drawing A into drawing B. Each is a separate picture, of any size, on any paper.

    \b
    Examples:
      inkbridge morph cat.png dog.png -o cat_dog.gif
      inkbridge morph cat.png dog.jpg mouse.png -o animals.mp4 --std 0.3 --no-loop
    """
    if len(drawings) < 2:
        sheet = shlex.quote(str(drawings[0]))
        raise click.UsageError(
            f"expected two or more drawings; to animate the cells of one sheet: inkbridge animate {sheet}"
        )
    name = joined_name(drawings)
    place = output or Path(f"{name}.gif")
    keep(place, drawings)
    keyframes = read_drawings(drawings, ink=read.ink or "auto", drop_lines=read.drop_lines or "auto")
    looping = path if path.loop is not None else replace(path, loop=True)
    planned = plan(name, Options(read, looping, film), project.settings, keyframes)
    draw("morph", place, keyframes, planned, variant, project, console)
