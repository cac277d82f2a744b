"""The autoencoder of the 2018 post with coordinates and 64 latent dimensions, built anew from its description, to
measure speed against.

Facts from the post's repository, https://github.com/rajatvd/AutoencoderAnim: five residual blocks of two 3×3
convolutions at each of four resolutions; every convolution sees its coordinates; batch normalisation of the input,
after each convolution and between the two; ReLU; fractional max pooling on the way down, bilinear interpolation on the
way up; a 1×1 convolution at the end of both networks; 944,994 parameters in the encoder and 878,428 in the decoder.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from inkbridge.models.blocks import CoordConv2d

_BLOCKS = 5
"""Residual blocks at each resolution."""

ENCODER = ((1, 64), (32, 32), (32, 16), (64, 8), (64, 1))
"""Channels and side of the encoder's input and of each of its stages' outputs."""

DECODER = ((64, 1), (64, 8), (64, 16), (32, 32), (1, 64))
"""Channels and side of the decoder's input and of each of its stages' outputs."""


class _Block(nn.Module):
    """ReLU(f(x) + g(x)): f convolves twice, g normalises, and widens if the number of channels changes."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            CoordConv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.BatchNorm2d(outputs),
            CoordConv2d(outputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
        )
        shortcut: list[nn.Module] = [nn.BatchNorm2d(inputs)]
        if inputs != outputs:
            shortcut += [CoordConv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(self.change(features) + self.shortcut(features))


def _network(stages: Sequence[tuple[int, int]]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for (inputs, before), (outputs, side) in pairwise(stages):
        layers += [_Block(inputs if block == 0 else outputs, outputs) for block in range(_BLOCKS)]
        if side < before:
            layers.append(nn.FractionalMaxPool2d(3, output_size=side))
        else:
            layers.append(nn.Upsample(size=(side, side), mode="bilinear", align_corners=True))
    last = stages[-1][0]
    return [*layers, nn.Conv2d(last, last, 1)]


class PostAutoencoder(nn.Module):
    """Images ``float32 [B, 1, 64, 64]`` in [0, 1] → latents ``[B, 64, 1, 1]`` → ink ``[B, 1, 64, 64]``."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*_network(ENCODER))
        self.decoder = nn.Sequential(*_network(DECODER), nn.LeakyReLU())

    def forward(self, images: Tensor) -> Tensor:
        latents: Tensor = self.encoder(2 * images - 1)
        ink: Tensor = self.decoder(latents)
        return ink


def training_step(network: PostAutoencoder, optimiser: torch.optim.Optimizer, images: Tensor) -> None:
    """Take a step on ``images``: mean squared error, as in the post."""
    optimiser.zero_grad()
    functional.mse_loss(network(images), images).backward()
    optimiser.step()
