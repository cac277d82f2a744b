"""``inkbridge check``."""

from pathlib import Path

import click

from inkbridge.api.options import Options, ReadOptions
from inkbridge.api.steps import doodle_of, read_drawing, stem
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import keep
from inkbridge.cli.options import FILE, project_options, read_options
from inkbridge.config.project import Project
from inkbridge.config.settings import fingerprint
from inkbridge.support.errors import printable
from inkbridge.support.provenance.record import result_record, run_record


@click.command(short_help="Show what inkbridge reads from a sheet.")
@click.argument("sheet", type=FILE)
@click.option("--output", "-o", type=FILE, help="The PNG to write.  [default: SHEET's name with _check.png]")
@read_options
@project_options
def check(sheet: Path, output: Path | None, read: ReadOptions, project: Project, console: Console) -> None:
    """Show what inkbridge reads from SHEET: its cells, which of them are blank, the ink, the paper, and warnings.

    \b
    Example:
      inkbridge check my_sheet.png
    """
    from inkbridge.keyframes.previews import picture_of
    from inkbridge.support.png import write_png

    name, entry = doodle_of(sheet, project)
    place = output or Path(f"{stem(sheet)}_check.png")
    keep(place, [sheet])
    options = Options(read).of_doodle(entry).read
    reading = read_drawing(sheet, options)
    names = {"doodle": name, **options.given()}
    made = result_record(run_record(fingerprint(project.settings), None), "inkbridge check", names)
    write_png(place, picture_of(reading), made)
    if not console.quiet:
        for line in [*reading.describe(), f"picture    {place}"]:
            click.echo(printable(line))
    reading.keyframes()
