"""A decoder that draws, fitted to one doodle: the same strokes draw every keyframe, and move in between.

1. Every stroke is put to use: one that the doodle's keyframes leave unused takes over half of the longest
   (:func:`revive`); the weights of the decoder's last layer are changed so that it puts out the halves.
2. The strokes of all keyframes, and a bend of their movements between them, are optimised together until they paint
   the keyframes and, at random moments in between, keep the amount of ink, hold together and stay plain
   (:func:`settle`). All are opaque: a stroke that a keyframe has no use for hides in another.
3. The decoder's last layer is solved, by least squares, so that the latents of the keyframes give these strokes, the
   points of every path between them the strokes in between, and points beside the paths strokes that are moved as
   they were before (:func:`teach`); but what noise does across the paths is damped first (:func:`calm`).
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inkbridge.config import Fitting
from inkbridge.interpolation import METHODS, linear
from inkbridge.metrics import INK_LEVEL, count_pieces
from inkbridge.models.base import network_input
from inkbridge.models.painter import falling_softness, paint
from inkbridge.models.strokes import StrokeAutoencoder, StrokeLayer
from inkbridge.progress import Progress, silent
from inkbridge.seeds import random_stream, torch_seed
from inkbridge.shards import Images
from inkbridge.soft_painting import CURVE
from inkbridge.strokes import VALUES
from inkbridge.training import learning_rate_factor

Array = NDArray[np.float32]

SOFTNESS = 0.17
"""Softness of a fitted doodle's edges, in pixels of the picture: a ramp of about one pixel, as in a drawn sheet."""

_FIRST_SOFTNESS = 1.5
"""Softness at the first step, so that strokes feel ink that they do not touch."""

_SOFTENED = 0.7
"""Part of the steps over which the softness falls."""

_LEARNING_RATES = {"points": 0.4, "widths": 0.06, "bends": 0.4}
"""Peak learning rates of Adam, in pixels."""

_WIDTHS = (1.2, 6.0)
"""Narrowest and widest stroke in pixels."""

_FAINT = 0.35
"""Opacity below which the network does not mean a stroke to be seen."""

# Weights of the terms of the loss beside the keyframes' cross-entropy, in its units for each pixel.
_PIECES_WEIGHT = 0.01
_CURL_WEIGHT = 1e-4
_BEND_WEIGHT = 1e-3
_WIDTH_WEIGHT = 1e-3
_KINSHIP_WEIGHT = 2e-3

_OVERLAP = 0.5
"""Pixels by which two strokes must overlap to count as one piece of ink."""

_SPLINE = 0.25
"""How far the strokes of the cubic path swing out from the steady movement towards their own spline."""

_MOMENTS = 20
"""Moments of each segment at which the decoder is told what to draw."""

_CALM = 0.3
"""What is left of a latent's part across the span of the keyframes."""

_NOISE = 0.6
"""Largest std, in units of the latents, of the points beside the paths at which the decoder is to shiver as before."""

_NOISY_LESSONS = 4
"""Points beside the paths for each one on them."""

_WEIGHTS = {"keyframes": 6.0, "paths": 1.0, "beside": 0.1}
"""Weights of the least squares' rows."""

_INK_CORRECTION = (0.75, 1.3)
"""Least and greatest factor by which a step of correction changes widths."""

_RIDGE = 1e-7
"""Ridge of the least squares, as a part of the mean of their matrix' diagonal."""


@dataclass(frozen=True)
class Motion:
    """A doodle as moving strokes. Segment s leads from keyframe ``starts[s]`` to ``ends[s]``.

    All strokes of a keyframe have its opacity, of ``opacities`` ``[K]``: 1, or 0 where it is blank.
    ``points`` ``[K, N, 4, 2]`` and ``widths`` ``[K, N]`` are those of the keyframes' strokes; by ``bends``
    ``[S, N, 4, 2]`` the points of each segment leave the straight way halfway. All are in pixels of the cell.
    """

    points: Tensor
    widths: Tensor
    opacities: Tensor
    bends: Tensor
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def at_keyframes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[K, N, 4, 2]``, widths ``[K, N]`` and opacities ``[K]`` of the keyframes."""
        return self.points, self.widths, self.opacities

    def at(self, segments: NDArray[np.int64], moments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return points ``[M, N, 4, 2]``, widths ``[M, N]`` and opacities ``[M]`` at ``moments`` ``[M]`` in [0, 1] of
        some segments."""
        first, last, t = self.starts[segments], self.ends[segments], moments[:, None]
        points = torch.lerp(self.points[first], self.points[last], t[..., None, None])
        points = points + (4 * t * (1 - t))[..., None, None] * self.bends[segments]
        opacities = torch.lerp(self.opacities[first], self.opacities[last], moments)
        return points, torch.lerp(self.widths[first], self.widths[last], t), opacities


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
    calm(fitted, latents)
    owners = revive(fitted, latents)
    strokes = fitted.strokes(latents).numpy()
    hidden = hide(strokes, opacities[:, owners])
    motion = settle(hidden, latents, keyframes, loop, settings, seed, progress)
    teach(fitted, latents, motion, keyframes, seed)
    fitted.softness = SOFTNESS
    return fitted


def _last_linear(model: StrokeAutoencoder) -> nn.Linear:
    return cast(nn.Linear, model.decoder[-2])


@torch.no_grad()
def calm(model: StrokeAutoencoder, latents: Tensor) -> None:
    """Change the decoder's first layer so that directions in which no keyframe lies count for less.

    The paths through ``latents`` ``[K, D]`` lie in their span and stay what they are; noise, nearly all of which is
    across it, makes a drawing shiver and does not tear it apart.
    """
    _, values, directions = torch.linalg.svd(latents, full_matrices=False)
    span = directions[values > 1e-4 * values.max()]
    damping = _CALM * torch.eye(latents.shape[1]) + (1 - _CALM) * span.T @ span
    layer = cast(nn.Linear, model.decoder[0])
    changed = layer.weight @ (model.latent_std[:, None] * damping / model.latent_std)
    layer.bias.add_((layer.weight - changed) @ model.latent_mean)
    layer.weight.copy_(changed)


# --- every stroke in use -----------------------------------------------------------------------------------


@torch.no_grad()
def revive(model: StrokeAutoencoder, latents: Tensor) -> NDArray[np.int64]:
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
    layer = _last_linear(model)
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


def hide(strokes: Array, opacities: Array) -> Array:
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


# --- strokes that draw the keyframes and move well ----------------------------------------------------------


@torch.enable_grad()
def settle(
    strokes: Array,
    latents: Tensor,
    keyframes: Images,
    loop: bool,
    settings: Fitting,
    seed: int,
    progress: Progress = silent,
) -> Motion:
    """Optimise ``strokes`` ``[K, N, 10]`` until they paint ``keyframes`` ``uint8 [K, 64, 64]`` and move well.

    The loss is the binary cross-entropy of the keyframes, and at a random moment of each segment: the relative error
    of the amount of ink; the gaps that keep strokes from making as few pieces as the keyframes have
    (:func:`loose_pieces`); bending energy. Small terms keep widths alike, movements straight, and strokes of
    keyframes with like latents alike.
    """
    drawn = network_input(keyframes, torch.device("cpu"))[:, 0]
    ink, pieces = drawn.sum(dim=(1, 2)), count_pieces(keyframes > 255 * INK_LEVEL)
    count, number = strokes.shape[:2]
    starts = np.arange(count if loop else count - 1)
    ends = (starts + 1) % count
    allowed = np.maximum(pieces[starts], pieces[ends])
    kinship = _kinship(latents)
    points = torch.from_numpy(strokes[..., :8].reshape(count, number, 4, 2).copy()).requires_grad_()
    widths = torch.from_numpy(strokes[..., 8].copy()).clamp(*_WIDTHS).requires_grad_()
    bends = torch.zeros(len(starts), number, 4, 2, requires_grad=True)
    motion = Motion(points, widths, (ink > 0).float(), bends, starts, ends)
    groups = zip((points, widths, bends), _LEARNING_RATES.values(), strict=True)
    optimiser = torch.optim.Adam([{"params": [values], "lr": rate} for values, rate in groups], betas=(0.9, 0.99))
    steps = settings.stroke_steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate_factor(step, steps, 0.05))
    generator = torch.Generator().manual_seed(torch_seed(seed, "fitting"))
    for step in progress(range(steps)):
        done = step / steps
        softness = falling_softness(_FIRST_SOFTNESS, SOFTNESS, done / _SOFTENED)
        moments = torch.rand(len(starts), generator=generator)
        between, widths_between, opacities = motion.at(np.arange(len(starts)), moments)
        strokes_now = torch.cat([_strokes_of(*motion.at_keyframes()), _strokes_of(between, widths_between, opacities)])
        painted = paint(strokes_now, softness, tail=max(5 * softness, 2.5))
        at_keyframes, halfway = painted.split([count, len(starts)])
        wanted = torch.lerp(ink[starts], ink[ends], moments)
        holding = min(1.0, 2 * done)
        loss = (
            functional.binary_cross_entropy(at_keyframes.clamp(1e-4, 1 - 1e-4), drawn)
            + settings.ink_weight * ((halfway.sum(dim=(1, 2)) - wanted).abs() / wanted.clamp_min(1)).mean()
            + _PIECES_WEIGHT * holding * loose_pieces(between, widths_between, allowed)
            + _CURL_WEIGHT * (_bending(points) + _bending(between))
            + _BEND_WEIGHT * bends.square().sum(dim=-1).mean()
            + _WIDTH_WEIGHT * (widths - widths.detach().median()).square().mean()
            + _KINSHIP_WEIGHT * _difference(points, kinship)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            widths.clamp_(*_WIDTHS)
    return Motion(points.detach(), widths.detach(), motion.opacities, bends.detach(), starts, ends)


def _strokes_of(points: Tensor, widths: Tensor, opacities: Tensor) -> Tensor:
    """Return strokes ``[B, N, 10]`` of points ``[B, N, 4, 2]``, widths ``[B, N]`` and opacities ``[B]``."""
    opacity = opacities[:, None, None].expand(*widths.shape, 1)
    return torch.cat([points.flatten(2), widths[..., None], opacity], dim=-1)


def _bending(points: Tensor) -> Tensor:
    """Return the mean squared second difference of control points ``[..., 4, 2]``: how much strokes curl."""
    return points.diff(n=2, dim=-2).square().sum(dim=-1).mean()


def _kinship(latents: Tensor) -> Tensor:
    """Return ``[K, K]``: near 1 for keyframes of like latents ``[K, D]``, near 0 for others, 0 for each with itself."""
    squared = torch.cdist(latents, latents).square()
    return (1 / (1 + squared)).fill_diagonal_(0)


def _difference(points: Tensor, kinship: Tensor) -> Tensor:
    """Return the mean squared distance in pixels between strokes ``[K, N, 4, 2]`` of keyframes, weighted by kinship:
    two latents that hardly differ cannot be decoded to strokes that do."""
    flat = points.flatten(2)
    squared = (flat[:, None] - flat[None]).square().mean(dim=(2, 3))
    return (kinship * squared).sum() / len(points)


def loose_pieces(points: Tensor, widths: Tensor, allowed: Sequence[int] | NDArray[np.integer]) -> Tensor:
    """Return the sum of the gaps, in pixels, that separate strokes ``[B, N, 4, 2]`` into more pieces than ``allowed``
    ``[B]``, averaged over B.

    The gaps are edges of the minimum spanning tree of the strokes, whose lengths are the moments at which pieces of a
    growing union merge: what persistent homology calls the bars of dimension 0 (Edelsbrunner & Harer 2010,
    "Computational Topology"). The longest ``allowed`` − 1 of them may stay.
    """
    curves = torch.matmul(torch.from_numpy(CURVE), points)
    batch, number, samples = curves.shape[:3]
    with torch.no_grad():
        places = curves.flatten(1, 2)
        distances = torch.cdist(places, places).view(batch, number, samples, number, samples)
        nearest, where = distances.transpose(2, 3).flatten(3).min(dim=-1)
        gaps = (nearest - (widths[:, :, None] + widths[:, None]) / 2 + _OVERLAP).numpy()
        found = [
            (drawing, one, other)
            for drawing, matrix in enumerate(gaps)
            for one, other in _too_long(matrix, int(allowed[drawing]))
        ]
    if not found:
        return 0 * points.sum()
    drawing, one, other = torch.tensor(found).T
    places_there = where[drawing, one, other]
    ends = curves[drawing, one, places_there // samples], curves[drawing, other, places_there % samples]
    distance = ((ends[0] - ends[1]).square().sum(dim=-1) + 1e-6).sqrt()
    gap = distance - (widths[drawing, one] + widths[drawing, other]) / 2 + _OVERLAP
    return gap.clamp_min(0).sum() / batch


def _too_long(gaps: Array, allowed: int) -> list[tuple[int, int]]:
    """Return the edges of the minimum spanning tree of ``gaps`` ``[N, N]`` that are open, without the longest
    ``allowed`` − 1."""
    edges = _spanning_tree(gaps)
    lengths = gaps[edges[:, 0], edges[:, 1]]
    shorter = np.argsort(-lengths, kind="stable")[max(0, allowed - 1) :]
    return [(int(one), int(other)) for one, other in edges[shorter[lengths[shorter] > 0]]]


@njit(cache=True)
def _spanning_tree(gaps):  # type: ignore[no-untyped-def]
    """Return the edges ``int64 [N − 1, 2]`` of the minimum spanning tree of a full graph, by Prim's algorithm."""
    number = len(gaps)
    edges = np.empty((number - 1, 2), dtype=np.int64)
    joined = np.zeros(number, dtype=np.bool_)
    joined[0] = True
    least, parents = gaps[0].copy(), np.zeros(number, dtype=np.int64)
    for edge in range(number - 1):
        nearest = -1
        for node in range(number):
            if not joined[node] and (nearest < 0 or least[node] < least[nearest]):
                nearest = node
        joined[nearest] = True
        edges[edge, 0], edges[edge, 1] = parents[nearest], nearest
        for node in range(number):
            if gaps[nearest, node] < least[node]:
                least[node], parents[node] = gaps[nearest, node], nearest
    return edges


# --- a decoder that knows them -------------------------------------------------------------------------------


@torch.no_grad()
def teach(model: StrokeAutoencoder, latents: Tensor, motion: Motion, keyframes: Images, seed: int) -> None:
    """Solve the decoder's last layer for the strokes of ``motion``: at the keyframes' ``latents`` ``[K, D]``, along the
    paths of every method between them, and beside the paths."""
    places, lessons = _lessons(latents.numpy(), motion, keyframes)
    rng = random_stream(seed, "beside the path")
    beside = np.tile(places, (_NOISY_LESSONS, 1))
    noise = rng.normal(0, 1, beside.shape) * rng.uniform(0, _NOISE, (len(beside), 1))
    features = _features(model, places)
    features_beside = _features(model, (beside + noise).astype(np.float32))
    layer = _last_linear(model)
    known = torch.cat([layer.weight, layer.bias[:, None]], dim=1).T.double()
    output = StrokeLayer.features_of(lessons).flatten(1).double()
    weights = torch.full((len(places), 1), _WEIGHTS["paths"], dtype=torch.float64)
    weights[: len(latents)] = _WEIGHTS["keyframes"]
    missing = output - features @ known
    # Beside the path, strokes are to be moved as they were before, but no wider or narrower than on it.
    missing_beside = missing.repeat(_NOISY_LESSONS, 1)
    width = slice(8, None, VALUES)
    missing_beside[:, width] = (output.repeat(_NOISY_LESSONS, 1) - features_beside @ known)[:, width]
    rows = torch.cat([weights * features, _WEIGHTS["beside"] * features_beside])
    values = torch.cat([weights * missing, _WEIGHTS["beside"] * missing_beside])
    square = rows.T @ rows
    square.diagonal().add_(_RIDGE * square.diagonal().mean())
    change = torch.linalg.solve(square, rows.T @ values).float()
    layer.weight.add_(change[:-1].T)
    layer.bias.add_(change[-1])


def _lessons(latents: Array, motion: Motion, keyframes: Images) -> tuple[Array, Tensor]:
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
    steady = _strokes_of(*motion.at(segments, parts))
    at_keyframes = _strokes_of(*motion.at_keyframes())
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
        ink = paint(values, SOFTNESS).sum(dim=(1, 2))
        values[..., 8] *= (wanted / ink.clamp_min(1)).clamp(*_INK_CORRECTION)[:, None]
    values[..., 8].clamp_(*_WIDTHS)
    values[..., 9].clamp_(0, 1)
    return values


def _features(model: StrokeAutoencoder, latents: Array) -> Tensor:
    """Return what the decoder's last linear layer is given for ``latents`` ``[M, D]``, and a 1: ``float64 [M, F]``."""
    hidden = model.decoder[:-2](model.raw(torch.from_numpy(latents)))
    return functional.pad(hidden, (0, 1), value=1.0).double()
