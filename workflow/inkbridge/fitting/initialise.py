"""Where the stroke fit starts: every stroke is in use, and faint ones are hidden."""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkbridge.fitting.tuning import STROKE_FIT, StrokeFitTuning
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster import CURVE
from inkbridge.support.types import Array

_FIRST_HALF = np.array([[1, 0, 0, 0], [1 / 2, 1 / 2, 0, 0], [1 / 4, 1 / 2, 1 / 4, 0], [1 / 8, 3 / 8, 3 / 8, 1 / 8]])
"""Control points of the first half of a cubic, as weights ``[4, 4]`` of its own (de Casteljau)."""

_SECOND_HALF = _FIRST_HALF[::-1, ::-1]


def output_layer(model: StrokeAutoencoder) -> nn.Linear:
    """Return the decoder's last linear layer, whose outputs are the strokes."""
    return cast(nn.Linear, model.decoder[-2])


@torch.no_grad()
def damp_off_span(model: StrokeAutoencoder, latents: Tensor, tuning: StrokeFitTuning = STROKE_FIT) -> None:
    """Change the decoder's first layer so that it damps the part of a latent outside the span of the keyframes'
    ``latents`` ``[K, D]``.

    Paths lie in that span, so nothing changes along them. Nearly all of the noise lies outside it; undamped, it tears
    drawings apart instead of making them shiver.
    """
    _, values, directions = torch.linalg.svd(latents, full_matrices=False)
    span = directions[values > tuning.span_tolerance * values.max()]
    kept = tuning.off_span_damping
    damping = kept * torch.eye(latents.shape[1]) + (1 - kept) * span.T @ span
    layer = cast(nn.Linear, model.decoder[0])
    changed = layer.weight @ (model.latent_std[:, None] * damping / model.latent_std)
    layer.bias.add_((layer.weight - changed) @ model.latent_mean)
    layer.weight.copy_(changed)


@torch.no_grad()
def split_unused_strokes(
    model: StrokeAutoencoder, latents: Tensor, tuning: StrokeFitTuning = STROKE_FIT
) -> NDArray[np.int64]:
    """Change the decoder's last layer so that all its strokes are opaque and in use. Return, ``int64 [N]``, which
    former stroke each one is a part of.

    As long as there is a stroke that is faint at all ``latents`` ``[K, D]``, it becomes one half of the longest stroke
    in use. The halves' control points are linear in those of the whole, so they are new rows of weights.
    """
    strokes = model.strokes(latents)
    count = strokes.shape[1]
    greatest_opacity = strokes[..., 9].amax(dim=0)
    used = (greatest_opacity > tuning.used_opacity).numpy()
    used[int(greatest_opacity.argmax())] = True
    points = strokes[..., :8].reshape(len(strokes), count * 4, 2).numpy()
    shares, owners = _split_longest(points, used)
    layer = output_layer(model)
    weights, biases = layer.weight.view(count, VALUES, -1), layer.bias.view(count, VALUES)
    spread = torch.from_numpy(shares)
    weights[:, :8] = torch.einsum("ij,jdh->idh", spread, weights[:, :8].reshape(count * 4, 2, -1)).reshape(count, 8, -1)
    biases[:, :8] = (spread @ biases[:, :8].reshape(count * 4, 2)).reshape(count, 8)
    weights[:, 8], biases[:, 8] = weights[owners, 8], biases[owners, 8]
    weights[:, 9], biases[:, 9] = 0, tuning.opaque_logit
    return owners


def _split_longest(points: Array, used: NDArray[np.bool_]) -> tuple[Array, NDArray[np.int64]]:
    """Return the matrix ``[4N, 4N]`` that makes the new control points from ``points`` ``[K, 4N, 2]``, and for each new
    stroke, ``[N]``, which former one it is a part of."""
    count = len(used)
    shares, owners, used = np.eye(4 * count), np.arange(count, dtype=np.int64), used.copy()
    for stroke in np.flatnonzero(~used):
        curves = CURVE @ (shares @ points).reshape(len(points), count, 4, 2)
        lengths = np.linalg.norm(np.diff(curves, axis=2), axis=-1).sum(axis=2).mean(axis=0)
        longest = int(np.where(used, lengths, -1).argmax())
        whole = shares[4 * longest : 4 * longest + 4].copy()
        shares[4 * longest : 4 * longest + 4] = _FIRST_HALF @ whole
        shares[4 * stroke : 4 * stroke + 4] = _SECOND_HALF @ whole
        owners[stroke], used[stroke] = owners[longest], True
    return shares.astype(np.float32), owners


def hide_faint_strokes(strokes: Array, opacities: Array, tuning: StrokeFitTuning = STROKE_FIT) -> Array:
    """Return ``strokes`` ``[K, N, 10]`` in which those that are faint in a keyframe are shrunk there. ``opacities``
    ``[K, N]`` tell which are faint. Each becomes a dot on the nearest stroke that is not faint there."""
    strokes = strokes.copy()
    for values, opacity in zip(strokes, opacities, strict=True):
        faint = opacity < min(tuning.faint_opacity, opacity.max())
        points = values[:, :8].reshape(-1, 4, 2)
        curves = CURVE @ points
        inked = curves[~faint].reshape(-1, 2)
        for stroke in np.flatnonzero(faint):
            distances = ((curves[stroke][:, None] - inked) ** 2).sum(axis=-1).min(axis=0)
            offsets = points[stroke] - points[stroke].mean(axis=0)
            values[stroke, :8] = (inked[distances.argmin()] + tuning.hidden_scale * offsets).ravel()
    return strokes
