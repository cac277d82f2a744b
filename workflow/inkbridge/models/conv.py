"""``conv``: plain convolutions."""

from torch import nn

from inkbridge.config.settings import Variant
from inkbridge.models import blocks
from inkbridge.models.autoencoder import Autoencoder, PixelAutoencoder


def build(settings: Variant) -> Autoencoder:
    """Return the untrained autoencoder that ``settings`` describe."""
    parts = (settings.latent_dim, settings.channels, nn.Conv2d)
    return PixelAutoencoder(blocks.encoder(*parts), blocks.decoder(*parts), settings.latent_dim)
