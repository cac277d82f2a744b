"""Random features of the place of a latent among the keyframes of a doodle."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge.fitting.tuning import SOLVE, SolveTuning
from inkbridge.models.strokes import StrokeAutoencoder
from inkbridge.support.seeds import random_stream


def widened(model: StrokeAutoencoder, latents: Tensor, seed: int, tuning: SolveTuning = SOLVE) -> None:
    """Give the decoder more features before its last layer, which ignores them until it is solved.

    The network's own features change slowly from one of the keyframes' ``latents`` ``[K, D]`` to the next: a last layer
    that makes strokes follow their arcs needs large weights, and noise is large then, too. The new features are random
    ones of the latent's projection on the span of the keyframes' latents (after Rahimi & Recht 2007, "Random Features
    for Large-Scale Kernel Machines"). They change fast along the paths, and not at all by noise across the span.
    """
    first, second, last = (cast(nn.Linear, model.decoder[place]) for place in (0, 2, -2))
    gaussian = random_stream(seed, "features of the span").normal
    hidden, features = tuning.span_hidden, tuning.span_features

    def normal(*shape: int) -> Tensor:
        return torch.from_numpy(gaussian(size=shape).astype("float32"))

    middle = latents.mean(dim=0)
    _, sizes, directions = torch.linalg.svd(latents - middle, full_matrices=False)
    directions = directions[sizes > 1e-3 * sizes[0].clamp_min(1)]  # the mean of equal latents is rounded: no direction
    gap = (latents[1:] - latents[:-1]).norm(dim=1).sum().clamp_min(1e-6) / max(len(latents) - 1, 1)
    across = normal(hidden, len(directions)) @ directions * (tuning.span_frequency / gap)
    offsets = 0.5 * tuning.span_frequency * normal(hidden) - across @ middle
    # The decoder takes raw latents: undo the standardisation.
    raw = across / model.latent_std
    model.decoder[0] = _stacked(first, raw, offsets - raw @ model.latent_mean, zeros=0)
    values = functional.silu(latents @ across.T + offsets)
    mixing = 1.5 / hidden**0.5 / values.std().clamp_min(1e-6) * normal(features, hidden)
    model.decoder[2] = _stacked(second, mixing, normal(features) - mixing @ values.mean(dim=0), zeros=hidden)
    model.decoder[-2] = _stacked(last, torch.empty(0, features), torch.empty(0), zeros=features)


def _stacked(layer: nn.Linear, weights: Tensor, offsets: Tensor, zeros: int) -> nn.Linear:
    """Return ``layer`` with ``zeros`` more inputs, which its own outputs ignore, and more outputs: the last inputs
    times ``weights``, plus ``offsets``."""
    inputs, outputs = layer.in_features + zeros, layer.out_features + len(weights)
    found = nn.Linear(inputs, outputs)
    found.weight.zero_()
    found.weight[: layer.out_features, : layer.in_features] = layer.weight
    found.weight[layer.out_features :, inputs - weights.shape[1] :] = weights
    found.bias.copy_(torch.cat([layer.bias, offsets]))
    return found
