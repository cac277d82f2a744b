"""``inkbridge check``."""

import shlex
from pathlib import Path

import click

from inkbridge.api.options import Options, PathOptions, ReadOptions
from inkbridge.api.steps import correspondence, doodle_of, read_drawing, stem
from inkbridge.cli.console import Console
from inkbridge.cli.drawing import keep
from inkbridge.cli.options import FILE, project_options, read_options
from inkbridge.config.project import Project
from inkbridge.config.settings import fingerprint
from inkbridge.support.errors import printable
from inkbridge.support.provenance.record import result_record, run_record


@click.command(short_help="Show what inkbridge reads from a sheet, and what each stroke becomes.")
@click.argument("sheet", type=FILE)
@click.option(
    "--match",
    "matching",
    is_flag=True,
    help="Show instead what each stroke becomes in the next keyframe, and so why something moves as it does.",
)
@click.option(
    "--loop/--no-loop",
    default=None,
    help="With --match: whether the last keyframe leads to the first.  [default: as in config.yaml, else no-loop]",
)
@click.option(
    "--output",
    "-o",
    type=FILE,
    help="The PNG to write.  [default: SHEET's name with _check.png, or _match.png with --match]",
)
@read_options
@project_options
def check(
    sheet: Path,
    matching: bool,
    loop: bool | None,
    output: Path | None,
    read: ReadOptions,
    project: Project,
    console: Console,
) -> None:
    """Show what inkbridge reads from SHEET: its cells, which of them are blank, the ink, the paper, and warnings.

    With --match, show how strokes move in variants that draw strokes: the keyframes side by side, each line of ink in
    one colour in all of them. It needs no trained model.

    \b
    Examples:
      inkbridge check my_sheet.png
      inkbridge check my_sheet.png --match -o match.png
    """
    if loop is not None and not matching:
        raise click.UsageError("--loop and --no-loop are for --match")
    name, entry = doodle_of(sheet, project)
    place = output or Path(f"{stem(sheet)}_{'match' if matching else 'check'}.png")
    keep(place, [sheet])
    if entry is not None:
        console.entry(sheet, name, project)
    options = Options(read, PathOptions(loop=loop)).of_doodle(entry)
    reading = read_drawing(sheet, options.read)
    names = {"doodle": name, **options.read.given()}
    if matching:
        _say(reading.describe(), console)
        found = correspondence("check --match", reading.keyframes(), bool(options.path.loop), names, project)
        found.save(place)
        _say([*found.describe(), f"picture    {place}"], console)
        return
    from inkbridge.keyframes.previews import picture_of
    from inkbridge.support.png import write_png

    made = result_record(run_record(fingerprint(project.settings), None), "inkbridge check", names)
    write_png(place, picture_of(reading), made)
    _say([*reading.describe(), f"picture    {place}"], console)
    reading.keyframes()
    console.say(f"then: inkbridge animate {shlex.quote(str(sheet))}{', with the same options' if read.given() else ''}")


def _say(lines: list[str], console: Console) -> None:
    if not console.quiet:
        for line in lines:
            click.echo(printable(line))
