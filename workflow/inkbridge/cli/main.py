"""The entry point of the command line: the group of commands, and the exit codes."""

import sys
from typing import Any, NoReturn

import click

import inkbridge
from inkbridge.cli.animate import animate
from inkbridge.cli.check import check
from inkbridge.cli.console import message_of, printable_lines
from inkbridge.cli.demo import demo
from inkbridge.cli.models import models
from inkbridge.cli.morph import morph
from inkbridge.cli.new import new
from inkbridge.cli.provenance import provenance
from inkbridge.cli.studio import studio
from inkbridge.cli.traverse import traverse
from inkbridge.support.cores import use_one_blas_thread
from inkbridge.support.errors import interruption_behind
from inkbridge.support.signals import exit_code, handling_signals, interrupt


def _print_version(context: click.Context, _: click.Parameter, asked: Any) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"inkbridge, version {inkbridge.__version__}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Draw a few keyframes; inkbridge draws the frames between them.

    \b
    A first look:
      inkbridge demo                        a GIF of a drawing that comes with inkbridge

    \b
    Three commands from nothing to your own GIF:
      inkbridge new cat --keyframes 6       an empty sheet, cat.png, to draw on in any paint program
      inkbridge check cat.png               what will be read from it
      inkbridge animate cat.png -o cat.gif

    Each command has its own help: inkbridge animate --help.
    """


for command in (demo, studio, animate, morph, traverse, check, new, models, provenance):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line.

    The exit code is 0 for success; 1 for an error whose message says how to correct it; 2 for arguments that are not
    understood; 130, 143 and 129 after SIGINT, SIGTERM and SIGHUP.
    """
    try:
        with handling_signals(interrupt):
            use_one_blas_thread()
            commands(standalone_mode=False)
    except (KeyboardInterrupt, Exception) as error:
        if (interruption := interruption_behind(error)) is not None:  # click wraps it, too
            click.echo("inkbridge: interrupted", err=True)
            sys.exit(exit_code(interruption))
        if isinstance(error, click.ClickException):
            error.show()
            sys.exit(error.exit_code)
        if (message := message_of(error)) is not None:
            click.echo(printable_lines(f"inkbridge: {message}"), err=True)
            sys.exit(1)
        click.echo("inkbridge: internal error, please report it with the traceback below", err=True)
        raise
    sys.exit(0)
