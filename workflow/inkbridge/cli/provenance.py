"""``inkbridge provenance``."""

import json
from pathlib import Path

import click

from inkbridge.cli.options import FILE
from inkbridge.support.provenance.carriers import read_provenance
from inkbridge.support.provenance.text import as_lines


@click.command(short_help="Print how a file was made.")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the whole record as JSON.")
def provenance(file: Path, as_json: bool) -> None:
    """Print how FILE was made: by which version of inkbridge, with which settings, libraries and hardware.

    FILE is anything that inkbridge makes: a shard, a model, a fit, a table, an animation, a picture, a page, or the
    folder of a gallery.

    \b
    Examples:
      inkbridge provenance results/animations/strokes64/tree/linear_std0.gif
      inkbridge provenance results/gifs
      inkbridge provenance results/reports/reconstruction.csv --json
    """
    record = read_provenance(file)
    click.echo(json.dumps(record, indent=2) if as_json else "\n".join(as_lines(record)))
