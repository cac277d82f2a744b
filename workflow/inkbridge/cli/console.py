"""The messages of the commands: one line each, on standard error, so that standard output is free for results."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from inkbridge.api.animation import Animation
from inkbridge.api.steps import Model
from inkbridge.config.project import Project
from inkbridge.config.shipped import SHIPPED
from inkbridge.keyframes.reading import Keyframes, Reading
from inkbridge.support.errors import InkbridgeError, is_out_of_memory, printable
from inkbridge.support.progress import Progress, silent


@dataclass(frozen=True)
class Console:
    """Prints what a command does, unless it is ``quiet``."""

    quiet: bool

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(printable(text), err=True)

    def entry(self, sheet: Path, name: str, project: Project) -> None:
        """Say that a sheet has an entry in the configuration."""
        self.say(f"{sheet}: options not given come from doodles.{name} in {project.configuration_file}")

    def reading(self, reading: Reading, keyframes: Keyframes) -> None:
        """Say what was read."""
        for text in keyframes.warnings:
            self.say(f"warning: {text}")
        count = len(reading.drawn)
        cells = f"{count} {reading.noun}{'s' * (count != 1)}"
        self.say(f"{reading.source}: {len(keyframes.images)} keyframes of {cells}, {keyframes.ink} ink")

    def model(self, model: Model) -> None:
        """Say which model draws."""
        about, place = model.training, place_of(model.file)
        self.say(f"model {model.name}: {place}, {about['architecture']}, trained on {about['images_seen']} images")

    def saved(self, animation: Animation, path: Path) -> None:
        """Say what was written."""
        film = animation.film(path)
        parts = [f"{film.frames} frames"]
        if film.format:  # a folder of frames has no duration
            parts.append(f"{film.written_ms / 1000:.1f} s")
        if film.format == ".svg" and animation.strokes is not None:
            parts.append(f"{animation.strokes.shape[-2]} strokes")
        else:
            parts.append("{}×{} pixels".format(*film.written_size))
        self.say(f"{path}: {', '.join(parts)}, {_bytes_of(path)}")

    def bar(self, label: str) -> Progress:
        """Return a progress bar, if there is a terminal to show it in."""
        if self.quiet or not sys.stderr.isatty():
            return silent

        def show(steps: range) -> Iterable[int]:
            with click.progressbar(steps, label=f"{label:<10}", file=sys.stderr) as shown:
                yield from shown

        return show


def place_of(model: Path) -> str:
    """Return where a model comes from, for a reader."""
    return "shipped with inkbridge" if model in SHIPPED.values() else str(model)


def message_of(error: BaseException) -> str | None:
    """Return the message for the user about ``error``; None if it is an internal error."""
    if isinstance(error, InkbridgeError):
        return str(error)
    if is_out_of_memory(error):
        return "memory ran out; lower --size or --frames, or give fewer values to --method, --std or --numbers"
    if isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        found = error.strerror or error
        return f"{place}expected a path that can be read and written, found: {found}; choose another"
    return None


def printable_lines(text: str) -> str:
    """Return a text of several lines that every terminal can show."""
    return "\n".join(map(printable, text.split("\n")))


def _bytes_of(path: Path) -> str:
    files = path.iterdir() if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
