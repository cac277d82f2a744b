"""``inkbridge traverse``."""

from pathlib import Path

import click

import inkbridge as ink
from inkbridge.api.animation import film_of
from inkbridge.api.options import FilmOptions, ReadOptions, TraversalOptions
from inkbridge.api.steps import keyframe_of, read_drawing, traversal_look, traversal_shape
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import checked_model, keep, save
from inkbridge.cli.options import (
    FILE,
    film_options,
    output_option,
    project_options,
    read_options,
    traversal_options,
    variant_option,
)
from inkbridge.config.project import Project


@click.command(short_help="Show what a network learned.")
@output_option("traverse.gif")
@variant_option
@click.option("--around", type=FILE, metavar="SHEET", help="Start from a keyframe of SHEET, not from the mean latent.")
@traversal_options
@film_options(size="128")
@read_options
@project_options
def traverse(
    output: Path | None,
    variant: str | None,
    around: Path | None,
    traversal: TraversalOptions,
    film: FilmOptions,
    read: ReadOptions,
    project: Project,
    console: Console,
) -> None:
    """Show what a network learned: move along one direction of its latent space at a time, there and back.

    \b
    Examples:
      inkbridge traverse --variant strokes64 -o learned.gif
      inkbridge traverse --directions single --numbers 1,2,3 --span 4
      inkbridge traverse --around my_sheet.png --keyframe 3
    """
    place = output or Path("traverse.gif")
    reading = None
    if around is not None:
        keep(place, [around])
        reading = read_drawing(around, read)
        keyframe_of(reading, traversal.keyframe)
    look = traversal_look(film, project, reading)
    planned = film_of(place, look, traversal_shape(traversal), traversal.frames)
    model = checked_model(place, planned, variant, project, console)
    drawn = ink.traverse(model, around=reading, traversal=traversal, read=read, film=film, project=project)
    save(drawn, place, console)
