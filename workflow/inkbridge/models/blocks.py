"""The convolutional encoder and decoder, with residual connections.

Both leave full resolution at once (4×4 pixels become 16 channels). On 64×64 images of thin strokes, a convolution
would spend nearly all of its time on paper.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Activation = nn.SiLU
"""SiLU is smooth, so paths between latents are smooth. Networks also learn far more from the same images than with
ReLU. It is as good as GELU and takes a fifth of the time of GELU's approximation by tanh (docs/experiments.md)."""

Convolution = Callable[..., nn.Conv2d]
"""``nn.Conv2d``, or a class with the same parameters."""

_PATCH = 4
"""Side, in pixels, of the square that becomes one place at the finest resolution, 16×16."""

_COARSEST = 4
"""Side of the coarsest resolution, in places."""

_BLOCKS = (3, 3)
"""Residual blocks at 8×8 and at 4×4. They have three convolutions each. With the convolutions between them, encoder and
decoder have about 20 each."""

_HIDDEN = 256
"""Width of the layer between the coarsest resolution and the latent."""


class CoordConv2d(nn.Conv2d):
    """A convolution that also sees its position: two more input channels hold x and y, from −1 to 1.

    Liu et al. 2018, "An Intriguing Failing of Convolutional Neural Networks and the CoordConv Solution",
    arXiv 1807.03247.
    """

    def __init__(self, inputs: int, outputs: int, kernel_size: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(inputs + 2, outputs, kernel_size, stride, padding)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve features and coordinates apart, and add both.

        The coordinates are the same for all images, so they are convolved once for a batch. Appended to the features,
        they also make numbers of channels that oneDNN handles slowly (docs/experiments.md).
        """
        features, coordinates = self.weight.split([input.shape[1], 2], dim=1)
        grid = coordinate_grid(input).to(memory_format=torch.channels_last)
        there = functional.conv2d(grid, coordinates, self.bias, self.stride, self.padding)
        return functional.conv2d(input, features, None, self.stride, self.padding) + there


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
        narrow = channels // 4
        widen = convolution(narrow, channels, 1)
        nn.init.zeros_(widen.weight)
        if widen.bias is not None:
            nn.init.zeros_(widen.bias)
        self.change = nn.Sequential(
            convolution(channels, narrow, 1),
            Activation(),
            convolution(narrow, narrow, 3, padding=1),
            Activation(),
            widen,
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
        Activation(),
        convolution(fine, middle, 2, stride=2),
        *(ResidualBlock(middle, convolution) for _ in range(_BLOCKS[0])),
        convolution(middle, coarse, 2, stride=2),
        *(ResidualBlock(coarse, convolution) for _ in range(_BLOCKS[1])),
        Activation(),
        nn.Flatten(),
        nn.Linear(coarse * _COARSEST**2, _HIDDEN),
        Activation(),
        nn.Linear(_HIDDEN, latent_dim),
    )


def decoder(latent_dim: int, channels: int, convolution: Convolution) -> nn.Sequential:
    """Return a network from latents ``[B, latent_dim]`` to logits of ink ``[B, 1, 64, 64]``."""
    fine, middle, coarse = _widths(channels)
    return nn.Sequential(
        nn.Linear(latent_dim, _HIDDEN),
        Activation(),
        nn.Linear(_HIDDEN, coarse * _COARSEST**2),
        nn.Unflatten(1, (coarse, _COARSEST, _COARSEST)),
        *(ResidualBlock(coarse, convolution) for _ in range(_BLOCKS[1])),
        convolution(coarse, middle * 4, 1),
        nn.PixelShuffle(2),
        *(ResidualBlock(middle, convolution) for _ in range(_BLOCKS[0])),
        convolution(middle, fine * 4, 1),
        nn.PixelShuffle(2),
        Activation(),
        convolution(fine, _PATCH**2, 3, padding=1),
        nn.PixelShuffle(_PATCH),
    )


def _widths(channels: int) -> tuple[int, int, int]:
    """Return the channels at 16×16, 8×8 and 4×4. Coarser grids have more, because a place there stands for more
    pixels."""
    return channels, 4 * channels, 8 * channels
