"""Strokes, optimised until they draw the keyframes and move well."""

import logging

import torch
from torch import Tensor

from inkbridge.config.settings import Fitting
from inkbridge.fitting.descent import Descent
from inkbridge.fitting.loss import StrokeLoss
from inkbridge.fitting.motion import Motion, Segments
from inkbridge.fitting.tuning import STROKE_FIT, StrokeFitTuning
from inkbridge.strokes.soft_raster_torch import falling_softness
from inkbridge.support.progress import Progress, silent
from inkbridge.support.seeds import torch_seed
from inkbridge.support.types import Array, Images

log = logging.getLogger(__name__)


@torch.enable_grad()
def optimise_strokes(
    strokes: Array,
    latents: Tensor,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    seed: int,
    progress: Progress = silent,
    tuning: StrokeFitTuning = STROKE_FIT,
) -> Motion:
    """Optimise ``strokes`` ``float32 [K, N, 10]`` until they paint ``keyframes`` ``uint8 [K, 64, 64]`` and move well.

    ``latents`` ``[K, D]`` are those of the keyframes; :class:`inkbridge.fitting.loss.LossTerms` says what is minimised.
    At each step, the keyframes and one random moment of each segment are painted. The terms are logged at level DEBUG.
    """
    segments = Segments.of(len(keyframes), loop)
    loss = StrokeLoss(keyframes, latents, segments, tuning)
    motion = _initial_motion(strokes, (loss.ink > 0).float(), segments, tuning)
    rates = [
        ([motion.points], tuning.points_learning_rate),
        ([motion.widths], tuning.widths_learning_rate),
        ([motion.bends], tuning.bends_learning_rate),
    ]
    descent = Descent(rates, settings.stroke_steps, tuning.warmup, betas=tuning.betas)
    generator = torch.Generator().manual_seed(torch_seed(seed, "fitting"))
    for step in progress(range(settings.stroke_steps)):
        done = step / settings.stroke_steps
        softness = falling_softness(tuning.first_softness, tuning.last_softness, done / tuning.softening)
        terms = loss.terms(motion, torch.rand(len(segments.starts), generator=generator), softness)
        descent.step(terms.total(tuning.weights, settings.ink_weight, min(1.0, done / tuning.pieces_onset)))
        with torch.no_grad():
            motion.widths.clamp_(tuning.narrowest, tuning.widest)
        log.debug("step %d: %s", step, terms)
    return motion.detached()


def _initial_motion(strokes: Array, opacities: Tensor, segments: Segments, tuning: StrokeFitTuning) -> Motion:
    """Return the straight movement of ``strokes`` ``[K, N, 10]``, as leaves that can be optimised."""
    count, number = strokes.shape[:2]
    points = torch.from_numpy(strokes[..., :8].reshape(count, number, 4, 2).copy()).requires_grad_()
    widths = torch.from_numpy(strokes[..., 8].copy()).clamp(tuning.narrowest, tuning.widest).requires_grad_()
    bends = torch.zeros(len(segments.starts), number, 4, 2, requires_grad=True)
    return Motion(points, widths, opacities, bends, segments)
