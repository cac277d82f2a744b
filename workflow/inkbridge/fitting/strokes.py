"""The stroke fit: the same strokes draw every keyframe of a doodle and move between them.

1. Initialise. Every stroke is used: one that no keyframe uses becomes half of the longest stroke
   (:func:`split_unused_strokes`). A stroke that is faint in one keyframe shrinks to a dot there, inside another stroke
   (:func:`hide_faint_strokes`). From here on, all strokes are opaque.
2. Optimise. The strokes of all keyframes are optimised together, and so is the bend of their movements. They learn to
   paint the keyframes, to keep the amount of ink in between, to stay connected and to stay simple
   (:func:`optimise_strokes`).
3. Solve. The decoder's last layer is solved by least squares, so that every path between the keyframes' latents is
   decoded to these movements (:func:`solve_output_layer`). Before that, the effect of noise is damped
   (:func:`damp_off_span`).
"""

import copy

import torch
from torch import Tensor

from inkbridge.config.settings import Fitting
from inkbridge.fitting.initialise import damp_off_span, hide_faint_strokes, split_unused_strokes
from inkbridge.fitting.optimise import optimise_strokes
from inkbridge.fitting.solve import solve_output_layer
from inkbridge.fitting.tuning import STROKE_FIT, StrokeFitTuning
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Images


@torch.no_grad()
def fit_strokes(
    model: StrokeAutoencoder,
    latents: Tensor,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    seed: int,
    progress: Progress = silent,
    tuning: StrokeFitTuning = STROKE_FIT,
) -> StrokeAutoencoder:
    """Return a copy of ``model``, on the CPU, that draws ``keyframes`` ``uint8 [K, 64, 64]`` at their standardised
    ``latents`` ``[K, D]`` and moves the strokes in between."""
    fitted = copy.deepcopy(model).cpu()
    latents = latents.cpu()
    opacities = fitted.strokes(latents)[..., 9].numpy()
    damp_off_span(fitted, latents, tuning)
    owners = split_unused_strokes(fitted, latents, tuning)
    strokes = hide_faint_strokes(fitted.strokes(latents).numpy(), opacities[:, owners], tuning)
    motion = optimise_strokes(strokes, latents, keyframes, loop, settings, seed, progress, tuning)
    solve_output_layer(fitted, latents, motion, keyframes, seed, tuning)
    fitted.softness = tuning.last_softness
    return fitted
