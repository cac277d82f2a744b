"""Where the fit of strokes begins: every stroke in use, faint ones hidden."""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster import CURVE
from inkbridge.support.types import Array

_FAINT = 0.35
"""Opacity below which the network does not mean a stroke to be seen."""

_OFF_SPAN_DAMPING = 0.3
"""What is left of a latent's part across the span of the keyframes."""


def output_layer(model: StrokeAutoencoder) -> nn.Linear:
    return cast(nn.Linear, model.decoder[-2])


@torch.no_grad()
def damp_off_span(model: StrokeAutoencoder, latents: Tensor) -> None:
    """Change the decoder's first layer so that directions in which no keyframe lies count for less.

    The paths through ``latents`` ``[K, D]`` lie in their span and stay what they are; noise, nearly all of which is
    across it, makes a drawing shiver and does not tear it apart.
    """
    _, values, directions = torch.linalg.svd(latents, full_matrices=False)
    span = directions[values > 1e-4 * values.max()]
    damping = _OFF_SPAN_DAMPING * torch.eye(latents.shape[1]) + (1 - _OFF_SPAN_DAMPING) * span.T @ span
    layer = cast(nn.Linear, model.decoder[0])
    changed = layer.weight @ (model.latent_std[:, None] * damping / model.latent_std)
    layer.bias.add_((layer.weight - changed) @ model.latent_mean)
    layer.weight.copy_(changed)


@torch.no_grad()
def split_unused_strokes(model: StrokeAutoencoder, latents: Tensor) -> NDArray[np.int64]:
    """Change the decoder's last layer so that all its strokes are opaque and in use; return which stroke, ``[N]``, each
    one is or was a part of.

    A stroke that is faint at all ``latents`` ``[K, D]`` takes over half of the longest one, again and again.
    De Casteljau's halves are linear in the control points: they are new rows of weights.
    """
    strokes = model.strokes(latents)
    count = strokes.shape[1]
    used = (strokes[..., 9].amax(dim=0) > 0.5).numpy()
    used[int(strokes[..., 9].amax(dim=0).argmax())] = True
    points = strokes[..., :8].reshape(len(strokes), count * 4, 2).numpy()
    shares, owners = _halving(points, used)
    layer = output_layer(model)
    weights, biases = layer.weight.view(count, VALUES, -1), layer.bias.view(count, VALUES)
    spread = torch.from_numpy(shares)
    weights[:, :8] = torch.einsum("ij,jdh->idh", spread, weights[:, :8].reshape(count * 4, 2, -1)).reshape(count, 8, -1)
    biases[:, :8] = (spread @ biases[:, :8].reshape(count * 4, 2)).reshape(count, 8)
    weights[:, 8], biases[:, 8] = weights[owners, 8], biases[owners, 8]
    weights[:, 9], biases[:, 9] = 0, 20
    return owners


def _halving(points: Array, used: NDArray[np.bool_]) -> tuple[Array, NDArray[np.int64]]:
    """Return the matrix ``[4N, 4N]`` that makes new control points of ``points`` ``[K, 4N, 2]``, and owners ``[N]``."""
    first = np.array([[1, 0, 0, 0], [1 / 2, 1 / 2, 0, 0], [1 / 4, 1 / 2, 1 / 4, 0], [1 / 8, 3 / 8, 3 / 8, 1 / 8]])
    second = first[::-1, ::-1]
    count = len(used)
    shares, owners, used = np.eye(4 * count), np.arange(count, dtype=np.int64), used.copy()
    for stroke in np.flatnonzero(~used):
        curves = CURVE @ (shares @ points).reshape(len(points), count, 4, 2)
        lengths = np.linalg.norm(np.diff(curves, axis=2), axis=-1).sum(axis=2).mean(axis=0)
        longest = int(np.where(used, lengths, -1).argmax())
        whole = shares[4 * longest : 4 * longest + 4].copy()
        shares[4 * longest : 4 * longest + 4], shares[4 * stroke : 4 * stroke + 4] = first @ whole, second @ whole
        owners[stroke], used[stroke] = owners[longest], True
    return shares.astype(np.float32), owners


def hide_faint_strokes(strokes: Array, opacities: Array) -> Array:
    """Return ``strokes`` ``[K, N, 10]`` in which each that is faint in a keyframe has shrunk there, to a dot on the
    nearest stroke that is not."""
    strokes = strokes.copy()
    for values, opacity in zip(strokes, opacities, strict=True):
        faint = opacity < min(_FAINT, opacity.max())
        points = values[:, :8].reshape(-1, 4, 2)
        curves = CURVE @ points
        inked = curves[~faint].reshape(-1, 2)
        for stroke in np.flatnonzero(faint):
            distances = ((curves[stroke][:, None] - inked) ** 2).sum(axis=-1).min(axis=0)
            shrunk = inked[distances.argmin()] + 0.1 * (points[stroke] - points[stroke].mean(axis=0))
            values[stroke, :8] = shrunk.ravel()
    return strokes
