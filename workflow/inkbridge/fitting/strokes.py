"""A decoder that draws, fitted to one doodle: the same strokes draw every keyframe, and move in between.

1. Every stroke is put to use: one that the doodle's keyframes leave unused takes over half of the longest
   (:func:`split_unused_strokes`); the weights of the decoder's last layer are changed so that it puts out the halves.
2. The strokes of all keyframes, and a bend of their movements between them, are optimised together until they paint
   the keyframes and, at random moments in between, keep the amount of ink, hold together and stay plain
   (:func:`optimise_strokes`). All are opaque: a stroke that a keyframe has no use for hides in another.
3. The decoder's last layer is solved, by least squares, so that the latents of the keyframes give these strokes, the
   points of every path between them the strokes in between, and points beside the paths strokes that are moved as
   they were before (:func:`solve_output_layer`); but what noise does across the paths is damped first
   (:func:`damp_off_span`).
"""

import copy

import torch
from torch import Tensor

from inkbridge.config.settings import Fitting
from inkbridge.fitting.initialise import damp_off_span, hide_faint_strokes, split_unused_strokes
from inkbridge.fitting.optimise import SOFTNESS, optimise_strokes
from inkbridge.fitting.solve import solve_output_layer
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
) -> StrokeAutoencoder:
    """Return a copy of ``model``, on the CPU, that draws ``keyframes`` ``uint8 [K, 64, 64]`` at their standardised
    ``latents`` ``[K, D]`` and moves their strokes in between."""
    fitted = copy.deepcopy(model).cpu()
    latents = latents.cpu()
    opacities = fitted.strokes(latents)[..., 9].numpy()
    damp_off_span(fitted, latents)
    owners = split_unused_strokes(fitted, latents)
    strokes = fitted.strokes(latents).numpy()
    hidden = hide_faint_strokes(strokes, opacities[:, owners])
    motion = optimise_strokes(hidden, latents, keyframes, loop, settings, seed, progress)
    solve_output_layer(fitted, latents, motion, keyframes, seed)
    fitted.softness = SOFTNESS
    return fitted
