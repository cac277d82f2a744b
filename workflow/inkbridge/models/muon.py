"""The optimiser of all trainings: Muon for matrices, Adam for biases.

Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") replaces the momentum of a matrix
by the nearest orthogonal one, so that all directions of a matrix learn at the same speed. These networks learn as much
from 16,000 images with it as from 120,000 with AdamW (docs/experiments.md). torch's own Muon takes neither the kernels
of convolutions nor float32.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class MuonTuning:
    """The numbers that tune the optimiser."""

    momentum: float = 0.95
    """Nesterov momentum of matrices."""
    bias_rate: float = 0.05
    """Learning rate of biases, as a share of that of matrices."""
    bias_betas: tuple[float, float] = (0.9, 0.99)
    """Decay of both moments of biases, per step."""
    epsilon: float = 1e-8
    """Added to the root of the second moment of biases."""


MUON = MuonTuning()
"""The default tuning of the optimiser."""

_SAFETY = 1.01
"""Singular values are divided by this in each step: rounding must not lift one above the interval for which the
polynomials are made."""

_QUINTICS = tuple(
    (a / _SAFETY, b / _SAFETY**3, c / _SAFETY**5)
    for a, b, c in (
        (8.28721201814563, -23.595886519098837, 17.300387312530933),
        (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
        (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
        (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    )
)
"""Coefficients a, b, c of X ← aX + bXXᵀX + c(XXᵀ)²X, in each step the polynomial that brings all singular values
nearest to 1, from 1/1000 of the largest on (Amsel et al. 2025, "The Polar Express", arXiv 2505.16932). Four steps were
better and cheaper than five of Jordan's (docs/experiments.md)."""


class Muon(torch.optim.Optimizer):
    """Muon for parameters of two dimensions or more, of which the first is that of the outputs; Adam for all others.

    A matrix ``[N, M]`` moves by the learning rate times √max(1, N / M) in all its directions.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float, tuning: MuonTuning = MUON
    ) -> None:
        super().__init__(parameters, {"lr": learning_rate, "weight_decay": weight_decay})
        self.tuning = tuning

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take a step along the gradients of all parameters that have one.

        torch's functions for many tensors at once start few kernels on a GPU. On the CPU, they compute what those for
        single tensors do, to the bit.
        """
        for group in self.param_groups:
            learning = [weights for weights in group["params"] if weights.grad is not None]
            if not learning:  # torch refuses empty lists
                continue
            torch._foreach_mul_(learning, 1 - group["lr"] * group["weight_decay"])
            self._step_matrices([weights for weights in learning if weights.ndim > 1], group["lr"])
            self._step_biases([weights for weights in learning if weights.ndim < 2], group["lr"])

    def _step_matrices(self, matrices: Sequence[Tensor], rate: float) -> None:
        by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for weights, momentum in zip(matrices, self._momenta(matrices), strict=True):
            by_shape[(len(weights), weights[0].numel())].append((weights, momentum))
        for (outputs, inputs), alike in by_shape.items():
            moved = orthogonalised(torch.stack([momentum.reshape(outputs, inputs) for _, momentum in alike]))
            scale = -rate * max(1.0, outputs / inputs) ** 0.5
            changes = [change.view(weights.shape) for (weights, _), change in zip(alike, moved, strict=True)]
            torch._foreach_add_([weights for weights, _ in alike], changes, alpha=scale)

    def _momenta(self, matrices: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the Nesterov momenta of ``matrices``, after their gradients are added to them."""
        if not matrices:
            return []
        gradients = [cast(Tensor, weights.grad) for weights in matrices]
        for weights in matrices:
            if not self.state[weights]:
                self.state[weights]["momentum"] = torch.zeros_like(weights)
        momenta = [self.state[weights]["momentum"] for weights in matrices]
        torch._foreach_lerp_(momenta, gradients, 1 - self.tuning.momentum)
        return torch._foreach_lerp(gradients, momenta, self.tuning.momentum)

    def _step_biases(self, biases: Sequence[Tensor], rate: float) -> None:
        """Adam (Kingma & Ba 2014, arXiv 1412.6980)."""
        if not biases:
            return
        first, second = self.tuning.bias_betas
        gradients = [cast(Tensor, weights.grad) for weights in biases]
        for weights in biases:
            state = self.state[weights]
            if not state:
                state["step"] = torch.zeros(())
                state["mean"], state["square"] = torch.zeros_like(weights), torch.zeros_like(weights)
            state["step"] += 1
        states = [self.state[weights] for weights in biases]
        means, squares = [state["mean"] for state in states], [state["square"] for state in states]
        torch._foreach_lerp_(means, gradients, 1 - first)
        torch._foreach_lerp_(squares, torch._foreach_mul(gradients, gradients), 1 - second)
        steps = [state["step"].item() for state in states]  # on the CPU, whatever the device
        unbiased = torch._foreach_div(means, [1 - first**step for step in steps])
        roots = torch._foreach_div(squares, [1 - second**step for step in steps])
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, self.tuning.epsilon)
        torch._foreach_addcdiv_(list(biases), unbiased, roots, value=-rate * self.tuning.bias_rate)


def orthogonalised(matrices: Tensor) -> Tensor:
    """Return the nearest matrices to ``matrices`` ``float32 [K, N, M]`` whose singular values are all about 1.

    Newton-Schulz iteration. Between the first and the last product, all steps work on XXᵀ, which is small if N is much
    smaller than M: with p(A) = aI + bA + cA², step k gives X ← p(A) X and A ← p(A)² A, because A and p(A) commute.
    """
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalised(matrices.mT).mT
    unit = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    gram = unit @ unit.mT
    identity = torch.eye(gram.shape[-1], device=gram.device).expand_as(gram)
    total: Tensor | None = None
    for number, (a, b, c) in enumerate(_QUINTICS):
        factor = torch.baddbmm(gram * b, gram, gram, alpha=c) + a * identity
        total = factor if total is None else factor @ total
        if number < len(_QUINTICS) - 1:
            gram = factor @ factor @ gram
    assert total is not None
    return total @ unit
