"""The decoder's output layer, solved by least squares for known strokes."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.fitting.initialise import output_layer
from inkbridge.fitting.motion import Motion, strokes_of
from inkbridge.fitting.tuning import STROKE_FIT, StrokeFitTuning
from inkbridge.latent.paths import METHODS, linear
from inkbridge.models.strokes import StrokeAutoencoder, StrokeLayer
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster_torch import paint_differentiable
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Array, Images


@torch.no_grad()
def solve_output_layer(
    model: StrokeAutoencoder,
    latents: Tensor,
    motion: Motion,
    keyframes: Images,
    seed: int,
    tuning: StrokeFitTuning = STROKE_FIT,
) -> None:
    """Solve the decoder's last layer so that it draws the strokes of ``motion``: at the ``latents`` ``[K, D]`` of
    ``keyframes`` ``uint8 [K, 64, 64]``, along the paths of every method between them, and beside the paths.

    This is a ridge regression (Hoerl & Kennard 1970, "Ridge Regression", Technometrics 12(1)) for the change of the
    layer's weights. Its rows are points in latent space.
    """
    places, strokes = targets(latents.numpy(), motion, keyframes, tuning)
    features = _features(model, places)
    features_beside = _features(model, _points_beside(places, seed, tuning))
    layer = output_layer(model)
    known = torch.cat([layer.weight, layer.bias[:, None]], dim=1).T.double()
    wanted = StrokeLayer.features_of(strokes).flatten(1).double()
    missing = wanted - features @ known
    missing_beside = _missing_beside(missing, wanted, features_beside @ known, tuning)
    weights = torch.full((len(places), 1), tuning.path_weight, dtype=torch.float64)
    weights[: len(latents)] = tuning.keyframe_weight
    rows = torch.cat([weights * features, tuning.beside_weight * features_beside])
    values = torch.cat([weights * missing, tuning.beside_weight * missing_beside])
    change = _ridge_regression(rows, values, tuning.ridge).float()
    layer.weight.add_(change[:-1].T)
    layer.bias.add_(change[-1])


def _points_beside(places: Array, seed: int, tuning: StrokeFitTuning) -> Array:
    """Return several points near each of ``places`` ``[M, D]``: ``[M · noisy_points, D]``."""
    rng = random_stream(seed, "beside the path")
    repeated = np.tile(places, (tuning.noisy_points, 1))
    noise = rng.normal(0, 1, repeated.shape) * rng.uniform(0, tuning.noise_std, (len(repeated), 1))
    return (repeated + noise).astype(np.float32)


def _missing_beside(missing: Tensor, wanted: Tensor, beside: Tensor, tuning: StrokeFitTuning) -> Tensor:
    """Return what the layer's outputs ``beside`` the paths lack.

    Control points should differ from those on the path as they did before the fit, so that noise moves strokes as the
    network has learned to. Widths should be those on the path.
    """
    lacking = missing.repeat(tuning.noisy_points, 1)
    width = slice(8, None, VALUES)
    lacking[:, width] = (wanted.repeat(tuning.noisy_points, 1) - beside)[:, width]
    return lacking


def _ridge_regression(rows: Tensor, values: Tensor, ridge: float) -> Tensor:
    """Return the X that minimises ‖rows X − values‖² + r ‖X‖². Here, r is ``ridge`` times the mean of the diagonal of
    the normal equations' matrix."""
    square = rows.T @ rows
    square.diagonal().add_(ridge * square.diagonal().mean())
    return torch.linalg.solve(square, rows.T @ values)


def targets(
    latents: Array, motion: Motion, keyframes: Images, tuning: StrokeFitTuning = STROKE_FIT
) -> tuple[Array, Tensor]:
    """Return latents ``[M, D]``, those of the keyframes first, and the strokes ``[M, N, 10]`` to decode them to.

    Strokes move steadily along most paths. On those of a method that ``swings``, they swing part of the way to their
    own path by that method. If the movement changes the amount of ink, their widths make up for it.
    """
    loop = len(motion.segments.starts) == len(latents)
    order = [*range(len(latents)), *([0] if loop else [])]
    moments = (np.arange(len(motion.segments.starts) * tuning.moments) + 0.5) / tuning.moments
    segments = moments.astype(np.int64)
    parts = torch.from_numpy((moments - segments).astype(np.float32))
    steady = strokes_of(*motion.at(segments, parts))
    at_keyframes = strokes_of(*motion.at_keyframes())
    ink = torch.from_numpy(keyframes / np.float32(255)).sum(dim=(1, 2))
    wanted = torch.lerp(ink[motion.segments.starts[segments]], ink[motion.segments.ends[segments]], parts)
    places, strokes = [latents], [at_keyframes]
    steady_inked = _with_ink(steady, wanted, tuning)
    for method in METHODS.values():
        places.append(method(latents[order], moments, loop).astype(np.float32))
        if method.swings:
            flat = at_keyframes[order].flatten(1).numpy()
            swing = method(flat, moments, loop) - linear(flat, moments, loop)
            swung = steady + tuning.swing * torch.from_numpy(swing.astype(np.float32)).view_as(steady)
            strokes.append(_with_ink(swung, wanted, tuning))
        else:
            strokes.append(steady_inked)
    return np.concatenate(places), torch.cat(strokes)


def _with_ink(strokes: Tensor, wanted: Tensor, tuning: StrokeFitTuning) -> Tensor:
    """Return ``strokes`` ``[B, N, 10]`` with widths changed so that they have about the ``wanted`` ink ``[B]``."""
    values = strokes.clone()
    for _ in range(tuning.ink_steps):
        ink = paint_differentiable(values, tuning.last_softness).sum(dim=(1, 2))
        values[..., 8] *= (wanted / ink.clamp_min(tuning.least_amount)).clamp(*tuning.ink_correction)[:, None]
    values[..., 8].clamp_(tuning.narrowest, tuning.widest)
    values[..., 9].clamp_(0, 1)
    return values


def _features(model: StrokeAutoencoder, latents: Array) -> Tensor:
    """Return the inputs of the decoder's last linear layer for ``latents`` ``[M, D]``, and a 1: ``float64 [M, F]``."""
    hidden = model.decoder[:-2](model.raw(torch.from_numpy(latents)))
    return functional.pad(hidden, (0, 1), value=1.0).double()
