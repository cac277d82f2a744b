"""The fit of a trained model to one doodle, whatever the model's decoder draws."""

from dataclasses import replace

import torch

from inkbridge.config.settings import Fitting
from inkbridge.fitting.encoding import Encoding
from inkbridge.fitting.pixels import fit_pixels
from inkbridge.fitting.strokes import fit_strokes
from inkbridge.keyframes.reading import Keyframes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.progress import Progress, silent


def fitting_backend(model: Autoencoder, is_fitted: bool, backend: Backend) -> Backend:
    """Return the backend on which encoding and, if ``is_fitted``, fitting compute, given the ``backend`` that was
    chosen.

    Strokes are fitted on the CPU in float32 (:func:`fit_strokes`), so their keyframes are encoded there, too. Only the
    fit of a pixel decoder uses the backend's precision; encoders run in float32.
    """
    if isinstance(model, StrokeAutoencoder):
        return replace(backend, device=torch.device("cpu"), precision=torch.float32)
    return backend if is_fitted else replace(backend, precision=torch.float32)


def fit(
    encoded: Encoding,
    keyframes: Keyframes,
    loop: bool,
    settings: Fitting,
    backend: Backend,
    seed: int,
    progress: Progress = silent,
) -> Encoding:
    """Return a copy of the model fitted until it draws ``keyframes``.

    ``loop``: whether a segment leads from the last keyframe to the first. :func:`fit_strokes` fits decoders that draw
    strokes, :func:`fit_pixels` those of pixels, which know nothing of marks.
    """
    if isinstance(encoded.model, StrokeAutoencoder):
        drawings, marks = keyframes.originals, keyframes.marks
        return fit_strokes(encoded, drawings, loop, settings.stroke_steps, seed, progress, marks)
    return fit_pixels(encoded, keyframes.images, loop, settings, backend, seed, progress)
