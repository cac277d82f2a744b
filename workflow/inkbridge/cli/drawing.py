"""What ``animate``, ``morph`` and ``traverse`` share: checks before any work, the model, and the file."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from inkbridge.api.animation import Animation, film_of
from inkbridge.api.fidelity import describe_fidelity
from inkbridge.api.plan import Plan
from inkbridge.api.steps import Model, draw_plan, load
from inkbridge.cli.console import Console
from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.project import Project, variant_of
from inkbridge.export.limits import Film, SettingNames, check_film
from inkbridge.export.outputs import check_output
from inkbridge.keyframes.reading import Keyframes
from inkbridge.support.errors import InkbridgeError

OPTION_NAMES = SettingNames(frames="--frames", size="--size", speed="--fps", speed_unit="fps", colours="--colours")


def draw(
    command: str,
    output: Path,
    keyframes: Keyframes,
    plan: Plan,
    variant: str | None,
    project: Project,
    console: Console,
    strict: bool = False,
) -> None:
    """Draw what is planned for ``keyframes`` and write it to ``output``.

    ``strict``: raise :class:`InkbridgeError` if a keyframe is not drawn well, before anything is written.
    """
    film = film_of(output, plan.look, plan.shape, plan.frames(len(keyframes.images)))
    model = checked_model(output, film, variant, project, console)
    animation = draw_plan(command, keyframes, plan, model, project, console.bar("fitting"))
    if animation.fidelity is not None:
        text = describe_fidelity(animation.fidelity, plan.fit, animation.doodle.has_strokes)
        if text is not None and strict:
            raise InkbridgeError(f"{output}: {text}; nothing was written, because of --strict")
        if text is not None:
            console.say(f"warning: {text}")
    save(animation, output, console)


def checked_model(output: Path, film: Film, variant: str | None, project: Project, console: Console) -> Model:
    """Return the model of ``variant``, or of the first one that is trained.

    Before it is loaded, raises :class:`InkbridgeError` if the film cannot be written to ``output``.
    """
    check_output(output)
    check_film(str(output), film, OPTION_NAMES)
    name, file = project.model(variant)
    if film.format == ".svg" and not ARCHITECTURES[variant_of(file).architecture].draws_strokes:
        raise InkbridgeError(
            f"{output}: an SVG is made of strokes, but {name} makes pixels; use a variant that draws strokes "
            "(inkbridge models lists them) or another format"
        )
    model = load(name, file)
    console.model(model)
    return model


def save(animation: Animation, output: Path, console: Console) -> None:
    """Write an animation, and say what was written."""
    shown = replace(animation, progress=console.bar("drawing"))
    shown.save(output)
    console.saved(shown, output)


def keep(output: Path, drawings: Iterable[Path]) -> None:
    """Raise :class:`InkbridgeError` if ``output`` would overwrite one of ``drawings``, lie in a drawing that is a
    folder, or be read as a part of the drawing the next time."""
    for drawing in drawings:
        places = (drawing, *Path(os.path.realpath(drawing)).parents)
        if any(is_same(output, place) for place in places) or (output.suffix and is_same(output.parent, drawing)):
            raise InkbridgeError(
                f"{output}: expected a path outside the drawing {drawing}, found one inside it, or the drawing itself; "
                "write elsewhere (-o)"
            )


def is_same(one: Path, other: Path) -> bool:
    """Return whether both paths lead to the same file or folder."""
    try:
        return one.samefile(other)
    except OSError:  # one of the files does not exist or cannot be reached
        return False
