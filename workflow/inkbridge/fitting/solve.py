"""The decoder's output layer, solved by least squares for strokes that are known."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inkbridge.fitting.initialise import output_layer
from inkbridge.fitting.motion import Motion, strokes_of
from inkbridge.fitting.optimise import SOFTNESS, WIDTHS
from inkbridge.latent.paths import METHODS, linear
from inkbridge.models.strokes import StrokeAutoencoder, StrokeLayer
from inkbridge.strokes.bezier import VALUES
from inkbridge.strokes.soft_raster_torch import paint_differentiable
from inkbridge.support.seeds import random_stream
from inkbridge.support.types import Array, Images

_SPLINE = 0.25
"""How far the strokes of the cubic path swing out from the steady movement towards their own spline."""

_MOMENTS = 20
"""Moments of each segment at which the decoder is told what to draw."""

_NOISE = 0.6
"""Largest std, in units of the latents, of the points beside the paths at which the decoder is to shiver as before."""

_NOISY_TARGETS = 4
"""Points beside the paths for each one on them."""

_WEIGHTS = {"keyframes": 6.0, "paths": 1.0, "beside": 0.1}
"""Weights of the least squares' rows."""

_INK_CORRECTION = (0.75, 1.3)
"""Least and greatest factor by which a step of correction changes widths."""

_RIDGE = 1e-7
"""Ridge of the least squares, as a part of the mean of their matrix' diagonal."""


@torch.no_grad()
def solve_output_layer(model: StrokeAutoencoder, latents: Tensor, motion: Motion, keyframes: Images, seed: int) -> None:
    """Solve the decoder's last layer for the strokes of ``motion``: at the keyframes' ``latents`` ``[K, D]``, along the
    paths of every method between them, and beside the paths."""
    places, lessons = _targets(latents.numpy(), motion, keyframes)
    rng = random_stream(seed, "beside the path")
    beside = np.tile(places, (_NOISY_TARGETS, 1))
    noise = rng.normal(0, 1, beside.shape) * rng.uniform(0, _NOISE, (len(beside), 1))
    features = _features(model, places)
    features_beside = _features(model, (beside + noise).astype(np.float32))
    layer = output_layer(model)
    known = torch.cat([layer.weight, layer.bias[:, None]], dim=1).T.double()
    output = StrokeLayer.features_of(lessons).flatten(1).double()
    weights = torch.full((len(places), 1), _WEIGHTS["paths"], dtype=torch.float64)
    weights[: len(latents)] = _WEIGHTS["keyframes"]
    missing = output - features @ known
    # Beside the path, strokes are to be moved as they were before, but no wider or narrower than on it.
    missing_beside = missing.repeat(_NOISY_TARGETS, 1)
    width = slice(8, None, VALUES)
    missing_beside[:, width] = (output.repeat(_NOISY_TARGETS, 1) - features_beside @ known)[:, width]
    rows = torch.cat([weights * features, _WEIGHTS["beside"] * features_beside])
    values = torch.cat([weights * missing, _WEIGHTS["beside"] * missing_beside])
    square = rows.T @ rows
    square.diagonal().add_(_RIDGE * square.diagonal().mean())
    change = torch.linalg.solve(square, rows.T @ values).float()
    layer.weight.add_(change[:-1].T)
    layer.bias.add_(change[-1])


def _targets(latents: Array, motion: Motion, keyframes: Images) -> tuple[Array, Tensor]:
    """Return latents ``[M, D]``, those of the keyframes first, and the strokes ``[M, N, 10]`` that they are to
    be decoded to.

    The strokes move steadily along every path but the cubic, along which they swing a quarter of the way to their own
    spline. Where that changes the amount of ink, their widths make up for it.
    """
    loop = len(motion.starts) == len(latents)
    order = [*range(len(latents)), *([0] if loop else [])]
    moments = (np.arange(len(motion.starts) * _MOMENTS) + 0.5) / _MOMENTS
    segments = moments.astype(np.int64)
    parts = torch.from_numpy((moments - segments).astype(np.float32))
    steady = strokes_of(*motion.at(segments, parts))
    at_keyframes = strokes_of(*motion.at_keyframes())
    ink = torch.from_numpy(keyframes / np.float32(255)).sum(dim=(1, 2))
    wanted = torch.lerp(ink[motion.starts[segments]], ink[motion.ends[segments]], parts)
    places, lessons = [latents], [at_keyframes]
    steady_inked = _with_ink(steady, wanted)
    for name, method in METHODS.items():
        places.append(method(latents[order], moments, loop).astype(np.float32))
        if name == "cubic":
            flat = at_keyframes[order].flatten(1).numpy()
            swing = method(flat, moments, loop) - linear(flat, moments, loop)
            swung = steady + _SPLINE * torch.from_numpy(swing.astype(np.float32)).view_as(steady)
            lessons.append(_with_ink(swung, wanted))
        else:
            lessons.append(steady_inked)
    return np.concatenate(places), torch.cat(lessons)


def _with_ink(strokes: Tensor, wanted: Tensor) -> Tensor:
    """Return ``strokes`` ``[B, N, 10]`` with widths so changed that they have the ``wanted`` ink ``[B]``, or nearly."""
    values = strokes.clone()
    for _ in range(2):
        ink = paint_differentiable(values, SOFTNESS).sum(dim=(1, 2))
        values[..., 8] *= (wanted / ink.clamp_min(1)).clamp(*_INK_CORRECTION)[:, None]
    values[..., 8].clamp_(*WIDTHS)
    values[..., 9].clamp_(0, 1)
    return values


def _features(model: StrokeAutoencoder, latents: Array) -> Tensor:
    """Return what the decoder's last linear layer is given for ``latents`` ``[M, D]``, and a 1: ``float64 [M, F]``."""
    hidden = model.decoder[:-2](model.raw(torch.from_numpy(latents)))
    return functional.pad(hidden, (0, 1), value=1.0).double()
