"""Whether a training diverges."""

from collections import deque
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from inkbridge.support.errors import InkbridgeError


class Watch:
    """Looks at the losses of a training and the norms of its gradients, and ends it if it diverges.

    To look at a number on a GPU, the CPU waits until all that it has asked of the GPU is done. So it looks only after
    every ``every`` steps, and before anything is saved. On the CPU, ``every`` is 1: each step is looked at before the
    optimiser takes it, because one gradient that is not a number makes all weights not a number. ``mean`` gives the
    means of numbers over the processes that train together, which look in the same steps.
    """

    def __init__(self, every: int, recent_steps: int, most: float, mean: Callable[[Tensor], Tensor]) -> None:
        self._every, self._most, self._mean = every, most, mean
        self._waiting: list[tuple[int, float, Tensor, Tensor]] = []
        self._recent: deque[float] = deque(maxlen=recent_steps)

    @property
    def latest(self) -> float:
        """The last loss that was looked at. Before the first, it is not a number."""
        return self._recent[-1] if self._recent else float("nan")

    def add(self, step: int, rate: float, loss: Tensor, norm: Tensor) -> list[float]:
        """Note the ``loss`` of a ``step`` with the learning ``rate``, and the ``norm`` of its gradient.

        Returns the losses that were looked at, if it was time to look.
        """
        self._waiting.append((step, rate, loss.detach(), norm))
        return self.look() if len(self._waiting) >= self._every else []

    def look(self) -> list[float]:
        """Look at all that was noted, and return the losses.

        Raises :class:`InkbridgeError` if one is not finite, or if the mean of the last ones is too large.
        """
        if not self._waiting:
            return []
        waiting, self._waiting = self._waiting, []
        losses = self._mean(torch.stack([loss for _, _, loss, _ in waiting])).tolist()
        norms = torch.stack([norm for _, _, _, norm in waiting]).tolist()
        for (step, rate, _, _), loss, norm in zip(waiting, losses, norms, strict=True):
            self.check_finite("loss", loss, step, rate)
            self.check_finite("gradient", norm, step, rate)
            self._recent.append(loss)
            mean = float(np.mean(self._recent))
            if len(self._recent) == self._recent.maxlen and mean > self._most:
                raise _divergence(f"a mean loss below {self._most} over {len(self._recent)} steps", mean, step, rate)
        return losses

    def check_finite(self, name: str, value: float, step: int, rate: float) -> None:
        """Raise :class:`InkbridgeError` unless ``value``, of the ``name`` that the message gives it, is finite."""
        if not np.isfinite(value):
            raise _divergence(f"a finite {name}", value, step, rate)


def _divergence(expected: str, found: float, step: int, rate: float) -> InkbridgeError:
    return InkbridgeError(
        f"training diverged: expected {expected}, found {found:.4g} at step {step} with learning rate {rate:.2g}; "
        "lower training.learning_rate and run again"
    )
