"""``inkbridge studio``."""

from importlib.util import find_spec
from pathlib import Path

import click

from inkbridge.cli.console import Console
from inkbridge.cli.options import FILE, project_options
from inkbridge.config.project import Project
from inkbridge.support.errors import InkbridgeError


@click.command(short_help="Draw in the browser, and see it move.")
@click.argument("drawing", type=FILE, default="drawing.inkbridge", metavar="[DRAWING]")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the page's address.  [default: 8177, if it is free]"
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the browser.  [default: browser]")
@project_options
def studio(drawing: Path, port: int | None, browser: bool, project: Project, console: Console) -> None:
    """Draw in the browser, and see it move while you draw.

    DRAWING is a file whose name ends in .inkbridge. It is made if there is none, and saved while you draw. The page is
    served from this machine and for this machine alone; it needs no network. `inkbridge animate` and the pipeline read
    the file, too.

    \b
    Examples:
      inkbridge studio
      inkbridge studio dance.inkbridge --no-browser
    """
    if missing := [name for name in ("starlette", "uvicorn") if find_spec(name) is None]:
        raise InkbridgeError(f"the studio takes other packages ({', '.join(missing)}): pip install 'inkbridge[studio]'")
    if drawing.suffix != ".inkbridge":
        raise InkbridgeError(
            f"{drawing}: expected a name that ends in .inkbridge; to draw on from another file, bring it in on the page"
        )
    from inkbridge.studio.serve import serve

    # The address is the result of the command, not a message about it: --quiet does not hide it.
    serve(drawing, project.folder, port, browser, click.echo)
