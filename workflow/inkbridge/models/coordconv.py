"""``coordconv``: the same network as ``conv``, but every convolution sees its coordinates (arXiv 1807.03247)."""

from inkbridge.config.settings import Variant
from inkbridge.models import blocks
from inkbridge.models.autoencoder import Autoencoder, PixelAutoencoder


def build(settings: Variant) -> Autoencoder:
    """Return the untrained autoencoder that ``settings`` describe."""
    parts = (settings.latent_dim, settings.channels, blocks.CoordConv2d)
    return PixelAutoencoder(blocks.encoder(*parts), blocks.decoder(*parts), settings.latent_dim)
