"""A drawing becomes one of the gallery's: a copy of its file, and an entry in ``config.yaml``."""

from pathlib import Path

from inkbridge.config.project import find_project, workflow_command
from inkbridge.config.register import register_doodle
from inkbridge.drawings.drawing import Drawing
from inkbridge.drawings.files import SUFFIX, write_drawing
from inkbridge.support.errors import InkbridgeError


def add(name: str, drawing: Drawing, folder: Path) -> dict[str, str]:
    """Write a copy of ``drawing`` beside the configuration of the project in ``folder`` and register it there as the
    doodle ``name``. Return what the person should know.

    The copy holds strokes and marks, which no picture of a sheet could. Raises :class:`InkbridgeError` if there is no
    configuration, or if the name is taken or no name for a doodle; then nothing has changed.
    """
    project = find_project(folder)
    configuration = project.configuration_file
    if configuration is None:
        raise InkbridgeError(
            f"{folder}: expected a config.yaml to add the drawing to, found none; start the studio in a clone of "
            "inkbridge"
        )
    place = configuration.parent / f"{name}{SUFFIX}"
    if place.exists():
        raise InkbridgeError(f"{place.name}: expected a new name, found a file of that name; choose another")
    write_drawing(place, drawing)
    try:
        register_doodle(configuration, name, place.name, loop=drawing.look.play == "loop")
    except BaseException:
        place.unlink()
        raise
    command = workflow_command(configuration.parent, "results/gifs")
    return {"sheet": place.name, "configuration": str(configuration), "then": command}


def file_stem(path: Path) -> str:
    """Return the name of a drawing, for the files that are made of it: letters, digits, - and _ alone."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in path.stem
    )
    return plain.strip("-")[:60] or "drawing"
