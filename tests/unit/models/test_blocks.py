"""The blocks of the convolutional networks."""

import numpy as np
import pytest
import torch
from torch import nn

from inkbridge.config.settings import Variant
from inkbridge.models.blocks import CoordConv2d
from inkbridge.models.storage import build


def variant(architecture: str) -> Variant:
    return Variant(architecture=architecture, latent_dim=8, channels=8)


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]


@pytest.mark.parametrize("architecture", ["conv", "coordconv"])
def test_encoder_and_decoder_have_about_twenty_convolutions_each(architecture):
    model = build(variant(architecture))
    assert 17 <= len(convolutions(model.encoder)) <= 23
    assert 17 <= len(convolutions(model.decoder)) <= 23


def test_only_the_convolutions_of_coordconv_see_coordinates():
    coord, plain = (convolutions(build(variant(name))) for name in ("coordconv", "conv"))
    assert all(isinstance(layer, CoordConv2d) for layer in coord)
    assert not any(isinstance(layer, CoordConv2d) for layer in plain)
    assert len(coord) == len(plain)
    for one, other in zip(coord, plain, strict=True):
        assert one.in_channels == other.in_channels + 2
        assert one.out_channels == other.out_channels


@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_coordconv_is_a_convolution_with_two_coordinate_channels(kernel, stride, padding):
    torch.manual_seed(kernel)
    layer = CoordConv2d(3, 5, kernel, stride=stride, padding=padding)
    plain = nn.Conv2d(5, 5, kernel, stride=stride, padding=padding)
    plain.load_state_dict(layer.state_dict())
    images = torch.randn(4, 3, 6, 9)
    x = torch.tensor(np.linspace(-1, 1, 9), dtype=torch.float32).expand(4, 1, 6, 9)
    y = torch.tensor(np.linspace(-1, 1, 6), dtype=torch.float32)[:, None].expand(4, 1, 6, 9)
    torch.testing.assert_close(layer(images), plain(torch.cat([images, x, y], dim=1)), rtol=1e-5, atol=1e-5)


def test_coordconv_can_tell_left_from_right_and_top_from_bottom():
    torch.manual_seed(0)
    seen = CoordConv2d(1, 1, 1)(torch.zeros(1, 1, 8, 8))
    assert (seen.diff(dim=2).abs() > 1e-3).all()
    assert (seen.diff(dim=3).abs() > 1e-3).all()
