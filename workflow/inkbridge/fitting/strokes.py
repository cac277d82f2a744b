"""The stroke fit: strokes that know what they become.

1. Trace and match. The ink of each keyframe becomes a graph, neighbouring keyframes are matched, and the matches are
   chained into strands of ink that live through the whole doodle (:func:`match_doodle`).
2. Lay. As many strokes as the strands need are laid along them (:func:`layout_of`).
3. Finish. The painter moves the strokes by parts of a pixel, until they paint the keyframes (:func:`finished`). Those
   that lie under others (:func:`hidden`) get thinner on their way out.
4. Solve. The decoder gets a last layer that draws these strokes, on their arcs, along the path between the keyframes'
   latents (:func:`solve_output_layer`).
"""

import copy
import itertools

import numpy as np
import torch
from torch import Tensor

from inkbridge.fitting.encoding import Encoding
from inkbridge.fitting.finish import finished
from inkbridge.fitting.hidden import hidden
from inkbridge.fitting.layout import layout_of, widths_of
from inkbridge.fitting.motion import Motion, arcs_of, opacities_of
from inkbridge.fitting.solve import solve_output_layer
from inkbridge.fitting.tuning import FINISH, LAYOUT, SOLVE
from inkbridge.matching.doodle import MatchedDoodle, match_doodle
from inkbridge.matching.report import record_of
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.marks import Marks
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Images


@torch.no_grad()
def fit_strokes(
    encoded: Encoding,
    drawings: Images,
    loop: bool,
    steps: int,
    seed: int,
    progress: Progress = silent,
    marks: Marks = (),
) -> Encoding:
    """Return a copy of the model, on the CPU, that draws ``drawings`` ``uint8 [K, S, S]`` with strokes that move from
    each to the next, and the latents of the keyframes.

    ``loop``: whether a segment leads from the last keyframe to the first. It gets a keyframe of its own: the strokes
    may come back to other places of the first drawing than those from which they started. Its latent is the ``closing``
    one.

    ``marks``: where a person says that points go.
    """
    model = encoded.model
    assert isinstance(model, StrokeAutoencoder)
    fitted = copy.deepcopy(model).cpu()
    matched = match_doodle(drawings, loop, marks)
    order = matched.keyframes
    motion = _painted(matched, drawings[order], steps, progress)
    latents = kept_apart(encoded.latents.cpu()[order], motion, SOLVE.apart, SOLVE.same)
    solve_output_layer(fitted, latents, motion, loop, FINISH.last_softness, seed)
    fitted.draw_as_shapes(FINISH.last_softness)
    closing = latents[-1] if loop else None
    record = {"strokes": motion.layout.strokes, **record_of(matched)}
    return Encoding(latents[: len(drawings)], fitted, closing, record)


def _painted(matched: MatchedDoodle, drawings: Images, steps: int, progress: Progress) -> Motion:
    """Return the movement of strokes that paint ``drawings`` ``uint8 [K, S, S]``."""
    strands, drawn = matched.strands, matched.drawn
    layout = layout_of(strands, drawings.shape[1])
    points = np.concatenate([strand.points for strand in strands], axis=1).astype(np.float32)
    handles, widths = layout.fitted @ points, widths_of(strands, layout)
    shown = widths > 0
    if drawn.any():
        handles[drawn], widths[drawn] = finished(
            handles[drawn], widths[drawn], layout.basis, drawings[drawn], steps, progress
        )
    strokes = (layout.basis @ handles).reshape(len(handles), layout.strokes, 4, 2)
    under = np.stack([hidden(*row, LAYOUT.under) for row in zip(strokes, widths, strict=True)])
    lacking = handles - layout.fitted @ (layout.sampled @ handles)
    return Motion(
        layout, handles, widths, lacking, shown, under, opacities_of(drawn, SOLVE.faintest), arcs_of(layout, handles)
    )


def kept_apart(latents: Tensor, motion: Motion, least: float, same: float) -> Tensor:
    """Return ``latents`` ``[K, D]``, at least ``least`` apart for any two keyframes whose strokes differ by more than
    ``same`` pixels, or of which only one is blank: the decoder could not tell them apart. Later keyframes are moved,
    each in a direction of its own, as long as there are any."""
    points = torch.from_numpy(motion.at_keyframes()[..., :8]).flatten(1)
    opacities = torch.from_numpy(motion.opacities)
    found = latents.clone()
    _, _, directions = torch.linalg.svd(latents, full_matrices=True)
    steps = (step * direction for step in itertools.count(1) for direction in directions.flip(0))
    for number in range(1, len(found)):
        differs = (points[:number] - points[number]).abs().amax(dim=1) > same
        differs |= opacities[:number] != opacities[number]
        gaps = (found[:number] - found[number]).norm(dim=1)
        if bool((differs & (gaps < least)).any()):
            found[number] += least * next(steps)
    return found
