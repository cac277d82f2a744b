"""A small network that turns the samples of two drawings into features, and its training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.learning.examples import Example, Inputs
from inkbridge.support.seeds import random_stream, torch_seed
from inkbridge.support.types import Array

VECTORS, SCALARS = 5, 10
"""Vectors and scalars of a sample, see ``Inputs``."""

_INPUTS = 2 * (VECTORS - 1) + 2 + SCALARS
_REACHES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Distances along the ink, in units of 16 pixels, that the attention can tell from each other."""

_SHARPEST = 4.0
"""Logarithm of the largest factor on the likeness of two samples."""


@dataclass(frozen=True)
class Drawings:
    """The inputs of B drawings, padded to N samples: ``vectors`` ``[B, N, V, 2]``, ``scalars`` ``[B, N, F]``,
    ``distances`` ``[B, N, N]``, and ``known`` ``bool [B, N]``, which samples there are."""

    vectors: Tensor
    scalars: Tensor
    distances: Tensor
    known: Tensor

    @classmethod
    def of(cls, inputs: Sequence[Inputs], turns: NDArray[np.floating] | None = None) -> "Drawings":
        """Return drawings, each turned by a matrix of ``turns`` ``[B, 2, 2]``."""
        most = max(len(one.scalars) for one in inputs)
        vectors = np.stack([_padded(one.vectors, most) for one in inputs])
        if turns is not None:
            vectors = np.einsum("bnvi,bij->bnvj", vectors, turns.astype(np.float32))
        distances = np.stack([_padded(_padded(one.distances, most).T, most) for one in inputs])
        known = np.arange(most) < np.array([[len(one.scalars)] for one in inputs])
        scalars = np.stack([_padded(one.scalars, most) for one in inputs])
        return cls(*(torch.from_numpy(np.ascontiguousarray(part)) for part in (vectors, scalars, distances, known)))


def _padded(rows: Array, count: int) -> Array:
    return np.pad(rows, ((0, count - len(rows)), *((0, 0) for _ in rows.shape[1:])))


class _Attention(nn.Module):
    """Attention of samples to those of the same drawing, biased by the distance along the ink, or to those of the
    other drawing."""

    def __init__(self, width: int, heads: int, is_biased: bool) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.norm_after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.both, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.bias = nn.Linear(len(_REACHES), heads) if is_biased else None
        self.change = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, other: Tensor, known: Tensor, near: Tensor | None) -> Tensor:
        batch, count, width = x.shape
        query = self.query(self.norm(x)).view(batch, count, self.heads, -1).transpose(1, 2)
        both = self.both(self.norm(other)).view(batch, other.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        mask = torch.zeros_like(known, dtype=x.dtype).masked_fill(~known, -1e4)[:, None, None]
        if self.bias is not None:
            mask = mask + self.bias(near).permute(0, 3, 1, 2)
        found = F.scaled_dot_product_attention(query, both[0], both[1], mask.expand(-1, self.heads, count, -1))
        x = x + self.out(found.transpose(1, 2).reshape(batch, count, width))
        return x + self.change(self.norm_after(x))


class FeatureNetwork(nn.Module):
    """Layers of attention within each drawing. After each but the last one comes attention to the other drawing, if
    ``is_paired``; then the features of a sample depend on what it is compared with."""

    def __init__(self, is_paired: bool, width: int = 64, heads: int = 4, layers: int = 3, features: int = 32) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Linear(_INPUTS, width), nn.GELU(), nn.Linear(width, width))
        self.within = nn.ModuleList(_Attention(width, heads, True) for _ in range(layers))
        self.across = nn.ModuleList(_Attention(width, heads, False) for _ in range(layers - 1 if is_paired else 0))
        self.leave = nn.Linear(width, features)
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def forward(self, one: Drawings, other: Drawings) -> tuple[Tensor, Tensor]:
        """Return features of unit length: ``[B, N, features]`` and ``[B, M, features]``."""
        drawings = (one, other)
        x, y = (self.enter(_entering(drawing)) for drawing in drawings)
        near = [_nearness(drawing.distances) for drawing in drawings]
        for number, layer in enumerate(self.within):
            x, y = layer(x, x, one.known, near[0]), layer(y, y, other.known, near[1])
            if number < len(self.across):
                across = self.across[number]
                x, y = across(x, y, other.known, None), across(y, x, one.known, None)
        return F.normalize(self.leave(x), dim=-1), F.normalize(self.leave(y), dim=-1)


def _entering(drawing: Drawings) -> Tensor:
    places, tangents = drawing.vectors[:, :, :-1], drawing.vectors[:, :, -1]
    cosine, sine = tangents.unbind(-1)
    # A stroke has no direction: twice its angle is the same both ways.
    doubled = torch.stack([cosine**2 - sine**2, 2 * cosine * sine], dim=-1)
    return torch.cat([places.flatten(2), doubled, drawing.scalars], dim=-1)


def _nearness(distances: Tensor) -> Tensor:
    return torch.stack([torch.exp(-distances / reach) for reach in _REACHES], dim=-1)


def loss_of(network: FeatureNetwork, examples: Sequence[Example], turns: NDArray[np.floating] | None = None) -> Tensor:
    """Return the mean cross-entropy of the true matches, in both directions (InfoNCE; van den Oord et al. 2018,
    arXiv 1807.03748): the likeness of two samples is the cosine of their features, times a learned factor."""
    one, other = Drawings.of([e.one for e in examples], turns), Drawings.of([e.other for e in examples], turns)
    x, y = network(one, other)
    likeness = network.sharpness.clamp(max=_SHARPEST).exp() * x @ y.transpose(1, 2)
    there = _entropy(likeness, other.known, [e.there for e in examples])
    back = _entropy(likeness.transpose(1, 2), one.known, [e.back for e in examples])
    return (there + back) / 2


def _entropy(likeness: Tensor, known: Tensor, true: Sequence[Array]) -> Tensor:
    rows, columns = likeness.shape[1:]
    wanted = torch.from_numpy(np.stack([_padded(_padded(one, rows).T, columns).T for one in true]))
    logs = likeness.masked_fill(~known[:, None], -1e4).log_softmax(dim=-1)
    return -(wanted * logs).sum() / wanted.sum().clamp(min=1)


def train(
    examples: Sequence[Example],
    steps: int,
    seed: int,
    is_paired: bool = True,
    batch: int = 8,
    tell: Callable[[str], None] = lambda text: None,
) -> FeatureNetwork:
    """Return a network trained on batches of ``examples``, each turned to one of eight orientations (AdamW, learning
    rate 1e-3 with a warm-up and a half-cosine)."""
    torch.manual_seed(torch_seed(seed, "feature network"))
    rng = random_stream(seed, "feature batches")
    network = FeatureNetwork(is_paired)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=steps + 1, pct_start=0.1)
    sizes = np.array([len(example.there) + len(example.back) for example in examples])
    mean = 0.0
    for step in range(steps):
        # Drawings of about the same number of samples need little padding.
        near = np.argsort(np.abs(sizes - sizes[rng.integers(len(sizes))]), kind="stable")[: 8 * batch]
        chosen = [examples[row] for row in rng.choice(near, min(batch, len(near)), replace=False)]
        loss = loss_of(network, chosen, _orientations(rng, len(chosen)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        rate.step()
        mean += float(loss.detach())
        if (step + 1) % 200 == 0:
            tell(f"step {step + 1} of {steps}: loss {mean / 200:.3f}")
            mean = 0.0
    return network.eval()


def _orientations(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return matrices ``[count, 2, 2]`` that mirror, flip and transpose, each at random."""
    matrices = np.eye(2) * rng.choice([-1.0, 1.0], (count, 1, 2))
    return np.where(rng.random((count, 1, 1)) < 0.5, matrices, matrices[:, ::-1])


@torch.inference_mode()
def differences(network: FeatureNetwork, one: Inputs, other: Inputs) -> NDArray[np.float64]:
    """Return 1 − the cosine of the features of each two samples: ``float64 [N, M]``."""
    x, y = network(Drawings.of([one]), Drawings.of([other]))
    return (1 - x[0] @ y[0].T).double().numpy()
