"""The convolutional encoder and decoder, with residual connections.

Both leave full resolution at once (4×4 pixels become 16 channels). On 64×64 images of thin strokes, a convolution
would spend nearly all of its time on paper.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

GELU = partial(nn.GELU, approximate="tanh")
"""GELU is smooth, so paths between latents are smooth. Networks also learn far more from the same images than with ReLU
(docs/experiments.md). This approximation by tanh can be computed in NumPy."""

Convolution = Callable[..., nn.Conv2d]
"""``nn.Conv2d``, or a class with the same parameters."""

_PATCH = 4
"""Side, in pixels, of the square that becomes one place at the finest resolution, 16×16."""

_COARSEST = 4
"""Side of the coarsest resolution, in places."""

_BLOCKS = (3, 3)
"""Residual blocks at 8×8 and at 4×4. They have three convolutions each. With the convolutions between them, encoder and
decoder have about 20 each."""

_HIDDEN = 512
"""Width of the layer between the coarsest resolution and the latent."""


class CoordConv2d(nn.Conv2d):
    """A convolution that also sees its position: two more input channels hold x and y, from −1 to 1.

    Liu et al. 2018, "An Intriguing Failing of Convolutional Neural Networks and the CoordConv Solution",
    arXiv 1807.03247.
    """

    def __init__(self, inputs: int, outputs: int, kernel_size: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(inputs + 2, outputs, kernel_size, stride, padding)

    def forward(self, input: Tensor) -> Tensor:
        grid = coordinate_grid(input).expand(len(input), -1, -1, -1)
        return super().forward(torch.cat([input, grid], dim=1))


def coordinate_grid(images: Tensor) -> Tensor:
    """Return ``[1, 2, H, W]``: x and y of each place of ``images`` ``[B, C, H, W]``, from −1 to 1."""
    height, width = images.shape[-2:]
    y = torch.linspace(-1, 1, height, device=images.device, dtype=images.dtype)
    x = torch.linspace(-1, 1, width, device=images.device, dtype=images.dtype)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]


class ResidualBlock(nn.Module):
    """x + f(x), where f narrows the channels, convolves 3×3 and widens them again (He et al. 2015, arXiv 1512.03385).

    The last convolution starts at zero, so an untrained block returns its input, and the network learns well
    without normalisation (Zhang et al. 2019, "Fixup Initialization", arXiv 1901.09321). With layer normalisation, steps
    took longer and the network learned more slowly.
    """

    def __init__(self, channels: int, convolution: Convolution) -> None:
        super().__init__()
        narrow = channels // 2
        widen = convolution(narrow, channels, 1)
        nn.init.zeros_(widen.weight)
        if widen.bias is not None:
            nn.init.zeros_(widen.bias)
        self.change = nn.Sequential(
            convolution(channels, narrow, 1), GELU(), convolution(narrow, narrow, 3, padding=1), GELU(), widen
        )

    def forward(self, features: Tensor) -> Tensor:
        changed: Tensor = self.change(features)
        return features + changed


def encoder(latent_dim: int, channels: int, convolution: Convolution) -> nn.Sequential:
    """Return a network from images ``[B, 1, 64, 64]`` to latents ``[B, latent_dim]``, ``channels`` wide at 16×16."""
    fine, middle, coarse = _widths(channels)
    return nn.Sequential(
        nn.PixelUnshuffle(_PATCH),
        convolution(_PATCH**2, fine, 3, padding=1),
        GELU(),
        convolution(fine, middle, 2, stride=2),
        *(ResidualBlock(middle, convolution) for _ in range(_BLOCKS[0])),
        convolution(middle, coarse, 2, stride=2),
        *(ResidualBlock(coarse, convolution) for _ in range(_BLOCKS[1])),
        GELU(),
        nn.Flatten(),
        nn.Linear(coarse * _COARSEST**2, _HIDDEN),
        GELU(),
        nn.Linear(_HIDDEN, latent_dim),
    )


def decoder(latent_dim: int, channels: int, convolution: Convolution) -> nn.Sequential:
    """Return a network from latents ``[B, latent_dim]`` to logits of ink ``[B, 1, 64, 64]``."""
    fine, middle, coarse = _widths(channels)
    return nn.Sequential(
        nn.Linear(latent_dim, _HIDDEN),
        GELU(),
        nn.Linear(_HIDDEN, coarse * _COARSEST**2),
        nn.Unflatten(1, (coarse, _COARSEST, _COARSEST)),
        *(ResidualBlock(coarse, convolution) for _ in range(_BLOCKS[1])),
        convolution(coarse, middle * 4, 1),
        nn.PixelShuffle(2),
        *(ResidualBlock(middle, convolution) for _ in range(_BLOCKS[0])),
        convolution(middle, fine * 4, 1),
        nn.PixelShuffle(2),
        GELU(),
        convolution(fine, _PATCH**2, 3, padding=1),
        nn.PixelShuffle(_PATCH),
    )


def _widths(channels: int) -> tuple[int, int, int]:
    """Return the channels at 16×16, 8×8 and 4×4. Coarser grids have more, because a place there stands for more
    pixels."""
    return channels, 4 * channels, 8 * channels
