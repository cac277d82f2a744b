"""The painter's finish: strokes are moved by parts of a pixel until they paint the keyframes as they were drawn."""

import logging

import cv2
import numpy as np
import torch
from torch import Tensor

from inkbridge import CELL
from inkbridge.fitting.descent import Descent
from inkbridge.fitting.tuning import FINISH, FinishTuning
from inkbridge.strokes.soft_raster_torch import falling_softness, shape_cross_entropy
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Array, Images

log = logging.getLogger(__name__)


@torch.enable_grad()
def finished(
    handles: Array,
    widths: Array,
    basis: Array,
    drawings: Images,
    steps: int,
    progress: Progress = silent,
    tuning: FinishTuning = FINISH,
) -> tuple[Array, Array]:
    """Return ``handles`` ``float32 [K, V, 2]`` and ``widths`` ``float32 [K, N]`` with which the strokes paint
    ``drawings`` ``uint8 [K, S, S]``; ``basis`` ``[4N, V]`` turns handles into control points. Strokes of
    width 0 are not painted.

    The cross-entropy of the painted drawings falls, and strokes and widths stay near where they were traced. Adam takes
    ``steps`` steps; the edges of the strokes get sharper over them. The terms are logged at level DEBUG.
    """
    stages = _stages(drawings, steps, tuning)
    matrix = torch.from_numpy(basis)
    traced, traced_widths = torch.from_numpy(handles), torch.from_numpy(widths)
    moved, pens = traced.clone().requires_grad_(), traced_widths.clone().requires_grad_()
    # Speeds are per point of a strand: a change of one moves control points by several pixels.
    reach = matrix.abs().amax(dim=0).clamp_min(1)[:, None]
    scaled = (moved.detach() * reach).requires_grad_()
    descent = Descent([([scaled], tuning.learning_rate), ([pens], tuning.widths_learning_rate)], steps, tuning.warmup)
    shown = (traced_widths > 0).float()
    for step in progress(range(steps)):
        softness = falling_softness(tuning.first_softness, tuning.last_softness, step / steps / tuning.softening)
        drawn = next(drawn for last, drawn in stages if step < last)
        moved = scaled / reach
        strokes = strokes_from(moved, pens, shown, matrix)
        fit = shape_cross_entropy(strokes, drawn, softness, _tail(softness, tuning), tuning.least_ink)
        away = (scaled - traced * reach).square().sum(dim=-1).mean()
        uneven = (pens - traced_widths).square().mean()
        descent.step(fit + tuning.stay * away + tuning.stay_wide * uneven)
        with torch.no_grad():
            pens.clamp_(tuning.narrowest, tuning.widest)
        log.debug("step %d: cross-entropy %.4g, moved %.4g, widths %.4g", step, fit, away, uneven)
    return (scaled / reach).detach().numpy(), pens.detach().numpy()


def strokes_from(handles: Tensor, widths: Tensor, opacities: Tensor, basis: Tensor) -> Tensor:
    """Return strokes ``float32 [B, N, 10]`` of ``handles`` ``[B, V, 2]``, ``widths`` and ``opacities`` ``[B, N]``."""
    points = (basis @ handles).unflatten(1, (-1, 4)).flatten(2)
    return torch.cat([points, widths[..., None], opacities[..., None]], dim=-1)


def _tail(softness: float, tuning: FinishTuning) -> float:
    return max(tuning.reach_softnesses * softness, tuning.reach_pixels)


def _stages(drawings: Images, steps: int, tuning: FinishTuning) -> list[tuple[int, Tensor]]:
    """Return ``drawings`` as the painter sees them, ``float32 [K, s, s]`` in [0, 1], each with one past its last step:
    first smaller ones, which take less time, then as they were drawn, up to ``tuning.largest`` pixels."""
    sizes = sorted({min(size, drawings.shape[1]) for size in (tuning.first_size, tuning.largest)})
    ends = [steps] if len(sizes) == 1 else [round(tuning.first_part * steps), steps]
    images = [_at_most(drawings, size) / np.float32(255) for size in sizes]
    return [(end, torch.from_numpy(image)) for end, image in zip(ends, images, strict=True)]


def _at_most(drawings: Images, largest: int) -> Images:
    """Return ``drawings``, shrunk by averaging areas if they are larger than ``largest`` pixels."""
    if drawings.shape[1] <= largest:
        return drawings
    size = max(CELL, largest)
    return np.stack([cv2.resize(drawing, (size, size), interpolation=cv2.INTER_AREA) for drawing in drawings])
