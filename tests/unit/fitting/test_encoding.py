"""Encoding gives the latents of a trained model."""

import torch

from inkbridge.fitting.encoding import encode
from inkbridge.models.autoencoder import network_input


def test_encoding_gives_the_model_s_latents_of_the_keyframes(untrained, keyframes):
    encoded = encode(untrained, keyframes)
    assert encoded.model is untrained
    assert encoded.latents.shape == (4, 8)
    assert not encoded.latents.requires_grad
    with torch.no_grad():
        assert torch.equal(encoded.latents, untrained.encode(network_input(keyframes, torch.device("cpu"))))
