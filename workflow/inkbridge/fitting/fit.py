"""A trained model, fitted to one doodle."""

from inkbridge.config.settings import Fitting
from inkbridge.fitting.encoding import Fitted
from inkbridge.fitting.pixels import fit_pixels
from inkbridge.fitting.strokes import fit_strokes
from inkbridge.models.device import Backend
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Images


def fit(
    encoded: Fitted,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    backend: Backend,
    seed: int,
    progress: Progress = silent,
) -> Fitted:
    """Return a copy of the model fitted until it draws ``keyframes`` ``uint8 [K, 64, 64]``.

    ``loop``: whether there is a segment from the last keyframe to the first. A decoder that draws strokes is fitted by
    :func:`inkbridge.stroke_fitting.fit_strokes`, one of pixels by :func:`fit_pixels`.
    """
    model = encoded.model
    if isinstance(model, StrokeAutoencoder):
        return Fitted(
            encoded.latents.cpu(), fit_strokes(model, encoded.latents, keyframes, loop, settings, seed, progress)
        )
    return fit_pixels(encoded, keyframes, loop, settings, backend, seed, progress)
