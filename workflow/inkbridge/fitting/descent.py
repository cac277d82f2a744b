"""Gradient descent, as both fits use it."""

from collections.abc import Iterable

import torch
from torch import Tensor

from inkbridge.models.schedule import learning_rate_factor

_SMALL = 1e-8
"""Added to the root of the second moment, so that nothing is divided by zero."""


class Descent:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980), with a learning rate for each group of parameters. All rates rise and
    fall together over the steps (:func:`inkbridge.models.schedule.learning_rate_factor`).

    Not torch's: its optimisers import torch's compiler, which takes 2 seconds, as long as a fit.
    """

    def __init__(
        self,
        groups: Iterable[tuple[Iterable[Tensor], float]],
        steps: int,
        warmup: float,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        """Prepare ``steps`` steps for ``groups`` of parameters, each with its peak learning rate.

        ``warmup`` is the part of the steps in which the rates rise, ``betas`` are the decay rates of Adam's moments.
        """
        self._rates = [(parameter, rate) for parameters, rate in groups for parameter in parameters]
        self._moments = [(torch.zeros_like(one), torch.zeros_like(one)) for one, _ in self._rates]
        self._steps, self._warmup, self._betas, self._done = steps, warmup, betas, 0

    def step(self, loss: Tensor) -> None:
        """Change the parameters so that ``loss``, a scalar, falls."""
        gradients = torch.autograd.grad(loss, [parameter for parameter, _ in self._rates])
        factor = learning_rate_factor(self._done, self._steps, self._warmup)
        self._done += 1
        first, second = self._betas
        with torch.no_grad():
            for (parameter, rate), (mean, square), gradient in zip(self._rates, self._moments, gradients, strict=True):
                mean.lerp_(gradient, 1 - first)
                square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
                spread = (square / (1 - second**self._done)).sqrt_().add_(_SMALL)
                parameter.addcdiv_(mean, spread, value=-rate * factor / (1 - first**self._done))
