"""``inkbridge models``."""

import click

from inkbridge.cli.console import Console, printable_lines
from inkbridge.cli.options import project_options
from inkbridge.config.project import Project


@click.command(short_help="List the trained models.")
@project_options
def models(project: Project, console: Console) -> None:
    """List the trained variants with their metrics.

    Metrics between keyframes are means over the project's doodles, on the linear path without noise, as in
    results/reports.

    \b
    Example:
      inkbridge models
    """
    project.model(None)  # if there is no model, says how to train one
    from inkbridge.evaluation.tables import models_table
    from inkbridge.models.storage import read_record

    records = {name: read_record(file) for name, file in project.models().items()}
    table = models_table(project.folder / "results/reports", records)
    click.echo(printable_lines(table.to_string(index=False, na_rep="–")))
