"""What a drawing that was made in the studio says about its animation, as options."""

from inkbridge.api.options import FilmOptions, Options, PathOptions
from inkbridge.drawings.drawing import Motion


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
