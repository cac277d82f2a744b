"""What a drawing that was made in the studio says about its animation, as options."""

from pathlib import Path

from inkbridge.api.options import FilmOptions, Options, PathOptions, filled
from inkbridge.drawings.drawing import Motion
from inkbridge.drawings.files import is_drawing, read_drawing


def look_of(drawing: Path) -> Motion | None:
    """Return how a drawing of the studio is animated; None for other files. Raises :class:`InkbridgeError` if it is
    damaged."""
    return read_drawing(drawing).look if is_drawing(drawing) else None


def options_of(look: Motion) -> Options:
    """Return the options of an animation that a drawing asks for."""
    path = PathOptions(
        methods=look.method,
        noise_std=look.noise_std,
        frames_per_segment=look.frames_per_segment,
        loop=look.play == "loop",
        seed=look.seed,
        easing=look.easing,
        hold=look.hold,
        there_and_back=look.play == "there-and-back",
    )
    return Options(path=path, film=FilmOptions(look.size, look.frame_ms, look.colours))


def with_look(options: Options, look: Motion | None) -> Options:
    """Return ``options`` with each ``None`` replaced by what a drawing asks for."""
    if look is None:
        return options
    said = options_of(look)
    path, asked = said.path.given(), options.path
    if asked.frames is not None:
        path.pop("frames_per_segment")
    # Who asks for one way to go on asks for no other.
    if asked.loop is not None:
        path["there_and_back"] = path["there_and_back"] and not asked.loop
    elif asked.there_and_back is not None:
        path["loop"] = path["loop"] and not asked.there_and_back
    return Options(options.read, filled(asked, **path), filled(options.film, **said.film.given()))
