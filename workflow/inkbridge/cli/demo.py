"""``inkbridge demo``."""

import shlex
from pathlib import Path

import click

from inkbridge.api.options import Options, PathOptions
from inkbridge.api.plan import plan
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import draw
from inkbridge.cli.options import output_option, project_options, variant_option
from inkbridge.config.project import Project
from inkbridge.keyframes.reading import read_cells
from inkbridge.support.errors import InkbridgeError

SHEET = Path(__file__).parent / "sheets/jumpingjack.png"
"""The sheet that is drawn: a copy of the one in ``resources/doodles``, because that folder is not installed."""


@click.command(short_help="Draw a first animation, before you draw a sheet of your own.")
@output_option("demo.gif, in this folder")
@variant_option
@project_options
def demo(output: Path | None, variant: str | None, project: Project, console: Console) -> None:
    """Draw a first animation: six keyframes of a jumping jack that come with inkbridge, and the frames between them.

    It needs no sheet and no training, and never overwrites a file.

    \b
    Example:
      inkbridge demo
    """
    place = output or Path("demo.gif")
    if place.exists():
        raise InkbridgeError(
            f"{place}: expected a new name, found a file of that name; delete it, or choose another name with -o"
        )
    reading = read_cells(SHEET)
    keyframes = reading.keyframes()
    planned = plan("jumpingjack", Options(path=PathOptions(loop=True)), project.settings, keyframes)
    draw("demo", place, keyframes, planned, variant, project, console)
    sheet = shlex.quote(str(SHEET))
    console.say(
        f"This is {len(keyframes.images)} drawings in {sheet}, and the frames that inkbridge drew between them."
    )
    console.say("What to try next:")
    console.say(f"  inkbridge animate {sheet} -o jumpingjack.mp4 --loop --std 0.3 --size 512")
    console.say("  inkbridge new cat --keyframes 6        an empty sheet, cat.png, to draw on in any paint program")
    console.say("  inkbridge animate cat.png -o cat.gif   your own drawing moves")
