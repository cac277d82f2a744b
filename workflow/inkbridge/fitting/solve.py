"""The decoder's output layer, solved by least squares for known strokes."""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge import CELL
from inkbridge.fitting.motion import Motion
from inkbridge.fitting.span import widened
from inkbridge.fitting.tuning import SOLVE, SolveTuning
from inkbridge.latent.paths import METHODS, linear, points_at
from inkbridge.models.strokes import StrokeAutoencoder, StrokeLayer
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.shape_raster import paint_shape
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Array


@torch.no_grad()
def solve_output_layer(
    model: StrokeAutoencoder,
    latents: Tensor,
    motion: Motion,
    loop: bool,
    softness: float,
    seed: int,
    tuning: SolveTuning = SOLVE,
) -> None:
    """Give the decoder a last layer that draws the strokes of ``motion``: at the ``latents`` ``[K, D]`` of its
    keyframes, between them, and beside the paths.

    First, the decoder gets more features (:func:`widened`). Its last layer moves each stroke as the network moved the
    strokes near it (:func:`_transferred`). What is missing is a ridge regression (Hoerl & Kennard 1970, "Ridge
    Regression", Technometrics 12(1)) whose rows are points in latent space. Keyframes are exact. With ``loop``, the
    last latent is the one at which the loop ends.
    """
    at_keyframes = motion.at_keyframes()
    widened(model, latents, seed, tuning)
    layer = _transferred(model, latents, at_keyframes, tuning)
    model.decoder[-2] = layer
    places, strokes = targets(latents.numpy(), motion, loop, softness, tuning)
    features = _features(model, places)
    features_beside = _features(model, _points_beside(places, seed, tuning))
    known = torch.cat([layer.weight, layer.bias[:, None]], dim=1).T.double()
    wanted = StrokeLayer.features_of(torch.from_numpy(strokes)).flatten(1).double()
    missing = wanted - features @ known
    missing_beside = _missing_beside(missing, wanted, features_beside @ known, tuning)
    rows = torch.cat([tuning.path_weight * features, tuning.beside_weight * features_beside])
    values = torch.cat([tuning.path_weight * missing, tuning.beside_weight * missing_beside])
    change = _ridge_regression(rows, values, len(latents), tuning.ridge).float()
    layer.weight.add_(change[:-1].T)
    layer.bias.add_(change[-1])


def _transferred(model: StrokeAutoencoder, latents: Tensor, strokes: Array, tuning: SolveTuning) -> nn.Linear:
    """Return a last layer for ``strokes`` ``[K, N, 10]`` that moves each control point as the network moves those near
    it: with a mean of their weights, by a Gaussian of their distance. Widths and opacities do not depend on the
    latent."""
    old = cast(nn.Linear, model.decoder[-2])
    count = strokes.shape[1]
    layer = nn.Linear(old.in_features, count * VALUES)
    drawn = model.strokes(latents)
    places = drawn[..., :8].unflatten(-1, (4, 2)).mean(dim=0).flatten(0, 1)
    seen = drawn[..., 9].amax(dim=0).repeat_interleave(4)
    wanted = torch.from_numpy(strokes[..., :8]).unflatten(-1, (4, 2)).mean(dim=0).flatten(0, 1)
    near = torch.exp(-0.5 * (torch.cdist(wanted, places) / tuning.neighbourhood).square()) * seen + 1e-9
    near = near / near.sum(dim=1, keepdim=True)
    weights = old.weight.unflatten(0, (-1, VALUES))[:, :8].unflatten(1, (4, 2)).flatten(0, 1)
    layer.weight.zero_()
    layer.bias.zero_()
    layer.weight.view(count, VALUES, -1)[:, :8] = torch.einsum("ij,jdh->idh", near, weights).reshape(count, 8, -1)
    layer.bias.view(count, VALUES)[:, 9] = tuning.opaque_logit
    return layer


def _points_beside(places: Array, seed: int, tuning: SolveTuning) -> Array:
    """Return several points near each of ``places`` ``[M, D]``: ``[M · noisy_points, D]``."""
    rng = random_stream(seed, "beside the path")
    repeated = np.tile(places, (tuning.noisy_points, 1))
    noise = rng.normal(0, 1, repeated.shape) * rng.uniform(0, tuning.noise_std, (len(repeated), 1))
    return (repeated + noise).astype(np.float32)


def _missing_beside(missing: Tensor, wanted: Tensor, beside: Tensor, tuning: SolveTuning) -> Tensor:
    """Return what the layer's outputs ``beside`` the paths lack.

    Control points should differ from those on the path as they do before the layer is changed, so that noise moves
    strokes as the network has learned to. Widths should be those on the path.
    """
    lacking = missing.repeat(tuning.noisy_points, 1)
    width = slice(8, None, VALUES)
    lacking[:, width] = (wanted.repeat(tuning.noisy_points, 1) - beside)[:, width]
    return lacking


def _ridge_regression(rows: Tensor, values: Tensor, exact: int, ridge: float) -> Tensor:
    """Return the X that minimises ‖rows X − values‖² + r ‖X‖² among those for which the first ``exact`` rows are right.
    Here, r is ``ridge`` times the mean of the diagonal of the normal equations' matrix.

    The rows that must be right are met by the smallest change in the metric of the regression (Lagrange multipliers).
    """
    square = rows.T @ rows
    square.diagonal().add_(ridge * square.diagonal().mean())
    factor = torch.linalg.cholesky(square)
    found = torch.cholesky_solve(rows.T @ values, factor)
    fixed = rows[:exact]
    spread = torch.cholesky_solve(fixed.T, factor)
    inner = fixed @ spread
    inner.diagonal().add_(1e-9 * inner.diagonal().mean())
    return found + spread @ torch.linalg.solve(inner, values[:exact] - fixed @ found)


def targets(
    latents: Array, motion: Motion, loop: bool, softness: float, tuning: SolveTuning = SOLVE
) -> tuple[Array, Array]:
    """Return latents ``float32 [M, D]``, those of the keyframes first, and the strokes ``float32 [M, N, 10]`` to decode
    them to.

    Strokes move on their arcs along the linear path. On the path of a method that ``swings``, they swing part of the
    way to their own path by that method. Other paths are not taught. If a movement changes the amount of ink, the
    strokes' widths make up for it.
    """
    segments = len(motion.arcs)
    parts = (np.arange(tuning.moments) + 0.5) / tuning.moments
    steady = [np.concatenate(column) for column in zip(*(motion.at(s, parts) for s in range(segments)), strict=True)]
    moments = (np.arange(segments)[:, None] + parts).ravel()
    at_keyframes = motion.at_keyframes()
    ink = paint_shape(at_keyframes, softness, CELL).sum(axis=(1, 2))
    wanted = np.interp(moments, np.arange(len(ink)), ink)
    places, strokes = [latents], [at_keyframes]
    for name, method in METHODS.items():
        if not (method.swings or name == "linear"):
            continue
        handles, widths, opacities = steady
        if method.swings:
            flat = motion.handles.reshape(len(latents), -1)
            swing = method(flat, moments, False) - linear(flat, moments, False)
            handles = handles + (tuning.swing * swing).reshape(handles.shape).astype(np.float32)
        keyframes, closing = (latents[:-1], latents[-1]) if loop else (latents, None)
        places.append(points_at(keyframes, name, moments, loop=loop, closing=closing).astype(np.float32))
        strokes.append(_with_ink(motion.strokes_of(handles, widths, opacities), wanted, softness, tuning))
    return np.concatenate(places), np.concatenate(strokes)


def _with_ink(strokes: Array, wanted: Array, softness: float, tuning: SolveTuning) -> Array:
    """Return ``strokes`` ``[B, N, 10]`` with widths changed so that they have about the ``wanted`` ink ``[B]``."""
    strokes = strokes.copy()
    for _ in range(tuning.ink_steps):
        ink = paint_shape(strokes, softness, CELL).sum(axis=(1, 2))
        strokes[..., 8] *= (wanted / np.maximum(ink, tuning.least_amount)).clip(*tuning.ink_correction)[:, None]
    return strokes


def _features(model: StrokeAutoencoder, latents: Array) -> Tensor:
    """Return the inputs of the decoder's last linear layer for ``latents`` ``[M, D]``, and a 1: ``float64 [M, F]``."""
    hidden = model.decoder[:-2](model.raw(torch.from_numpy(latents)))
    return functional.pad(hidden, (0, 1), value=1.0).double()
