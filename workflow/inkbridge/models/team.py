"""Several processes that train one network together, each on its own device and on its share of each batch.

torchrun starts them (:mod:`inkbridge.models.together`). torch's DistributedDataParallel averages their gradients, so
that all take the same steps. A training by one process is a team of one, which has nothing to agree on.
"""

import select
import sys
from collections.abc import Callable
from signal import SIGHUP

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from inkbridge.models.feeds import ALL, Share


class Team:
    """The processes that train together: this one alone, or all that torchrun started."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.is_alone = not distributed.is_initialized()
        self.share = ALL if self.is_alone else Share(distributed.get_rank(), distributed.get_world_size())

    @property
    def leads(self) -> bool:
        """Whether this process writes checkpoints and progress for all."""
        return self.share.number == 0

    def joined(self, loss: nn.Module, takes_turns: bool) -> Callable[..., Tensor]:
        """Return a function that computes ``loss``, such that its gradients are the means of those of all processes.
        ``takes_turns``: whether some of its parameters have no gradient in some steps."""
        if self.is_alone:
            return loss
        return DistributedDataParallel(loss, forward_sync_buffers=False, find_unused_parameters=takes_turns)

    def mean(self, values: Tensor) -> Tensor:
        """Return the means over all processes of ``values``, which each of them gives in the same step."""
        if self.is_alone:
            return values
        total = values.clone()
        distributed.all_reduce(total)
        return total / self.share.of

    def agreed(self, signal: int, is_due: bool) -> tuple[int, bool]:
        """Return a ``signal`` that some process has received, or 0, and whether a checkpoint ``is_due`` for some
        process. Each of them must ask in the same step. If the process that started the team has ended, the team is
        asked to end, too."""
        if self.is_alone:
            return signal, is_due
        wishes = torch.tensor([signal or _orphaned(), is_due], device=self._device)
        distributed.all_reduce(wishes, distributed.ReduceOp.MAX)
        number, due = wishes.tolist()
        return number, bool(due)


def _orphaned() -> int:
    """Return SIGHUP if the other end of standard input is closed, else 0. The process that starts a team keeps it
    open, and writes nothing."""
    ready, _, _ = select.select([sys.stdin], [], [], 0)
    return SIGHUP if ready else 0
