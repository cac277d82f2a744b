"""The stroke fit: strokes that know what they become.

1. Trace. The ink of each keyframe becomes a graph (:mod:`inkbridge.tracing`). 2. Match. Neighbouring keyframes are
matched, and the matches are chained into strands of ink that live through the whole
   doodle (:mod:`inkbridge.matching`). As many strokes as the strands need are laid along them (:func:`layout_of`).
3. Finish. The painter moves the strokes by parts of a pixel, until they paint the keyframes (:func:`finished`).
4. Solve. The decoder gets a last layer that draws these strokes, on their arcs, along the path between the keyframes'
   latents (:func:`solve_output_layer`).
"""

import copy
import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkbridge import CELL
from inkbridge.fitting.encoding import Encoding
from inkbridge.fitting.finish import finished
from inkbridge.fitting.layout import layout_of, widths_of
from inkbridge.fitting.motion import Motion, arcs_of, opacities_of
from inkbridge.fitting.solve import solve_output_layer
from inkbridge.fitting.tuning import FINISH, SOLVE
from inkbridge.matching.match import match
from inkbridge.matching.strands import Strand, strands_of
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.progress import Progress, silent
from inkbridge.support.types import Images
from inkbridge.tracing.graph import Edge, Graph
from inkbridge.tracing.skeleton import trace

_DOT = Graph(np.full((1, 2), CELL / 2), (Edge(0, 0, np.full((2, 2), CELL / 2), np.ones(2)),))
"""A dot in the middle of the cell, which stands for the strokes of a doodle without ink."""


@torch.no_grad()
def fit_strokes(
    encoded: Encoding, drawings: Images, loop: bool, steps: int, seed: int, progress: Progress = silent
) -> Encoding:
    """Return a copy of the model, on the CPU, that draws ``drawings`` ``uint8 [K, S, S]`` with strokes that move from
    each to the next, and the latents of the keyframes.

    ``loop``: whether a segment leads from the last keyframe to the first. It gets a keyframe of its own: the strokes
    may come back to other places of the first drawing than those from which they started. Its latent is the ``closing``
    one.
    """
    model = encoded.model
    assert isinstance(model, StrokeAutoencoder)
    fitted = copy.deepcopy(model).cpu()
    order = [*range(len(drawings)), *([0] if loop else [])]
    traced, drawn = _graphs(drawings)
    graphs = [traced[keyframe] for keyframe in order]
    strands = strands_of(graphs, [match(one, other) for one, other in itertools.pairwise(graphs)])
    motion = _painted(strands, drawings[order], drawn[order], steps, progress)
    latents = kept_apart(encoded.latents.cpu()[order], motion, SOLVE.apart, SOLVE.same)
    solve_output_layer(fitted, latents, motion, loop, FINISH.last_softness, seed)
    fitted.draw_as_shapes(FINISH.last_softness)
    closing = latents[-1] if loop else None
    return Encoding(latents[: len(drawings)], fitted, closing)


def _graphs(drawings: Images) -> tuple[list[Graph], NDArray[np.bool_]]:
    """Return the graph of each drawing, and whether it has ink: ``bool [K]``. Strokes rest in a blank keyframe where
    they were before it, or where they will be after it. If all are blank, there is one dot."""
    graphs = [trace(drawing) for drawing in drawings]
    drawn = np.array([bool(graph.edges) for graph in graphs])
    if not drawn.any():
        return [_DOT] * len(graphs), drawn
    numbers = np.flatnonzero(drawn)
    last = np.searchsorted(numbers, np.arange(len(graphs)), side="right") - 1
    return [graphs[numbers[max(place, 0)]] for place in last], drawn


def _painted(
    strands: list[Strand], drawings: Images, drawn: NDArray[np.bool_], steps: int, progress: Progress
) -> Motion:
    """Return the movement of strokes along ``strands`` that paint ``drawings``, of which some are not ``drawn``."""
    layout = layout_of(strands, drawings.shape[1])
    points = np.concatenate([strand.points for strand in strands], axis=1).astype(np.float32)
    handles, widths = layout.fitted @ points, widths_of(strands, layout)
    shown = widths > 0
    if drawn.any():
        handles[drawn], widths[drawn] = finished(
            handles[drawn], widths[drawn], layout.basis, drawings[drawn], steps, progress
        )
    lacking = handles - layout.fitted @ (layout.sampled @ handles)
    return Motion(
        layout, handles, widths, lacking, shown, opacities_of(drawn, SOLVE.faintest), arcs_of(layout, handles)
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
