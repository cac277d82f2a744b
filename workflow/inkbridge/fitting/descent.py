"""Gradient descent, as both fits use it."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from inkbridge.models.schedule import learning_rate_factor


class Descent:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980), with a learning rate for each group of parameters. All rates rise and
    fall together over the steps (:func:`inkbridge.models.schedule.learning_rate_factor`)."""

    def __init__(
        self, groups: Iterable[tuple[Iterable[Tensor], float]], steps: int, warmup: float, **options: Any
    ) -> None:
        """Prepare ``steps`` steps for ``groups`` of parameters, each with its peak learning rate.

        ``warmup`` is the part of the steps in which the rates rise. ``options`` are those of :class:`torch.optim.Adam`.
        """
        rates: list[dict[str, Any]] = [{"params": list(parameters), "lr": rate} for parameters, rate in groups]
        self._adam = torch.optim.Adam(rates, **options)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._adam, lambda step: learning_rate_factor(step, steps, warmup)
        )

    def step(self, loss: Tensor) -> None:
        """Change the parameters so that ``loss``, a scalar, falls."""
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()
        self._schedule.step()
